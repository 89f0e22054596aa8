import Foundation

/// A name as it is compared with what somebody types: upper and lower case alike, without accents, any white space as one space.
///
/// A grapheme may fold to several scalars ("ß" to "ss") or to none, so each has its own.
struct FoldedName: Hashable, Sendable {
    let graphemes: [Character]
    /// Of all graphemes, one after the other.
    let scalars: [Unicode.Scalar]
    /// For each grapheme: where its scalars begin.
    let starts: [Int]
    /// The graphemes with which words begin, ascending; in scripts without spaces between words, each ideograph.
    let words: [Int]

    /// - Complexity: O(*n*).
    init(_ text: String) {
        graphemes = Array(text)
        var (scalars, starts, words): ([Unicode.Scalar], [Int], [Int]) = ([], [], [])
        var (isInWord, isAfterSpace) = (false, true)
        for (place, grapheme) in graphemes.enumerated() {
            starts.append(scalars.count)
            if grapheme.isWhitespace {
                if !isAfterSpace { scalars.append(" ") }
                (isInWord, isAfterSpace) = (false, true)
                continue
            }
            let folded = Self.folded(grapheme)
            if folded.isEmpty { continue }
            let isLetter = grapheme.isLetter || grapheme.isNumber
            let isIdeograph = grapheme.unicodeScalars.first?.properties.isIdeographic == true
            if words.isEmpty || isIdeograph || (isLetter && !isInWord) { words.append(place) }
            (isInWord, isAfterSpace) = (isLetter, false)
            scalars += folded
        }
        (self.scalars, self.starts, self.words) = (scalars, starts, words)
    }

    /// The scalars from a grapheme on.
    func scalars(from grapheme: Int) -> ArraySlice<Unicode.Scalar> { scalars[starts[grapheme]...] }

    /// Whether the two are alike as wholes; white space at the end does not count.
    func isSame(as other: FoldedName) -> Bool { trimmed == other.trimmed }

    private var trimmed: ArraySlice<Unicode.Scalar> { scalars.last == " " ? scalars.dropLast() : scalars[...] }

    // MARK: Graphemes

    private static func folded(_ grapheme: Character) -> [Unicode.Scalar] {
        if let value = grapheme.asciiValue {
            return [Unicode.Scalar((0x41...0x5A).contains(value) ? value + 0x20 : value)]
        }
        // By way of upper case, as "ß" and "SS", "ς" and "σ" are alike.
        let text = grapheme.uppercased().lowercased().decomposedStringWithCanonicalMapping
        return text.unicodeScalars.flatMap { scalar -> [Unicode.Scalar] in
            if isDropped(scalar) { return [] }
            return letters[scalar] ?? [scalar]
        }
    }

    /// Accents, the points of Arabic and Hebrew, and what is not seen; not the vowel signs of other scripts, which tell words apart.
    private static func isDropped(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0300...0x036F, 0x1AB0...0x1AFF, 0x1DC0...0x1DFF, 0x20D0...0x20FF, 0xFE20...0xFE2F: true
        case 0x0591...0x05BD, 0x05BF, 0x05C1, 0x05C2, 0x05C4, 0x05C5, 0x05C7, 0x064B...0x065F, 0x0670: true
        default: scalar.properties.isDefaultIgnorableCodePoint
        }
    }

    /// Letters that have no accent to Unicode and one to people.
    private static let letters: [Unicode.Scalar: [Unicode.Scalar]] = [
        "ł": ["l"], "ø": ["o"], "đ": ["d"], "ð": ["d"], "ħ": ["h"], "ı": ["i"], "ŧ": ["t"], "æ": ["a", "e"],
        "œ": ["o", "e"], "þ": ["t", "h"], "’": ["'"], "‘": ["'"], "ʼ": ["'"], "‐": ["-"], "‑": ["-"], "–": ["-"],
    ]
}
