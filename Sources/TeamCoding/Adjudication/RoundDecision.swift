public import AnnotationModel
public import ChangeLog

/// An adjudicator's recorded outcome for a cluster of codings.
public struct RoundDecision: Sendable, Hashable {
    public let id: RecordID
    public let document: RecordID
    /// What the cluster spanned, in code points of the version.
    public let range: Range<Int>
    /// The codings that were judged, ascending; none where the adjudicator adds what nobody had marked.
    public let inputs: [RecordID]
    /// `ClusterInput.hash` of the codings as they were judged.
    public let inputHash: Digest
    public let outcome: DecisionOutcome
    /// The annotation of the gold layer that stands from now on.
    public let result: RecordID?
    public let rationale: String
    /// The earlier decision that this one replaces.
    public let supersedes: RecordID?
    /// The pre-merge strategy that made it, if no person did.
    public let strategy: String?
    /// Where the decision stands in the order of all writes.
    public let order: DecisionOrder

    public init(
        id: RecordID, document: RecordID, range: Range<Int>, inputs: [RecordID], inputHash: Digest,
        outcome: DecisionOutcome, result: RecordID? = nil, rationale: String = "", supersedes: RecordID? = nil,
        strategy: String? = nil, order: DecisionOrder
    ) {
        self.id = id
        self.document = document
        self.range = range
        self.inputs = Set(inputs).sorted()
        self.inputHash = inputHash
        self.outcome = outcome
        self.result = result
        self.rationale = rationale
        self.supersedes = supersedes
        self.strategy = strategy
        self.order = order
    }
}

/// What a decision says.
public enum DecisionOutcome: String, Sendable, CaseIterable {
    /// One of the codings stands as it is.
    case accept
    /// Something else stands.
    case replace
    /// Nothing belongs here.
    case reject
    /// Coders differ for good reasons, and nothing is decided between them.
    case unresolved
}

/// The order among decisions: that of the change log, not of anybody's clock.
public struct DecisionOrder: Sendable, Hashable, Comparable {
    public let lamport: UInt64
    public let replica: ReplicaID

    public init(lamport: UInt64, replica: ReplicaID) {
        self.lamport = lamport
        self.replica = replica
    }

    public static func < (left: Self, right: Self) -> Bool {
        (left.lamport, left.replica) < (right.lamport, right.replica)
    }
}
