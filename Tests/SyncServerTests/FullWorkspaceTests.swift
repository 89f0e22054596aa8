import AnnotationModel
import ChangeLog
import Foundation
import HTTPClient
import LocalStore
import ServerStore
import SyncClient
import TestSupport
import Testing
import WireFormat

/// A workspace whose quota is used up says so, keeps what it acknowledged, is read, and goes on when there is room.
@Suite struct FullWorkspaceTests {
    private func audit(_ live: LiveServer) throws -> [String] {
        try ServerAudit.problems(in: live.folder.path + "/server/server.sqlite", using: live.cryptography)
    }

    @Test func pushesWaitAndTheSameSyncReadsOn() async throws {
        let live = try await LiveServer()
        let ana = try await live.device("ana", of: "ana")
        let ben = try await live.device("ben", of: "ben")
        try ana.addCode("before")
        try await ana.sync()
        try await ben.sync()
        let stored = try #require(try await live.store.statistics().workspaces.first).byteCount
        try await live.store.set(quota: Int64(stored) + 450, workspace: LiveServer.title)
        try ben.addCode("while there was room")
        try await ben.sync()

        try ana.addCode("while it is full")
        let response = try await ana.post("/v1/push", ana.pushRequest().encoded)
        #expect(response.status == 507 && response.header("Retry-After") == "300")
        #expect(String(decoding: response.body, as: UTF8.self).hasPrefix("{\"error\":\"quota_exceeded\","))
        let waiting = try await ana.sync()
        #expect(waiting.isFull && waiting.retrySeconds == 300)
        #expect(waiting.pushedCount == 0 && waiting.pulledCount == 1)
        #expect(try ana.codes() == ["before", "while there was room", "while it is full"])
        #expect(try ana.store.read { try $0.layers() }.contains { $0.pendingCount == 1 })
        let said = try ana.store.lastSyncs()
        #expect(said.success != nil && said.failure == nil && said.full != nil)
        // It stays so until something was sent again.
        try await SyncClient(store: ana.store, transport: ana.transport, retry: .none).sync(sends: false)
        #expect(try ana.store.lastSyncs().full == said.full)
        // What the server has already is still answered.
        let known = try ben.store.outgoing()
        #expect(known.isEmpty)
        #expect(try await ben.sync().isFull == false)

        try await live.store.set(quota: 0, workspace: LiveServer.title)
        let summary = try await ana.sync()
        #expect(summary.pushedCount == 1 && !summary.isFull)
        #expect(try ana.store.lastSyncs().full == nil)
        try await ben.sync()
        #expect(try ben.codes() == ["before", "while there was room", "while it is full"])
        #expect(try ana.store.check().problems == [] && ben.store.check().problems == [])
        #expect(try audit(live) == [])
    }

    /// The answer to a push was lost, then the workspace became full: the same push again is acknowledged.
    @Test func aPushWhoseAnswerWasLostIsAnsweredWhenItIsFull() async throws {
        let live = try await LiveServer()
        let ana = try await live.device("ana", of: "ana")
        try ana.addCode("first")
        let request = try ana.pushRequest().encoded
        #expect(try await ana.post("/v1/push", request).status == 200)
        try await live.store.set(quota: 1, workspace: LiveServer.title)
        #expect(try await ana.post("/v1/push", request).status == 200)
        let summary = try await ana.sync()
        #expect(!summary.isFull && summary.blocked.isEmpty)
        #expect(try ana.store.read { try $0.layers() }.allSatisfy { $0.pendingCount == 0 })
    }

    @Test func aWatchGoesOnReadingAndSendsByItselfOnceThereIsRoom() async throws {
        let live = try await LiveServer()
        let (ana, ben) = (try await live.device("ana", of: "ana"), try await live.device("ben", of: "ben"))
        let watch = LiveWatch(ana)
        #expect(await eventually { watch.isListening })
        try ben.addCode("ben's")
        try await ben.sync()
        #expect(try await eventually { try ana.codes() == ["ben's"] })
        let stored = try #require(try await live.store.statistics().workspaces.first).byteCount
        // Room for what Ben writes, and not for both.
        try await live.store.set(quota: Int64(stored) + 100, workspace: LiveServer.title)
        try ana.addCode("ana's")
        #expect(await eventually { watch.said.contains("full") })
        try await live.store.set(quota: Int64(stored) + 450, workspace: LiveServer.title)
        #expect(try await eventually { try ana.store.read { try $0.layers() }.allSatisfy { $0.pendingCount == 0 } })
        try ana.addCode("ana's second")
        try ben.addCode("ben's second, which has to wait as well")
        #expect(try await ben.sync().isFull)
        #expect(try ben.codes().contains("ana's"))
        try await live.store.set(quota: 0, workspace: LiveServer.title)
        try await ben.sync()
        #expect(try await eventually { try ana.codes().count == 4 })
        #expect(try await eventually { try ana.store.read { try $0.layers() }.allSatisfy { $0.pendingCount == 0 } })
        #expect(watch.said.filter { $0.hasPrefix("sync failed") } == [])
        try await watch.end()
        #expect(try audit(live) == [])
    }

    /// A server that is put back to an older copy and is full by then: devices read on, and bring back what it lost when
    /// there is room.
    @Test func aRestoredServerWithoutRoom() async throws {
        let team = try await Team(members: ["ana", "ben"])
        let ana = try await team.device("ana", of: "ana")
        let ben = try await team.device("ben", of: "ben")
        func add(_ name: String, _ device: Device) throws {
            let layer = try device.layer(.shared)
            _ = try device.store.write { try $0.create(.code, in: layer, [(Field.Code.name, .text(name))]) }
        }
        try add("one", ana)
        try await ana.sync()
        let copy = team.folder.path + "/copy"
        try team.copyServer(to: copy)
        try add("two", ana)
        try await ana.sync()
        try team.restoreServer(from: copy)
        try await team.server.set(quota: 1, workspace: Team.workspace)
        for _ in 0..<3 { #expect(try await ana.sync().isFull) }
        #expect(try await ben.sync().pulledCount == 1)
        try await team.server.set(quota: nil, workspace: Team.workspace)
        #expect(try await ana.sync().isFull == false)
        try await ben.sync()
        try await ana.sync()
        #expect(try ben.fingerprint()[ben.layer(.shared)] == ana.fingerprint()[ana.layer(.shared)])
        #expect(try ben.store.read { try $0.codes() }.count == 2)
    }
}
