extension TextIndex {
    /// Whether a code point offset is a border between grapheme clusters, or an end of the text.
    ///
    /// - Throws: `offsetOutOfRange`.
    /// - Complexity: O(log *n*) and a scan of at most two blocks.
    public func isGraphemeBorder(atCodePoint offset: Int) throws(DocumentTextError) -> Bool {
        let byte = try place(of: offset, in: .codePoint).byte
        return graphemeBounds(aroundByte: byte).lower == byte
    }

    /// The smallest range of whole grapheme clusters that holds a range of code points.
    ///
    /// - Throws: `offsetOutOfRange`.
    /// - Complexity: O(log *n*) and a scan of a few blocks.
    public func wholeGraphemes(aroundCodePoints range: Range<Int>) throws(DocumentTextError) -> Range<Int> {
        let bytes = try convert(range, from: .codePoint, to: .utf8)
        return codePoints(ofBytes: wholeGraphemes(aroundBytes: bytes))
    }

    func wholeGraphemes(aroundBytes range: Range<Int>) -> Range<Int> {
        graphemeBounds(aroundByte: range.lowerBound).lower..<graphemeBounds(aroundByte: range.upperBound).upper
    }

    struct GraphemeBounds {
        /// The last border at or before the place asked for, in bytes.
        var lower: Int
        /// The first border at or after it, in bytes.
        var upper: Int
        /// How many graphemes end at or before `lower`.
        var graphemesBefore: Int
    }

    /// The grapheme borders on both sides of a byte offset; the same twice when it is one itself.
    ///
    /// - Complexity: O(log *n*) and a scan of at most one block, also inside a huge cluster.
    func graphemeBounds(aroundByte byte: Int) -> GraphemeBounds {
        let scan = BlockScan(self, block: block(where: { $0.graphemeByte }, isAtMost: byte))
        var bounds = GraphemeBounds(lower: scan.start, upper: scan.start, graphemesBefore: scan.graphemesBefore)
        if byte >= scan.next { return .init(lower: scan.next, upper: scan.next, graphemesBefore: scan.graphemesAtNext) }
        if scan.isOneByteEach {
            return .init(lower: byte, upper: byte, graphemesBefore: scan.graphemesBefore + byte - scan.start)
        }
        scan.forEachEnd(in: text.utf8) { end in
            if bounds.upper >= byte { return false }
            bounds.lower = bounds.upper
            bounds.upper = end
            bounds.graphemesBefore += 1
            return true
        }
        if bounds.upper == byte { bounds.lower = byte } else { bounds.graphemesBefore -= 1 }
        return bounds
    }

    /// The byte offset at which the grapheme with a number begins; the length of the text for its count.
    func byte(ofGrapheme number: Int) -> Int {
        let scan = BlockScan(self, block: block(where: { $0.graphemes }, isAtMost: number))
        if number >= scan.graphemesAtNext { return scan.next }
        if scan.isOneByteEach { return scan.start + number - scan.graphemesBefore }
        var remaining = number - scan.graphemesBefore
        var byte = scan.start
        scan.forEachEnd(in: text.utf8) { end in
            if remaining == 0 { return false }
            remaining -= 1
            byte = end
            return true
        }
        return byte
    }

    /// The graphemes that begin in one block.
    private struct BlockScan {
        /// Where the first of them begins, in bytes.
        let start: Int
        /// Where the first grapheme after them begins.
        let next: Int
        let graphemesBefore: Int
        let graphemesAtNext: Int
        /// The end of the block itself; the last grapheme may reach beyond it, as far as `next`.
        private let blockEnd: Int

        init(_ index: TextIndex, block: Int) {
            let here = index.checkpoints[block]
            let after = index.checkpoints[min(block + 1, index.checkpoints.count - 1)]
            start = Int(here.graphemeByte)
            next = Int(after.graphemeByte)
            graphemesBefore = Int(here.graphemes)
            graphemesAtNext = Int(after.graphemes)
            blockEnd = Int(after.byte)
        }

        var isOneByteEach: Bool { next - start == graphemesAtNext - graphemesBefore }

        /// Calls a function with the end of each grapheme until it returns false.
        ///
        /// Segmentation looks only at what came before in the same cluster, so it may start at any border;
        /// and it stops at the block's end, because where a longer cluster ends is already known.
        func forEachEnd(in bytes: [UInt8], _ body: (Int) -> Bool) {
            guard start < blockEnd else { return }
            // A part of valid UTF-8 that begins and ends at code points is valid UTF-8.
            let part = bytes.span.extracting(start..<blockEnd)
            var graphemes = unsafe UTF8Span(unchecked: part).makeCharacterIterator()
            while graphemes.skipForward() == 1 {
                let end = start + graphemes.currentCodeUnitOffset
                if !body(end == blockEnd ? next : end) { return }
            }
        }
    }
}

/// Says for byte offsets in rising order whether each is a grapheme border.
///
/// A search may come upon millions of places; walking along with it makes all of them together cost no
/// more than one pass over the text, whatever the text is.
struct GraphemeCursor {
    private let index: TextIndex
    /// A border, and the next one after it.
    private var lower = 0
    private var upper = 0

    init(_ index: TextIndex) { self.index = index }

    mutating func isBorder(_ byte: Int) -> Bool {
        if byte > upper { advance(to: byte) }
        return byte == lower || byte == upper
    }

    private mutating func advance(to byte: Int) {
        if byte - upper > TextIndex.blockSizeInBytes {
            let bounds = index.graphemeBounds(aroundByte: byte)
            lower = bounds.lower
            upper = bounds.upper
            return
        }
        let bytes = index.text.utf8
        // The bytes come from CanonicalText, which holds valid UTF-8 only.
        var graphemes = unsafe UTF8Span(unchecked: bytes.span).makeCharacterIterator()
        unsafe graphemes.reset(toUnchecked: upper)
        while upper < byte {
            lower = upper
            _ = graphemes.skipForward()
            upper = graphemes.currentCodeUnitOffset
        }
    }
}
