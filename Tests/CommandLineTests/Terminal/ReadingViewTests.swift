import CommandLine
import DocumentText
import Foundation
import Testing

@Suite("The reading view")
struct ReadingViewTests {
    private static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../Fixtures")

    /// A report with the marks of three analysts, two of whom overlap.
    private static func report() throws -> ReadingView {
        let file = fixtures.appendingPathComponent("tskhinvali-treaty.txt")
        let text = TextIndex(try CanonicalText(importing: Array(try Data(contentsOf: file))))
        func mark(
            _ words: String, _ author: String, _ colour: Int, status: String? = nil, _ notes: String...
        ) throws -> ReadingView.Highlight {
            let place = try #require(text.occurrences(ofWords: words).occurrences.first, "\(words)")
            return .init(range: place.range, author: author, colour: colour, status: status, notes: notes)
        }
        return ReadingView(
            title: "Leaders of breakaway Tskhinvali and Russia to sign treaty", text: text,
            highlights: [
                try mark(
                    "the Russian Federation will sign a so-called \"Treaty on Alliance and Integration”",
                    "Nino Kapanadze", 0,
                    "instrument: Treaty on Alliance and Integration (2015)",
                    "The quotation marks are the source's own distance from the name."),
                try mark(
                    "so-called", "ლევან ბერიძე", 1, "framing · delegitimising"),
                try mark(
                    "\"yet another step that goes against ongoing efforts to strengthen security and stability in the region”.",
                    "Daria", 2, status: "moved", "Same words as the EU statement below: who copied whom?"),
                try mark(
                    "The European Union (EU) and the United States (US)", "Nino Kapanadze", 0, "speakers: EU, US"),
                try mark(
                    "the United States (US) issued special statements", "ლევან ბერიძე", 1,
                    "US → sovereignty of Georgia: support"),
                try mark(
                    "\"The United States’ position on South Ossetia and Abkhazia [Georgia’s other breakaway region] remains clear: these regions are integral parts of Georgia, and we continue to support Georgia’s independence, its sovereignty, and its territorial integrity,”",
                    "Nino Kapanadze", 0, "statement: Jen Psaki, US Department of State",
                    "position: support · concept: territorial integrity · 17 March 2015"),
                try mark("territorial integrity,”", "Daria", 2, "code: territorial integrity"),
                try mark(
                    "Russia needed to fulfill all of its obligations under the 2008 ceasefire agreement",
                    "ლევან ბერიძე", 1,
                    "instrument: ceasefire agreement of 12 August 2008",
                    "ვალდებულება — რუსეთი; იხ. აგრეთვე 8 სექტემბრის შეთანხმება. 🇬🇪"),
            ],
            orphans: [
                .init(
                    quote: "South Ossetia declared independence in 1991", author: "Daria", colour: 2, status: "orphan",
                    notes: ["Was in the first version."])
            ])
    }

    /// Compares lines with a file in Fixtures, or writes it when VARIORUM_RECORD is set.
    private static func expectGolden(_ lines: [String], _ name: String) throws {
        let file = fixtures.appendingPathComponent(name)
        let text = lines.joined(separator: "\n") + "\n"
        if ProcessInfo.processInfo.environment["VARIORUM_RECORD"] != nil {
            try Data(text.utf8).write(to: file)
        }
        let expected = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        #expect(
            text == expected,
            "see the difference after: VARIORUM_RECORD=1 swift test --filter ReadingViewTests; git diff Tests/Fixtures")
    }

    @Test("shows a report with everybody's marks, notes and what is lost", arguments: [60, 80, 120])
    func golden(width: Int) throws {
        let report = try Self.report()
        try Self.expectGolden(report.lines(width: width, isStyled: false), "reading-view-\(width).txt")
        try Self.expectGolden(report.lines(width: width, isStyled: true), "reading-view-\(width)-styled.txt")
    }

    /// The text of a view without header and line numbers.
    private func body(
        _ text: String, _ ranges: [Range<Int>], width: Int = 60, isStyled: Bool = false
    ) throws -> [String] {
        let view = ReadingView(
            title: "T", text: TextIndex(try CanonicalText(importing: Array(text.utf8))),
            highlights: ranges.enumerated().map { .init(range: $0.element, author: "A", colour: $0.offset) })
        let lines = view.lines(width: width, isStyled: isStyled)
        return Self.withoutHeader(lines).filter { !$0.contains("│") }.map { String($0.dropFirst(isStyled ? 0 : 3)) }
    }

    /// What follows the rule under the header and the empty line after it.
    private static func withoutHeader(_ lines: [String]) -> ArraySlice<String> {
        lines.drop { !$0.contains("──") }.dropFirst(2)
    }

    @Test("puts brackets around passages, with numbers where they are needed")
    func brackets() throws {
        #expect(try body("one two three", [4..<7]) == ["one ⟦¹two⟧ three"])
        // One within another, one across another's end, and two of the same words.
        #expect(try body("one two three", [0..<13, 4..<7]) == ["⟦¹one ⟦²two²⟧ three⟧"])
        #expect(try body("one two three", [4..<13, 0..<7]) == ["⟦¹one ⟦²two¹⟧ three⟧"])
        #expect(try body("one two three", [4..<7, 4..<7]) == ["one ⟦¹⟦²two²⟧¹⟧ three"])
        #expect(try body("one two three", [0..<7, 4..<13, 2..<9]) == ["⟦¹on⟦²e ⟦³two¹⟧ t²⟧hree⟧"])
        #expect(try body("onetwo", [0..<3, 3..<6]) == ["⟦¹one⟧⟦²two⟧"])
    }

    @Test("marks words, not the spaces and line ends around them")
    func trimmed() throws {
        #expect(try body("one two three", [3..<8]) == ["one ⟦¹two⟧ three"])
        #expect(try body("one\ntwo\n\nthree", [3..<9]) == ["one", "⟦¹two⟧", "", "three"])
        #expect(try body("one\n\ntwo", [0..<8]) == ["⟦¹one", "", "two⟧"])
        // Nothing but white space is still shown somewhere.
        #expect(try body("one\n\ntwo", [3..<5]) == ["one", "", "⟦¹⟧two"])
        #expect(try body("one\n\n", [3..<5]) == ["one⟦¹⟧"])
    }

    @Test("marks whole characters in every script")
    func scripts() throws {
        #expect(try body("a👩‍👩‍👧‍👦b", [2..<3]) == ["a⟦¹👩‍👩‍👧‍👦⟧b"])
        #expect(try body("cafe\u{301} 🇬🇪", [4..<5, 7..<8]) == ["caf⟦¹e\u{301}⟧ ⟦²🇬🇪⟧"])
        #expect(
            try body("სამხრეთ ოსეთის რეგიონი 🇬🇪 და აფხაზეთი", [0..<14, 8..<22, 23..<25], width: 24) == [
                "⟦¹სამხრეთ ⟦²ოსეთის¹⟧", "რეგიონი⟧ ⟦³🇬🇪⟧ და", "აფხაზეთი",
            ])
        #expect(try body("中華人民共和國", [2..<4], width: 19) == ["中華⟦¹人民⟧共和", "國"])
    }

    @Test("colours passages and underlines where they overlap")
    func styled() throws {
        let line = try #require(try body("one two three", [0..<7, 4..<13], isStyled: true).first)
        let shown = line.replacingOccurrences(of: "\u{1B}", with: "␛")
        #expect(
            shown == "␛[2m1␛[0m  ␛[38;5;16;48;5;229mone ␛[0m␛[4;38;5;16;48;5;158mtwo␛[0m␛[1;38;5;136;48;5;158m¹␛[0m"
                + "␛[38;5;16;48;5;158m three␛[0m␛[1;38;5;35m²␛[0m")
    }

    @Test("puts notes beside the line where the passage begins, or below the notes before")
    func margin() throws {
        let view = ReadingView(
            title: "T", text: TextIndex(try CanonicalText(importing: Array("one two\nthree\nfour\nfive".utf8))),
            highlights: [
                .init(range: 8..<13, author: "A", colour: 0, notes: ["x", "y"]),
                .init(range: 14..<18, author: "B", colour: 1),
                .init(range: 19..<23, author: "C", colour: 1, status: "moved", notes: ["z"]),
            ])
        let lines = view.lines(width: 100, isStyled: false).dropFirst(5).map {
            $0.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
        }
        #expect(
            lines == [
                "1 one two", "", "2 ⟦¹three⟧ │ ¹ A", "│ x", "3 ⟦²four⟧ │ y", "│ ² B", "4 ⟦³five⟧ │ ³ C · moved", "│ z",
            ])
    }

    @Test("hides nothing: passages outside the text are listed with the orphans")
    func outside() throws {
        let view = ReadingView(
            title: "", text: TextIndex(try CanonicalText(importing: Array("abc".utf8))),
            highlights: [
                .init(range: 1..<9, author: "A", colour: 0, notes: ["kept"]),
                .init(range: 2..<2, author: "B", colour: -7),
                .init(range: -4..<2, author: "C", colour: .max),
            ],
            orphans: [.init(quote: String(repeating: "long ", count: 100), author: "D", colour: .min)])
        let lines = view.lines(width: 70, isStyled: true).joined(separator: "\n")
        for part in [
            "¹ A", "characters 1 to 9 are not in the text", "kept", "² B", "³ C", "⁴ D", "“long", "…”", "4 not found",
        ] {
            #expect(lines.contains(part), "\(part)")
        }
    }

    @Test("shows an empty document, and one without marks")
    func plain() throws {
        #expect(try body("", []) == [""])
        #expect(try body(" \n\n", []) == [""])
        #expect(try body(" \n\n", [1..<2, 0..<3]) == ["⟦¹ ⟦²²⟧¹⟧"])
        #expect(try body("one\ntwo\n", []) == ["one", "", "two"])
        #expect(try body("\n\none\ntwo\n\n\n\nthree\n", []) == ["one", "two", "", "three"])
    }

    @Test("lets no document, note or name do anything to the terminal")
    func harmless() throws {
        let evil = "a\u{1B}]0;owned\u{7}\tb\u{9B}31m"
        let view = ReadingView(
            title: evil, text: TextIndex(try CanonicalText(importing: Array(evil.utf8))),
            highlights: [.init(range: 0..<3, author: evil, colour: 0, status: evil, notes: [evil])],
            orphans: [.init(quote: evil, author: evil, colour: 0, status: evil, notes: [evil])])
        for width in [40, 120] {
            let lines = view.lines(width: width, isStyled: false).joined()
            #expect(!lines.unicodeScalars.contains { $0.properties.generalCategory == .control })
        }
    }

    @Test("keeps every letter, every number and the width, whatever the marks", arguments: seeds(40))
    func properties(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let words = ["the", "treaty", "საქართველო", "🇬🇪", "中華人民", "e\u{301}", "שלום", "\n", "\n\n", "a-b", "(x)", "👩‍👩‍👧‍👦"]
        let text = (0..<Int.random(in: 1...80, using: &generator))
            .map { _ in words.randomElement(using: &generator) ?? "" }.joined(separator: " ")
        let index = TextIndex(try CanonicalText(importing: Array(text.utf8)))
        let highlights = (0..<Int.random(in: 0...12, using: &generator)).map { number in
            let start = Int.random(in: 0..<index.codePointCount, using: &generator)
            let end = Int.random(in: start + 1...min(index.codePointCount, start + 60), using: &generator)
            return ReadingView.Highlight(
                range: start..<end, author: "A\(number)", colour: number, notes: ["note \(number)"])
        }
        let view = ReadingView(title: "Title", text: index, highlights: highlights)
        for width in [24, 60, 80, 100, 140] {
            let lines = view.lines(width: width, isStyled: false)
            for line in lines { #expect(displayWidth(of: line) <= width, rerun(seed)) }
            let bodyLines = Self.withoutHeader(lines).map { line in
                // Without the margin, and without line numbers.
                String(line.prefix { $0 != "│" })
            }
            let marks: Set<Character> = ["⟦", "⟧", "⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"]
            let digits: Set<Character> = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]
            let letters = bodyLines.joined().filter { !$0.isWhitespace && !marks.contains($0) && !digits.contains($0) }
            #expect(letters == text.filter { !$0.isWhitespace }, rerun(seed))
            let all = bodyLines.joined()
            #expect(all.filter { $0 == "⟦" }.count == highlights.count, rerun(seed))
            #expect(all.filter { $0 == "⟧" }.count == highlights.count, rerun(seed))
            for number in highlights.indices {
                #expect(lines.contains { $0.contains("A\(number)") }, rerun(seed))
                #expect(lines.contains { $0.contains("note \(number)") }, rerun(seed))
            }
            let styled = view.lines(width: width, isStyled: true).joined(separator: "\n")
            let withoutCodes = styled.replacing(/\u{1B}\[[0-9;]*m/, with: "")
            #expect(!withoutCodes.contains("\u{1B}"), rerun(seed))
            for line in withoutCodes.split(separator: "\n") { #expect(displayWidth(of: line) <= width, rerun(seed)) }
        }
    }
}
