public import AnnotationModel

/// Where a passage that was recorded in one document version stands in another.
public enum AnchorResolution: Sendable, Hashable {
    /// The quote stands at its recorded position. The range counts code points, as all ranges here do.
    case exact(Range<Int>)
    /// The quote stands elsewhere, and one place is clearly meant.
    case moved(Range<Int>)
    /// The quote stands in several places and nothing singles one out; they are listed in text order.
    case ambiguous([Range<Int>])
    /// The quote does not stand in this text.
    case orphan

    /// The passage's range in code points, when there is one.
    public var range: Range<Int>? {
        switch self {
        case .exact(let range), .moved(let range): range
        case .ambiguous, .orphan: nil
        }
    }
}

extension TextIndex {
    /// How many places an ambiguous resolution lists, at most; these are then the first in the text.
    public static let candidateCountMax = 100

    /// Finds a recorded passage by its words; nothing is guessed and no two texts are taken as similar.
    ///
    /// The rules, the first that applies:
    ///
    /// 1. The quote stands at the recorded position, and beside it the recorded prefix or the recorded suffix:
    ///    *exact*. In the version that the annotation was made in, this always holds. Where both sides
    ///    changed, position alone is not trusted: another occurrence may have slid there. (A side recorded as
    ///    empty is no evidence here, unless both are: then the position is all there is.)
    /// 2. The quote stands nowhere: *orphan*. An empty quote names nothing and is one too.
    /// 3. It stands in one place: *exact* if that is the recorded position, else *moved*.
    /// 4. It stands in several places and exactly one has the full recorded prefix and suffix: *moved* there.
    /// 5. Otherwise *ambiguous*: the places with the full prefix and suffix, or if there are none, all.
    ///
    /// An occurrence that begins or ends inside a grapheme cluster does not count in rules 2 to 5: "e" does not occur
    /// in an "é" that is written as two code points. Prefix and suffix match by
    /// bytes, and in rules 4 and 5 a side that was recorded as empty matches anything.
    ///
    /// - Parameters:
    ///   - position: The recorded position, in code points; nil when none was recorded.
    ///   - quote: The recorded quote.
    /// - Complexity: O(*n* + *m*) in the lengths of text and selectors, for any text and any quote.
    public func resolve(position: TextPositionSelector?, quote: TextQuoteSelector) -> AnchorResolution {
        let exact = Array(quote.exact.utf8)
        if exact.isEmpty { return .orphan }
        let recorded = recordedPlace(position, of: exact)
        if let recorded, hasContextOnOneSide(recorded, quote) { return .exact(codePoints(ofBytes: recorded)) }

        let places = occurrences(of: exact, before: [], after: [], countMax: Self.candidateCountMax)
        if places.isEmpty { return .orphan }
        if places.count == 1 {
            let range = codePoints(ofBytes: places[0])
            return places[0] == recorded ? .exact(range) : .moved(range)
        }
        // Searching for the three texts as one keeps the time linear: testing the context at each
        // occurrence of the quote would cost their product in a text such as "aaaa…".
        let inContext = occurrences(
            of: exact, before: Array(quote.prefix.utf8), after: Array(quote.suffix.utf8),
            countMax: Self.candidateCountMax)
        if inContext.count == 1 { return .moved(codePoints(ofBytes: inContext[0])) }
        return .ambiguous((inContext.isEmpty ? places : inContext).map(codePoints(ofBytes:)))
    }

    /// Finds a recorded passage by both of its selectors.
    public func resolve(_ selectors: PassageSelectors) -> AnchorResolution {
        resolve(position: selectors.position, quote: selectors.quote)
    }

    /// The recorded position in bytes, if the quote stands there.
    private func recordedPlace(_ position: TextPositionSelector?, of exact: [UInt8]) -> Range<Int>? {
        guard let range = position?.range,
            let bytes = try? convert(range, from: .codePoint, to: .utf8),
            text.utf8[bytes].elementsEqual(exact)
        else { return nil }
        return bytes
    }

    /// Whether the prefix or the suffix stands beside a place. An empty side is no evidence, unless both are.
    private func hasContextOnOneSide(_ place: Range<Int>, _ quote: TextQuoteSelector) -> Bool {
        let prefix = Array(quote.prefix.utf8)
        let suffix = Array(quote.suffix.utf8)
        if prefix.isEmpty, suffix.isEmpty { return true }
        let textBefore = text.utf8[..<place.lowerBound].suffix(prefix.count)
        let textAfter = text.utf8[place.upperBound...].prefix(suffix.count)
        return (!prefix.isEmpty && textBefore.elementsEqual(prefix))
            || (!suffix.isEmpty && textAfter.elementsEqual(suffix))
    }

    /// The first places where a byte string stands between two others, on grapheme borders, in bytes.
    ///
    /// - Complexity: O(*n* + *m*).
    func occurrences(
        of exact: [UInt8], before prefix: [UInt8], after suffix: [UInt8], countMax: Int
    ) -> [Range<Int>] {
        var starts = GraphemeCursor(self)
        var ends = GraphemeCursor(self)
        var found: [Range<Int>] = []
        ByteSearch(prefix + exact + suffix).forEachMatch(in: text.utf8) { offset in
            let place = offset + prefix.count..<offset + prefix.count + exact.count
            if starts.isBorder(place.lowerBound), ends.isBorder(place.upperBound) { found.append(place) }
            return found.count < countMax
        }
        return found
    }
}
