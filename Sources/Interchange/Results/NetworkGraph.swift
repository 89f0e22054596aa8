import AnnotationModel

/// A network as nodes and signed edges, ready to be written and drawn.
public struct NetworkGraph: Sendable, Hashable {
    /// Which network is made of actors, concepts and positions.
    public enum Mode: String, Sendable, CaseIterable {
        /// Actors and concepts; an edge is signed by support less rejection.
        case actorConcept = "actor-concept"
        /// Actors; an edge counts the concepts on which two agree and disagree.
        case actorActor = "actor-actor"
        /// Concepts; an edge counts the actors who take the same position on both, and opposite ones.
        case conceptConcept = "concept-concept"
    }

    public struct Node: Sendable, Hashable {
        public let id: String
        public let label: String
        public let isActor: Bool
        /// How many statements it occurs in.
        public let statements: Int
    }

    public struct Edge: Sendable, Hashable {
        /// Indices of nodes, the lower one first.
        public let source: Int
        public let target: Int
        /// Statements in support; in networks of one mode, agreements.
        public let positive: Int
        /// Statements of rejection; in networks of one mode, disagreements.
        public let negative: Int
        public let neutral: Int
        public let unclear: Int

        public var weight: Int { positive - negative }
    }

    public let mode: Mode
    public let title: String
    /// Actors first, each ascending by label, then id.
    public let nodes: [Node]
    /// Ascending by source and target.
    public let edges: [Edge]
    let losses: LossReport

    /// - Complexity: O(*t*) for *t* ties; of one mode O(*t* · *n*) in the number of nodes of that mode.
    public init(_ network: ActorConceptNetwork, mode: Mode) {
        self.mode = mode
        title = network.title
        var losses = network.losses
        var counts: [RecordID: Int] = [:]
        for tie in network.ties {
            let count = tie.support + tie.reject + tie.neutral + tie.unclear
            counts[tie.actor, default: 0] += count
            counts[tie.concept, default: 0] += count
        }
        let actors = mode == .conceptConcept ? [] : network.ties.map(\.actor)
        let concepts = mode == .actorActor ? [] : network.ties.map(\.concept)
        let ordered = [(actors, true), (concepts, false)].flatMap { ids, isActor in
            Set(ids).map { ($0, network.label($0), isActor) }.sorted { left, right in
                left.1.utf8.elementsEqual(right.1.utf8)
                    ? left.0 < right.0 : left.1.utf8.lexicographicallyPrecedes(right.1.utf8)
            }
        }
        // One id can be an actor and a concept where records are confused: the prefix keeps the nodes apart.
        nodes = ordered.map { id, label, isActor in
            Node(id: (isActor ? "a" : "c") + "\(id)", label: label, isActor: isActor, statements: counts[id] ?? 0)
        }
        var actorPlace: [RecordID: Int] = [:]
        var conceptPlace: [RecordID: Int] = [:]
        for (place, (id, _, isActor)) in ordered.enumerated() {
            if isActor { actorPlace[id] = place } else { conceptPlace[id] = place }
        }
        if mode == .actorConcept {
            edges = network.ties.compactMap { tie in
                guard let source = actorPlace[tie.actor], let target = conceptPlace[tie.concept] else { return nil }
                return Edge(
                    source: source, target: target, positive: tie.support, negative: tie.reject, neutral: tie.neutral,
                    unclear: tie.unclear)
            }.sorted { ($0.source, $0.target) < ($1.source, $1.target) }
        } else {
            let place = mode == .actorActor ? actorPlace : conceptPlace
            edges = Self.shared(network.ties, place) { tie in
                mode == .actorActor ? (tie.actor, tie.concept) : (tie.concept, tie.actor)
            }
            losses.add(
                network.ties.reduce(0) { $0 + $1.neutral + $1.unclear },
                "statements that are neither in support nor rejection",
                "agreement and disagreement are counted from these alone; the network of two modes has them")
        }
        self.losses = losses
    }

    /// Two ends agree on what both support or both reject, and disagree on what one supports and the other rejects. An actor who has
    /// changed sides can do both.
    private static func shared(
        _ ties: [ActorConceptNetwork.Tie], _ place: [RecordID: Int],
        _ ends: (ActorConceptNetwork.Tie) -> (end: RecordID, over: RecordID)
    ) -> [Edge] {
        struct Key: Hashable {
            let source: Int
            let target: Int
        }
        var counts: [Key: (positive: Int, negative: Int)] = [:]
        for group in Dictionary(grouping: ties, by: { ends($0).over }).values {
            for (index, one) in group.enumerated() {
                for other in group[(index + 1)...] {
                    guard let left = place[ends(one).end], let right = place[ends(other).end] else { continue }
                    let agree = one.support > 0 && other.support > 0 || one.reject > 0 && other.reject > 0
                    let differ = one.support > 0 && other.reject > 0 || one.reject > 0 && other.support > 0
                    guard agree || differ else { continue }
                    let key = Key(source: min(left, right), target: max(left, right))
                    counts[key, default: (0, 0)].positive += agree ? 1 : 0
                    counts[key, default: (0, 0)].negative += differ ? 1 : 0
                }
            }
        }
        return counts.map { key, count in
            Edge(
                source: key.source, target: key.target, positive: count.positive, negative: count.negative,
                neutral: 0, unclear: 0)
        }.sorted { ($0.source, $0.target) < ($1.source, $1.target) }
    }

    /// What the two counts of an edge are called.
    var countNames: (positive: String, negative: String) {
        mode == .actorConcept ? ("support", "reject") : ("agreement", "disagreement")
    }
}
