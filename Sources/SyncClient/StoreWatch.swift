import AnnotationModel
public import ChangeLog
public import LocalStore
import Synchronization

/// Keeps a store current both ways until it is stopped: does the I/O that `WatchSession` asks for.
public struct StoreWatch: Sendable {
    /// What a front end shows.
    public enum Report: Sendable {
        /// Changes by others come as they happen.
        case listening
        /// They do not; the next try comes after so many seconds.
        case notListening(reason: String, seconds: Double)
        /// The server has no live updates: there will be a sync from time to time.
        case noLiveUpdates
        case synced(SyncSummary)
        /// The workspace has no room for what waits here; it is sent again after so many seconds, and others' work is still
        /// fetched.
        case full(seconds: Double)
        /// A sync failed; the next try comes after so many seconds.
        case syncFailed(reason: String, seconds: Double)
    }

    /// What happened, with what the front end wants to know of it.
    private enum Mail: Sendable {
        case event(WatchSession.Event)
        case synced(SyncSummary, [LayerID: FeedPoint])
        case syncFailed(any Error)
        /// From the stream of that number; of one that was closed since, nothing counts.
        case heard(LiveEvent, stream: Int)
        case streamEnded(Result<LiveEnd, SyncError>, stream: Int)
        case stop
    }

    /// What a watch takes from the system that it runs on; a simulator has its own.
    public struct Surroundings: Sendable {
        /// Where its tasks run: on the global pool when `nil`.
        public var executor: (any TaskExecutor)?
        /// Waits so many seconds.
        public var sleep: @Sendable (Double) async throws -> Void = { try await Task.sleep(for: .seconds($0)) }
        /// For how long the device has slept since some moment, in seconds.
        public var secondsSlept: @Sendable () -> Double = Self.secondsSleptSinceStart
        /// Spreads the waits.
        public var generator: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()

        public init() {}

        private static let start = (awake: SuspendingClock.now, all: ContinuousClock.now)

        /// Compares a clock that stands still while the device sleeps with one that does not.
        @Sendable private static func secondsSleptSinceStart() -> Double {
            ((ContinuousClock.now - start.all) - (SuspendingClock.now - start.awake)) / .seconds(1)
        }
    }

    private let store: LocalStore
    private let client: SyncClient
    private let live: any LiveTransport
    private let pace: WatchSession.Pace
    private let pollMilliseconds: Int
    private let surroundings: Surroundings

    /// - Parameters:
    ///   - client: A client of the store that tries once; when to try again is decided here.
    ///   - pollMilliseconds: How often to look for what other programs wrote into the store.
    public init(
        store: LocalStore, client: SyncClient, live: any LiveTransport,
        pace: WatchSession.Pace = WatchSession.Pace(), pollMilliseconds: Int = 250,
        surroundings: Surroundings = Surroundings()
    ) {
        self.store = store
        self.client = client
        self.live = live
        self.pace = pace
        self.pollMilliseconds = pollMilliseconds
        self.surroundings = surroundings
    }

    /// Runs until `stop` returns or the task is cancelled, and then returns; a sync under way is left where it is.
    ///
    /// - Throws: `SyncError` or `StoreError` that another try would not mend, and what `report` throws.
    public func run(
        until stop: @escaping @Sendable () async -> Void, report: (Report) throws -> Void
    ) async throws {
        guard let workspace = try store.syncLink()?.workspace else {
            throw SyncError(.notConnected, "this store is not connected to a server; see `variorum connect --help`")
        }
        var tasks = WatchTasks(executor: surroundings.executor)
        do {
            try await run(workspace, &tasks, until: stop, report)
        } catch {
            await tasks.end()
            throw error
        }
        await tasks.end()
    }

    private func run(
        _ workspace: WorkspaceID, _ tasks: inout WatchTasks, until stop: @escaping @Sendable () async -> Void,
        _ report: (Report) throws -> Void
    ) async throws {
        let (mails, mailbox) = AsyncStream<Mail>.makeStream()
        let unsent = UnsentWork(store)
        var session = WatchSession(pace: pace, generator: surroundings.generator)
        var stream = 0
        tasks.start(.stop) {
            await stop()
            mailbox.yield(.stop)
        }
        tasks.start(.wake) { [surroundings] in await Self.noticeSleep(surroundings) { mailbox.yield(.event(.woken)) } }
        tasks.start(.observe) { [store, pollMilliseconds, surroundings] in
            let changes = store.observe(
                pollMilliseconds: pollMilliseconds, executor: surroundings.executor, sleep: surroundings.sleep)
            for await change in changes where change.origin != .remote && unsent.isNew() {
                mailbox.yield(.event(.written))
            }
        }
        var mail = Mail.event(.started)
        var inbox = mails.makeAsyncIterator()
        while true {
            if case .stop = mail { return }
            let event: WatchSession.Event?
            var failure: ((Double) -> Report)?
            (event, failure) = try Self.translate(mail, stream: stream, report)
            let actions = event.map { session.handle($0) } ?? []
            for action in actions {
                switch action {
                case .listen:
                    stream += 1
                    tasks.start(.stream) { [live, stream] in
                        let end: Result<LiveEnd, SyncError>
                        do throws(SyncError) {
                            end = .success(
                                try await live.listen(to: workspace) { mailbox.yield(.heard($0, stream: stream)) })
                        } catch {
                            end = .failure(error)
                        }
                        mailbox.yield(.streamEnded(end, stream: stream))
                    }
                case .hangUp:
                    stream += 1
                    tasks.cancel(.stream)
                case .sync, .read:
                    tasks.start(.sync) { [client, store] in
                        do {
                            let summary = try await client.sync(sends: action == .sync)
                            mailbox.yield(.synced(summary, try store.feedPoints()))
                            // What was written after the sync had looked.
                            if unsent.isNew() { mailbox.yield(.event(.written)) }
                        } catch {
                            mailbox.yield(.syncFailed(error))
                        }
                    }
                case .wait(let timer, let seconds):
                    if timer != .poll, let tell = failure.take() { try report(tell(seconds)) }
                    tasks.start(.timer(timer)) { [surroundings] in
                        if (try? await surroundings.sleep(seconds)) != nil {
                            mailbox.yield(.event(.passed(timer)))
                        }
                    }
                case .finish:
                    if case .syncFailed(let error) = mail { throw error }
                }
            }
            guard let next = await inbox.next() else { return }
            mail = next
        }
    }

    /// The event that a mail means, `nil` for one of a stream that was closed, and how to report a failure.
    private static func translate(
        _ mail: Mail, stream: Int, _ report: (Report) throws -> Void
    ) throws -> (WatchSession.Event?, ((Double) -> Report)?) {
        switch mail {
        case .stop: return (nil, nil)
        case .event(let event): return (event, nil)
        case .synced(let summary, let points):
            try report(.synced(summary))
            return summary.isFull
                ? (.full(points, retrySeconds: summary.retrySeconds), { .full(seconds: $0) }) : (.synced(points), nil)
        case .syncFailed(let error):
            return (.syncFailed(WatchSession.SyncFailure(error)), { .syncFailed(reason: "\(error)", seconds: $0) })
        case .heard(_, let number) where number != stream, .streamEnded(_, let number) where number != stream:
            return (nil, nil)
        case .heard(.listening, _):
            try report(.listening)
            return (.listening, nil)
        case .heard(.moved(let layer, let point), _): return (.moved(layer, point), nil)
        case .heard(.resync, _): return (.resync, nil)
        case .streamEnded(.success(.notThere), _):
            try report(.noLiveUpdates)
            return (.hasNoLive, nil)
        case .streamEnded(.success(.ended(let seconds)), _):
            return (
                .streamEnded(retrySeconds: seconds),
                { .notListening(reason: "the server has ended the live updates", seconds: $0) }
            )
        case .streamEnded(.failure(let error), _):
            return (
                .streamFailed(WatchSession.StreamFailure(error)),
                { .notListening(reason: error.description, seconds: $0) }
            )
        }
    }

    private static func noticeSleep(_ surroundings: Surroundings, _ woken: @Sendable () -> Void) async {
        while true {
            let before = surroundings.secondsSlept()
            guard (try? await surroundings.sleep(5)) != nil else { return }
            if surroundings.secondsSlept() - before > 10 { woken() }
        }
    }
}

/// Notices changes that wait to be sent and that nobody has noticed yet.
private final class UnsentWork: Sendable {
    private let store: LocalStore
    private let known = Mutex<Int?>(nil)

    init(_ store: LocalStore) { self.store = store }

    /// Whether there is unsent work that is not what was there at the last call. A store that cannot be read now will
    /// say so when it is synced.
    func isNew() -> Bool {
        let mark = try? store.outgoingMark()
        return known.withLock { known in
            defer { known = mark }
            return mark != nil && mark != known
        }
    }
}

/// The tasks of one watch, one of a kind.
private struct WatchTasks {
    enum Kind: Hashable { case stop, wake, observe, stream, sync, timer(WatchSession.Timer) }

    let executor: (any TaskExecutor)?
    private var running: [Kind: Task<Void, Never>] = [:]

    init(executor: (any TaskExecutor)?) { self.executor = executor }

    /// Starts one in place of the earlier one of its kind.
    mutating func start(_ kind: Kind, _ body: @escaping @Sendable () async -> Void) {
        cancel(kind)
        running[kind] = Task(executorPreference: executor) { await body() }
    }

    mutating func cancel(_ kind: Kind) { running.removeValue(forKey: kind)?.cancel() }

    /// Cancels all; afterwards nothing of them works on the store.
    mutating func end() async {
        for task in running.values { task.cancel() }
        await running[.sync]?.value
        running = [:]
    }
}

extension WatchSession.StreamFailure {
    fileprivate init(_ error: SyncError) {
        switch error.code {
        case .unreachable: self = .unreachable
        case .busy: self = .busy(retrySeconds: error.retryAfterSeconds.map(Double.init))
        default: self = .refused
        }
    }
}

extension WatchSession.SyncFailure {
    fileprivate init(_ error: any Error) {
        switch error {
        case let error as SyncError where error.code == .unreachable: self = .unreachable
        case let error as SyncError where error.code == .busy || error.code == .full:
            self = .busy(retrySeconds: error.retryAfterSeconds.map(Double.init))
        case let error as StoreError where error.code == .busy: self = .busy(retrySeconds: nil)
        default: self = .final
        }
    }
}
