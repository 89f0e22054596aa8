public import AnnotationModel

/// A decision about to be recorded, with all that its records need.
public struct DecisionDraft: Sendable, Hashable {
    /// What the annotation of the gold layer says.
    public struct Result: Sendable, Hashable {
        public let range: Range<Int>
        /// Ascending.
        public let codes: [RecordID]
        public let statements: [Ballot.StatementContent]
    }

    public let document: RecordID
    /// What the cluster spans.
    public let range: Range<Int>
    public let input: ClusterInput
    public let outcome: DecisionOutcome
    /// `nil` where nothing stands.
    public let result: Result?
    public var rationale: String = ""
    /// The decisions that it replaces, ascending; each is named by a record of its own, all with one result.
    public let supersedes: [RecordID]
    public let strategy: String?

    private init(
        _ cluster: CodingCluster, _ outcome: DecisionOutcome, _ result: Result?, supersedes: [RecordID],
        strategy: String? = nil
    ) {
        document = cluster.document
        range = cluster.range
        input = cluster.input
        self.outcome = outcome
        self.result = result
        self.supersedes = Set(supersedes).sorted()
        self.strategy = strategy
    }

    /// What one coder said stands: to accept a coding where one says all of it, else to replace by what several say together.
    ///
    /// - Returns: `nil` if the coder has marked nothing in the cluster.
    public static func accepting(
        _ coder: MemberID, in cluster: CodingCluster, supersedes: [RecordID] = []
    ) -> DecisionDraft? {
        let codings = cluster.codings(of: coder)
        guard !codings.isEmpty else { return nil }
        let ballot = Ballot(codings, isRangeCompared: false)
        let range = PreMerge.centre(of: codings.map(\.range))
        let accepted = codings.contains { $0.range == range && Ballot([$0], isRangeCompared: false) == ballot }
        return DecisionDraft(
            cluster, accepted ? .accept : .replace,
            Result(range: range, codes: ballot.codes, statements: ballot.statements), supersedes: supersedes)
    }

    /// These codes stand, on the passage that is most like all that were marked; statements do not.
    public static func replacing(
        with codes: [RecordID], in cluster: CodingCluster, supersedes: [RecordID] = []
    ) -> DecisionDraft {
        let range = PreMerge.centre(of: cluster.codings.map(\.range))
        return DecisionDraft(
            cluster, .replace, Result(range: range, codes: Set(codes).sorted(), statements: []), supersedes: supersedes)
    }

    /// Nothing belongs here.
    public static func rejecting(_ cluster: CodingCluster, supersedes: [RecordID] = []) -> DecisionDraft {
        DecisionDraft(cluster, .reject, nil, supersedes: supersedes)
    }

    /// It stays open, on purpose.
    public static func leavingOpen(_ cluster: CodingCluster, supersedes: [RecordID] = []) -> DecisionDraft {
        DecisionDraft(cluster, .unresolved, nil, supersedes: supersedes)
    }

    /// What a strategy proposes for a cluster.
    ///
    /// - Returns: `nil` if it leaves the cluster to a person. So does a cluster with late codings: who made them may
    ///   have seen the others'.
    public static func proposed(by merge: PreMerge, for cluster: CodingCluster) -> DecisionDraft? {
        guard !cluster.codings.contains(where: \.isLate), let proposal = merge.proposal(for: cluster) else {
            return nil
        }
        return DecisionDraft(
            cluster, proposal.outcome,
            Result(range: proposal.range, codes: proposal.codes, statements: proposal.statements), supersedes: [],
            strategy: proposal.strategy)
    }
}

extension AdjudicationQueue {
    /// The decisions that a decision of a cluster has to replace: those that stand and judged one of its codings, and their
    /// rivals; ascending.
    public func decisionsToReplace(for cluster: CodingCluster) -> [RecordID] {
        let ids = Set(cluster.input.ids)
        return Set(
            decisions.map(\.standing).filter { standing in
                ([standing.decision] + standing.rivals).contains { !ids.isDisjoint(with: $0.inputs) }
            }.flatMap { [$0.decision.id] + $0.rivals.map(\.id) }
        ).sorted()
    }
}
