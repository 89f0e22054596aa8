/// The number of a kind of record, as it stands in changes.
@frozen
public struct Kind: RawRepresentable, Hashable, Comparable, Sendable {
    public let rawValue: UInt16

    @inlinable
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    @inlinable
    public static func < (left: Kind, right: Kind) -> Bool { left.rawValue < right.rawValue }
}

/// The number of a field, unique within its kind, as it stands in changes.
@frozen
public struct Field: RawRepresentable, Hashable, Comparable, Sendable {
    public let rawValue: UInt16

    @inlinable
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    @inlinable
    public static func < (left: Field, right: Field) -> Bool { left.rawValue < right.rawValue }
}

/// One row of the model's table: a field, its merge rule, its type.
public struct FieldDefinition: Sendable {
    public let field: Field
    /// The name in SQL columns, JSON, CLI and documentation.
    public let name: String
    public let rule: MergeRule
    public let type: ValueType
    /// Whether a creation without it is refused.
    public let isRequired: Bool
    public let meaning: String
}

/// A kind of record and its fields.
public struct KindDefinition: Sendable {
    public let kind: Kind
    public let name: String
    public let meaning: String
    public let fields: [FieldDefinition]

    /// Complexity: O(n), n = fields of the kind (at most a dozen).
    public func definition(of field: Field) -> FieldDefinition? {
        fields.first { $0.field == field }
    }
}
