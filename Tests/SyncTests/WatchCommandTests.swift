import AnnotationModel
import CommandLine
import Foundation
import HTTPClient
import HTTPServing
import LocalStore
import ServerStore
import SyncClient
import TestSupport
import Testing

/// `variorum sync --watch` as somebody types it.
@Suite struct WatchCommandTests {
    private let team: Team
    private let server: HTTPServer
    private let url: String

    init() async throws {
        team = try await Team(members: ["nino", "giorgi"])
        server = HTTPServer(configuration: HTTPServerConfiguration(), handler: team.service)
        url = "http://127.0.0.1:\(try server.start())"
    }

    private func connected(_ name: String) async throws -> (store: LocalStore, client: SyncClient, folder: String) {
        let store = try team.store(name)
        let token = try await team.token(for: name)
        let transport = HTTPSyncTransport(url: url, token: token, session: HTTPSession())
        try await SyncClient.connect(store, over: transport, url: url, workspace: nil, deviceName: name)
        try store.save(token: token)
        let folder = URL(fileURLWithPath: store.folder.path).deletingLastPathComponent().path
        return (store, SyncClient(store: store, transport: transport, retry: .none), folder)
    }

    private func addCode(_ name: String, to store: LocalStore) throws {
        let layer = try store.read { try $0.ownLayer(.shared) }
        try store.write { _ = try $0.create(.code, in: layer, [(Field.Code.name, .text(name))]) }
    }

    @Test func itFetchesAndSendsUntilItIsInterrupted() async throws {
        let (nino, giorgi) = (try await connected("nino"), try await connected("giorgi"))
        let watch = try RunningCommand(nino.folder, ["sync", "--watch", "--json"])
        #expect(try await watch.says("{\"event\":\"listening\"}\n"))
        try addCode("giorgi's", to: giorgi.store)
        try await giorgi.client.sync()
        #expect(try await watch.says("{\"event\":\"synced\",\"pushed\":0,\"pulled\":1,"))
        // Another program on the store, as far as the command can tell.
        try addCode("nino's", to: nino.store)
        #expect(try await watch.says("{\"event\":\"synced\",\"pushed\":1,\"pulled\":0,"))
        watch.interrupt()
        #expect(await watch.code == 0)
        try await giorgi.client.sync()
        for store in [nino.store, giorgi.store] {
            #expect(Set(try store.read { try $0.codes() }.compactMap(\.name)) == ["nino's", "giorgi's"])
        }
        #expect(try nino.store.lastSyncs().failure == nil)
        await server.shutdown(graceSeconds: 1)
    }

    /// With and without `--watch`.
    @Test(arguments: [["sync", "--json"], ["sync", "--watch", "--json"]])
    func whatComesTooLateForARoundIsKeptForItsAdjudicators(words: [String]) async throws {
        let (nino, giorgi) = (try await connected("nino"), try await connected("giorgi"))
        let shared = try nino.store.read { try $0.ownLayer(.shared) }
        let coder = try giorgi.store.read { try $0.ownMember() }
        let round = try nino.store.write { transaction in
            let round = try transaction.create(
                .round, in: shared,
                [
                    (Field.Round.isBlind, .boolean(true)), (Field.Round.revealRule, .text(RevealRule.hand.rawValue)),
                    (Field.Round.state, .text(RoundState.open.name)),
                ])
            _ = try transaction.create(
                .assignment, in: shared,
                [
                    (Field.Assignment.round, .identifier(round)),
                    (Field.Assignment.document, .identifier(RecordID(high: 1, low: 1))),
                    (Field.Assignment.version, .identifier(RecordID(high: 1, low: 2))),
                    (Field.Assignment.coder, .identifier(RecordID(high: coder.high, low: coder.low))),
                ])
            return round
        }
        try await nino.client.sync()
        try await giorgi.client.sync()
        let coding = try giorgi.store.read { try $0.ownLayer(.coding, of: round) }
        try giorgi.store.write { _ = try $0.create(.code, in: coding, [(Field.Code.name, .text("too late"))]) }
        try nino.store.write { try $0.set(Field.Round.state, of: round, in: shared, to: .text(RoundState.closed.name)) }
        try await nino.client.sync()
        let command = try RunningCommand(giorgi.folder, words)
        let isWatched = words.contains("--watch")
        #expect(try await command.says(isWatched ? "\"kept_late\":1," : "\"kept_late\": 1,"))
        if isWatched {
            #expect(try await command.says("\"pushed\":1,\"pulled\":0,\"refused\":0,"))
            command.interrupt()
        }
        #expect(await command.code == 0)
        #expect(try giorgi.store.read { try $0.refused() }.isEmpty)
        try nino.store.write {
            try $0.set(Field.Round.state, of: round, in: shared, to: .text(RoundState.revealed.name))
        }
        try await nino.client.sync()
        try await nino.client.sync()
        #expect(try nino.store.read { try $0.codes() }.map(\.name) == ["too late"])
        await server.shutdown(graceSeconds: 1)
    }

    @Test func itSaysWhatHappensToPeople() async throws {
        let (nino, giorgi) = (try await connected("nino"), try await connected("giorgi"))
        let watch = try RunningCommand(nino.folder, ["sync", "--watch"])
        #expect(try await watch.says("Watching 'Team' on \(url); Ctrl-C ends it.\n"))
        #expect(try await watch.says("Live: what others make arrives as it happens.\n"))
        try addCode("giorgi's", to: giorgi.store)
        try await giorgi.client.sync()
        #expect(try await watch.says("Sent 0 changes, fetched 1.\n"))
        await server.shutdown(graceSeconds: 1)
        #expect(try await watch.says("Not live: "))
        #expect(try await watch.says("Trying again in "))
        watch.interrupt()
        #expect(await watch.code == 0)
    }

    @Test func aFullWorkspaceIsSaid() async throws {
        let (nino, giorgi) = (try await connected("nino"), try await connected("giorgi"))
        try addCode("giorgi's", to: giorgi.store)
        try await giorgi.client.sync()
        try await team.server.set(quota: 1, workspace: Team.workspace)
        try addCode("nino's", to: nino.store)
        let sync = try RunningCommand(nino.folder, ["sync"])
        #expect(await sync.code == 75)
        #expect(
            sync.text.contains("Sent 0 changes, fetched 1.\nThe workspace is full: its quota on the server is used up.")
        )
        let status = try RunningCommand(nino.folder, ["status"])
        #expect(await status.code == 0)
        #expect(status.text.contains("the workspace is full since ") && status.text.contains("1 change waits"))
        let json = try RunningCommand(nino.folder, ["status", "--json"])
        #expect(await json.code == 0)
        #expect(json.text.contains("\"last_failure\": null") && json.text.contains("\"full_since\": \"2023-"))
        let watch = try RunningCommand(nino.folder, ["sync", "--watch", "--json"])
        #expect(try await watch.says("{\"event\":\"full\",\"seconds\":3"))
        #expect(watch.text.contains("\"full\":true"))
        watch.interrupt()
        #expect(await watch.code == 0)
        try await team.server.set(quota: nil, workspace: Team.workspace)
        let after = try RunningCommand(nino.folder, ["sync"])
        #expect(await after.code == 0)
        #expect(after.text == "Sent 1 change, fetched 0.\n")
        let json2 = try RunningCommand(nino.folder, ["status", "--json"])
        #expect(await json2.code == 0)
        #expect(json2.text.contains("\"full_since\": null"))
        await server.shutdown(graceSeconds: 1)
    }

    @Test func itEndsWithTheUsualWordsWhereTryingAgainIsOfNoUse() async throws {
        let nino = try await connected("nino")
        _ = try await team.server.revokeTokens(user: "nino")
        let watch = try RunningCommand(nino.folder, ["sync", "--watch"])
        #expect(await watch.code == 77)
        #expect(watch.text.contains("the server does not know this token"))
        let fresh = try RunningCommand(team.folder.subfolder("nowhere"), ["sync", "--watch"])
        #expect(await fresh.code == 66)
        await server.shutdown(graceSeconds: 1)
    }
}
