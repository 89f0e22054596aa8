import AnnotationModel
import ChangeLog
import Cryptography
import TeamCoding

/// A record id that is easy to read in a failure.
func id(_ number: UInt64) -> RecordID { RecordID(high: 0xA0, low: number) }
func member(_ number: UInt64) -> MemberID { MemberID(high: 0xC0, low: number) }

func document(_ number: UInt64 = 1, length: Int = 1000, coders: [UInt64]) -> RoundDocument {
    RoundDocument(
        id: id(number), version: id(number + 100_000), versionHash: .zero, title: "Document \(number)",
        text: String(repeating: "x", count: length), coders: coders.map(member))
}

func coding(
    _ number: UInt64, by coder: UInt64, _ range: Range<Int>, codes: [UInt64] = [], statements: [CodedStatement] = [],
    document: UInt64 = 1
) -> RoundCoding {
    RoundCoding(
        id: id(number + 1_000_000), coder: member(coder), document: id(document), version: id(document + 100_000),
        range: range, codes: codes.map(id), statements: statements)
}

func material(
    _ codings: [RoundCoding], coders: [UInt64] = [1, 2, 3], documents: [RoundDocument]? = nil,
    gold: [RoundCoding] = [], decisions: [RoundDecision] = [], round: RecordID = id(7)
) throws -> RoundMaterial {
    try RoundMaterial(
        round: round, title: "Round", documents: documents ?? [document(coders: coders)],
        coders: coders.map { RoundCoder(id: member($0), name: "Coder number \($0)") }, codings: codings,
        goldCodings: gold, decisions: decisions)
}

func decision(
    _ number: UInt64, on cluster: CodingCluster, _ outcome: DecisionOutcome = .reject, result: UInt64? = nil,
    supersedes: UInt64? = nil, lamport: UInt64
) -> RoundDecision {
    RoundDecision(
        id: id(number + 2_000_000), document: cluster.document, range: cluster.range, inputs: cluster.input.ids,
        inputHash: cluster.input.hash(OpenSSLCryptography()), outcome: outcome,
        result: result.map { id($0 + 1_000_000) }, supersedes: supersedes.map { id($0 + 2_000_000) },
        order: DecisionOrder(lamport: lamport, replica: ReplicaID(high: 1, low: number)))
}

extension AdjudicationQueue {
    init(_ material: RoundMaterial) {
        self.init(material, clusters: material.clusters(), cryptography: OpenSSLCryptography())
    }
}

extension SplitMix64 {
    /// A round as it could be: several documents, passages that all see, moved a little, and some that one alone sees.
    mutating func codings(documents: Int, coders: Int, perCoder: Int, length: Int) -> [RoundCoding] {
        var number: UInt64 = 0
        var result: [RoundCoding] = []
        for document in 1...documents {
            let truth = (0..<perCoder).map { _ in below(length - 60) }
            for coder in 1...coders {
                for start in truth {
                    number += 1
                    let from = max(0, start + below(21) - 10)
                    let range = from..<min(length, from + 10 + below(40))
                    let position = VariableValues(
                        .builtIn(.position), [.text(pick(["support", "reject"]))])
                    result.append(
                        coding(
                            number, by: UInt64(coder), range, codes: [UInt64(500 + below(4))],
                            statements: chance(1, in: 3)
                                ? [CodedStatement(id: id(number + 5_000_000), values: [position])] : [],
                            document: UInt64(document)))
                }
            }
        }
        return result
    }

    mutating func shuffled<Element>(_ items: [Element]) -> [Element] {
        var items = items
        for place in items.indices.reversed() { items.swapAt(place, below(place + 1)) }
        return items
    }
}
