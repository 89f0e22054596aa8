import AnnotationModel

/// What a round has come to: one item for each decision that stands.
public struct GoldResult: Sendable, Hashable {
    public struct Item: Sendable, Hashable {
        public let change: DecisionChange
        public let verdict: Verdict

        public var decision: RoundDecision { change.standing.decision }
    }

    public enum Verdict: Sendable, Hashable {
        /// This annotation of the gold layer.
        case stands(RoundCoding)
        /// Nothing belongs here.
        case nothing
        /// It stays undecided, on purpose.
        case unresolved
        /// The annotation has not arrived, cannot be used, or was never named.
        case missing
    }

    /// Ascending by document, range and decision.
    public let items: [Item]
    /// Clusters that nobody has decided: the result is not whole while there are any.
    public let undecidedCount: Int

    public init(_ material: RoundMaterial, queue: AdjudicationQueue) {
        let gold = Dictionary(material.goldCodings.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        items = queue.decisions.map { change in
            let decision = change.standing.decision
            let verdict: Verdict =
                switch decision.outcome {
                case .reject: .nothing
                case .unresolved: .unresolved
                case .accept, .replace:
                    decision.result.flatMap { gold[$0] }.map { .stands($0) } ?? .missing
                }
            return Item(change: change, verdict: verdict)
        }
        undecidedCount = queue.entries.count { $0.reason == .undecided }
    }

    /// The annotations that stand, ascending, each once: several decisions can have one result.
    public var codings: [RoundCoding] {
        Set(items.compactMap { if case .stands(let coding) = $0.verdict { coding } else { nil } }).sorted()
    }
}
