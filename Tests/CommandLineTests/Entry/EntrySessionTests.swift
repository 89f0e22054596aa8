import AnnotationModel
import Testing

@testable import CommandLine

/// Entering a statement by keys, without a terminal.
@Suite struct EntrySessionTests {
    private static func record(_ number: UInt64) -> RecordID { RecordID(high: 0xE0, low: number) }
    private static let wide = Terminal(isTerminal: true, width: 80, height: 40)

    /// The built-in questions: speaker, organisation, concept, position, date, addressee, directness, instruments.
    private func session(date: String? = nil, makesCodes: Bool = false) -> EntrySession {
        let entities = [
            NameCandidate(name: "Jen Psaki", note: "person", type: "person", record: Self.record(1), weight: 3),
            NameCandidate(name: "Jens Stoltenberg", note: "person", type: "person", record: Self.record(2)),
            NameCandidate(
                name: "United States", otherNames: ["USA"], note: "state", type: "state", record: Self.record(3)),
            NameCandidate(name: "Twin", record: Self.record(4)), NameCandidate(name: "Twin", record: Self.record(5)),
            NameCandidate(name: "Evil\u{1B}[2J\nname", record: Self.record(6)),
        ]
        let codes = [
            NameCandidate(name: "treaty", record: Self.record(11)),
            NameCandidate(name: "talks", record: Self.record(12)),
        ]
        let form = EntryForm(
            EntryQuestion.builtIn(date: date), entities: entities, codes: codes, makesCodes: makesCodes)
        return EntrySession(form, passage: "has no legal\u{9B}31m standing", title: "Talks 第一")
    }

    private func type(_ text: String, into session: inout EntrySession) {
        for character in text { #expect(session.press(.character(character)) == .none) }
    }

    private func enter(_ text: String, into session: inout EntrySession) {
        type(text, into: &session)
        #expect(session.press(.enter) == .none)
    }

    private func shown(_ session: EntrySession) -> [[String]] { session.form.answers.map { $0.map(\.shown) } }

    private func existing(_ number: UInt64, _ shown: String) -> EntryAnswer {
        EntryAnswer(content: .record(.existing(Self.record(number))), shown: shown)
    }

    @Test func `A statement is entered with a few keys, and written once`() {
        var session = session(date: "2015-03-17")
        type("ps", into: &session)
        #expect(session.candidates.count == 1)
        _ = session.press(.tab)
        #expect(session.text == "Jen Psaki")
        _ = session.press(.enter)
        enter("usa", into: &session)
        type("t", into: &session)
        #expect(session.candidates.count == 2)
        _ = session.press(.down)
        _ = session.press(.down)
        #expect(session.selection == 1)
        _ = session.press(.enter)
        enter("rej", into: &session)
        enter("", into: &session)
        enter("", into: &session)
        enter("DIRECT", into: &session)
        enter("Jens Stoltenberg", into: &session)
        enter("jens stoltenberg", into: &session)
        #expect(session.question.name == "instruments" && session.mode == .asking)
        enter("", into: &session)
        #expect(session.mode == .checking)
        #expect(
            shown(session) == [
                ["Jen Psaki"], ["United States"], ["treaty"], ["reject"], ["2015-03-17"], [], ["direct"],
                ["Jens Stoltenberg"],
            ])
        #expect(session.form.answers[1] == [existing(3, "United States")])
        #expect(session.form.answers[3][0].content == .value(.text("reject")))
        #expect(session.press(.character("x")) == .none && !session.message.isEmpty)
        #expect(session.press(.enter) == .write)
        session.failed("the disk is full")
        #expect(session.mode == .checking && session.message == "the disk is full")
        #expect(session.press(.enter) == .write)
    }

    @Test func `What does not exist is made only after a yes, and is known from then on`() {
        var session = session()
        enter("Maria", into: &session)
        #expect(
            session.mode == .confirming(EntryAnswer(content: .record(.newEntity("Maria", type: nil)), shown: "Maria")))
        #expect(session.press(.enter) == .none && session.form.isEmpty)
        #expect(session.press(.character("n")) == .none)
        #expect(session.mode == .asking && session.text == "Maria" && session.form.isEmpty)
        _ = session.press(.enter)
        _ = session.press(.character("y"))
        #expect(session.place == 1 && shown(session)[0] == ["Maria"])
        type("mar", into: &session)
        #expect(session.candidates.count == 1)
        _ = session.press(.tab)
        _ = session.press(.enter)
        #expect(session.place == 2 && session.form.answers[1][0].isNew)
        // Codes are the codebook's, unless somebody said otherwise.
        enter("law", into: &session)
        #expect(session.mode == .asking && session.message.contains("there is no code 'law'"))
        var other = self.session(makesCodes: true)
        _ = other.press(.enter)
        _ = other.press(.enter)
        enter("law", into: &other)
        #expect(other.mode == .confirming(EntryAnswer(content: .record(.newCode("law")), shown: "law")))
    }

    @Test func `What is wrong or means several things is said at once, and taken nowhere`() {
        var session = session()
        enter("twin", into: &session)
        #expect(session.place == 0 && session.message.contains(Self.record(4).short))
        _ = session.press(.eraseLine)
        enter(Self.record(5).description, into: &session)
        #expect(session.form.answers[0] == [existing(5, "Twin")])
        _ = session.press(.enter)
        _ = session.press(.enter)
        type("x", into: &session)
        #expect(session.form.hint(session.text, at: session.place)?.contains("support, reject") == true)
        _ = session.press(.enter)
        #expect(session.place == 3 && session.message.contains("one of support"))
        _ = session.press(.erase)
        _ = session.press(.enter)
        enter("2015-02-30", into: &session)
        #expect(session.place == 4 && session.message.contains("YYYY"))
    }

    @Test func `One goes back, and what is left as it was stays`() {
        var session = session(date: "2015")
        _ = session.press(.backTab)
        #expect(session.message == "This is the first question")
        enter("Jen Psaki", into: &session)
        enter("USA", into: &session)
        _ = session.press(.up)
        #expect(session.place == 1 && session.text == "United States")
        _ = session.press(.backTab)
        #expect(session.place == 0 && session.text == "Jen Psaki" && shown(session)[1] == ["United States"])
        _ = session.press(.enter)
        _ = session.press(.eraseLine)
        _ = session.press(.enter)
        #expect(session.place == 2 && shown(session)[..<2] == [["Jen Psaki"], []])
        for _ in 0..<2 { _ = session.press(.enter) }
        enter("-", into: &session)
        for _ in 0..<2 { _ = session.press(.enter) }
        enter("Twin treaty", into: &session)
        _ = session.press(.character("y"))
        enter("USA", into: &session)
        _ = session.press(.enter)
        #expect(session.mode == .checking && shown(session)[4].isEmpty)
        _ = session.press(.backTab)
        #expect(session.text == "United States" && shown(session)[7] == ["Twin treaty"])
        _ = session.press(.eraseLine)
        _ = session.press(.enter)
        #expect(session.mode == .checking && shown(session)[7] == ["Twin treaty"])
    }

    @Test func `Every way out writes nothing, and an empty statement is none`() {
        for key: KeyPress in [.interrupt, .end, .escape] {
            var session = session()
            enter("USA", into: &session)
            #expect(session.press(key) == .leave)
        }
        var session = session()
        for _ in 0..<8 { #expect(session.press(.enter) == .none) }
        #expect(session.mode == .asking && session.place == 7 && session.message.contains("at least one"))
        _ = session.press(.down)
        #expect(session.press(.escape) == .none && session.selection == nil)
        #expect(session.press(.escape) == .leave)
    }

    @Test(arguments: [20, 21, 40, 80, 200])
    func `Every screen fits, and shows nobody's control characters`(width: Int) {
        for height in [3, 8, 12, 24, 60] {
            for isStyled in [false, true] {
                let terminal = Terminal(isTerminal: true, width: width, height: height, isStyled: isStyled)
                var session = session(date: "2015-03-17")
                let keys: [KeyPress] =
                    "e".map { .character($0) } + [.tab, .enter] + "支持国".map { .character($0) }
                    + [.enter, .character("y"), .down, .enter, .backTab, .enter] + Array(repeating: .enter, count: 5)
                for key in [.character("\u{9B}")] + keys {
                    let picture = EntryScreen.picture(session, terminal)
                    let plain = picture.lines.map(withoutStyles)
                    #expect(plain.allSatisfy { displayWidth(of: $0) < max(21, width) }, "\(width) \(height)")
                    #expect(plain.count <= height, "\(width) \(height)")
                    #expect(
                        plain.allSatisfy {
                            !$0.unicodeScalars.contains { $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) }
                        })
                    if session.mode != .checking {
                        let cursor = picture.cursor
                        #expect(cursor.map { plain[$0.row].hasPrefix("> ") } == true, "\(width) \(height)")
                        #expect(cursor.map { $0.column < max(21, width) } == true)
                    }
                    _ = session.press(key)
                }
            }
        }
    }

    @Test func `The screen shows what is asked, what is offered and what is new`() {
        var session = session(date: "2015-03-17")
        type("je", into: &session)
        _ = session.press(.down)
        let lines = EntryScreen.picture(session, Self.wide).lines
        #expect(lines[0].contains("has no legal") && lines[1] == "Talks 第一")
        let place = lines.firstIndex { $0.hasPrefix("> speaker") } ?? 0
        #expect(lines[place].hasSuffix("je") && lines[place + 1].contains("* Jen Psaki (person)"))
        #expect(lines[place + 2].contains("Jens Stoltenberg (person)") && lines[place + 3].hasPrefix("  organisation"))
        _ = session.press(.enter)
        enter("New people", into: &session)
        _ = session.press(.character("y"))
        #expect(EntryScreen.picture(session, Self.wide).lines.contains { $0.contains("New people (new)") })
        for _ in 0..<2 { _ = session.press(.enter) }
        #expect(EntryScreen.picture(session, Self.wide).lines.contains { $0.contains("[2015-03-17; - for none]") })
    }
}
