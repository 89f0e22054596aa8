extension TextIndex {
    /// One line of the text.
    ///
    /// Lines end with LF. Text that was extracted from a web page or a book has one paragraph to a line, so
    /// for most documents a line is a paragraph; canonical text knows no other mark between paragraphs.
    public struct Line: Sendable, Hashable {
        /// The number of the line, counted from 1.
        public var number: Int
        /// Its text in code points, without the LF.
        public var range: Range<Int>
    }

    /// The line that holds a code point offset. An LF belongs to the line that it ends.
    ///
    /// - Throws: `offsetOutOfRange`.
    /// - Complexity: O(log *n*) and a scan of a few blocks, however long the line is.
    public func line(atCodePoint offset: Int) throws(DocumentTextError) -> Line {
        let place = try place(of: offset, in: .codePoint)
        return line(afterLineFeeds: place.lineFeeds)
    }

    /// The line with a number, counted from 1, or nil when there is no such line.
    ///
    /// - Complexity: As for the line at an offset.
    public func line(number: Int) -> Line? {
        guard number >= 1, number <= lineCount else { return nil }
        return line(afterLineFeeds: number - 1)
    }

    private func line(afterLineFeeds lineFeeds: Int) -> Line {
        let start = lineFeeds == 0 ? 0 : codePoint(ofLineFeed: lineFeeds) + 1
        let end = lineFeeds + 1 == lineCount ? codePointCount : codePoint(ofLineFeed: lineFeeds + 1)
        return Line(number: lineFeeds + 1, range: start..<end)
    }

    /// Where the LF with a number, counted from 1, stands, in code points.
    private func codePoint(ofLineFeed number: Int) -> Int {
        let bytes = text.utf8.span
        var place = Place(checkpoints[block(where: { $0.lineFeeds }, isAtMost: number - 1)])
        while true {
            let byte = bytes[place.byte]
            if byte == UInt8(ascii: "\n"), place.lineFeeds == number - 1 { return place.codePoint }
            place.step(over: byte)
        }
    }
}
