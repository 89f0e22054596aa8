/// Why bytes from outside were not accepted.
public struct WireError: Error, Sendable, Hashable, CustomStringConvertible {
    public struct Code: Sendable, Hashable {
        enum Base: Sendable {
            case truncated, malformed, notCanonical, tooLarge, unsupportedVersion, trailingBytes, invalid
        }
        let base: Base
        /// The bytes end too early.
        public static let truncated = Code(base: .truncated)
        /// Not what stands in this place by the format.
        public static let malformed = Code(base: .malformed)
        /// Not the one encoding that RFC 8949 section 4.2 allows.
        public static let notCanonical = Code(base: .notCanonical)
        /// Over a limit of `WireLimits`.
        public static let tooLarge = Code(base: .tooLarge)
        /// Made by a newer version in a way that this one cannot even keep.
        public static let unsupportedVersion = Code(base: .unsupportedVersion)
        /// More bytes than the item has.
        public static let trailingBytes = Code(base: .trailingBytes)
        /// Well-formed, but a hash or a signature does not match.
        public static let invalid = Code(base: .invalid)
    }

    public let code: Code
    /// Where, counted in bytes from the start of the item.
    public let offset: Int
    /// What was expected.
    public let expected: String

    public init(_ code: Code, at offset: Int, expected: String) {
        self.code = code
        self.offset = offset
        self.expected = expected
    }

    public var description: String { "\(expected) (\(code.base), at byte \(offset))" }
}
