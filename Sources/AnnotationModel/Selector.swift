/// A passage named by where it begins and ends in one document version.
///
/// The TextPositionSelector of the W3C Web Annotation Data Model, section 4.2.5. Offsets count
/// Unicode code points of the version's canonical text and are half-open, so `end - start` is the
/// passage's length. Formats that count otherwise (UTF-16 units, bytes, CRLF as two) are converted
/// at the border and never reach this type.
///
/// The values are as somebody recorded them, possibly a foreign program: nothing here promises that
/// they are ordered or within any text. `range` says whether they make sense at all, and resolving
/// the selector against a text says whether they still point at the passage.
public struct TextPositionSelector: Sendable, Hashable {
    /// The offset of the passage's first code point, counted from 0.
    public var start: Int

    /// The offset just after the passage's last code point.
    public var end: Int

    public init(start: Int, end: Int) {
        self.start = start
        self.end = end
    }

    public init(_ range: Range<Int>) {
        self.init(start: range.lowerBound, end: range.upperBound)
    }

    /// The passage as a range of code points, or nil when the offsets are negative or out of order.
    public var range: Range<Int>? {
        start >= 0 && start <= end ? start..<end : nil
    }
}

/// A passage named by its words and by what stands before and after it.
///
/// The TextQuoteSelector of the W3C Web Annotation Data Model, section 4.2.4. The three texts are
/// exactly what the document version holds, without normalisation. `prefix` and `suffix` are empty
/// where the text begins or ends with the passage, or where a foreign program recorded none.
///
/// Two selectors are equal when their bytes are: Swift's own `String ==` takes canonically equivalent
/// strings as equal, and then a selector would match a text in which its quote does not occur.
public struct TextQuoteSelector: Sendable {
    /// The passage itself.
    public var exact: String

    /// The text just before the passage.
    public var prefix: String

    /// The text just after the passage.
    public var suffix: String

    public init(exact: String, prefix: String = "", suffix: String = "") {
        self.exact = exact
        self.prefix = prefix
        self.suffix = suffix
    }
}

extension TextQuoteSelector: Hashable {
    public static func == (left: Self, right: Self) -> Bool {
        left.exact.utf8.elementsEqual(right.exact.utf8)
            && left.prefix.utf8.elementsEqual(right.prefix.utf8)
            && left.suffix.utf8.elementsEqual(right.suffix.utf8)
    }

    public func hash(into hasher: inout Hasher) {
        for part in [exact, prefix, suffix] {
            for byte in part.utf8 { hasher.combine(byte) }
            // Keeps ("ab", "c") and ("a", "bc") apart: 0xFF never occurs in UTF-8.
            hasher.combine(0xFF as UInt8)
        }
    }
}
