/// Why compressed bytes could not be read.
public struct CompressionError: Error, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    /// The kinds of failure. New ones may be added, so a `switch` over them needs a default.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Base: String { case notZstandard, truncated, corrupted, tooLarge, trailingBytes, unsupported }

        private let base: Base

        private init(_ base: Base) { self.base = base }

        /// The bytes do not begin with a Zstandard frame.
        public static let notZstandard = Code(.notZstandard)
        /// The frame goes on after the last byte given.
        public static let truncated = Code(.truncated)
        /// The frame contradicts itself or its checksum.
        public static let corrupted = Code(.corrupted)
        /// The content is larger than the caller allows.
        public static let tooLarge = Code(.tooLarge)
        /// Something follows the frame: another frame, or garbage.
        public static let trailingBytes = Code(.trailingBytes)
        /// The frame needs a dictionary, or more memory than decoders must offer.
        public static let unsupported = Code(.unsupported)

        public var description: String { base.rawValue }
    }

    public let code: Code

    /// What the library said, for the log.
    public let reason: String

    /// Where in this package the error was made.
    public let file: String
    public let line: Int

    init(_ code: Code, _ reason: String = "", file: String = #fileID, line: Int = #line) {
        self.code = code
        self.reason = reason
        self.file = file
        self.line = line
    }

    public var description: String {
        switch code {
        case .notZstandard: "the data is not Zstandard-compressed"
        case .truncated: "the compressed data ends too early"
        case .corrupted: "the compressed data is damaged"
        case .tooLarge: "the compressed data holds more than is allowed"
        case .trailingBytes: "something follows the compressed data"
        case .unsupported: "the compressed data uses a feature that is not supported here"
        default: "the compressed data cannot be read (\(code))"
        }
    }

    public var debugDescription: String { "CompressionError(\(code), \(reason), at \(file):\(line))" }
}
