import AnnotationModel
import ChangeLog
import HTTPServing
import ServerStore
import Synchronization

/// Tells listeners which of the layers that they may read have moved.
///
/// Who may be told is asked of the store for every event anew, with one question a layer however many listen: tokens
/// and memberships may change in another process on the same database. Nothing is kept for an idle listener but its
/// place in the roster; no task waits for it.
final class LiveHub: Sendable {
    private struct State {
        var roster = LiveRoster<HTTPEventWriter>()
        var moves = LiveMoves()
        /// Whether `watch` runs.
        var isWatching = false
    }

    private static let listening = HTTPServerEvent(type: "listening").encoded()
    private static let resync = HTTPServerEvent(type: "resync").encoded()

    private let store: any ServerStore
    private let limits: LiveLimits
    private let pace: LivePace
    private let state = Mutex(State())

    init(store: any ServerStore, limits: LiveLimits, pace: LivePace) {
        self.store = store
        self.limits = limits
        self.pace = pace
    }

    /// A stream of events for somebody who has been let into the workspace and was given these heads.
    func admit(_ account: Account, token: Digest, to workspace: WorkspaceID, heads: Heads) throws(Problem) -> HTTPReply
    {
        let access = LiveAccess.mark(of: heads)
        let name: LiveRoster<HTTPEventWriter>.Name
        do {
            name = try state.withLock { state throws(LiveRoster<HTTPEventWriter>.Refusal) in
                try state.roster.admit(
                    to: workspace, token: token, user: account.user, access: access, within: limits)
            }
        } catch {
            throw Problem.tooManyListeners(isOfUser: error == .tooManyOfUser)
        }
        return .events(
            .subscription(
                pingMilliseconds: limits.pingMilliseconds, unreadBytesMax: limits.unreadBytesMax, resync: Self.resync,
                first: Self.listening, LiveListener(hub: self, name: name)))
    }

    fileprivate func begin(_ name: LiveRoster<HTTPEventWriter>.Name, _ writer: HTTPEventWriter) {
        let starts = state.withLock { state in
            state.roster.begin(name, writer)
            defer { state.isWatching = true }
            return !state.isWatching
        }
        if starts {
            Task.detached(executorPreference: pace.executor) { [weak self, pace] in await Self.watch(pace) { self } }
        }
    }

    fileprivate func leave(_ name: LiveRoster<HTTPEventWriter>.Name) { state.withLock { $0.roster.leave(name) } }

    // MARK: Moves

    /// Feeds of a workspace have moved. Does not wait until anybody is told.
    func moved(_ layers: Set<LayerID>, in workspace: WorkspaceID) {
        let due = state.withLock { state in
            state.roster.isListenedTo(workspace) ? layers.sorted().filter { state.moves.moved($0) } : []
        }
        for layer in due {
            Task.detached(executorPreference: pace.executor) { [self] in
                repeat { await tell(of: layer, in: workspace) } while state.withLock { $0.moves.rested(layer) }
            }
        }
    }

    /// Tells all who may read the layer where it stands, then rests.
    private func tell(of layer: LayerID, in workspace: WorkspaceID) async {
        while state.withLock({ $0.roster.isListenedTo(workspace) }) {
            do {
                if let audience = try await store.audience(of: layer, workspace: workspace) {
                    let event = HTTPServerEvent(
                        type: "moved", data: "\(layer) \(audience.position) \(audience.epoch)")
                    let writers = state.withLock { $0.roster.writers(in: workspace, by: audience.tokens) }
                    await HTTPEventWriter.send(event.encoded(), to: writers)
                }
                break
            } catch {
                // Who cannot be looked up is not told; it is only later then.
                try? await pace.sleep(1)
            }
        }
        try? await pace.sleep(Double(limits.restMilliseconds) / 1000)
    }

    // MARK: Access

    /// Looks after access for as long as somebody listens.
    private static func watch(_ pace: LivePace, _ hub: () -> LiveHub?) async {
        while let milliseconds = hub()?.limits.checkMilliseconds {
            try? await pace.sleep(Double(milliseconds) / 1000)
            guard let hub = hub() else { return }
            let workspaces = hub.state.withLock { state in
                state.isWatching = !state.roster.isEmpty
                return state.roster.listenedWorkspaces
            }
            guard !workspaces.isEmpty else { return }
            // What cannot be looked up now is looked up next time.
            for workspace in workspaces { try? await hub.check(workspace) }
        }
    }

    /// Ends the streams of those who may not listen any more, and has those ask for their heads whose access, or whose
    /// company, is another.
    private func check(_ workspace: WorkspaceID) async throws {
        let accounts = try await store.accounts(in: workspace)
        let (strangers, listening) = state.withLock { state in
            (
                state.roster.strangers(in: workspace, among: accounts),
                state.roster.listeningAccounts(in: workspace, among: accounts)
            )
        }
        for writer in strangers { await writer.end() }
        for account in listening {
            guard let heads = try await store.heads(workspace: workspace, for: account) else { continue }
            let access = LiveAccess.mark(of: heads)
            let writers = state.withLock { $0.roster.renew(access, of: account.user, in: workspace) }
            await HTTPEventWriter.send(Self.resync, to: writers)
        }
    }
}

/// One stream's place in the roster, for as long as the server holds it.
private final class LiveListener: HTTPEventSubscriber {
    private let hub: LiveHub
    private let name: LiveRoster<HTTPEventWriter>.Name

    init(hub: LiveHub, name: LiveRoster<HTTPEventWriter>.Name) {
        self.hub = hub
        self.name = name
    }

    deinit { hub.leave(name) }

    func began(_ writer: HTTPEventWriter) { hub.begin(name, writer) }
}
