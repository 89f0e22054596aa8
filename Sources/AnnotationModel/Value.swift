/// What a field holds.
///
/// Two values are equal when their bytes are: text is compared as UTF-8, never by canonical equivalence,
/// so that every replica in every language agrees. A byte string of 16 bytes *is* an identifier.
public enum Value: Sendable {
    /// Nothing; a register that was cleared.
    case null
    case boolean(Bool)
    case integer(Int64)
    case text(String)
    /// Any count of bytes but 16; see `init(bytes:)`.
    case bytes([UInt8])
    case identifier(RecordID)
    case list([Value])

    /// A byte string, or the identifier that 16 bytes are.
    public init(bytes: [UInt8]) {
        if let id = RecordID(bytes: bytes) {
            self = .identifier(id)
        } else {
            self = .bytes(bytes)
        }
    }
}

extension Value: Hashable {
    public static func == (left: Value, right: Value) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.boolean(let a), .boolean(let b)): a == b
        case (.integer(let a), .integer(let b)): a == b
        case (.text(let a), .text(let b)): a.utf8.elementsEqual(b.utf8)
        case (.bytes(let a), .bytes(let b)): a == b
        case (.identifier(let a), .identifier(let b)): a == b
        case (.list(let a), .list(let b)): a == b
        default: false
        }
    }

    public func hash(into hasher: inout Hasher) {
        switch self {
        case .null: hasher.combine(0)
        case .boolean(let value): hasher.combine(value)
        case .integer(let value): hasher.combine(value)
        case .text(let value):
            for byte in value.utf8 { hasher.combine(byte) }
        case .bytes(let value): hasher.combine(value)
        case .identifier(let value): hasher.combine(value)
        case .list(let value): hasher.combine(value)
        }
    }
}

extension Value: Comparable {
    /// A total order without meaning, the same everywhere: by type, then by bytes.
    public static func < (left: Value, right: Value) -> Bool {
        switch (left, right) {
        case (.boolean(let a), .boolean(let b)): !a && b
        case (.integer(let a), .integer(let b)): a < b
        case (.text(let a), .text(let b)): a.utf8.lexicographicallyPrecedes(b.utf8)
        case (.bytes(let a), .bytes(let b)): a.lexicographicallyPrecedes(b)
        case (.identifier(let a), .identifier(let b)): a < b
        case (.list(let a), .list(let b)): a.lexicographicallyPrecedes(b)
        default: left.typeRank < right.typeRank
        }
    }

    private var typeRank: Int {
        switch self {
        case .null: 0
        case .boolean: 1
        case .integer: 2
        case .text: 3
        case .bytes: 4
        case .identifier: 5
        case .list: 6
        }
    }
}

extension Value {
    /// The text, if it is one.
    public var text: String? { if case .text(let value) = self { value } else { nil } }
    public var integer: Int64? { if case .integer(let value) = self { value } else { nil } }
    public var boolean: Bool? { if case .boolean(let value) = self { value } else { nil } }
    public var identifier: RecordID? { if case .identifier(let value) = self { value } else { nil } }
    public var bytes: [UInt8]? {
        switch self {
        case .bytes(let value): value
        case .identifier(let value): value.bytes
        default: nil
        }
    }
    public var isNull: Bool { if case .null = self { true } else { false } }
}
