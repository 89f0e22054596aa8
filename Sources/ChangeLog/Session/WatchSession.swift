public import AnnotationModel

/// Keeping one store current for as long as somebody wants, as a state machine: events in, actions out, no I/O, no
/// clock.
///
/// It listens to the server's live updates and syncs whenever the server or this store has something new; without live
/// updates it syncs from time to time. See docs/sync-protocol.md, "Live updates".
public struct WatchSession: Sendable {
    public enum Action: Sendable, Hashable {
        /// Open the stream of live updates. What it brings are `listening`, `moved` and `resync`; its end is
        /// `streamEnded`, `streamFailed` or `hasNoLive`.
        case listen
        /// Close the stream; nothing that it still brings counts.
        case hangUp
        /// Sync once; then `synced` or `syncFailed`.
        case sync
        /// Sync once without sending, for the server has no room; then `synced` or `syncFailed`.
        case read
        /// Wait, in place of an earlier wait for the same; then `passed`.
        case wait(Timer, seconds: Double)
        /// The failure that was told last is for good.
        case finish
    }

    public enum Timer: Sendable, Hashable {
        /// To the next try to listen.
        case listen
        /// To the next try of a sync that failed.
        case sync
        /// To the next try to send where the workspace was full.
        case room
        /// To the next sync without any reason.
        case poll
    }

    public enum Event: Sendable {
        case started
        /// The server tells from now on what moves.
        case listening
        case moved(LayerID, FeedPoint)
        /// The server has more to tell than where a layer stands.
        case resync
        /// The server ended the stream, maybe with a hint when to come again.
        case streamEnded(retrySeconds: Double?)
        case streamFailed(StreamFailure)
        /// The server does not know live updates.
        case hasNoLive
        /// The store has something new to send.
        case written
        /// A sync has ended well; so far the store has read.
        case synced([LayerID: FeedPoint])
        /// As `synced`, but the workspace has no room for what waits here; the server may have asked to wait.
        case full([LayerID: FeedPoint], retrySeconds: Double?)
        case syncFailed(SyncFailure)
        case passed(Timer)
        /// The device has slept: no connection can be trusted.
        case woken
    }

    public enum StreamFailure: Sendable, Hashable {
        case unreachable
        /// The server cannot now; it may have asked to wait.
        case busy(retrySeconds: Double?)
        /// The server will not. Why, a sync tells.
        case refused
    }

    public enum SyncFailure: Sendable, Hashable {
        case unreachable
        case busy(retrySeconds: Double?)
        case final
    }

    /// How long to wait for what, in seconds.
    public struct Pace: Sendable {
        /// The first wait after a failure; each further one is twice as long.
        public var backOffSeconds = 1.0
        public var backOffSecondsMax = 60.0
        /// A server or a proxy may ask for a longer wait, up to this.
        public var askedSecondsMax = 600.0
        /// Between syncs without live updates.
        public var pollSeconds = 60.0
        /// Between syncs beside live updates, should something have gone past them.
        public var livePollSeconds = 600.0
        /// Until a server that had no live updates is asked for them again.
        public var noLiveSeconds = 600.0

        public init() {}
    }

    private enum Link: Sendable { case down, opening, up }
    private enum Hold: Sendable { case none, backOff, asked }

    private let pace: Pace
    private var generator: any RandomNumberGenerator & Sendable
    private var link = Link.down
    private var linkFailures = 0
    private var isSyncing = false
    private var syncFailures = 0
    /// How often in a row there was no room for what was sent, and whether sending has to wait for its timer.
    private var fullAnswers = 0
    private var isFull = false
    private var isSending = false
    /// Whether the next sync has to wait for its timer.
    private var hold = Hold.none
    /// Something happened that the sync under way may have missed.
    private var wantsSync = false
    /// How far the store has read, and what was heard of beyond while a sync ran.
    private var known: [LayerID: FeedPoint] = [:]
    private var heard: [LayerID: FeedPoint] = [:]
    private var isFinished = false

    /// - Parameter generator: Spreads the waits, so that a team does not come back all at once.
    public init(
        pace: Pace = Pace(), generator: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    ) {
        self.pace = pace
        self.generator = generator
    }

    /// Moves on.
    public mutating func handle(_ event: Event) -> [Action] {
        if isFinished { return [] }
        switch event {
        case .started:
            // Not only once the server listens: where a proxy holds streams back, that would take long.
            return listen() + sync()
        case .listening:
            link = .up
            linkFailures = 0
            if hold == .backOff { hold = .none }
            // What moved before the stream began is told by nobody.
            return sync() + [poll]
        case .moved(let layer, let point):
            if known[layer]?.covers(point) == true { return [] }
            if isSyncing {
                heard[layer] = point
                return []
            }
            return sync()
        case .resync:
            return sync()
        case .written:
            return isFull ? [] : sync()
        case .streamEnded(let seconds):
            return loseLink(askedSeconds: seconds)
        case .streamFailed(.unreachable):
            return loseLink(askedSeconds: nil)
        case .streamFailed(.busy(let seconds)):
            return loseLink(askedSeconds: seconds)
        case .streamFailed(.refused):
            return loseLink(askedSeconds: nil) + sync()
        case .hasNoLive:
            link = .down
            return [.wait(.listen, seconds: pace.noLiveSeconds), poll]
        case .synced(let points):
            if isSending { fullAnswers = 0 }
            return synced(points)
        case .full(let points, let seconds):
            isFull = true
            fullAnswers += 1
            return [.wait(.room, seconds: delay(after: fullAnswers, askedSeconds: seconds))] + synced(points)
        case .syncFailed(let failure):
            return failed(failure)
        case .passed(.listen):
            return link == .down ? listen() : []
        case .passed(.sync):
            guard hold != .none else { return [] }
            hold = .none
            return sync()
        case .passed(.room):
            guard isFull else { return [] }
            isFull = false
            return sync()
        case .passed(.poll):
            return sync() + [poll]
        case .woken:
            let hangUp: [Action] = link == .down ? [] : [.hangUp]
            linkFailures = 0
            if hold == .backOff { hold = .none }
            return hangUp + listen() + sync()
        }
    }

    private mutating func listen() -> [Action] {
        link = .opening
        return [.listen]
    }

    private mutating func sync() -> [Action] {
        guard !isSyncing, hold == .none else {
            wantsSync = true
            return []
        }
        isSyncing = true
        wantsSync = false
        heard = [:]
        isSending = !isFull
        return [isSending ? .sync : .read]
    }

    private mutating func synced(_ points: [LayerID: FeedPoint]) -> [Action] {
        isSyncing = false
        syncFailures = 0
        known = points
        let hasMissed = heard.contains { points[$0.key]?.covers($0.value) != true }
        return (wantsSync || hasMissed ? sync() : []) + [poll]
    }

    private mutating func loseLink(askedSeconds: Double?) -> [Action] {
        link = .down
        linkFailures += 1
        return [.wait(.listen, seconds: delay(after: linkFailures, askedSeconds: askedSeconds)), poll]
    }

    private mutating func failed(_ failure: SyncFailure) -> [Action] {
        isSyncing = false
        syncFailures += 1
        switch failure {
        case .final:
            isFinished = true
            return [.finish]
        case .busy(let seconds):
            hold = (seconds ?? 0) > 0 ? .asked : .backOff
            return [.wait(.sync, seconds: delay(after: syncFailures, askedSeconds: seconds))]
        case .unreachable:
            hold = .backOff
            let wait = Action.wait(.sync, seconds: delay(after: syncFailures, askedSeconds: nil))
            // A stream from before the network changed may look alive for a while.
            return link == .up ? [.hangUp, wait] + loseLink(askedSeconds: nil) : [wait]
        }
    }

    private var poll: Action { .wait(.poll, seconds: link == .up ? pace.livePollSeconds : pace.pollSeconds) }

    /// No less than what was asked for, and no less than an exponential back-off, of which chance takes up to half.
    private mutating func delay(after failures: Int, askedSeconds: Double?) -> Double {
        let asked = min(askedSeconds ?? 0, pace.askedSecondsMax) * chance(1...1.25)
        let backOff = min(pace.backOffSeconds * Double(1 << min(failures - 1, 20)), pace.backOffSecondsMax)
        return max(asked, backOff * chance(0.5...1))
    }

    private mutating func chance(_ range: ClosedRange<Double>) -> Double {
        let share = Double(generator.next() >> 11) / Double(1 << 53)
        return range.lowerBound + share * (range.upperBound - range.lowerBound)
    }
}
