/// Units × coders: what each coder said of each unit, gaps allowed.
///
/// The order of units and coders is the caller's and is part of the table: bootstrap intervals depend on the former, and the hash
/// of a table on both. Order both by id, so that everybody makes the same table of the same codings.
public struct ReliabilityTable: Equatable, Sendable {
    public let coderCount: Int
    public let unitCount: Int
    /// The distinct ratings, ascending: those of the scale and those that occur. Slices keep them.
    public let ratings: [Rating]
    /// Row after row, an index into `ratings` or `missing`.
    let cells: [Int32]
    /// `ratings` as numbers, where they are sets. Slices share it, so that resamples cost no more than they must.
    let sets: CodeSets?

    static let missing: Int32 = -1

    /// - Parameters:
    ///   - units: A row for each unit with one place for each coder; `nil` where the coder did not rate the unit.
    ///   - scale: Ratings that were to be had, whether or not anybody used them. They count where a coefficient depends on
    ///     the number of categories (Gwet) or on ranks among them (weighted kappa).
    /// - Throws: `AgreementInputError`.
    /// - Complexity: O(*n* log *r*) in cells and distinct ratings.
    public init(coderCount: Int, units: [[Rating?]], scale: [Rating] = []) throws(AgreementInputError) {
        guard (0...Self.coderMax).contains(coderCount) else { throw .tooManyCoders }
        guard units.count <= Self.unitMax else { throw .tooManyUnits }
        var seen: [Rating: Int32] = [:]
        var distinct: [Rating] = []
        var cells: [Int32] = []
        cells.reserveCapacity(units.count * coderCount)
        func index(_ rating: Rating) throws(AgreementInputError) -> Int32 {
            if let known = seen[rating] { return known }
            if case .number(let value) = rating, !value.isFinite { throw .numberNotFinite }
            if let first = distinct.first, first.kind != rating.kind { throw .mixedKinds }
            seen[rating] = Int32(distinct.count)
            distinct.append(rating)
            return Int32(distinct.count - 1)
        }
        for rating in scale { _ = try index(rating) }
        for (unit, row) in units.enumerated() {
            guard row.count == coderCount else { throw .rowLength(unit: unit) }
            for rating in row { cells.append(try rating.map(index) ?? Self.missing) }
        }
        let sets = distinct.first?.kind == .codes ? CodeSets(distinct) : nil
        // Sets are compared by the numbers of their codes: quicker, and the same order.
        let order = distinct.indices.sorted { left, right in
            sets?.precedes(left, right) ?? (distinct[left] < distinct[right])
        }
        var position = [Int32](repeating: 0, count: distinct.count)
        for (place, old) in order.enumerated() { position[old] = Int32(place) }
        let ratings = order.map { Self.oneZero(distinct[$0]) }
        self.init(
            coderCount: coderCount, unitCount: units.count, ratings: ratings, sets: sets?.reordered(order),
            cells: cells.map { $0 == Self.missing ? $0 : position[Int($0)] })
    }

    init(coderCount: Int, unitCount: Int, ratings: [Rating], sets: CodeSets?, cells: [Int32]) {
        self.coderCount = coderCount
        self.unitCount = unitCount
        self.ratings = ratings
        self.sets = sets
        self.cells = cells
    }

    /// The kind of its ratings; `nil` if it has none.
    public var kind: Rating.Kind? { ratings.first?.kind }

    /// What a coder said of a unit.
    public subscript(unit: Int, coder: Int) -> Rating? {
        precondition((0..<unitCount).contains(unit) && (0..<coderCount).contains(coder), "no such cell")
        let cell = cells[unit * coderCount + coder]
        return cell == Self.missing ? nil : ratings[Int(cell)]
    }

    /// More coders than any team has: what a pairwise comparison of all can still do.
    public static let coderMax = 1000
    /// More units than a project has passages.
    public static let unitMax = 10_000_000

    /// -0 equals 0, but has other bytes.
    private static func oneZero(_ rating: Rating) -> Rating { rating == .number(0) ? .number(0) : rating }
}

/// Why no table or continuum can be made of what was given.
public enum AgreementInputError: Error, Equatable, Sendable {
    /// A row has more or fewer places than there are coders.
    case rowLength(unit: Int)
    /// Codes, numbers and sets of codes in one table.
    case mixedKinds
    /// A number that is infinite or none.
    case numberNotFinite
    case tooManyCoders
    case tooManyUnits
    /// A span that is empty or not within its document.
    case spanOutside(document: Int)
}

extension AgreementInputError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .rowLength(let unit): "row \(unit) has not one place for each coder"
        case .mixedKinds: "codes, numbers and sets of codes are mixed; make a table of one kind"
        case .numberNotFinite: "a rating is not a finite number; leave it out as missing"
        case .tooManyCoders: "more than \(ReliabilityTable.coderMax) coders; compare fewer at a time"
        case .tooManyUnits: "more than \(ReliabilityTable.unitMax) units; compare fewer at a time"
        case .spanOutside(let document): "a span of document \(document) is empty or not within the document"
        }
    }
}
