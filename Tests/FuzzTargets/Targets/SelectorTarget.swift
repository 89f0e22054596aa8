import AnnotationModel
import DocumentText

extension FuzzTarget {
    /// A passage as somebody else recorded it, looked for in a text: both may be anything.
    static let selector = FuzzTarget(
        "selector", "text, quote, prefix, suffix, position: resolving, against a search that only looks everywhere",
        lengthMax: 4096
    ) { input in
        var source = ByteSource(input)
        let text: CanonicalText
        do { text = try CanonicalText(importing: source.part()) } catch { return }
        let quote = TextQuoteSelector(exact: source.text(), prefix: source.text(), suffix: source.text())
        let words = source.text()
        let start = Int(truncatingIfNeeded: source.number())
        let position = TextPositionSelector(start: start, end: start &+ Int(truncatingIfNeeded: source.number()))
        let index = TextIndex(text)
        for position in [position, nil] {
            let found = index.resolve(position: position, quote: quote)
            let expected = ExhaustiveResolution(text: text, quote: quote, position: position).result
            try require(found == expected, "\(found) is found instead of \(expected)")
            if let range = found.range { try checkPassage(range, quote, index) }
        }
        try checkWords(words, index)
        try checkWords(quote.exact, index)
    }

    /// What was found says what was looked for, and selectors made of it lead back to it.
    private static func checkPassage(_ range: Range<Int>, _ quote: TextQuoteSelector, _ index: TextIndex) throws {
        try require(
            Array(try index.string(inCodePoints: range).utf8) == Array(quote.exact.utf8), "the passage is another text")
        let made = try index.selectors(forCodePoints: range)
        guard let taken = made.position.range else {
            throw PropertyViolation(description: "selectors are made without a range")
        }
        try require(
            taken.lowerBound <= range.lowerBound && taken.upperBound >= range.upperBound, "selectors lose a part")
        try require(index.resolve(made) == .exact(taken), "a passage is not found in the text it was marked in")
        try require(
            try index.line(atCodePoint: range.lowerBound).range.lowerBound <= range.lowerBound, "a line begins late")
    }

    private static func checkWords(_ words: String, _ index: TextIndex) throws {
        for place in index.occurrences(ofWords: words, countMax: 5).occurrences {
            try require(
                !place.range.isEmpty && place.range.upperBound <= index.codePointCount,
                "words are found outside the text")
            _ = try index.selectors(forCodePoints: place.range)
        }
    }
}

/// The rules of `TextIndex.resolve`, read off their description, by comparing at every offset.
private struct ExhaustiveResolution {
    let text: CanonicalText
    let quote: TextQuoteSelector
    let position: TextPositionSelector?

    var result: AnchorResolution {
        let scalars = Array(text.string.unicodeScalars)
        func scalarsOf(_ text: String) -> [Unicode.Scalar] { Array(text.unicodeScalars) }
        let (exact, prefix, suffix) = (scalarsOf(quote.exact), scalarsOf(quote.prefix), scalarsOf(quote.suffix))
        if exact.isEmpty { return .orphan }
        func stands(_ words: [Unicode.Scalar], at start: Int) -> Bool {
            start >= 0 && start + words.count <= scalars.count
                && scalars[start..<start + words.count].elementsEqual(words)
        }
        func hasPrefix(_ range: Range<Int>) -> Bool { stands(prefix, at: range.lowerBound - prefix.count) }
        func hasSuffix(_ range: Range<Int>) -> Bool { stands(suffix, at: range.upperBound) }

        var recorded: Range<Int>?
        if let range = position?.range, range.upperBound <= scalars.count, range.count == exact.count,
            stands(exact, at: range.lowerBound)
        {
            recorded = range
        }
        if let recorded {
            let hasNoContext = prefix.isEmpty && suffix.isEmpty
            if hasNoContext || (!prefix.isEmpty && hasPrefix(recorded)) || (!suffix.isEmpty && hasSuffix(recorded)) {
                return .exact(recorded)
            }
        }
        var borders: Set<Int> = [0]
        var end = 0
        for character in text.string {
            end += character.unicodeScalars.count
            borders.insert(end)
        }
        let starts = scalars.count < exact.count ? 0..<0 : 0..<scalars.count - exact.count + 1
        let all = starts.lazy.map { $0..<$0 + exact.count }
            .filter {
                stands(exact, at: $0.lowerBound) && borders.contains($0.lowerBound) && borders.contains($0.upperBound)
            }
        let places = Array(all.prefix(TextIndex.candidateCountMax))
        if places.isEmpty { return .orphan }
        if places.count == 1 { return places[0] == recorded ? .exact(places[0]) : .moved(places[0]) }
        let inContext = Array(all.filter { hasPrefix($0) && hasSuffix($0) }.prefix(TextIndex.candidateCountMax))
        if inContext.count == 1 { return .moved(inContext[0]) }
        return .ambiguous(inContext.isEmpty ? places : inContext)
    }
}
