/// A figure, or why there is none. Never a number from nothing.
public enum Outcome: Hashable, Sendable {
    case value(Double)
    case undefined(Reason)

    public enum Reason: String, Sendable, CaseIterable {
        /// The table has no units, or the documents no spans.
        case nothingCoded
        /// Fewer than two coders.
        case singleCoder
        /// The coefficient compares exactly two coders.
        case notTwoCoders
        /// No unit was rated by enough coders to be compared.
        case nothingPairable
        /// Disagreement could not be expected, for instance because everybody always chose the same: agreement beyond
        /// chance has no meaning.
        case noVariation
        /// The ratings are not of the kind that the measure is for: weights need numbers, set distances sets.
        case wrongKind
        /// The ratio metric needs numbers from 0 up.
        case negativeNumber
        /// Spans of one coder and category overlap, and the measure cuts a text into sections.
        case overlappingSpans
        /// The spans can be aligned in too many ways to look at all.
        case tooManyAlignments
    }

    public var value: Double? {
        if case .value(let value) = self { value } else { nil }
    }
}

/// A coefficient with what it was computed from.
public struct Coefficient: Hashable, Sendable {
    public let outcome: Outcome
    /// The observed agreement; for measures of the alpha and gamma families the observed *dis*agreement. `nil` if there is none.
    public let observed: Double?
    /// The agreement or disagreement that chance would bring; `nil` for measures without one.
    public let expected: Double?
    public let counts: UnitCounts

    public var value: Double? { outcome.value }

    public init(_ outcome: Outcome, observed: Double? = nil, expected: Double? = nil, counts: UnitCounts) {
        self.outcome = outcome
        self.observed = observed
        self.expected = expected
        self.counts = counts
    }
}

/// What stands beside every coefficient. For measures of spans a unit is a document.
public struct UnitCounts: Hashable, Sendable {
    public let units: Int
    /// Units that at least one coder did not rate.
    public let incomplete: Int
    /// Units that the coefficient could use; the others are left out of it.
    public let used: Int
    /// Values in units that at least two coders rated; of spans, those in the documents used.
    public let pairableValues: Int

    public init(units: Int, incomplete: Int, used: Int, pairableValues: Int) {
        self.units = units
        self.incomplete = incomplete
        self.used = used
        self.pairableValues = pairableValues
    }
}

extension ReliabilityTable {
    /// - Parameter enough: How many ratings a unit must have for the coefficient to use it.
    func counts(enough: Int) -> UnitCounts {
        var incomplete = 0
        var used = 0
        var values = 0
        for unit in 0..<unitCount {
            var rated = 0
            for cell in unit * coderCount..<(unit + 1) * coderCount where cells[cell] >= 0 { rated += 1 }
            if rated < coderCount { incomplete += 1 }
            if rated >= enough { used += 1 }
            if rated >= 2 { values += rated }
        }
        return UnitCounts(units: unitCount, incomplete: incomplete, used: used, pairableValues: values)
    }

    /// What every coefficient needs; `nil` if it is there.
    func lack(_ counts: UnitCounts) -> Outcome.Reason? {
        if coderCount < 2 { return .singleCoder }
        if unitCount == 0 { return .nothingCoded }
        return counts.used == 0 ? .nothingPairable : nil
    }

    /// For each unit with at least `enough` ratings: their indices, in the order of coders.
    @inline(__always)
    func forEachUnit(enough: Int, _ body: ([Int]) -> Void) {
        var row: [Int] = []
        row.reserveCapacity(coderCount)
        for unit in 0..<unitCount {
            row.removeAll(keepingCapacity: true)
            for cell in unit * coderCount..<(unit + 1) * coderCount where cells[cell] >= 0 {
                row.append(Int(cells[cell]))
            }
            if row.count >= enough { body(row) }
        }
    }
}
