import DocumentText
import Foundation
import Testing

/// The seeds that property tests run over: 1 to `count`, or the one that VARIORUM_SEED names.
func seeds(_ count: UInt64) -> [UInt64] {
    if let one = ProcessInfo.processInfo.environment["VARIORUM_SEED"].flatMap({ UInt64($0) }) { return [one] }
    return Array(1...count)
}

/// What a failing property test prints: the command that runs that seed alone.
func rerun(_ seed: UInt64, _ test: String = #function) -> Comment {
    "VARIORUM_SEED=\(seed) swift test --filter DocumentTextTests.*\(test.prefix { $0 != "(" })"
}

/// SplitMix64 (Steele, Lea and Flood, 2014).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

extension SeededGenerator {
    /// Text in many scripts, with everything that makes offsets differ.
    mutating func text(pieceCountMax: Int) -> String {
        let pieces = [
            "The treaty ", "of 18 March", "a", " ", "\n", "\n\n", "\t", "—", "“so-called”", "’",
            "საქართველო", "ცხინვალის რეგიონი", "Договор ", "й", "и\u{306}", "Хуссар Ирыстон", "æ",
            "e\u{301}", "o\u{302}\u{323}", "\u{301}", "Z\u{301}\u{302}\u{303}\u{304}\u{305}",
            "👩‍👩‍👧‍👦", "👍🏽", "🇬🇪", "🇷🇺🇺🇸", "🇪", "❤️", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "\u{200D}", "\u{FEFF}",
            "שלום עולם", "السلام عليكم", "\u{600}12", "中華人民共和國", "日本語のテキスト", "한국어", "각",
            "क्षत्रिय", "நி", "กำ", "\u{A0}", "\u{2028}", "\u{3000}", "𝒳𝒴", "\u{10FFFF}", "\u{E000}",
        ]
        var text = ""
        for _ in 0..<Int.random(in: 0...pieceCountMax, using: &self) {
            let piece = pieces.randomElement(using: &self) ?? ""
            // Runs make long lines, long clusters and long blocks of plain ASCII.
            let count = Int.random(in: 0..<20, using: &self) == 0 ? Int.random(in: 1...400, using: &self) : 1
            for _ in 0..<count { text.unicodeScalars.append(contentsOf: piece.unicodeScalars) }
        }
        return text
    }
}

func indexed(_ text: String) throws -> TextIndex {
    TextIndex(try CanonicalText(importing: Array(text.utf8)))
}
