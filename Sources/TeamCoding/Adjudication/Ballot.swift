public import AnnotationModel

/// What one coder said of a cluster's passage, whether in one coding or in several: the codes of all, and the statements of all.
public struct Ballot: Sendable, Hashable {
    /// Ascending.
    public let codes: [RecordID]
    /// Ascending by content; ids play no part, a statement that was made twice stands twice.
    public let statements: [StatementContent]
    /// What was marked, if equal boundaries are asked for.
    let ranges: [Range<Int>]

    init(_ codings: [RoundCoding], isRangeCompared: Bool) {
        codes = Set(codings.flatMap(\.codes)).sorted()
        statements = codings.flatMap(\.statements).map(StatementContent.init).sorted()
        ranges =
            isRangeCompared
            ? codings.map(\.range).sorted { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) } : []
    }

    /// A statement without its id: two coders' statements are never one record, and can say the same.
    public struct StatementContent: Sendable, Hashable, Comparable {
        public let type: RecordID?
        public let values: [VariableValues]
        private let bytes: [UInt8]

        init(_ statement: CodedStatement) {
            type = statement.type
            values = statement.values
            bytes = statement.contentBytes
        }

        public static func == (left: Self, right: Self) -> Bool { left.bytes == right.bytes }
        public static func < (left: Self, right: Self) -> Bool { left.bytes.lexicographicallyPrecedes(right.bytes) }
        public func hash(into hasher: inout Hasher) { hasher.combine(bytes) }
    }
}
