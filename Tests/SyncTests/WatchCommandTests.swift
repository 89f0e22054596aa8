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

    /// What a command that runs on its own has written so far, and how it ended.
    private final class Running: Sendable {
        let output: URL
        private let stopping: AsyncStream<Void>.Continuation
        private let task: Task<Int32, Never>

        init(_ folder: String, _ words: [String]) throws {
            let output = URL(fileURLWithPath: folder + "/output-\(UUID().uuidString)")
            let (stops, stopping) = AsyncStream<Void>.makeStream()
            try "".write(to: output, atomically: false, encoding: .utf8)
            task = Task {
                guard let file = try? FileHandle(forWritingTo: output) else { return -1 }
                let sink = FileOutput(fileDescriptor: file.fileDescriptor)
                let surroundings = Surroundings(
                    environment: { _ in nil }, input: LineInput(fileDescriptor: 0, isTerminal: false), output: sink,
                    errorOutput: sink, currentFolder: folder, clock: { 1_700_000_000_000 },
                    interruption: { for await _ in stops { return } })
                let code = await VariorumCommand.run(words, in: surroundings)
                try? file.close()
                return code
            }
            (self.output, self.stopping) = (output, stopping)
        }

        var text: String { (try? String(contentsOf: output, encoding: .utf8)) ?? "" }

        func says(_ words: String) async throws -> Bool {
            for _ in 0..<6000 where !text.contains(words) { try await Task.sleep(for: .milliseconds(10)) }
            return text.contains(words)
        }

        func interrupt() { stopping.yield() }
        var code: Int32 { get async { await task.value } }
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
        let watch = try Running(nino.folder, ["sync", "--watch", "--json"])
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

    @Test func itSaysWhatHappensToPeople() async throws {
        let (nino, giorgi) = (try await connected("nino"), try await connected("giorgi"))
        let watch = try Running(nino.folder, ["sync", "--watch"])
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
        let sync = try Running(nino.folder, ["sync"])
        #expect(await sync.code == 75)
        #expect(
            sync.text.contains("Sent 0 changes, fetched 1.\nThe workspace is full: its quota on the server is used up.")
        )
        let status = try Running(nino.folder, ["status"])
        #expect(await status.code == 0)
        #expect(status.text.contains("the workspace is full since ") && status.text.contains("1 change waits"))
        let json = try Running(nino.folder, ["status", "--json"])
        #expect(await json.code == 0)
        #expect(json.text.contains("\"last_failure\": null") && json.text.contains("\"full_since\": \"2023-"))
        let watch = try Running(nino.folder, ["sync", "--watch", "--json"])
        #expect(try await watch.says("{\"event\":\"full\",\"seconds\":3"))
        #expect(watch.text.contains("\"full\":true"))
        watch.interrupt()
        #expect(await watch.code == 0)
        try await team.server.set(quota: nil, workspace: Team.workspace)
        let after = try Running(nino.folder, ["sync"])
        #expect(await after.code == 0)
        #expect(after.text == "Sent 1 change, fetched 0.\n")
        let json2 = try Running(nino.folder, ["status", "--json"])
        #expect(await json2.code == 0)
        #expect(json2.text.contains("\"full_since\": null"))
        await server.shutdown(graceSeconds: 1)
    }

    @Test func itEndsWithTheUsualWordsWhereTryingAgainIsOfNoUse() async throws {
        let nino = try await connected("nino")
        _ = try await team.server.revokeTokens(user: "nino")
        let watch = try Running(nino.folder, ["sync", "--watch"])
        #expect(await watch.code == 77)
        #expect(watch.text.contains("the server does not know this token"))
        let fresh = try Running(team.folder.subfolder("nowhere"), ["sync", "--watch"])
        #expect(await fresh.code == 66)
        await server.shutdown(graceSeconds: 1)
    }
}
