public import AnnotationModel

/// One sync of one store with its server, as a state machine: events in, one action out, no I/O, no clock.
///
/// The driver does what the action says and comes back with the event that the action names. Whatever breaks in
/// between, nothing has to be undone: every action leaves store and server consistent, and the next session starts
/// from what they hold. See docs/sync-protocol.md, "A session".
public struct SyncSession: Sendable {
    /// What to do next, and with which event to come back.
    public enum Action: Sendable {
        /// Take the next changes that the server lacks from the store; then `collected`.
        case collect(excluding: Set<ChainName>)
        /// Send; then `pushed`.
        case push([Segment])
        /// Take down what became of pushed segments; then `recorded`.
        case record(PushReply, of: [Segment])
        /// Ask where the feeds stand, with the digest of what is known or without; then `heads`.
        case askHeads(unconditionally: Bool)
        /// Take the heads in; then `adopted`.
        case adopt(Heads)
        /// Show the server its own signature; then `proven`.
        case prove(CheckpointProof)
        /// Ask what the server holds of a layer; then `vector`.
        case compare(LayerID)
        /// Prepare to give the server what it lost; then `recovered`.
        case recover(VectorReply)
        /// Ask for changes; then `pulled`.
        case pull([FeedCursor])
        /// Apply them; then `applied`.
        case apply(PullReply)
        /// Ask for pieces of a snapshot; then `snapshot`.
        case askSnapshot(SnapshotPoint)
        /// Take them in; then `tookSnapshot`.
        case take(SnapshotReply)
        /// Find out which history is missing; then `history`.
        case findHistory
        /// Take in changes that a snapshot stands for; then `filled`.
        case fill(PullReply)
        case finish(SyncSummary)
    }

    public enum Event: Sendable {
        case started(hasPending: Bool)
        case collected([Segment])
        case pushed(PushReply)
        /// The server has no room for what was sent: its workspace's quota is used up. It may have asked to wait.
        case full(retrySeconds: Double?)
        /// With the digest of the heads that the store has read up to.
        case recorded(PushOutcome, known: HeadsDigest?)
        /// `nil`: as known.
        case heads(Heads?)
        case adopted(HeadsOutcome)
        case proven(CheckpointReply)
        case vector(VectorReply)
        case recovered
        case pulled(PullReply)
        case applied(PullOutcome)
        case snapshot(SnapshotReply)
        case tookSnapshot(SnapshotOutcome)
        /// Where the history has to be read on.
        case history([FeedCursor])
        case filled(HistoryOutcome)
    }

    private struct FeedLife: Hashable, Sendable {
        let layer: LayerID
        let epoch: EpochID
    }

    /// Server restorations that one session works through; a server that goes on moving back is broken.
    private static let recoveriesMax = 64

    private enum State: Sendable {
        case idle
        case collecting
        case pushing([Segment])
        case recording(HeadsDigest)
        case askingHeads
        case adopting
        case proving(rest: [CheckpointProof])
        case comparing(rest: [LayerID])
        case recovering(rest: [LayerID])
        case pulling([FeedCursor])
        /// Feeds that the reply had no room for.
        case applying(unanswered: [FeedCursor])
        case askingSnapshot(rest: [SnapshotPoint], behind: [FeedCursor])
        case takingSnapshot(rest: [SnapshotPoint], behind: [FeedCursor])
        case findingHistory
        case pullingHistory([FeedCursor])
        case fillingHistory(unanswered: [FeedCursor])
        case finished
    }

    private var state = State.idle
    private var blocked: [ChainName: String] = [:]
    private var awaitingMakers: [ChainName: String] = [:]
    /// The heads have opened a way for what waits here.
    private var sendsAgain = false
    private var lastDigest: HeadsDigest?
    private var recoveries = 0
    /// Lives of feeds that the server has been told of in this session.
    private var shownLives: Set<FeedLife> = []
    /// Layers that this session has tried to put on a snapshot because their feed is compacted.
    private var underlaid: Set<LayerID> = []
    public private(set) var summary = SyncSummary()
    private let sends: Bool
    private let fetchesHistory: Bool

    /// - Parameters:
    ///   - sends: Whether what waits here is sent; else the session only reads.
    ///   - fetchesHistory: Whether the changes that a snapshot stands for are read too, after everything else.
    public init(sends: Bool = true, fetchesHistory: Bool = true) {
        self.sends = sends
        self.fetchesHistory = fetchesHistory
    }

    /// Moves on. An event that the last action did not ask for is a bug of the driver and traps.
    public mutating func handle(_ event: Event) -> Action {
        switch (state, event) {
        case (.idle, .started(let hasPending)):
            return hasPending ? collect() : ask(unconditionally: false)

        case (.collecting, .collected(let segments)):
            guard !segments.isEmpty else {
                // After a push that left nothing unread there is nothing to ask.
                if let digest = lastDigest, digest == summary.knownDigest { return finish() }
                return ask(unconditionally: false)
            }
            state = .pushing(segments)
            return .push(segments)

        case (.pushing(let segments), .pushed(let reply)):
            state = .recording(reply.headsDigest)
            return .record(reply, of: segments)

        case (.pushing, .full(let seconds)):
            // A full workspace can still be read.
            summary.isFull = true
            summary.retrySeconds = seconds
            return collect()

        case (.recording(let digest), .recorded(let outcome, let known)):
            lastDigest = digest
            summary.knownDigest = known
            summary.pushedCount += outcome.acceptedCount
            summary.refusedCount += outcome.refusedCount
            summary.hasReissued = summary.hasReissued || outcome.hasReissued
            blocked.merge(outcome.blocked) { _, new in new }
            awaitingMakers.merge(outcome.awaitingMakers) { _, new in new }
            return outcome.hasOtherFeed ? ask(unconditionally: true) : collect()

        case (.askingHeads, .heads(nil)):
            return finish()

        case (.askingHeads, .heads(.some(let heads))):
            state = .adopting
            return .adopt(heads)

        case (.adopting, .adopted(let outcome)):
            summary.lostLayers += outcome.lost
            summary.newLayers += outcome.appeared
            if outcome.canSendMore { sendsAgain = true }
            let unseen = outcome.formerLives.filter {
                !shownLives.contains(FeedLife(layer: $0.cursor.layer, epoch: $0.cursor.epoch))
            }
            let proofs = outcome.rewound + unseen
            guard proofs.isEmpty && outcome.newEpochs.isEmpty || countRecovery() else { return finish() }
            if let proof = proofs.first { return prove(proof, rest: Array(proofs.dropFirst())) }
            if let layer = outcome.newEpochs.first { return compare(layer, rest: Array(outcome.newEpochs.dropFirst())) }
            return askSnapshots(outcome.snapshots, behind: outcome.behind)

        case (.askingSnapshot(let rest, let behind), .snapshot(let reply)):
            state = .takingSnapshot(rest: rest, behind: behind)
            return .take(reply)

        case (.takingSnapshot(let rest, let behind), .tookSnapshot(let outcome)):
            summary.snapshotCount += outcome.changeCount
            if let layer = outcome.waiting { summary.behindCompaction.append(layer) }
            return askSnapshots(
                (outcome.next.map { [$0] } ?? []) + rest, behind: behind + (outcome.behind.map { [$0] } ?? []))

        case (.findingHistory, .history(let cursors)):
            return pullHistoryOrEnd(cursors)

        case (.pullingHistory(let cursors), .pulled(let reply)):
            state = .fillingHistory(unanswered: Self.unanswered(cursors, in: reply))
            return .fill(reply)

        case (.fillingHistory(let unanswered), .filled(let outcome)):
            summary.historyCount += outcome.filledCount
            if let proof = outcome.rewound.first {
                return countRecovery() ? prove(proof, rest: Array(outcome.rewound.dropFirst())) : end()
            }
            return pullHistoryOrEnd(outcome.behind + unanswered)

        case (.proving(let rest), .proven):
            summary.serverWasRestored = true
            if let next = rest.first { return prove(next, rest: Array(rest.dropFirst())) }
            return ask(unconditionally: true)

        case (.comparing(let rest), .vector(let reply)):
            state = .recovering(rest: rest)
            return .recover(reply)

        case (.recovering(let rest), .recovered):
            summary.serverWasRestored = true
            if let next = rest.first { return compare(next, rest: Array(rest.dropFirst())) }
            // What the server lost goes first, so that its feed is whole when it is read.
            blocked.removeAll()
            awaitingMakers.removeAll()
            lastDigest = nil
            return collect()

        case (.pulling(let cursors), .pulled(let reply)):
            state = .applying(unanswered: Self.unanswered(cursors, in: reply))
            return .apply(reply)

        case (.applying(let unanswered), .applied(var outcome)):
            outcome.behind += unanswered
            summary.pulledCount += outcome.appliedCount
            if let proof = outcome.rewound.first {
                return countRecovery() ? prove(proof, rest: Array(outcome.rewound.dropFirst())) : finish()
            }
            if outcome.hasNewEpoch {
                // Between the heads and the pull the server was restored.
                return countRecovery() ? ask(unconditionally: true) : finish()
            }
            let points = outcome.snapshots.filter { underlaid.insert($0.layer).inserted }
            summary.behindCompaction += outcome.snapshots.map(\.layer).filter { layer in
                !points.contains { $0.layer == layer }
            }
            if !points.isEmpty { return askSnapshots(points, behind: outcome.behind) }
            if !outcome.behind.isEmpty { return pullOrFinish(outcome.behind) }
            if outcome.hasReissued {
                summary.hasReissued = true
                lastDigest = nil
                return collect()
            }
            return finish()

        default:
            preconditionFailure("the session was in state \(state) and cannot take \(event)")
        }
    }

    private mutating func collect() -> Action {
        guard sends, !summary.isFull else { return ask(unconditionally: false) }
        state = .collecting
        return .collect(excluding: Set(blocked.keys).union(awaitingMakers.keys))
    }

    private mutating func ask(unconditionally: Bool) -> Action {
        state = .askingHeads
        return .askHeads(unconditionally: unconditionally)
    }

    private mutating func prove(_ proof: CheckpointProof, rest: [CheckpointProof]) -> Action {
        shownLives.insert(FeedLife(layer: proof.cursor.layer, epoch: proof.cursor.epoch))
        state = .proving(rest: rest)
        return .prove(proof)
    }

    private mutating func compare(_ layer: LayerID, rest: [LayerID]) -> Action {
        state = .comparing(rest: rest)
        return .compare(layer)
    }

    private mutating func countRecovery() -> Bool {
        recoveries += 1
        if recoveries > Self.recoveriesMax { summary.gaveUp = true }
        return recoveries <= Self.recoveriesMax
    }

    private mutating func askSnapshots(_ points: [SnapshotPoint], behind: [FeedCursor]) -> Action {
        guard let first = points.first else { return pullOrFinish(behind) }
        state = .askingSnapshot(rest: Array(points.dropFirst()), behind: behind)
        return .askSnapshot(first)
    }

    private mutating func pullHistoryOrEnd(_ cursors: [FeedCursor]) -> Action {
        guard !cursors.isEmpty else { return end() }
        state = .pullingHistory(cursors)
        return .pull(cursors)
    }

    /// Feeds that a reply had no room for.
    private static func unanswered(_ cursors: [FeedCursor], in reply: PullReply) -> [FeedCursor] {
        let answered = Set(reply.pages.map(\.layer))
        // A reply without any page would be asked for again without end.
        return reply.pages.isEmpty ? [] : cursors.filter { !answered.contains($0.layer) }
    }

    private mutating func pullOrFinish(_ cursors: [FeedCursor]) -> Action {
        guard !cursors.isEmpty else { return finish() }
        state = .pulling(cursors)
        return .pull(cursors)
    }

    private mutating func finish() -> Action {
        if sendsAgain && sends && !summary.isFull && !summary.gaveUp {
            sendsAgain = false
            lastDigest = nil
            return collect()
        }
        if fetchesHistory && !summary.gaveUp {
            state = .findingHistory
            return .findHistory
        }
        return end()
    }

    private mutating func end() -> Action {
        state = .finished
        summary.blocked = blocked
        summary.awaitingMakers = awaitingMakers
        return .finish(summary)
    }
}

/// What a sync did.
public struct SyncSummary: Sendable {
    public var pushedCount = 0
    public var pulledCount = 0
    /// Changes that came as a snapshot of what they come to.
    public var snapshotCount = 0
    /// Changes fetched that a snapshot stood for.
    public var historyCount = 0
    public var refusedCount = 0
    /// Chains that the server would not take, with its explanation.
    public var blocked: [ChainName: String] = [:]
    /// Chains of others, come by hand, that the server will take from their makers alone, with its explanation: they stay
    /// here, and nothing of one's own waits for them.
    public var awaitingMakers: [ChainName: String] = [:]
    public var newLayers: [LayerID] = []
    public var lostLayers: [LayerID] = []
    /// The server had lost changes, which were pushed again.
    public var serverWasRestored = false
    /// This store turned out to be a copy; unsent work was given new numbers.
    public var hasReissued = false
    /// The server went on moving back; the sync was left unfinished.
    public var gaveUp = false
    /// Layers whose missing changes the server does not keep, and which could not be put on a snapshot either: it had none, or
    /// what waits here in them could not be sent before.
    public var behindCompaction: [LayerID] = []
    /// The workspace's quota on the server is used up: what waits here stays here until there is room.
    public var isFull = false
    /// How long the server asked to wait before it is sent again.
    public var retrySeconds: Double?
    var knownDigest: HeadsDigest?

    public init() {}
}
