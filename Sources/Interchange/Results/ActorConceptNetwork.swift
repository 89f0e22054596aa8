public import AnnotationModel
public import TeamCoding

/// Who takes which position on what: a discourse network (Leifeld, "Discourse Network Analysis", The Oxford Handbook of Political
/// Networks, 2017), made from statements.
///
/// Each statement with an actor and a concept counts once. Positions are `support`, `reject`, `neutral`, `unclear`; anything else counts as unclear.
public struct ActorConceptNetwork: Sendable, Hashable {
    /// Which statements are counted.
    public enum Source: Sendable, Hashable {
        /// Those of the annotations that stand by decision.
        case gold([RoundCoding])
        /// One coder's.
        case coder(MemberID)
        /// Every coder's: what five coders saw counts five times.
        case everybody
    }

    /// Who the actor of a statement is.
    public enum Actor: String, Sendable, CaseIterable {
        case speaker, organisation
    }

    /// How often an actor took each position on a concept.
    public struct Tie: Sendable, Hashable {
        public let actor: RecordID
        public let concept: RecordID
        public internal(set) var support = 0
        public internal(set) var reject = 0
        public internal(set) var neutral = 0
        public internal(set) var unclear = 0

        /// Support less rejection.
        public var weight: Int { support - reject }
    }

    public let title: String
    public let actorKind: Actor
    public let range: DateRange?
    /// Ascending by actor and concept.
    public let ties: [Tie]
    /// What actors and concepts are called.
    let labels: [RecordID: String]
    /// Statements that could not be counted.
    let losses: LossReport

    /// - Parameters:
    ///   - range: Only statements of these days; a statement without a date has its document's date of publication.
    public init(
        _ material: RoundMaterial, source: Source, actor kind: Actor = .organisation, dates range: DateRange? = nil
    ) {
        let codings: [RoundCoding] =
            switch source {
            case .gold(let codings): codings
            case .coder(let coder): material.codings.filter { $0.coder == coder }
            case .everybody: material.codings
            }
        let published = Dictionary(
            material.documents.map { ($0.id, $0.publishedOn) }, uniquingKeysWith: { first, _ in first })
        let names = ResultNames(material, naming: .letters)
        var ties: [Pair: Tie] = [:]
        var labels: [RecordID: String] = [:]
        var (withoutEnds, withoutDate, uncertainDate, outside) = (0, 0, 0, 0)
        for coding in codings {
            for statement in coding.statements {
                guard let actor = statement.record(kind == .speaker ? .speaker : .organisation),
                    let concept = statement.record(.concept)
                else {
                    withoutEnds += 1
                    continue
                }
                if let range {
                    guard let date = statement.date ?? published[coding.document] ?? nil else {
                        withoutDate += 1
                        continue
                    }
                    switch range.contains(date) {
                    case true?: break
                    case false?:
                        outside += 1
                        continue
                    case nil:
                        uncertainDate += 1
                        continue
                    }
                }
                var tie = ties[Pair(actor, concept)] ?? Tie(actor: actor, concept: concept)
                switch statement.position {
                case "support": tie.support += 1
                case "reject": tie.reject += 1
                case "neutral": tie.neutral += 1
                default: tie.unclear += 1
                }
                ties[Pair(actor, concept)] = tie
                labels[actor] = names.name(actor)
                labels[concept] = names.name(concept)
            }
        }
        title = material.title
        actorKind = kind
        self.range = range
        self.ties = ties.values.sorted { ($0.actor, $0.concept) < ($1.actor, $1.concept) }
        self.labels = labels
        var losses = LossReport()
        losses.add(
            withoutEnds, "statements without \(kind.rawValue) or concept", "a tie of the network needs both ends")
        losses.add(withoutDate, "statements without a date", "whether they are of the days asked for is not known")
        losses.add(
            uncertainDate, "statements whose date is too coarse, or no date",
            "whether they are of the days asked for is not known")
        losses.add(outside, "statements of other days", "they are not of the days asked for")
        self.losses = losses
    }

    func label(_ id: RecordID) -> String { labels[id] ?? "[\(id.short)]" }

    private struct Pair: Hashable {
        let left: RecordID
        let right: RecordID

        init(_ left: RecordID, _ right: RecordID) {
            self.left = left
            self.right = right
        }
    }
}

extension CodedStatement {
    fileprivate func record(_ variable: StatementVariable.BuiltIn) -> RecordID? {
        for case .record(let id) in self[.builtIn(variable)] { return id }
        return nil
    }

    fileprivate var date: String? {
        for case .date(let date) in self[.builtIn(.date)] { return date }
        return nil
    }

    fileprivate var position: String? {
        for case .text(let position) in self[.builtIn(.position)] { return position }
        return nil
    }
}
