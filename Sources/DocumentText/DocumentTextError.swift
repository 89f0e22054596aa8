/// What is wrong with bytes offered as a document's text, or with an offset into it.
///
/// `description` holds no document text and may be shown or logged anywhere.
public struct DocumentTextError: Error, Sendable {
    /// The kinds of failure. New ones may be added, so a `switch` over them needs a default.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Base: String {
            case invalidUTF8, containsNUL, tooLarge, notCanonical
            case offsetOutOfRange, insideCodePoint, insideSurrogatePair, insideGrapheme, emptyRange
        }

        private let base: Base

        private init(_ base: Base) { self.base = base }

        /// The bytes are not UTF-8; `offset` is the first byte that cannot belong to it.
        public static let invalidUTF8 = Code(.invalidUTF8)
        /// The bytes hold U+0000 at byte `offset`.
        public static let containsNUL = Code(.containsNUL)
        /// The text is larger than `CanonicalText.sizeInBytesMax`; `offset` is its size in bytes.
        public static let tooLarge = Code(.tooLarge)
        /// Bytes that should be canonical text already are not; `offset` is where.
        public static let notCanonical = Code(.notCanonical)
        /// The offset is negative or beyond the end of the text.
        public static let offsetOutOfRange = Code(.offsetOutOfRange)
        /// The byte offset is inside the encoding of one code point.
        public static let insideCodePoint = Code(.insideCodePoint)
        /// The UTF-16 offset is between the two halves of a surrogate pair.
        public static let insideSurrogatePair = Code(.insideSurrogatePair)
        /// The offset is inside a grapheme cluster and so has no counterpart in graphemes.
        public static let insideGrapheme = Code(.insideGrapheme)
        /// The range holds no text.
        public static let emptyRange = Code(.emptyRange)

        public var description: String { base.rawValue }
    }

    public let code: Code

    /// Where the trouble is, in `unit`s: in the bytes as they were given for the codes about bytes, in
    /// the canonical text for the codes about offsets.
    public let offset: Int

    public let unit: OffsetUnit

    /// Where in this package the error was made.
    public let file: String
    public let line: Int

    init(_ code: Code, at offset: Int, in unit: OffsetUnit, file: String = #fileID, line: Int = #line) {
        self.code = code
        self.offset = offset
        self.unit = unit
        self.file = file
        self.line = line
    }
}

extension DocumentTextError: CustomStringConvertible, CustomDebugStringConvertible {
    public var description: String {
        switch code {
        case .invalidUTF8: "the text is not valid UTF-8: byte \(offset) cannot stand there"
        case .containsNUL: "the text holds a NUL character at byte \(offset), which no document may"
        case .tooLarge:
            "the text has \(offset) bytes, more than the \(CanonicalText.sizeInBytesMax) bytes that a document may have"
        case .notCanonical: "the text is not in canonical form at byte \(offset)"
        case .offsetOutOfRange: "\(unit) offset \(offset) is outside the text"
        case .insideCodePoint: "\(unit) offset \(offset) is inside a character's encoding"
        case .insideSurrogatePair: "\(unit) offset \(offset) is inside a surrogate pair"
        case .insideGrapheme: "\(unit) offset \(offset) is inside a character made of several code points"
        case .emptyRange: "the range at \(unit) offset \(offset) is empty"
        default: "\(code) at \(unit) offset \(offset)"
        }
    }

    public var debugDescription: String {
        "DocumentTextError(\(code), offset: \(offset), unit: \(unit), at \(file):\(line))"
    }
}
