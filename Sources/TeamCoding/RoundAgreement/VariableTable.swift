public import AnnotationModel

/// What the coders of a round say for one variable of their statements.
///
/// A unit is a cluster, as for codes, in which somebody has made a statement of a type that is asked the variable. A coder's rating is
/// the set of all values that he or she gives there, in however many statements; it is empty, "nothing said", for who marked the
/// passage without saying anything for the variable, and for who coded the document to the end and marked nothing there. Who
/// has not finished the document, and marked nothing there, has no rating.
///
/// Of the ordinal, interval and ratio level ratings are numbers, for dates that of the day. There "nothing said" is no rating, and so is what is
/// not exactly one number; the latter is counted in `leftOut`.
public struct VariableTable: Sendable {
    public let variable: StatementVariable
    public let level: AlphaMetric
    /// Rows ascend by document, range and first coding; columns are those of `RoundAgreementTables.coders`.
    public let ratings: ReliabilityTable
    /// The document of each row.
    public let unitDocuments: [RecordID]
    /// Ratings that are none at this level: several values at once, a date that is no full day, a number beyond ±2⁵³, which
    /// IEEE 754 does not tell from its neighbours.
    public let leftOut: Int
}

/// Why no table can be made of a variable.
public enum VariableTableError: Error, Equatable, Sendable {
    /// The variable's values are not of the kind that the level is for.
    case noSuchOrder(AlphaMetric)
    /// There is more than can be compared.
    case input(AgreementInputError)
}

extension RoundAgreementTables {
    /// The table of a variable; without units if nobody said anything for it.
    ///
    /// - Parameter level: How values are compared. Nominal: sets are equal or not. MASI, Jaccard: sets, as codes are. Ordinal and
    ///   interval: whole numbers, or dates by day. Ratio: whole numbers.
    /// - Throws: `VariableTableError`.
    /// - Complexity: O(*n*) in clusters with statements and their values.
    public func table(
        of variable: StatementVariable, level: AlphaMetric = .masi
    ) throws(VariableTableError) -> VariableTable {
        let types: Set<RecordID?>
        switch variable {
        case .builtIn(let builtIn):
            if level.kind == .number, builtIn != .date || level == .ratio { throw .noSuchOrder(level) }
            types = (variableTypes[variable] ?? []).union([nil])
        case .defined: types = variableTypes[variable] ?? []
        }
        var leftOut = 0
        var rows: [[Rating?]] = []
        var unitDocuments: [RecordID] = []
        for unit in statementUnits where !unit.types.isDisjoint(with: types) {
            var row: [Rating?] = []
            for values in unit.values(of: variable) {
                guard let values, level.kind == .number else {
                    row.append(values.map { .codes(Set($0.map(Self.category))) })
                    continue
                }
                guard values.allSatisfy({ $0.isOrdered(at: level) }) else { throw .noSuchOrder(level) }
                let number = values.count == 1 ? values.first?.number : nil
                if number == nil, !values.isEmpty { leftOut += 1 }
                row.append(number.map { .number($0) })
            }
            rows.append(row)
            unitDocuments.append(unit.document)
        }
        let ratings: ReliabilityTable
        do {
            ratings = try ReliabilityTable(coderCount: coders.count, units: rows)
        } catch {
            throw .input(error)
        }
        return VariableTable(
            variable: variable, level: level, ratings: ratings, unitDocuments: unitDocuments, leftOut: leftOut)
    }

    /// What a value is called in the tables: its kind and itself. Kinds do not mix: the text "3" is not the number 3.
    public static func category(_ value: CodedValue) -> Category {
        switch value {
        case .boolean(let flag): Category("boolean \(flag)")
        case .integer(let number): Category("integer \(number)")
        case .text(let text): Category("text \(text)")
        case .date(let text): Category("date \(text)")
        case .record(let id): Category("record \(id)")
        }
    }
}

extension CodedValue {
    fileprivate func isOrdered(at level: AlphaMetric) -> Bool {
        switch self {
        case .integer: true
        case .date: level != .ratio
        case .boolean, .text, .record: false
        }
    }

    /// A whole number that IEEE 754 tells from its neighbours, or the number of a full day.
    fileprivate var number: Double? {
        switch self {
        case .integer(let number): number.magnitude <= 1 << 53 ? Double(number) : nil
        case .date(let text): dayNumber(text).map(Double.init)
        case .boolean, .text, .record: nil
        }
    }
}
