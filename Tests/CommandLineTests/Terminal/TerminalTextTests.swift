import Testing

@testable import CommandLine

@Suite("Text on a terminal")
struct TerminalTextTests {
    @Test(
        "takes as many columns as terminals give it",
        arguments: [
            ("", 0), ("abc", 3), ("e\u{301}", 1), ("é", 1), ("საქართველო", 10), ("Договор", 7), ("中華", 4), ("ﾊﾝ", 2),
            ("한국어", 6), ("\u{1112}\u{1161}\u{11AB}", 2), ("👩‍👩‍👧‍👦", 2), ("👍🏽", 2), ("🇬🇪", 2), ("❤️", 2), ("❤", 1), ("1️⃣", 2),
            ("😀!", 3),
            ("שלום", 4), ("שָׁלוֹם", 4), ("\u{200B}\u{200D}\u{FEFF}", 0), ("\u{AD}", 1), ("　", 2), ("⟦¹", 2), ("क्षत्रिय", 6),
            ("…—“”", 4),
            ("\u{7}", 0), ("~\u{301}", 1), ("🏴󠁧󠁢󠁥󠁮󠁧󠁿", 2), ("가각", 4),
        ])
    func width(text: String, columns: Int) {
        #expect(displayWidth(of: text) == columns)
    }

    @Test("is cut and padded to columns, not to letters")
    func fitting() {
        #expect(truncated("საქართველო", to: 10) == "საქართველო")
        #expect(truncated("საქართველო", to: 9) == "საქართვე…")
        #expect(truncated("中華人民", to: 6) == "中華…")
        #expect(truncated("中華人民", to: 5) == "中華…")
        #expect(truncated("ab", to: 1) == "…")
        #expect(truncated("ab", to: 0) == "")
        #expect(padded("中華", to: 6) == "中華  ")
        #expect(padded("abc", to: 2) == "abc")
    }

    @Test("cannot do anything to the terminal")
    func harmless() {
        #expect(printable("\u{1B}[31mred\u{7}\u{7F}\u{9B}2J\r\t|") == "␛[31mred␇␡\u{FFFD}2J␍    |")
        #expect(printable("a\u{202E}b") == "a\u{FFFD}b")
        #expect(printable("საქართველო\n👩‍👩‍👧‍👦 שלום\u{200F}") == "საქართველო\n👩‍👩‍👧‍👦 שלום\u{200F}")
    }

    @Test("is wrapped between words")
    func wrapping() {
        #expect(wrap("The de facto leaders will sign", width: 12) == ["The de facto", "leaders will", "sign"])
        #expect(wrap("a  b", width: 10) == ["a  b"])
        #expect(wrap("abc   def", width: 4) == ["abc", "def"])
        #expect(wrap("abcdefghij kl", width: 4) == ["abcd", "efgh", "ij", "kl"])
        #expect(wrap("one\n\n  two", width: 20) == ["one", "", "  two"])
        #expect(wrap("", width: 5) == [""])
        #expect(wrap("   ", width: 5) == [""])
        #expect(wrap("one two three", width: 9, indent: 2, hangingIndent: 4) == ["  one two", "    three"])
        #expect(wrap("pre-conflict", width: 8) == ["pre-", "conflict"])
        #expect(wrap("at -5 degrees", width: 5) == ["at -5", "degre", "es"])
        #expect(wrap("text — more", width: 6) == ["text —", "more"])
        #expect(wrap("say (yes) now", width: 8) == ["say", "(yes)", "now"])
    }

    @Test("is wrapped by columns in every script")
    func wrappingScripts() {
        #expect(wrap("中華人民共和國。好", width: 8) == ["中華人民", "共和國。", "好"])
        #expect(wrap("中華人民。好", width: 8) == ["中華人", "民。好"])
        #expect(wrap("სამხრეთ ოსეთი", width: 8) == ["სამხრეთ", "ოსეთი"])
        #expect(wrap("👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦", width: 5) == ["👩‍👩‍👧‍👦👩‍👩‍👧‍👦", "👩‍👩‍👧‍👦"])
        #expect(wrap("中", width: 1) == ["中"])
    }

    @Test("never loses or reorders a letter, and never exceeds the width where words allow it")
    func wrappingKeepsAll() {
        let text = "The  “de facto” leaders — of Цхинвал, საქართველო (中華人民。) pre-conflict 👩‍👩‍👧‍👦 e\u{301}xample "
        for width in 2...60 {
            let lines = wrap(text, width: width)
            #expect(lines.joined().filter { $0 != " " } == text.filter { $0 != " " })
            #expect(lines.allSatisfy { displayWidth(of: $0) <= width && $0.last != " " })
        }
    }

    @Test("has styles only where they are wanted")
    func styles() {
        let style = TextStyle(foreground: 16, background: 229, isBold: true)
        #expect(style.apply(to: "x") == "\u{1B}[1;38;5;16;48;5;229mx\u{1B}[0m")
        #expect(style.apply(to: "x", isEnabled: false) == "x")
        #expect(TextStyle.plain.apply(to: "x") == "x")
        func isStyled(_ isTerminal: Bool, _ environment: [String: String]) -> Bool {
            Terminal.isStyled(isTerminal: isTerminal) { environment[$0] }
        }
        #expect(isStyled(true, [:]))
        #expect(!isStyled(false, [:]))
        #expect(!isStyled(true, ["NO_COLOR": "1"]))
        #expect(isStyled(true, ["NO_COLOR": ""]))
        #expect(!isStyled(true, ["TERM": "dumb"]))
        #expect(isStyled(false, ["CLICOLOR_FORCE": "1"]))
        #expect(!isStyled(false, ["CLICOLOR_FORCE": "0"]))
        #expect(!isStyled(false, ["CLICOLOR_FORCE": "1", "NO_COLOR": "1"]))
    }
}

@Suite("Tables")
struct TextTableTests {
    private let table = TextTable(
        [.init("Document"), .init("Notes", alignment: .right), .init("Title", isFlexible: true)],
        rows: [
            ["treaty", "12", "Treaty on Alliance and Integration"], ["ცხინვალი", "3", "ერთი\nორი\u{1B}[2J"],
            ["中華", "100"],
        ])

    @Test("line up in columns, whatever the script")
    func columns() {
        #expect(
            table.text(width: nil) == """
                Document  Notes  Title
                treaty       12  Treaty on Alliance and Integration
                ცხინვალი      3  ერთი ორი␛[2J
                中華        100

                """)
    }

    @Test("are cut to the width of the terminal in their flexible columns")
    func narrow() {
        #expect(
            table.text(width: 30) == """
                Document  Notes  Title
                treaty       12  Treaty on Al…
                ცხინვალი      3  ერთი ორი␛[2J
                中華        100

                """)
        #expect(table.text(width: 3).contains("Treaty …"))
        #expect(table.text(width: 30, isStyled: true).hasPrefix("\u{1B}[1mDocument  Notes  Title\u{1B}[0m\n"))
    }
}
