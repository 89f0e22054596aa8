public import AnnotationModel

/// The selectors that an annotation records when it is made.
public struct PassageSelectors: Sendable, Hashable {
    public var position: TextPositionSelector
    public var quote: TextQuoteSelector

    public init(position: TextPositionSelector, quote: TextQuoteSelector) {
        self.position = position
        self.quote = quote
    }
}

extension TextIndex {
    /// How many code points of text a quote selector records on each side, at most.
    public static let contextInCodePointsMax = 64

    /// Makes both selectors of a passage.
    ///
    /// A range that begins or ends inside a grapheme cluster is widened to the whole cluster, as every
    /// editor does with a selection: half of a letter with its accent, or of an emoji family, cannot be shown,
    /// and was never what somebody meant to mark. The position in the result tells the range that was taken.
    ///
    /// Prefix and suffix are as many whole clusters as fit into 64 code points, so they are empty beside
    /// a cluster that is longer than that.
    ///
    /// - Parameter range: The passage, in code points.
    /// - Throws: `emptyRange`, `offsetOutOfRange`.
    /// - Complexity: O(log *n* + *m*) in the length *m* of the passage.
    public func selectors(forCodePoints range: Range<Int>) throws(DocumentTextError) -> PassageSelectors {
        if range.isEmpty { throw DocumentTextError(.emptyRange, at: range.lowerBound, in: .codePoint) }
        let bytes = wholeGraphemes(aroundBytes: try convert(range, from: .codePoint, to: .utf8))
        let codePoints = codePoints(ofBytes: bytes)
        return PassageSelectors(
            position: TextPositionSelector(codePoints),
            quote: TextQuoteSelector(
                exact: string(inBytes: bytes),
                prefix: string(
                    inBytes: context(before: codePoints.lowerBound, inCodePointsAtMost: Self.contextInCodePointsMax)),
                suffix: string(
                    inBytes: context(after: codePoints.upperBound, inCodePointsAtMost: Self.contextInCodePointsMax))))
    }

    /// The longest range of whole graphemes that ends at a border and has at most so many code points, in bytes.
    func context(before offset: Int, inCodePointsAtMost count: Int) -> Range<Int> {
        let end = byte(ofCodePoint: offset)
        let earliest = byte(ofCodePoint: max(0, offset - count))
        return min(graphemeBounds(aroundByte: earliest).upper, end)..<end
    }

    /// The longest range of whole graphemes that begins at a border and has at most so many code points, in bytes.
    func context(after offset: Int, inCodePointsAtMost count: Int) -> Range<Int> {
        let start = byte(ofCodePoint: offset)
        let latest = byte(ofCodePoint: min(codePointCount, offset + count))
        return start..<max(graphemeBounds(aroundByte: latest).lower, start)
    }
}
