import AnnotationModel
import ChangeLog
import Cryptography
import Foundation
import TeamCoding
import Testing

@testable import Interchange

struct ResultsTests {
    private static let hostile =
        "</td><script>alert(1)</script><!-- ]]> &amp; \" ' \u{0}\u{1B}[31m\u{7F}\u{202E}\u{FFFF}\r\n,;=1+1\t"

    /// Scripts/results-check reads what this writes.
    @Test func `Samples are written where the environment says`() throws {
        guard let folder = ProcessInfo.processInfo.environment["VARIORUM_RESULT_SAMPLES"] else { return }
        for (name, sample) in [("plain", try ResultSample()), ("hostile", try ResultSample { Self.hostile + $0 })] {
            let place = URL(fileURLWithPath: folder).appendingPathComponent(name)
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
            for file in try sample.files() {
                try Data(file.export.bytes).write(to: place.appendingPathComponent(file.name))
            }
        }
    }

    @Test func `Equal rounds give equal bytes, in whatever order they came`() throws {
        let one = try ResultSample()
        let material = one.material
        let turned = try RoundMaterial(
            round: material.round, title: material.title, codebookRevision: material.codebookRevision,
            documents: material.documents.reversed(), coders: material.coders.reversed(),
            codings: material.codings.reversed(), goldCodings: material.goldCodings.reversed(),
            decisions: material.decisions.reversed(), names: material.names)
        #expect(turned == material)
        for (left, right) in zip(try one.files(), try ResultSample().files()) {
            #expect(left.export.bytes == right.export.bytes, "\(left.name)")
            #expect(left.export.losses == right.export.losses, "\(left.name)")
        }
    }

    @Test func `Nothing that anybody wrote becomes markup`() throws {
        for file in try ResultSample({ Self.hostile + $0 }).files() {
            let text = String(decoding: file.export.bytes, as: UTF8.self)
            if ["csv", "jsonl", "jsonld"].contains(where: { file.name.hasSuffix($0) }) { continue }
            #expect(!text.contains("<script"), "\(file.name)")
            #expect(!text.contains("<!--") && !text.contains("]]>"), "\(file.name)")
            let isClean = text.unicodeScalars.allSatisfy { $0 == "\n" || $0 == "\t" || !isUnprintable($0) }
            #expect(isClean, "\(file.name)")
            #expect(!file.export.losses.isEmpty, "\(file.name)")
        }
    }

    @Test func `Hostile text changes no tag of a page`() throws {
        func tags(_ sample: ResultSample) -> [Substring] {
            let html = String(decoding: sample.report().page().bytes, as: UTF8.self)
            return html.split(separator: "<").dropFirst().map { $0.prefix { $0.isLetter || $0 == "/" } }
        }
        func count(_ name: Substring, _ sample: ResultSample) -> Int { tags(sample).count { $0 == name } }
        let plain = try ResultSample()
        let hostile = try ResultSample { Self.hostile + $0 }
        for name: Substring in [
            "section", "table", "article", "th", "h1", "h2", "h3", "main", "nav", "style", "a", "script",
        ] {
            // The text has one line more on hostile ground, for the line feed in front of it.
            let more = name == "th" ? 1 : 0
            #expect(count(name, hostile) - count(name, plain) == more, "\(name)")
        }
    }

    @Test func `A page says what was decided, why, from what, and what has changed since`() throws {
        let sample = try ResultSample()
        let page = String(decoding: sample.report().page().bytes, as: UTF8.self)
        let decision = try #require(sample.material.decisions.first { $0.outcome == .reject })
        for words in [
            "Coders read the sentence differently.", "\(decision.inputHash)", "inputs changed since: edited",
            "left open on purpose", "nothing belongs here", "strategy: threshold", "abcd",
            "\(sample.material.documents[0].versionHash)", "\(sample.agreement[0].run.inputHash)",
            "200 resamples, seed 7", "undefined: it compares exactly two coders", "Note: <bdi>Indirect speech.",
        ] { #expect(page.contains(words), "\(words)") }
        #expect(sample.report().page(of: ResultSample.record(1)) == nil)
        let one = try #require(sample.report().page(of: ResultSample.record(910)))
        #expect(!String(decoding: one.bytes, as: UTF8.self).contains("Treaty of alliance before parliament"))
        #expect(one.losses.losses.map(\.what) == ["texts of documents"])
    }

    @Test func `Rivals and what was superseded stand in the page`() throws {
        let sample = try ResultSample()
        let first = try #require(sample.material.decisions.first { !$0.inputs.isEmpty })
        func more(_ number: UInt64, _ why: String, supersedes: RecordID?) -> RoundDecision {
            RoundDecision(
                id: ResultSample.record(number), document: first.document, range: first.range, inputs: first.inputs,
                inputHash: first.inputHash, outcome: .unresolved, rationale: why, supersedes: supersedes,
                order: DecisionOrder(lamport: number, replica: ReplicaID(high: 0, low: 1)))
        }
        let old = sample.material
        let material = try RoundMaterial(
            round: old.round, title: old.title, documents: old.documents, coders: old.coders, codings: old.codings,
            goldCodings: old.goldCodings,
            decisions: [
                first, more(9001, "Second thoughts.", supersedes: first.id),
                more(9003, "Third.", supersedes: ResultSample.record(9001)),
            ]
                + [
                    RoundDecision(
                        id: ResultSample.record(9002), document: first.document, range: first.range,
                        inputs: first.inputs, inputHash: first.inputHash, outcome: .reject, rationale: "Elsewhere.",
                        order: DecisionOrder(lamport: 9002, replica: ReplicaID(high: 0, low: 2)))
                ], names: old.names)
        let queue = AdjudicationQueue(material, clusters: material.clusters(), cryptography: OpenSSLCryptography())
        let report = RoundReport(material, queue: queue, agreement: [])
        let page = String(decoding: report.page().bytes, as: UTF8.self)
        #expect(page.contains("in conflict with: reject, Elsewhere."))
        #expect(page.contains("replaces: unresolved, Second thoughts.") && page.contains("No agreement was computed."))
    }

    @Test func `Rows are one for each coder, span and variable, and silence has one`() throws {
        let sample = try ResultSample()
        let text = String(decoding: RoundRows(sample.material).commaSeparated().bytes, as: UTF8.self)
        let lines = text.split(separator: "\r\n")
        let expected = sample.material.codings.reduce(0) { sum, coding in
            sum + coding.codes.count + coding.statements.reduce(0) { $0 + $1.values.reduce(0) { $0 + $1.values.count } }
        }
        // Two coders marked nothing in the text that is on its way.
        #expect(lines.count == 1 + expected + 2)
        let json = RoundRows(sample.material).jsonLines().bytes.split(separator: UInt8(ascii: "\n"))
        #expect(json.count == lines.count - 1)
        let first = try JSONSerialization.jsonObject(with: Data(json[0])) as? [String: Any]
        #expect(first?["round_title"] as? String == "Second round" && first?["variable"] as? String == "code")
    }

    @Test func `Without names no file tells who coded`() throws {
        let sample = try ResultSample()
        let files = [
            RoundRows(sample.material, coders: .letters).commaSeparated(),
            RoundRows(sample.material, coders: .letters).jsonLines(), sample.report(.letters).page(),
            sample.annotations(.letters).webAnnotations(),
        ]
        for file in files {
            let text = String(decoding: file.bytes, as: UTF8.self)
            for coder in sample.material.coders {
                #expect(!text.contains(coder.name) && !text.contains("\(coder.id)"))
            }
            #expect(text.contains("Coder A"))
        }
    }

    @Test func `Ties carry signs, and shared concepts join or part actors`() throws {
        let sample = try ResultSample()
        let two = sample.graph(.actorConcept)
        func label(_ index: Int) -> String { two.nodes[index].label }
        let weights = Dictionary(
            two.edges.map { ("\(label($0.source))/\(label($0.target))", $0.weight) }, uniquingKeysWith: +)
        #expect(weights["President/Treaty ratified"] == 1 && weights["Opposition/Treaty ratified"] == -1)
        let actors = sample.graph(.actorActor)
        let pairs = Dictionary(
            actors.edges.map {
                ("\(actors.nodes[$0.source].label)/\(actors.nodes[$0.target].label)", ($0.positive, $0.negative))
            }, uniquingKeysWith: { first, _ in first })
        let president = try #require(pairs["Opposition/President"])
        // On the treaty they differ, and on the postponed vote as well.
        #expect(president == (0, 2))
        let ministry = try #require(pairs["Ministry of foreign affairs/President"])
        #expect(ministry == (1, 0))
        let concepts = sample.graph(.conceptConcept)
        #expect(concepts.nodes.allSatisfy { !$0.isActor } && concepts.edges.count == 1)
    }

    @Test func `A range of dates keeps what surely lies in it, and says what it left out`() throws {
        let sample = try ResultSample()
        func statements(_ from: String?, _ to: String?) throws -> (Int, Int) {
            let range = try #require(DateRange(from: from, to: to))
            let network = ActorConceptNetwork(sample.material, source: .everybody, dates: range)
            let kept = network.ties.reduce(0) { $0 + $1.support + $1.reject + $1.neutral + $1.unclear }
            return (kept, network.losses.losses.reduce(0) { $0 + $1.count })
        }
        #expect(try statements("2017-07-04", "2017-07-04") == (10, 0))
        #expect(try statements("2017-07-05", nil) == (0, 10))
        let july = try #require(DateRange(from: "2017-07-02", to: "2017-12-31"))
        #expect(july.contains("2017-08") == true && july.contains("2017-07") == nil && july.contains("2016") == false)
        #expect(july.contains("yesterday") == nil)
        #expect(DateRange(from: "2017-07-02", to: "2017-07-01") == nil && DateRange(from: "2017") == nil)
    }

    @Test func `A drawing is the same for a seed, another for another, and keeps nodes on the page`() throws {
        let graph = try ResultSample().graph(.actorConcept)
        #expect(graph.drawing(seed: 3).bytes == graph.drawing(seed: 3).bytes)
        #expect(graph.drawing(seed: 3).bytes != graph.drawing(seed: 4).bytes)
        let layout = ForceLayout(nodeCount: 40, edges: (1..<40).map { (0, $0, 1.0) }, seed: 1)
        #expect(layout.points.allSatisfy { (0...1).contains($0.x) && (0...1).contains($0.y) })
        #expect(Set(layout.points).count == 40)
    }

    @Test func `Decimals are rounded as people round`() {
        #expect(decimal(0.1235, 3) == "0.124" && decimal(-0.5, 0) == "-1" && decimal(-0.0001, 2) == "0.00")
        #expect(decimal(12.05, 1) == "12.1" && decimal(.nan, 2) == "nan" && decimal(3, 3) == "3.000")
    }

    @Test func `A comma separated cell keeps a quote under a combining mark`() {
        let bytes = CommaSeparatedRows.bytes(of: [["a\"\u{301}b", "c,d", "e"]])
        #expect(
            String(decoding: bytes, as: UTF8.self).unicodeScalars.elementsEqual(
                "\"a\"\"\u{301}b\",\"c,d\",e\r\n".unicodeScalars))
    }
}
