import AnnotationModel
import Cryptography
import Foundation
import TeamCoding
import Testing

@testable import Interchange

/// A round as W3C Web Annotation.
struct RoundAnnotationsTests {
    private func object(_ export: Export) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(export.bytes)) as? [String: Any])
    }

    private func items(_ collection: [String: Any]) throws -> [[String: Any]] {
        let page = try #require(collection["first"] as? [String: Any])
        return try #require(page["items"] as? [[String: Any]])
    }

    private func annotations(_ material: RoundMaterial, _ naming: CoderNaming = .names) -> Export {
        let queue = AdjudicationQueue(material, clusters: material.clusters(), cryptography: OpenSSLCryptography())
        return RoundAnnotations(material, queue: queue, coders: naming).webAnnotations()
    }

    private func copy(
        _ old: RoundMaterial, codings: [RoundCoding]? = nil, decisions: [RoundDecision]? = nil
    ) throws -> RoundMaterial {
        try RoundMaterial(
            round: old.round, title: old.title, codebookRevision: old.codebookRevision, documents: old.documents,
            coders: old.coders, codings: codings ?? old.codings, goldCodings: old.goldCodings,
            decisions: decisions ?? old.decisions, names: old.names)
    }

    @Test func `Every coding is an annotation with position, words, codes, statements and maker`() throws {
        let sample = try ResultSample()
        let file = try object(sample.annotations().webAnnotations())
        #expect(file["type"] as? String == "AnnotationCollection" && file["label"] as? String == "Second round")
        #expect(file["variorum:codebookRevision"] as? String == "abcd")
        #expect(file["total"] as? Int == sample.material.codings.count)
        let scalars = Array(ResultSample.text.unicodeScalars)
        let items = try items(file)
        #expect(items.map { $0["id"] as? String } == sample.material.codings.map { urn($0.id) })
        for (item, coding) in zip(items, sample.material.codings) {
            let target = try #require(item["target"] as? [String: Any])
            let selectors = try #require(target["selector"] as? [[String: Any]])
            #expect(selectors[0]["start"] as? Int == coding.range.lowerBound)
            #expect(selectors[0]["end"] as? Int == coding.range.upperBound)
            var words = String.UnicodeScalarView()
            words.append(contentsOf: scalars[coding.range])
            #expect(selectors[1]["exact"] as? String == String(words))
            // Nothing tells here when the text was taken in, and the model wants a date of a state.
            let source = try #require(target["source"] as? [String: Any])
            #expect((source["variorum:text"] as? String)?.hasPrefix("ni:///sha-256;") == true)
            #expect(target["state"] == nil)
            #expect((item["creator"] as? [String: Any])?["id"] as? String == urn(coding.coder))
            let bodies = try #require(item["body"] as? [[String: Any]])
            #expect(bodies.count { $0["purpose"] as? String == "classifying" } == coding.codes.count)
            #expect(bodies.count { $0["variorum:statement"] != nil } == coding.statements.count)
            #expect(bodies.count { $0["purpose"] as? String == "commenting" } == (coding.note == nil ? 0 : 1))
        }
        let said = try #require((items[1]["body"] as? [[String: Any]])?.compactMap { $0["variorum:statement"] }.first)
        let parts = try #require(said as? [String: Any])
        #expect((parts["variorum:concept"] as? [String: Any])?["name"] != nil && parts["variorum:date"] != nil)
        let answers = try #require(parts["variorum:answers"] as? [[String: Any]])
        #expect((answers[0]["variorum:variable"] as? [String: Any])?["name"] as? String == "Certainty")
        #expect((answers[0]["variorum:values"] as? [Any])?.count == 3)
        // Two coders finished a text in which they marked nothing.
        let documents = try #require(file["variorum:documents"] as? [[String: Any]])
        #expect(documents.map { ($0["variorum:codedToTheEndBy"] as? [Any])?.count } == [3, 2])
    }

    @Test func `Decisions are a second set, with outcome, reason and what was judged`() throws {
        let sample = try ResultSample()
        let gold = GoldResult(sample.material, queue: sample.queue)
        let file = try object(sample.annotations().webAnnotations())
        let result = try #require(file["variorum:result"] as? [String: Any])
        #expect(result["total"] as? Int == gold.items.count && gold.items.count > 2)
        #expect(file["variorum:undecidedClusters"] as? Int == gold.undecidedCount)
        for (item, decided) in zip(try items(result), gold.items) {
            let decision = try #require(item["variorum:decision"] as? [String: Any])
            #expect(decision["variorum:outcome"] as? String == decided.decision.outcome.rawValue)
            #expect(decision["variorum:rationale"] as? String == decided.decision.rationale)
            #expect(decision["variorum:judged"] as? [String] == decided.decision.inputs.map { urn($0) })
            #expect(decision["variorum:hasChangedInputs"] as? Bool == decided.change.isChanged)
            let bodies = item["body"] as? [[String: Any]] ?? []
            let hasCodes = bodies.contains { $0["purpose"] as? String == "classifying" }
            if case .stands = decided.verdict { #expect(hasCodes) } else { #expect(!hasCodes) }
            #expect(item["creator"] == nil)
        }
    }

    @Test func `Rivals and what was replaced stand in the decision`() throws {
        let sample = try ResultSample()
        let first = try #require(sample.material.decisions.first { !$0.inputs.isEmpty })
        let later = RoundDecision(
            id: ResultSample.record(9001), document: first.document, range: first.range, inputs: first.inputs,
            inputHash: first.inputHash, outcome: .unresolved, rationale: "Second thoughts.", supersedes: first.id,
            order: DecisionOrder(lamport: 9001, replica: ReplicaID(high: 0, low: 1)))
        let rival = RoundDecision(
            id: ResultSample.record(9002), document: first.document, range: first.range, inputs: first.inputs,
            inputHash: first.inputHash, outcome: .reject, rationale: "Elsewhere.",
            order: DecisionOrder(lamport: 9000, replica: ReplicaID(high: 0, low: 2)))
        let material = try copy(sample.material, decisions: [first, later, rival])
        let result = try #require(try object(annotations(material))["variorum:result"] as? [String: Any])
        let shown = try #require(try items(result).first?["variorum:decision"] as? [String: Any])
        #expect(shown["id"] as? String == urn(later.id))
        let replaced = try #require(shown["variorum:replaces"] as? [[String: Any]])
        #expect(replaced.map { $0["id"] as? String } == [urn(first.id)])
        let rivals = try #require(shown["variorum:inConflictWith"] as? [[String: Any]])
        #expect(rivals.map { $0["variorum:rationale"] as? String } == ["Elsewhere."])
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `Material in any order gives the same bytes`(seed: UInt64) throws {
        let old = try ResultSample().material
        var random = SplitMix64(seed: seed)
        let shuffled = try RoundMaterial(
            round: old.round, title: old.title, codebookRevision: old.codebookRevision,
            documents: old.documents.shuffled(using: &random), coders: old.coders.shuffled(using: &random),
            codings: old.codings.shuffled(using: &random), goldCodings: old.goldCodings.shuffled(using: &random),
            decisions: old.decisions.shuffled(using: &random),
            names: Dictionary(
                old.names.shuffled(using: &random).map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first }))
        for naming in CoderNaming.allCases {
            let (one, other) = (annotations(old, naming), annotations(shuffled, naming))
            #expect(one.bytes == other.bytes && one.losses == other.losses)
        }
    }

    @Test func `Late codings say so, and merged codes stand beside those that count`() throws {
        let sample = try ResultSample()
        let old = try #require(sample.material.codings.first)
        let late = RoundCoding(
            id: old.id, coder: old.coder, document: old.document, version: old.version, range: old.range,
            codes: old.codes, statements: old.statements, appliedCodes: [ResultSample.record(2)], isLate: true)
        let material = try copy(sample.material, codings: [late] + sample.material.codings.dropFirst())
        let items = try items(object(annotations(material)))
        #expect(items.map { $0["variorum:isLate"] as? Bool ?? false }.count { $0 } == 1)
        let item = try #require(items.first { $0["variorum:isLate"] != nil })
        #expect(item["id"] as? String == urn(late.id))
        let applied = try #require(item["variorum:appliedCodes"] as? [[String: Any]])
        #expect(applied.map { $0["name"] as? String } == ["Keep the ceasefire"])
        let said = try #require((item["body"] as? [[String: Any]])?.first { $0["variorum:statement"] != nil })
        #expect(said["variorum:isLate"] as? Bool == true)
    }

    @Test func `Hostile words come out as they were written`() throws {
        let hostile = "\"}],\\ \u{0}\u{1F}\u{7F}\u{2028}\u{202E}\u{FFFF}</script>\r\n🕊"
        let sample = try ResultSample { hostile + $0 }
        let file = try object(sample.annotations().webAnnotations())
        let plain = try object(try ResultSample().annotations().webAnnotations())
        #expect(Set(file.keys) == Set(plain.keys))
        let notes = try items(file).flatMap { $0["body"] as? [[String: Any]] ?? [] }
            .filter { $0["purpose"] as? String == "commenting" }.compactMap { $0["value"] as? String }
        #expect(notes.map { Array($0.utf8) } == [Array((hostile + "Indirect speech.").utf8)])
        #expect(try items(file).count == items(plain).count)
    }

    @Test func `An empty round is an empty collection`() throws {
        let material = try RoundMaterial(
            round: ResultSample.record(7), title: "Nothing", documents: [], coders: [], codings: [])
        let export = annotations(material)
        let file = try object(export)
        #expect(file["total"] as? Int == 0 && file["first"] == nil && export.losses.isEmpty)
    }

    @Test func `What has no place is counted`() throws {
        let losses = try ResultSample().annotations().webAnnotations().losses.losses
        #expect(
            losses.map(\.what) == [
                "moments, tags, confidence and colours of codings", "makers and moments of decisions",
                "texts of documents", "texts of documents as a whole",
            ])
        #expect(losses.map(\.count).first == 10)
    }
}
