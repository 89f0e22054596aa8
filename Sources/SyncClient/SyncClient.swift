import AnnotationModel
public import ChangeLog
public import LocalStore
import WireFormat

/// Drives a sync session: does the I/O that the state machine asks for, tries again where that may help.
///
/// Step 4 of docs/one-annotation.md.
public struct SyncClient: Sendable {
    /// What a front end shows while a sync runs.
    public enum Progress: Sendable {
        case pushing(changes: Int)
        case pulling(changes: Int)
        /// A snapshot's pieces: so many are here, of so many.
        case fetchingSnapshot(pieces: Int, of: Int)
        /// Pieces read into the records.
        case readingSnapshot(pieces: Int, of: Int)
        /// Changes that a snapshot stands for.
        case fetchingHistory(changes: Int, of: Int)
        /// The server could not be reached; the next try comes after so many seconds.
        case waiting(seconds: Double, reason: String)
    }

    public struct Retry: Sendable {
        /// Tries in all; 1 means no second one.
        public var attemptsMax = 5
        public var firstDelaySeconds = 0.5
        public var delaySecondsMax = 30.0
        /// A server or a proxy may ask for a longer wait, up to this.
        public var askedSecondsMax = 120.0
        /// Waits; tests and simulators put their own here.
        public var sleep: @Sendable (Double) async throws -> Void = { try await Task.sleep(for: .seconds($0)) }
        public init() {}
        public static var none: Retry {
            var retry = Retry()
            retry.attemptsMax = 1
            return retry
        }
    }

    private let store: LocalStore
    private let transport: any SyncTransport
    private let retry: Retry
    /// Payload bytes asked for in one pull.
    private let pullBytes: UInt64
    /// A layer that this store has nothing of begins from a snapshot if it has so many changes.
    private let snapshotsFrom: UInt64
    private let fetchesHistory: Bool

    /// - Parameters:
    ///   - snapshotsFrom: How many changes a layer must have to begin from a snapshot instead of its history.
    ///   - fetchesHistory: Whether the history behind a snapshot is fetched after everything else, or left for later.
    public init(
        store: LocalStore, transport: any SyncTransport, retry: Retry = Retry(), pullBytes: UInt64 = 1 << 20,
        snapshotsFrom: UInt64 = 5000, fetchesHistory: Bool = true
    ) {
        self.store = store
        self.snapshotsFrom = snapshotsFrom
        self.fetchesHistory = fetchesHistory
        self.transport = transport
        self.retry = retry
        self.pullBytes = pullBytes
    }

    /// Syncs until store and server hold the same, and notes in the store how it went.
    ///
    /// May be stopped or killed at any moment; what was pushed and pulled by then stays. Where the workspace has no room on
    /// the server, it only reads, and the summary says so.
    ///
    /// - Parameter sends: Whether what waits here is sent; else it only reads.
    /// - Throws: `SyncError` or `StoreError`.
    @discardableResult
    public func sync(sends: Bool = true, progress: @Sendable (Progress) -> Void = { _ in }) async throws -> SyncSummary
    {
        do {
            let summary = try await attempts(sends, progress)
            try store.recordSync(failure: nil, isFull: sends ? summary.isFull : nil)
            return summary
        } catch {
            // To be stopped is no failure.
            if !Task.isCancelled { try? store.recordSync(failure: "\(error)") }
            throw error
        }
    }

    private func attempts(_ sends: Bool, _ progress: @Sendable (Progress) -> Void) async throws -> SyncSummary {
        var attempt = 1
        var isIntroduced = false
        while true {
            do {
                return try await session(sends, progress)
            } catch let error as SyncError where error.isTransient && attempt < retry.attemptsMax {
                let backOff = min(retry.firstDelaySeconds * Double(1 << min(attempt - 1, 20)), retry.delaySecondsMax)
                // Jitter keeps a team from coming back all at once.
                let asked = min(Double(error.retryAfterSeconds ?? 0), retry.askedSecondsMax)
                let delay = max(asked, backOff * Double.random(in: 0.5...1))
                progress(.waiting(seconds: delay, reason: error.description))
                try await retry.sleep(delay)
                attempt += 1
            } catch let error as SyncError where error.code == .accessEnded {
                try store.endAccess()
                throw error
            } catch let error as SyncError where error.code == .unknownDevice && !isIntroduced {
                try await introduceAgain()
                isIntroduced = true
            }
        }
    }

    /// A server that was put back to an old copy may know the token and not the device yet.
    private func introduceAgain() async throws {
        guard let link = try store.syncLink() else { return }
        let key = try store.signingKey().publicKey
        let reply = try await transport.connect(ConnectRequest(publicKey: key, deviceName: link.deviceName))
        guard let workspace = reply.workspaces.first(where: { $0.workspace == link.workspace }) else {
            throw SyncError(.notFound, "you do not belong to workspace '\(link.workspaceTitle)' any more")
        }
        try store.renew(reply, workspace: workspace)
    }

    /// One session, from what store and server hold now.
    private func session(_ sends: Bool, _ progress: @Sendable (Progress) -> Void) async throws -> SyncSummary {
        guard let outlook = try store.syncOutlook() else {
            throw SyncError(.notConnected, "this store is not connected to a server; see `variorum connect --help`")
        }
        // What a stopped sync has left unread.
        try readSnapshots(progress)
        let link = outlook.link
        var session = SyncSession(sends: sends, fetchesHistory: fetchesHistory)
        var action = session.handle(.started(hasPending: outlook.hasOutgoing))
        if case .askHeads(unconditionally: false) = action {
            let request = HeadsRequest(workspace: link.workspace, digest: outlook.headsDigest)
            action = session.handle(.heads(try await transport.heads(request)))
        }
        while true {
            try Task.checkCancellation()
            switch action {
            case .collect(let excluded):
                action = session.handle(.collected(try store.outgoing(excluding: excluded)))
            case .push(let segments):
                progress(.pushing(changes: session.summary.pushedCount + segments.reduce(0) { $0 + $1.entries.count }))
                action = session.handle(try await push(segments, to: link.workspace))
            case .record(let reply, let segments):
                let outcome = try store.record(reply.results, of: segments)
                action = session.handle(.recorded(outcome, known: try store.headsDigest()))
            case .askHeads(let unconditionally):
                let digest = unconditionally ? nil : try store.headsDigest()
                let request = HeadsRequest(workspace: link.workspace, digest: digest)
                action = session.handle(.heads(try await transport.heads(request)))
            case .adopt(let heads):
                action = session.handle(.adopted(try store.adopt(heads, snapshotsFrom: snapshotsFrom)))
            case .prove(let proof):
                action = session.handle(.proven(try await transport.prove(proof)))
            case .compare(let layer):
                let request = VectorRequest(workspace: link.workspace, layer: layer)
                action = session.handle(.vector(try await transport.vector(request)))
            case .recover(let reply):
                try store.recover(reply)
                action = session.handle(.recovered)
            case .pull(let cursors):
                let request = PullRequest(workspace: link.workspace, cursors: cursors, byteBudget: pullBytes)
                action = session.handle(.pulled(try await transport.pull(request)))
            case .apply(let reply):
                let outcome = try store.apply(reply)
                progress(.pulling(changes: session.summary.pulledCount + outcome.appliedCount))
                action = session.handle(.applied(outcome))
            case .askSnapshot(let point):
                action = session.handle(.snapshot(try await snapshot(point, of: link.workspace)))
            case .take(let reply):
                let outcome = try store.take(reply)
                progress(
                    .fetchingSnapshot(
                        pieces: Int(reply.firstPiece) + reply.pieces.count, of: reply.head?.pieces.count ?? 0))
                if outcome.next == nil { try readSnapshots(progress) }
                action = session.handle(.tookSnapshot(outcome))
            case .findHistory:
                action = session.handle(.history(try store.missingHistory()))
            case .fill(let reply):
                let filled = try store.fill(reply)
                progress(.fetchingHistory(changes: filled.readCount, of: filled.total))
                action = session.handle(.filled(filled))
            case .finish(let summary):
                return summary
            }
        }
    }

    private func snapshot(_ point: SnapshotPoint, of workspace: WorkspaceID) async throws -> SnapshotReply {
        let request = SnapshotRequest(
            workspace: workspace, layer: point.layer, position: point.position, firstPiece: point.piece,
            byteBudget: pullBytes)
        do throws(SyncError) {
            return try await transport.snapshot(request)
        } catch {
            // A server of an older version has none.
            guard error.code == .notFound else { throw error }
            return SnapshotReply(
                layer: point.layer, head: nil, signature: nil, checkpoint: nil, firstPiece: 0, pieces: [])
        }
    }

    private func readSnapshots(_ progress: (Progress) -> Void) throws {
        while let (read, total) = try store.readSnapshotPiece() {
            progress(.readingSnapshot(pieces: read, of: total))
            try Task.checkCancellation()
        }
    }

    private func push(_ segments: [Segment], to workspace: WorkspaceID) async throws -> SyncSession.Event {
        do throws(SyncError) {
            return .pushed(try await transport.push(PushRequest(workspace: workspace, segments: segments)))
        } catch {
            guard error.code == .full else { throw error }
            return .full(retrySeconds: error.retryAfterSeconds.map(Double.init))
        }
    }

    /// Introduces the store's device to a server and joins one of its workspaces.
    ///
    /// - Parameters:
    ///   - workspace: Its title; may be left out where the member belongs to one only.
    ///   - url: Remembered in the store for later syncs.
    /// - Returns: The workspace, and how many changes by others were put aside (see `LocalStore.attach`).
    @discardableResult
    public static func connect(
        _ store: LocalStore, over transport: any SyncTransport, url: String, workspace: String?, deviceName: String
    ) async throws -> (workspace: WorkspaceEntry, putAside: Int) {
        let key = try store.signingKey().publicKey
        let reply = try await transport.connect(ConnectRequest(publicKey: key, deviceName: deviceName))
        let names = reply.workspaces.map { "'\($0.title)'" }.joined(separator: ", ")
        let chosen: WorkspaceEntry
        if let workspace {
            guard let entry = reply.workspaces.first(where: { $0.title == workspace }) else {
                throw SyncError(
                    .notFound,
                    "the server has no workspace '\(workspace)' for you" + (names.isEmpty ? "" : "; it has \(names)"))
            }
            chosen = entry
        } else {
            guard let entry = reply.workspaces.first else {
                throw SyncError(
                    .notFound, "you belong to no workspace on this server yet; ask its operator to add you to one")
            }
            guard reply.workspaces.count == 1 else {
                throw SyncError(.refused, "you belong to several workspaces; choose one with --workspace: \(names)")
            }
            chosen = entry
        }
        let request = HeadsRequest(workspace: chosen.workspace, digest: nil)
        guard let heads = try await transport.heads(request) else {
            throw SyncError(.protocolError, "the server gave no heads")
        }
        return (chosen, try store.attach(reply, workspace: chosen, heads: heads, url: url, deviceName: deviceName))
    }
}
