/// One place where words that somebody typed stand in a text.
public struct QuoteOccurrence: Sendable, Hashable {
    /// The place, in code points.
    public var range: Range<Int>
    /// The number of the line where it begins, counted from 1.
    public var lineNumber: Int
    /// What stands before it, in one line; it begins with "…" when it was cut.
    public var textBefore: String
    /// The words as they stand in the text, in one line.
    public var match: String
    /// What stands after it, in one line; it ends with "…" when it was cut.
    public var textAfter: String
}

/// What a search for typed words found.
public struct QuoteSearchResult: Sendable, Hashable {
    /// The first occurrences, in text order.
    public var occurrences: [QuoteOccurrence]
    /// Whether there are more than were asked for.
    public var hasMore: Bool
}

extension TextIndex {
    /// Finds the places where words that a person typed or pasted stand.
    ///
    /// Any run of white space, line ends included, matches any other, since terminals and web pages wrap
    /// and indent as they like; white space around the words does not count. If the words do not occur that way, they are
    /// looked for once more with curly and straight quotation marks, and all dashes, taken as alike.
    /// Case and accents always count, and a match never splits a grapheme cluster. Overlapping occurrences
    /// are all found. Words that are only white space occur nowhere.
    ///
    /// - Parameters:
    ///   - words: What was typed.
    ///   - countMax: How many occurrences to report.
    ///   - contextInCodePoints: How much text to show on each side, at most.
    /// - Complexity: O(*n* + *m*) in the lengths of the text and the words.
    public func occurrences(
        ofWords words: String, countMax: Int = 20, contextInCodePoints: Int = 40
    ) -> QuoteSearchResult {
        let typed = Array(words.utf8)
        var places = places(ofWords: typed, typography: false, countMax: countMax + 1)
        if places.isEmpty { places = self.places(ofWords: typed, typography: true, countMax: countMax + 1) }
        return QuoteSearchResult(
            occurrences: places.prefix(countMax).map {
                occurrence(atBytes: $0, contextInCodePoints: contextInCodePoints)
            },
            hasMore: places.count > countMax)
    }

    private func places(ofWords typed: [UInt8], typography: Bool, countMax: Int) -> [Range<Int>] {
        let space = UInt8(ascii: " ")
        var needle = FoldedText(typed, typography: typography).bytes[...]
        if needle.first == space { needle.removeFirst() }
        if needle.last == space { needle.removeLast() }
        if needle.isEmpty { return [] }
        let folded = FoldedText(text.utf8, typography: typography)
        var starts = GraphemeCursor(self)
        var ends = GraphemeCursor(self)
        var found: [Range<Int>] = []
        ByteSearch(Array(needle)).forEachMatch(in: folded.bytes) { offset in
            let place = folded.original(of: offset)..<folded.original(of: offset + needle.count)
            if starts.isBorder(place.lowerBound), ends.isBorder(place.upperBound) { found.append(place) }
            return found.count < countMax
        }
        return found
    }

    private func occurrence(atBytes bytes: Range<Int>, contextInCodePoints: Int) -> QuoteOccurrence {
        let range = codePoints(ofBytes: bytes)
        let before = context(before: range.lowerBound, inCodePointsAtMost: contextInCodePoints)
        let after = context(after: range.upperBound, inCodePointsAtMost: contextInCodePoints)
        return QuoteOccurrence(
            range: range,
            lineNumber: place(ofByte: bytes.lowerBound).lineFeeds + 1,
            textBefore: (before.lowerBound > 0 ? "…" : "") + oneLine(before),
            match: oneLine(bytes),
            textAfter: oneLine(after) + (after.upperBound < utf8Count ? "…" : ""))
    }

    private func oneLine(_ range: Range<Int>) -> String {
        String(decoding: FoldedText(Array(text.utf8[range]), typography: false).bytes, as: UTF8.self)
    }
}
