public import AnnotationModel
public import ChangeLog

/// What is left to decide, the worst first.
public struct AdjudicationQueue: Sendable, Hashable {
    /// A cluster that waits for a person.
    public struct Entry: Sendable, Hashable {
        public let cluster: CodingCluster
        /// `ClusterInput.hash` of the cluster, for the decision to come.
        public let inputHash: Digest
        public let reason: Reason
    }

    public enum Reason: Sendable, Hashable {
        /// Nobody has decided it.
        case undecided
        /// It was decided, and what was judged has changed since: late work, a correction, another cut of the clusters. The decisions stand
        /// as they are until somebody replaces them.
        case changed([DecisionChange])
        /// Several decisions were made of it without knowledge of each other, and they differ.
        case contested([StandingDecision])
    }

    /// By disagreement, greatest first; then by document, range and first coding.
    public let entries: [Entry]
    /// Decisions none of whose codings is there any more, which stand nevertheless.
    public let withoutCodings: [StandingDecision]
    /// How many clusters are decided and unchanged.
    public let decidedCount: Int
    /// Every decision that stands, with what has changed below it.
    public let decisions: [DecisionChange]

    /// - Complexity: O(*n* log *n*) in codings and decisions, and one hash for each cluster.
    public init(
        _ material: RoundMaterial, clusters: [CodingCluster], cryptography: any CryptographyProvider
    ) {
        let standing = material.standingDecisions()
        let codings = Dictionary(material.codings.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var decisionsOfInput: [RecordID: [Int]] = [:]
        for (index, one) in standing.enumerated() {
            for input in Set(([one.decision] + one.rivals).flatMap(\.inputs)) {
                decisionsOfInput[input, default: []].append(index)
            }
        }
        var clustersOfDecision: [Int: [Int]] = [:]
        var decisionsOfCluster: [[Int]] = []
        for (place, cluster) in clusters.enumerated() {
            let touching = Set(cluster.input.ids.flatMap { decisionsOfInput[$0] ?? [] }).sorted()
            for index in touching { clustersOfDecision[index, default: []].append(place) }
            decisionsOfCluster.append(touching)
        }
        let hashes = clusters.map { $0.input.hash(cryptography) }

        let changes = standing.enumerated().map { index, one in
            let decision = one.decision
            let places = clustersOfDecision[index] ?? []
            let present = Set(places.flatMap { clusters[$0].input.ids })
            let inputs = Set(decision.inputs)
            let there = decision.inputs.compactMap { codings[$0] }
            let isWhole = there.count == decision.inputs.count
            // With all inputs there, another hash means that one of them says something else now.
            let isEdited = isWhole && !there.isEmpty && ClusterInput(there).hash(cryptography) != decision.inputHash
            return DecisionChange(
                standing: one, added: present.subtracting(inputs).sorted(),
                removed: decision.inputs.filter { codings[$0] == nil }, isEdited: isEdited, clusterCount: places.count)
        }
        decisions = changes
        withoutCodings = changes.filter { !$0.standing.decision.inputs.isEmpty && $0.clusterCount == 0 }.map(\.standing)

        var entries: [Entry] = []
        var decided = 0
        for (place, cluster) in clusters.enumerated() {
            let touching = decisionsOfCluster[place].map { changes[$0] }
            let contested = touching.map(\.standing).filter { !$0.rivals.isEmpty }
            let reason: Reason
            if touching.isEmpty {
                reason = .undecided
            } else if !contested.isEmpty {
                reason = .contested(contested)
            } else if touching.contains(where: { $0.standing.decision.inputHash == hashes[place] }) {
                decided += 1
                continue
            } else {
                reason = .changed(touching)
            }
            entries.append(Entry(cluster: cluster, inputHash: hashes[place], reason: reason))
        }
        decidedCount = decided
        self.entries = entries.sorted { left, right in
            if left.cluster.disagreement != right.cluster.disagreement {
                return left.cluster.disagreement > right.cluster.disagreement
            }
            return left.cluster < right.cluster
        }
    }
}

/// A decision that stands, and what has become since of the codings that it judged.
public struct DecisionChange: Sendable, Hashable {
    public let standing: StandingDecision
    /// Codings that share a cluster with one of its inputs now and were not judged; ascending.
    public let added: [RecordID]
    /// Inputs that are not there any more; ascending.
    public let removed: [RecordID]
    /// Whether an input says something else than when it was judged. Not known, and false, while inputs are missing.
    public let isEdited: Bool
    /// How many clusters its inputs are in now; more than one if they have come apart.
    public let clusterCount: Int

    /// Whether the decision was made from something else than what is there now. One that judged no codings has nothing to
    /// change.
    public var isChanged: Bool {
        !standing.decision.inputs.isEmpty && (!added.isEmpty || !removed.isEmpty || isEdited || clusterCount != 1)
    }
}
