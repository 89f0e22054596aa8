/// Why bytes could not be read as XML.
public struct XMLReadingError: Error, Hashable, Sendable, CustomStringConvertible {
    public struct Code: Hashable, Sendable {
        private enum Name: Hashable { case malformed, forbidden, tooLarge, unavailable }
        private let name: Name

        /// It is no well-formed XML.
        public static let malformed = Code(name: .malformed)
        /// It has a document type declaration or an entity of its own: what would be read then is not what stands there.
        public static let forbidden = Code(name: .forbidden)
        /// It exceeds a limit.
        public static let tooLarge = Code(name: .tooLarge)
        /// The library has no memory.
        public static let unavailable = Code(name: .unavailable)
    }

    public let code: Code
    /// Counted from 1; 0 where it is not known.
    public let line: Int
    /// The sentence without the line.
    public let reasonAlone: String

    init(_ code: Code, line: Int = 0, _ reason: String) {
        self.code = code
        self.line = line
        reasonAlone = reason
    }

    public var description: String { line > 0 ? "line \(line): \(reasonAlone)" : reasonAlone }
}
