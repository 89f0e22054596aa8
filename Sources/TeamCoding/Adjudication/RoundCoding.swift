public import AnnotationModel

/// What one coder said of one passage: an annotation with its codes and statements.
public struct RoundCoding: Sendable, Hashable {
    /// The annotation.
    public let id: RecordID
    public let coder: MemberID
    public let document: RecordID
    public let version: RecordID
    /// In code points of the version, with the coder's own correction of the boundaries if there is one.
    public let range: Range<Int>
    /// Ascending; redirects of merged codes are followed by whoever reads the store, or not, for all alike.
    public let codes: [RecordID]
    /// Ascending by id.
    public let statements: [CodedStatement]
    /// What the coder wrote beside it. It is shown, and is no part of what is compared.
    public let note: String?
    /// Ascending: the codes that the coder applied, where others stand for some of them now; else those of `codes`. They are
    /// shown, and are no part of what is compared.
    public let appliedCodes: [RecordID]
    /// Whether it came after the round had been closed. Its maker may have known what others had coded: it is shown to the
    /// adjudicator, and is left out of agreement.
    public let isLate: Bool

    /// - Parameter appliedCodes: `nil`: those of `codes`.
    public init(
        id: RecordID, coder: MemberID, document: RecordID, version: RecordID, range: Range<Int>,
        codes: [RecordID] = [], statements: [CodedStatement] = [], note: String? = nil,
        appliedCodes: [RecordID]? = nil, isLate: Bool = false
    ) {
        self.appliedCodes = Set(appliedCodes ?? codes).sorted()
        self.isLate = isLate
        self.id = id
        self.coder = coder
        self.document = document
        self.version = version
        self.range = range
        self.codes = Set(codes).sorted()
        self.statements = statements.sorted { $0.id < $1.id }
        self.note = note
    }
}

extension RoundCoding: Comparable {
    /// By document, range and id.
    public static func < (left: Self, right: Self) -> Bool {
        if left.document != right.document { return left.document < right.document }
        if left.range != right.range {
            return (left.range.lowerBound, left.range.upperBound) < (right.range.lowerBound, right.range.upperBound)
        }
        return left.id < right.id
    }
}

/// A statement with the values of its variables.
public struct CodedStatement: Sendable, Hashable {
    public let id: RecordID
    /// `nil`: the built-in type.
    public let type: RecordID?
    /// Ascending by variable; a variable without a value does not occur.
    public let values: [VariableValues]

    /// Values of one variable that come in several parts are joined.
    public init(id: RecordID, type: RecordID? = nil, values: [VariableValues]) {
        self.id = id
        self.type = type
        var joined: [StatementVariable: Set<CodedValue>] = [:]
        for entry in values where !entry.values.isEmpty { joined[entry.variable, default: []].formUnion(entry.values) }
        self.values = joined.map { VariableValues($0.key, Array($0.value)) }.sorted { $0.variable < $1.variable }
    }

    /// The values of a variable, ascending; empty if there is none.
    public subscript(variable: StatementVariable) -> [CodedValue] {
        values.first { $0.variable == variable }?.values ?? []
    }
}

/// A variable of a statement with what was coded for it.
public struct VariableValues: Sendable, Hashable {
    public let variable: StatementVariable
    /// Ascending, each once.
    public let values: [CodedValue]

    public init(_ variable: StatementVariable, _ values: [CodedValue]) {
        self.variable = variable
        self.values = Set(values).sorted()
    }
}

/// What a statement is asked: a field of the built-in type, or a variable that the team has defined.
public enum StatementVariable: Sendable, Hashable {
    case builtIn(BuiltIn)
    case defined(RecordID)

    /// The fields of a statement, in the order of the model.
    public enum BuiltIn: String, Sendable, CaseIterable {
        case speaker, organisation, concept, position, date, addressee, directness, instruments

        var place: UInt8 { UInt8(Self.allCases.firstIndex(of: self) ?? 0) }
    }
}

extension StatementVariable: Comparable {
    /// Built-in ones first, in the order of the model, then by id.
    public static func < (left: Self, right: Self) -> Bool {
        switch (left, right) {
        case (.builtIn(let left), .builtIn(let right)): left.place < right.place
        case (.builtIn, .defined): true
        case (.defined, .builtIn): false
        case (.defined(let left), .defined(let right)): left < right
        }
    }
}

/// A coded value. Texts are equal if their UTF-8 bytes are.
public enum CodedValue: Sendable {
    case boolean(Bool)
    case integer(Int64)
    case text(String)
    /// `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
    case date(String)
    /// An entity or a code.
    case record(RecordID)
}

extension CodedValue: Hashable, Comparable {
    public static func == (left: Self, right: Self) -> Bool {
        switch (left, right) {
        case (.boolean(let left), .boolean(let right)): left == right
        case (.integer(let left), .integer(let right)): left == right
        case (.text(let left), .text(let right)), (.date(let left), .date(let right)):
            left.utf8.elementsEqual(right.utf8)
        case (.record(let left), .record(let right)): left == right
        default: false
        }
    }

    /// By kind, then by value: texts by their UTF-8 bytes.
    public static func < (left: Self, right: Self) -> Bool {
        switch (left, right) {
        case (.integer(let left), .integer(let right)): left < right
        case (.text(let left), .text(let right)), (.date(let left), .date(let right)):
            left.utf8.lexicographicallyPrecedes(right.utf8)
        default: left.canonicalBytes.lexicographicallyPrecedes(right.canonicalBytes)
        }
    }

    public func hash(into hasher: inout Hasher) {
        switch self {
        case .boolean(let value): hasher.combine(value)
        case .integer(let value): hasher.combine(value)
        case .text(let text), .date(let text):
            for byte in text.utf8 { hasher.combine(byte) }
            hasher.combine(0xFF as UInt8)  // no byte of UTF-8
        case .record(let id): hasher.combine(id)
        }
    }
}
