import AnnotationModel
import ChangeLog
import Foundation
import HTTPClient
import LocalStore
import SQLiteBinding
import ServerStore
import SyncClient
import SyncServer
import TestSupport
import Testing
import WireFormat

/// A workspace that the operator has deleted.
@Suite struct DeletedWorkspaceTests {
    private static let often: LiveLimits = {
        var limits = LiveLimits()
        limits.checkMilliseconds = 20
        return limits
    }()

    private func database(_ live: LiveServer) -> String { live.folder.path + "/server/server.sqlite" }

    /// What the server says of a workspace to a device, on every path that takes one.
    private func answers(_ live: LiveServer, _ device: LiveDevice, _ workspace: WorkspaceID) async throws -> [String] {
        let shared = try device.layer(.shared)
        let cursor = FeedCursor(layer: shared, epoch: EpochID(high: 0, low: 0), position: 0, feedHash: .zero)
        let bodies: [(String, [UInt8])] = [
            ("/v1/heads", HeadsRequest(workspace: workspace, digest: nil).encoded),
            ("/v1/push", PushRequest(workspace: workspace, segments: []).encoded),
            ("/v1/pull", PullRequest(workspace: workspace, cursors: [cursor], byteBudget: 1 << 20).encoded),
            ("/v1/vector", VectorRequest(workspace: workspace, layer: shared).encoded),
            (
                "/v1/snapshot",
                SnapshotRequest(workspace: workspace, layer: shared, position: 0, firstPiece: 0, byteBudget: 0).encoded
            ),
            (
                "/v1/invite",
                InviteRequest(purpose: .member(workspace, role: Role.reader.rawValue), seconds: 60).encoded
            ),
        ]
        var answers: [String] = []
        for (path, body) in bodies {
            let reply = try await device.post(path, body)
            answers.append("\(path) \(reply.status) \(reply.body)")
        }
        let stream = try await device.session.send(
            HTTPClientRequest(
                method: "GET", url: device.url + "/v1/live?workspace=\(workspace)",
                headers: [(name: "Authorization", value: "Bearer " + device.token)]))
        return answers + ["\(stream.status) \(stream.body)"]
    }

    @Test func devicesAreToldThatItHasEndedAndKeepTheirOwnWork() async throws {
        let live = try await LiveServer(live: Self.often)
        let (ana, ben) = (try await live.device("ana", of: "ana"), try await live.device("ben", of: "ben"))
        try ana.addCode("what others made")
        try await ana.sync()
        let personal = try ben.layer(.personal)
        try ben.store.write { _ = try $0.create(.memo, in: personal, [(Field.Memo.body, .text("his own"))]) }
        try await ben.sync()
        try ben.addCode("unsent")
        let stream = try LiveStream(ana, workspace: live.workspace, port: live.port)
        stream.read()
        let watch = LiveWatch(ana)
        #expect(await eventually { watch.isListening && stream.events.count == 1 })

        try await live.store.delete(workspace: LiveServer.title)
        #expect(await eventually { stream.hasEnded })
        let ended = await #expect(throws: SyncError.self) { try await watch.endsByItself() }
        #expect(ended?.code == .accessEnded)
        let error = await #expect(throws: SyncError.self) { try await ben.sync() }
        #expect(error?.code == .accessEnded)
        for device in [ana, ben] { #expect(try device.codes() == []) }
        #expect(try ben.store.read { try $0.memos() }.map(\.body) == ["his own"])
        #expect(try ben.store.read { try $0.setAside() }.map(\.segment.entries.count) == [1])
        #expect(try ana.store.check().problems == [] && ben.store.check().problems == [])

        #expect(try ServerAudit.problems(in: database(live), using: live.cryptography) == [])
        #expect(try await live.store.statistics().workspaces == [])
        #expect(try await live.store.auditLog(limit: 1).map(\.action) == ["delete workspace"])
        await #expect(throws: ServerStoreError.self) { try await live.store.delete(workspace: LiveServer.title) }
        // Accounts stay, and the title is free for another, which is not the one that was.
        _ = try await live.store.addWorkspace(title: LiveServer.title)
        try await live.store.addMember(workspace: LiveServer.title, user: "ana", role: .owner)
        let again = await #expect(throws: SyncError.self) { try await ana.sync() }
        #expect(again?.code == .accessEnded)
        #expect(try await live.isServing())
    }

    /// To strangers it answers as one that never was; to those who had left, as before.
    @Test func itIsToldToNobodyElse() async throws {
        let live = try await LiveServer(members: ["ana", "ben", "cem"])
        let (ana, ben) = (try await live.device("ana", of: "ana"), try await live.device("ben", of: "ben"))
        // Cem belongs to another workspace of the server.
        _ = try await live.store.addWorkspace(title: "Other")
        _ = try await live.store.addUser(name: "dora")
        try await live.store.addMember(workspace: "Other", user: "dora", role: .owner)
        let dora = try await live.device("dora", of: "dora")
        try ana.addCode("secret")
        try await ana.sync()
        try await live.store.removeMember(workspace: LiveServer.title, user: "ben")
        let never: WorkspaceID = live.cryptography.randomIdentifier()
        let before = try await (answers(live, dora, live.workspace), answers(live, ben, live.workspace))
        #expect(try await before.0 == answers(live, dora, never))
        try await live.store.delete(workspace: LiveServer.title)
        #expect(try await answers(live, dora, live.workspace) == before.0)
        #expect(try await answers(live, ben, live.workspace) == before.1)
        #expect(try await answers(live, ana, live.workspace) == before.1)
        try await dora.sync()
    }

    /// Others keep everything, also what shares replicas' devices with it; an invitation into it is void.
    @Test func nothingElseGoes() async throws {
        let live = try await LiveServer()
        let ana = try await live.device("ana", of: "ana")
        try ana.addCode("a text that is found nowhere afterwards")
        try await ana.sync()
        _ = try await live.store.addWorkspace(title: "Other")
        try await live.store.addMember(workspace: "Other", user: "ben", role: .owner)
        try await live.store.removeMember(workspace: LiveServer.title, user: "ben")
        let ben = try await live.device("ben", of: "ben")
        try ben.addCode("stays")
        try await ben.sync()
        _ = try await live.store.invite(
            codeHash: .zero, workspace: LiveServer.title, role: .analyst, user: nil, lifetime: 1000)

        func count(_ sql: String) throws -> Int {
            let db = try Connection(path: database(live))
            let select = try db.prepare(sql)
            guard try select.step() else { throw Missing(what: sql) }
            return select.int(0)
        }
        #expect(try count("SELECT count(*) FROM replica") == 2)
        try await live.store.delete(workspace: LiveServer.title)
        #expect(try count("SELECT count(*) FROM replica") == 1)
        #expect(try count("SELECT count(*) FROM invitation") == 0)
        #expect(try count("SELECT count(*) FROM user") == 2)
        try ben.addCode("goes on")
        #expect(try await ben.sync().pushedCount == 1)
        #expect(try ServerAudit.problems(in: database(live), using: live.cryptography) == [])

        let db = try Connection(path: database(live))
        try db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        let bytes = try Data(contentsOf: URL(fileURLWithPath: database(live)))
        #expect(bytes.range(of: Data("stays".utf8)) != nil)
        #expect(bytes.range(of: Data("a text that is found nowhere".utf8)) == nil)
    }
}
