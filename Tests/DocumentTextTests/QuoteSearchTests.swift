import DocumentText
import Foundation
import Testing

@Suite("Searching for typed words")
struct QuoteSearchTests {
    private let report: TextIndex

    init() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../Fixtures/tskhinvali-treaty.txt")
        report = TextIndex(try CanonicalText(importing: Array(try Data(contentsOf: file))))
    }

    @Test("white space of any kind matches any other, and that around the words does not count")
    func whiteSpace() throws {
        let index = try indexed("one two\n\n  three\u{A0}\u{3000}four")
        for words in ["two three", " two\tthree\n", "two\r\n\r\n three"] {
            #expect(index.occurrences(ofWords: words).occurrences.map(\.range) == [4..<16])
        }
        #expect(index.occurrences(ofWords: "three four").occurrences.map(\.range) == [11..<22])
        #expect(index.occurrences(ofWords: "twothree").occurrences.isEmpty)
        #expect(index.occurrences(ofWords: " \n ").occurrences.isEmpty)
        #expect(index.occurrences(ofWords: "").occurrences.isEmpty)
    }

    @Test("straight quotation marks and hyphens find typographic ones, when nothing is written that way")
    func typography() throws {
        #expect(
            report.occurrences(ofWords: "Georgia's independence").occurrences.map(\.match) == ["Georgia’s independence"]
        )
        #expect(
            report.occurrences(ofWords: "\"treaty\" - which").occurrences.map(\.match) == ["\"treaty\" – which"])
        // One is written with a straight mark, so only that one is meant.
        #expect(report.occurrences(ofWords: "Georgia's").occurrences.count == 1)
        #expect(report.occurrences(ofWords: "Georgia’s").occurrences.count == 4)
    }

    @Test("several occurrences come with their context")
    func context() {
        let result = report.occurrences(ofWords: "Geneva International Discussions")
        #expect(result.occurrences.map(\.lineNumber) == [8, 10])
        #expect(!result.hasMore)
        #expect(result.occurrences[0].textBefore == "…nt on the very day of the 31st round of ")
        #expect(result.occurrences[1].textAfter == " as a means to achieving concrete progre…")
        let one = report.occurrences(ofWords: "Russia", countMax: 3)
        #expect(one.occurrences.count == 3)
        #expect(one.hasMore)
        let line = report.occurrences(ofWords: "the region”. The European Union").occurrences
        #expect(line.map(\.match) == ["the region”. The European Union"])
        #expect(report.occurrences(ofWords: "The de facto").occurrences[0].textBefore == "")
    }

    @Test("a match never splits a character")
    func clusters() throws {
        let index = try indexed("cafe\u{301} e 🇷🇺🇸")
        #expect(index.occurrences(ofWords: "e").occurrences.map(\.range) == [6..<7])
        #expect(index.occurrences(ofWords: "🇺🇸").occurrences.isEmpty)
    }

    @Test("agrees with comparing word by word", arguments: seeds(60))
    func oracle(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let letters = ["a", "b", "ქ", " ", "\n", "\u{A0}", "\u{2003}", "  "]
        func random(_ count: ClosedRange<Int>) -> String {
            (0..<Int.random(in: count, using: &generator)).map { _ in letters.randomElement(using: &generator) ?? "" }
                .joined()
        }
        for _ in 0..<20 {
            let text = random(0...60)
            let words = random(0...5)
            let scalars = Array(text.unicodeScalars)
            func tokens(_ scalars: some Sequence<Unicode.Scalar>) -> [String] {
                var tokens: [String] = []
                var wasSpace = false
                for scalar in scalars {
                    let isSpace = scalar.properties.isWhitespace
                    if !isSpace || !wasSpace { tokens.append(isSpace ? " " : String(scalar)) }
                    wasSpace = isSpace
                }
                return tokens
            }
            var wanted = tokens(words.unicodeScalars)
            if wanted.first == " " { wanted.removeFirst() }
            if wanted.last == " " { wanted.removeLast() }
            var expected: [Range<Int>] = []
            for start in scalars.indices where !wanted.isEmpty && !scalars[start].properties.isWhitespace {
                if let end = (start + 1...scalars.count).first(where: { tokens(scalars[start..<$0]) == wanted }) {
                    expected.append(start..<end)
                }
            }
            let found = try indexed(text).occurrences(ofWords: words, countMax: 1000)
            #expect(found.occurrences.map(\.range) == expected, rerun(seed))
        }
    }
}
