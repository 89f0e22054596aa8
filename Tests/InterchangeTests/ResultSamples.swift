import AnnotationModel
import ChangeLog
import Cryptography
import TeamCoding

@testable import Interchange

/// A round as a team could have made it, in which every field is `decorated`: left as it is, or with something hostile put in.
struct ResultSample {
    let material: RoundMaterial
    let queue: AdjudicationQueue
    let agreement: [AgreementRow]

    static let text = """
        Tskhinvali, 4 July. The president said on Tuesday that the treaty of alliance must be ratified without delay.
        The opposition rejected the treaty. “We shall not vote for a document that nobody has read,” its speaker told reporters. 🕊 \
        The ministry of foreign affairs called it a matter of the two states alone.

        Цхинвал: парламент отложил голосование. თბილისმა ხელშეკრულება დაგმო.
        A neighbouring state asked both sides to keep to the ceasefire agreement of 2008, and offered to mediate.
        """

    static func member(_ number: UInt64) -> MemberID { MemberID(high: 0xC0, low: number) }
    static func record(_ number: UInt64) -> RecordID { RecordID(high: 0xA0, low: number) }

    init(_ decorated: (String) -> String = { $0 }) throws {
        let cryptography = OpenSSLCryptography()
        let (member, record) = (Self.member, Self.record)
        let text = decorated(Self.text)
        let scalars = Array(text.unicodeScalars)
        func range(_ words: String) -> Range<Int> {
            let wanted = Array(words.unicodeScalars)
            for start in 0...(scalars.count - wanted.count)
            where Array(scalars[start..<start + wanted.count]) == wanted { return start..<start + wanted.count }
            return 0..<min(20, scalars.count)
        }
        let names: [UInt64: String] = [
            1: "Treaty ratified", 2: "Keep the ceasefire", 3: "Vote postponed", 11: "President", 12: "Opposition",
            13: "Ministry of foreign affairs", 14: "Neighbouring state", 15: "Parliament", 21: "Certainty",
        ]
        var number: UInt64 = 1000
        func coding(
            _ coder: UInt64, _ words: String, _ code: UInt64, _ actor: UInt64? = nil, _ position: String = "support",
            note: String? = nil
        ) -> RoundCoding {
            number += 1
            var statements: [CodedStatement] = []
            if let actor {
                statements = [
                    CodedStatement(
                        id: record(number + 5000),
                        values: [
                            VariableValues(.builtIn(.organisation), [.record(record(actor))]),
                            VariableValues(.builtIn(.concept), [.record(record(code))]),
                            VariableValues(.builtIn(.position), [.text(decorated(position))]),
                            VariableValues(.builtIn(.date), [.date("2017-07-04")]),
                            VariableValues(
                                .defined(record(21)), [.text(decorated("high")), .integer(3), .boolean(true)]),
                        ])
                ]
            }
            return RoundCoding(
                id: record(number), coder: member(coder), document: record(900), version: record(901),
                range: range(words), codes: [record(code)], statements: statements, note: note.map(decorated))
        }
        let codings = [
            coding(1, "the treaty of alliance must be ratified without delay", 1, 11, note: "Indirect speech."),
            coding(2, "treaty of alliance must be ratified", 1, 11),
            coding(3, "The president said on Tuesday that the treaty of alliance must be ratified", 3, 11, "neutral"),
            coding(1, "The opposition rejected the treaty", 1, 12, "reject"),
            coding(2, "The opposition rejected the treaty", 1, 12, "reject"),
            coding(3, "rejected the treaty", 1, 12, "reject"),
            coding(1, "парламент отложил голосование", 3, 15),
            coding(2, "keep to the ceasefire agreement of 2008", 2, 14),
            coding(1, "keep to the ceasefire agreement of 2008, and offered to mediate", 2, 14, "unclear"),
            coding(2, "a matter of the two states alone", 1, 13),
        ]
        func gold(_ words: String, _ code: UInt64, _ actor: UInt64, _ position: String) -> RoundCoding {
            coding(9, words, code, actor, position)
        }
        let results = [
            gold("treaty of alliance must be ratified", 1, 11, "support"),
            gold("The opposition rejected the treaty", 1, 12, "reject"),
            gold("keep to the ceasefire agreement of 2008", 2, 14, "support"),
            gold("a matter of the two states alone", 1, 13, "support"),
            gold("парламент отложил голосование", 3, 15, "support"),
            gold("We shall not vote", 3, 12, "support"), gold("The ministry", 3, 11, "reject"),
        ]
        let document = RoundDocument(
            id: record(900), version: record(901), versionHash: cryptography.sha256(Array(text.utf8)),
            title: decorated("Treaty of alliance before parliament"), publishedOn: "2017-07-05",
            language: decorated("en"), text: text, coders: [member(1), member(2), member(3)])
        let other = RoundDocument(
            id: record(910), version: record(911), versionHash: .zero, title: decorated("A text on its way"), text: nil,
            coders: [member(1), member(2)])
        func material(_ decisions: [RoundDecision]) throws -> RoundMaterial {
            try RoundMaterial(
                round: record(7), title: decorated("Second round"), codebookRevision: [0xAB, 0xCD],
                documents: [document, other],
                coders: [(1, "Anna"), (2, "Besik"), (3, "Chloé")].map {
                    RoundCoder(id: member($0.0), name: decorated($0.1))
                }, codings: codings, goldCodings: results, decisions: decisions,
                names: Dictionary(
                    names.map { (record($0.key), decorated($0.value)) }, uniquingKeysWith: { first, _ in first }))
        }
        let clusters = try material([]).clusters()
        func decision(
            _ place: Int, _ cluster: CodingCluster, _ outcome: DecisionOutcome, result: RecordID?, _ why: String
        ) -> RoundDecision {
            RoundDecision(
                id: record(8000 + UInt64(place)), document: cluster.document, range: cluster.range,
                inputs: cluster.input.ids,
                inputHash: place == 1 ? .zero : cluster.input.hash(cryptography), outcome: outcome, result: result,
                rationale: decorated(why), strategy: place == 2 ? decorated("threshold") : nil,
                order: DecisionOrder(lamport: UInt64(place), replica: ReplicaID(high: 0, low: 1)))
        }
        var decisions = results.enumerated().map { place, result in
            RoundDecision(
                id: record(8500 + UInt64(place)), document: record(900), range: result.range, inputs: [],
                inputHash: .zero, outcome: .replace, result: result.id, rationale: decorated("As the text says."),
                order: DecisionOrder(lamport: 50 + UInt64(place), replica: ReplicaID(high: 0, low: 1)))
        }
        for (place, cluster) in clusters.prefix(3).enumerated() {
            decisions.append(
                decision(
                    place, cluster, [.reject, .accept, .unresolved][place], result: place == 1 ? results[0].id : nil,
                    "Coders read the sentence differently."))
        }
        let whole = try material(decisions)
        self.material = whole
        queue = AdjudicationQueue(whole, clusters: whole.clusters(), cryptography: cryptography)
        let table = try ReliabilityTable(
            coderCount: 3,
            units: (0..<12).map { unit in
                [
                    .code(Category(unit % 3 == 0 ? "x" : "y")), .code(Category(unit % 4 == 0 ? "x" : "y")),
                    unit == 5 ? nil : .code("y"),
                ]
            })
        agreement = [
            AgreementRow(
                subject: decorated("Codes, all documents"),
                run: AgreementRun(
                    .krippendorffAlpha(.nominal), of: table, bootstrap: Bootstrap(resamples: 200, seed: 7),
                    cryptography: cryptography)),
            AgreementRow(
                subject: decorated("Two coders"),
                run: AgreementRun(.cohenKappa(.unweighted), of: table, cryptography: cryptography)),
        ]
    }

    func report(_ coders: CoderNaming = .names) -> RoundReport {
        RoundReport(material, queue: queue, agreement: agreement, coders: coders)
    }

    func annotations(_ coders: CoderNaming = .names) -> RoundAnnotations {
        RoundAnnotations(material, queue: queue, coders: coders)
    }

    func graph(_ mode: NetworkGraph.Mode) -> NetworkGraph {
        let gold = GoldResult(material, queue: queue).codings
        return NetworkGraph(ActorConceptNetwork(material, source: .gold(gold)), mode: mode)
    }

    /// All files of the round's results, by name.
    func files() throws -> [(name: String, export: Export)] {
        let rows = RoundRows(material)
        var files = [
            ("codings.csv", rows.commaSeparated()), ("codings.jsonl", rows.jsonLines()),
            ("codings-anonymous.csv", RoundRows(material, coders: .letters).commaSeparated()),
            ("codings.jsonld", annotations().webAnnotations()),
            ("codings-anonymous.jsonld", annotations(.letters).webAnnotations()),
            ("round.html", report().page()), ("round-anonymous.html", report(.letters).page()),
        ]
        if let page = report().page(of: Self.record(900)) { files.append(("document.html", page)) }
        for mode in NetworkGraph.Mode.allCases {
            let graph = graph(mode)
            files += [
                ("\(mode.rawValue).graphml", graph.graphML()), ("\(mode.rawValue).csv", graph.commaSeparated()),
                ("\(mode.rawValue).svg", graph.drawing()),
            ]
        }
        return files
    }
}
