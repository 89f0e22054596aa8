extension TextIndex {
    /// Converts an offset from one unit to another, exactly.
    ///
    /// - Throws: `offsetOutOfRange`; `insideCodePoint` or `insideSurrogatePair` for an offset that no
    ///   code point begins at; `insideGrapheme` when the result would be in graphemes and is not a border.
    /// - Complexity: O(log *n*) and a scan of at most one block.
    public func convert(_ offset: Int, from source: OffsetUnit, to target: OffsetUnit) throws(DocumentTextError) -> Int
    {
        let place = try place(of: offset, in: source)
        switch target {
        case .utf8: return place.byte
        case .codePoint: return place.codePoint
        case .utf16: return place.utf16
        case .grapheme:
            let bounds = graphemeBounds(aroundByte: place.byte)
            if bounds.lower != place.byte { throw DocumentTextError(.insideGrapheme, at: offset, in: source) }
            return bounds.graphemesBefore
        }
    }

    /// Converts both ends of a range from one unit to another, exactly.
    ///
    /// - Throws: As for a single offset.
    /// - Complexity: O(log *n*) and a scan of at most two blocks.
    public func convert(
        _ range: Range<Int>, from source: OffsetUnit, to target: OffsetUnit
    ) throws(DocumentTextError) -> Range<Int> {
        let lower = try convert(range.lowerBound, from: source, to: target)
        return lower..<(try convert(range.upperBound, from: source, to: target))
    }

    /// The text in a range of code points.
    ///
    /// - Throws: `offsetOutOfRange`.
    /// - Complexity: O(log *n* + *m*) in the length *m* of the range.
    public func string(inCodePoints range: Range<Int>) throws(DocumentTextError) -> String {
        let bytes = try convert(range, from: .codePoint, to: .utf8)
        return string(inBytes: bytes)
    }

    /// The text in a range of bytes that is known to begin and end at code points.
    func string(inBytes range: Range<Int>) -> String {
        String(decoding: text.utf8[range], as: UTF8.self)
    }

    /// The byte offset of a code point offset that is known to be within the text.
    func byte(ofCodePoint codePoint: Int) -> Int {
        place(ofCodePoint: codePoint).byte
    }

    /// The code point offset of a byte offset that is known to be where a code point begins.
    func codePoint(ofByte byte: Int) -> Int {
        place(ofByte: byte).codePoint
    }

    /// The code point range of a byte range that is known to begin and end at code points.
    func codePoints(ofBytes range: Range<Int>) -> Range<Int> {
        codePoint(ofByte: range.lowerBound)..<codePoint(ofByte: range.upperBound)
    }

    /// One place in the text, in the three units that need no segmentation.
    struct Place {
        var byte: Int
        var codePoint: Int
        var utf16: Int
        var lineFeeds: Int

        init(_ checkpoint: Checkpoint) {
            byte = Int(checkpoint.byte)
            codePoint = Int(checkpoint.codePoints)
            utf16 = Int(checkpoint.utf16)
            lineFeeds = Int(checkpoint.lineFeeds)
        }

        /// Steps over the code point that begins with a byte.
        mutating func step(over leadByte: UInt8) {
            byte += leadByte < 0x80 ? 1 : leadByte < 0xE0 ? 2 : leadByte < 0xF0 ? 3 : 4
            codePoint += 1
            utf16 += leadByte < 0xF0 ? 1 : 2
            if leadByte == UInt8(ascii: "\n") { lineFeeds += 1 }
        }
    }

    func place(of offset: Int, in unit: OffsetUnit) throws(DocumentTextError) -> Place {
        guard offset >= 0, offset <= count(of: unit) else {
            throw DocumentTextError(.offsetOutOfRange, at: offset, in: unit)
        }
        let bytes = text.utf8.span
        switch unit {
        case .utf8:
            if offset < bytes.count, bytes[offset] & 0xC0 == 0x80 {
                throw DocumentTextError(.insideCodePoint, at: offset, in: unit)
            }
            return place(ofByte: offset)
        case .codePoint:
            return place(ofCodePoint: offset)
        case .utf16:
            var place = Place(checkpoints[block(where: { $0.utf16 }, isAtMost: offset)])
            while place.utf16 < offset { place.step(over: bytes[place.byte]) }
            if place.utf16 > offset { throw DocumentTextError(.insideSurrogatePair, at: offset, in: unit) }
            return place
        case .grapheme:
            return place(ofByte: byte(ofGrapheme: offset))
        }
    }

    func place(ofByte byte: Int) -> Place {
        let bytes = text.utf8.span
        var place = Place(checkpoints[block(where: { $0.byte }, isAtMost: byte)])
        while place.byte < byte { place.step(over: bytes[place.byte]) }
        return place
    }

    func place(ofCodePoint codePoint: Int) -> Place {
        let bytes = text.utf8.span
        var place = Place(checkpoints[block(where: { $0.codePoints }, isAtMost: codePoint)])
        while place.codePoint < codePoint { place.step(over: bytes[place.byte]) }
        return place
    }
}
