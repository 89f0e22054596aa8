import AnnotationModel
import ChangeLog
import Cryptography
import Foundation
import TeamCoding
import TestSupport
import Testing

@testable import CommandLine

/// Going through a round by keys, without a terminal.
@Suite struct ReviewTests {
    private static func record(_ number: UInt64) -> RecordID { RecordID(high: 0xA0, low: number) }
    private static func member(_ number: UInt64) -> MemberID { MemberID(high: 0xC0, low: number) }

    private struct NoSuchCode: Error, CustomStringConvertible {
        let description: String
    }

    /// Two documents' worth of passages by some coders; the first is in dispute.
    private func session(coders: Int = 3, text: String? = nil, decisions: [RoundDecision] = []) throws -> ReviewSession
    {
        let material = try material(coders: coders, text: text, decisions: decisions)
        let queue = AdjudicationQueue(material, clusters: material.clusters(), cryptography: OpenSSLCryptography())
        return ReviewSession(material, queue: queue) { name in
            guard let code = [" ": 0, "treaty": 11, "border talks": 12][name] else {
                throw NoSuchCode(description: "there is no code '\(name)'")
            }
            return Self.record(UInt64(code))
        }
    }

    private func material(coders: Int, text: String?, decisions: [RoundDecision] = []) throws -> RoundMaterial {
        let (record, member) = (Self.record, Self.member)
        let text = text ?? String(repeating: "The ministers met again in Geneva.\n", count: 40)
        let ids = (1...UInt64(coders)).map(member)
        let document = RoundDocument(
            id: record(1), version: record(2), versionHash: .zero, title: "Talks\u{1B}[2J", text: text, coders: ids)
        var codings: [RoundCoding] = []
        for (place, coder) in ids.enumerated() {
            for (passage, start) in [100, 300].enumerated() where passage == 0 || place < 2 {
                codings.append(
                    RoundCoding(
                        id: record(UInt64(100 + place * 10 + passage)), coder: coder, document: record(1),
                        version: record(2), range: start + place..<start + 60,
                        codes: [record(passage == 0 ? UInt64(11 + place % 2) : 11)],
                        statements: place == 0
                            ? [
                                CodedStatement(
                                    id: record(500 + UInt64(passage)),
                                    values: [VariableValues(.builtIn(.position), [.text("support 支持")])])
                            ] : [],
                        note: place == 1 ? "A note\nin two lines \u{9B}31m" : nil, isLate: place == 2))
            }
        }
        return try RoundMaterial(
            round: record(9), title: "Round 第一", documents: [document],
            coders: ids.map { RoundCoder(id: $0, name: "Person \($0)") }, codings: codings, decisions: decisions,
            names: [record(11): "treaty", record(12): "border talks"])
    }

    private func type(_ text: String, into session: inout ReviewSession) {
        for character in text { _ = session.press(.character(character)) }
    }

    private func draft(_ action: ReviewSession.Action) -> DecisionDraft? {
        if case .record(let draft) = action { draft } else { nil }
    }

    @Test func `Accepting a coder records what that coder said, with the reason`() throws {
        var session = try session()
        let entry = try #require(session.entry)
        #expect(session.coders.count == 3)
        #expect(session.press(.character("2")) == .none)
        type("Because", into: &session)
        #expect(session.press(.erase) == .none)
        let draft = try #require(self.draft(session.press(.enter)))
        #expect(
            draft
                == {
                    var wanted = DecisionDraft.accepting(session.coders[1], in: entry.cluster)
                    wanted?.rationale = "Becaus"
                    return wanted
                }())
        // Nothing else happens until it is written.
        #expect(session.press(.enter) == .none && session.place == 0)
        session.recorded([Self.record(77)])
        #expect(session.place == 1 && session.mode == .looking)
        #expect(session.decided[0] == .init(outcome: draft.outcome, ids: [Self.record(77)]))
    }

    @Test func `What was decided here is replaced, not contradicted`() throws {
        var session = try session()
        _ = session.press(.character("r"))
        #expect(self.draft(session.press(.enter))?.outcome == .reject)
        session.recorded([Self.record(77)])
        _ = session.press(.character("b"))
        _ = session.press(.character("u"))
        let second = try #require(self.draft(session.press(.enter)))
        #expect(second.outcome == .unresolved && second.supersedes == [Self.record(77)])
        session.recorded([Self.record(78)])
        _ = session.press(.character("b"))
        _ = session.press(.character("e"))
        type("treaty ,  border talks,", into: &session)
        _ = session.press(.enter)
        let third = try #require(self.draft(session.press(.enter)))
        #expect(third.supersedes == [Self.record(78)] && third.result?.codes == [Self.record(11), Self.record(12)])
    }

    @Test func `A decision that fell apart is replaced once`() throws {
        // One decision judged codings of both clusters.
        let material = try material(coders: 2, text: nil)
        let inputs = material.codings.map(\.id)
        let earlier = RoundDecision(
            id: Self.record(900), document: Self.record(1), range: 100..<360, inputs: inputs, inputHash: .zero,
            outcome: .reject, order: DecisionOrder(lamport: 5, replica: ReplicaID(high: 1, low: 1)))
        var session = try session(coders: 2, decisions: [earlier])
        #expect(session.entries.count == 2)
        _ = session.press(.character("1"))
        #expect(self.draft(session.press(.enter))?.supersedes == [Self.record(900)])
        session.recorded([Self.record(901)])
        _ = session.press(.character("1"))
        #expect(self.draft(session.press(.enter))?.supersedes == [])
    }

    @Test func `Unknown codes, keys and coders are said, and decide nothing`() throws {
        var session = try session()
        for key: KeyPress in [.character("9"), .character("0"), .character("x"), .escape, .enter, .erase] {
            #expect(session.press(key) == .none && session.mode == .looking)
            #expect(!session.message.isEmpty)
        }
        _ = session.press(.character("e"))
        #expect(session.press(.enter) == .none && session.message.contains("at least one code"))
        type("nothing such", into: &session)
        #expect(session.press(.enter) == .none && session.message == "there is no code 'nothing such'")
        #expect(session.mode == .codes("nothing such"))
        _ = session.press(.escape)
        #expect(session.mode == .looking)
        _ = session.press(.character("b"))
        #expect(session.place == 0 && session.message == "This is the first one.")
        for key: KeyPress in [.interrupt, .end, .character("q")] { #expect(session.press(key) == .leave) }
    }

    @Test func `What could not be written is asked again, with what was typed`() throws {
        var session = try session()
        _ = session.press(.character("r"))
        type("No", into: &session)
        let draft = try #require(self.draft(session.press(.enter)))
        session.failed("the disk is full")
        #expect(session.mode == .rationale(draft, "No") && session.message == "the disk is full")
        #expect(self.draft(session.press(.enter)) == draft)
    }

    @Test func `The end is shown, and one can go back from it`() throws {
        var session = try session()
        for _ in session.entries { _ = session.press(.character("s")) }
        #expect(session.mode == .done)
        #expect(
            ReviewScreen.lines(session, Terminal(isTerminal: true)).contains {
                $0.contains("Everything has been shown")
            })
        _ = session.press(.character("b"))
        #expect(session.mode == .looking && session.place == session.entries.count - 1)
    }

    @Test(arguments: [40, 41, 60, 80, 120, 200])
    func `Every screen fits, hides names, and shows what was said`(width: Int) throws {
        for coders in [2, 3, 12] {
            for isStyled in [false, true] {
                var session = try session(coders: coders)
                var all = ""
                let terminal = Terminal(isTerminal: true, width: width, height: 500, isStyled: isStyled)
                for key: KeyPress in [.character("z"), .character("e"), .character("支"), .escape, .character("1")] {
                    let lines = ReviewScreen.lines(session, terminal)
                    let plain = lines.map(withoutStyles)
                    #expect(plain.allSatisfy { displayWidth(of: $0) < width }, "\(width) \(coders)")
                    #expect(
                        plain.allSatisfy {
                            !$0.unicodeScalars.contains { $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) }
                        })
                    all += plain.joined(separator: "\n")
                    _ = session.press(key)
                }
                for words in ["Coder A", "Coder B", "treaty", "border talks", "came late", "1 of 2", "position:"]
                where coders > 2 || words != "came late" { #expect(all.contains(words), "\(words) \(width)") }
                #expect(!all.contains("Person"))
            }
        }
    }

    @Test func `A low terminal shows head and foot, and the rest by scrolling`() throws {
        var session = try session(coders: 12)
        let low = Terminal(isTerminal: true, width: 60, height: 14)
        let whole = ReviewScreen.lines(session, Terminal(isTerminal: true, width: 60, height: 500))
        var seen = Set<String>()
        for _ in 0..<whole.count {
            let lines = ReviewScreen.lines(session, low)
            #expect(lines.count <= 14 && lines.first == whole.first && lines.last == whole.last)
            seen.formUnion(lines)
            _ = session.press(.down)
        }
        #expect(seen.isSuperset(of: whole))
    }

    // MARK: Keys

    @Test func `Keys are the same however their bytes come`() {
        let bytes = Array("a支\u{1B}[A\u{1B}[B\u{1B}OA\u{1B}[15~é\r\u{7F}\u{3}\u{4}\t\u{1B}[Z\u{15}z".utf8)
        let wanted: [KeyPress] = [
            .character("a"), .character("支"), .up, .down, .up, .character("é"), .enter, .erase, .interrupt, .end,
            .tab, .backTab, .eraseLine, .character("z"),
        ]
        for first in 0...bytes.count {
            for second in first...bytes.count {
                var decoder = KeyDecoder()
                var keys: [KeyPress] = []
                for part in [bytes[..<first], bytes[first..<second], bytes[second...]] where !part.isEmpty {
                    keys += decoder.keys(Array(part))
                }
                #expect(keys == wanted, "\(first) \(second)")
            }
        }
    }

    @Test func `An escape alone is one when nothing follows, and rubbish gives no key`() {
        var decoder = KeyDecoder()
        #expect(decoder.keys([0x1B]) == [])
        #expect(decoder.keys([]) == [.escape])
        #expect(decoder.keys([0x1B] + Array("q".utf8)) == [.escape, .character("q")])
        #expect(decoder.keys([0xFF, 0xC3, 0x28, 0x80]) == [.character("(")])
        #expect(
            decoder.keys([0xE2, 0x82]) == [] && decoder.keys([]) == [] && decoder.keys([0x61]) == [.character("a")])
        #expect(decoder.keys([0x1B, 0x5B] + [UInt8](repeating: 0x31, count: 100)) == [])
        #expect(decoder.keys([0x61]) == [.character("a")])
        var random = SplitMix64(seed: 5)
        for _ in 0..<2000 { _ = decoder.keys((0..<random.below(6)).map { _ in UInt8(random.below(256)) }) }
    }
}
