/// A JSON value (RFC 8259) whose members keep the order in which they were given, so that equal content gives
/// equal bytes.
///
/// The one place where Variorum makes JSON: exports and the command line's `--json` alike.
public indirect enum JSON: Sendable, Hashable {
    case null
    case boolean(Bool)
    case integer(Int64)
    case text(String)
    case array([JSON])
    case object([Member])

    /// A name and its value within an object.
    public struct Member: Sendable, Hashable {
        public let name: String
        public let value: JSON

        public init(_ name: String, _ value: JSON) {
            self.name = name
            self.value = value
        }
    }

    /// A text, or null where there is none.
    public static func optional(_ text: String?) -> JSON { text.map { .text($0) } ?? .null }

    public static func optional(_ number: (some BinaryInteger)?) -> JSON { number.map { .integer(Int64($0)) } ?? .null }

    public static func texts(_ texts: [String]) -> JSON { .array(texts.map { .text($0) }) }

    public static func number(_ number: some BinaryInteger) -> JSON { .integer(Int64(number)) }

    /// The object without the members that are null, for formats in which absence says the same.
    public var withoutNulls: JSON {
        guard case .object(let members) = self else { return self }
        return .object(members.filter { $0.value != .null })
    }

    /// The object with another's members at its end.
    public func adding(_ other: JSON) -> JSON {
        guard case .object(let members) = self, case .object(let more) = other else { return self }
        return .object(members + more)
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByNilLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(stringLiteral value: String) { self = .text(value) }
    public init(integerLiteral value: Int64) { self = .integer(value) }
    public init(booleanLiteral value: Bool) { self = .boolean(value) }
    public init(nilLiteral: ()) { self = .null }
    public init(arrayLiteral elements: JSON...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(elements.map { Member($0.0, $0.1) })
    }
}

extension JSON {
    /// The object with another value for one of its members.
    public func withMember(_ name: String, _ value: JSON) -> JSON {
        guard case .object(let members) = self else { return self }
        return .object(members.map { $0.name == name ? Member(name, value) : $0 })
    }
}
