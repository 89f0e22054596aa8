import AnnotationModel
import ChangeLog
import SQLiteBinding
import TestSupport
import Testing
import WireFormat

@testable import ServerStore

/// Letting go of payloads that snapshots stand for.
@Suite struct CompactionTests {
    private var scene: SnapshotScene
    private let feed: RandomFeed

    init() async throws {
        scene = try await SnapshotScene()
        feed = RandomFeed(seed: 21, steps: 400, strangeness: 0, author: scene.world.ana.account.member)
        try await scene.push(feed.changes[..<60])
    }

    private func compact(before moment: Int64 = .max) async throws -> Int {
        try await scene.store.compact(receivedBefore: moment, limits: SnapshotTests.medium) {}
    }

    private func snapshot() async throws {
        #expect(try await scene.store.refreshSnapshots(from: 1, limits: SnapshotTests.medium, didWrite: { _ in }) == 1)
    }

    private func run(_ sql: String) throws {
        try Connection(path: scene.world.folder.path + "/server.sqlite").execute(sql)
    }

    /// How many changes of the feed are there by their headers alone.
    private func bareCount() throws -> Int { try scene.count("feed WHERE withheld = 3 AND payload IS NULL") }

    @Test func nothingGoesWithoutASnapshotOrBeforeItsTime() async throws {
        #expect(try await compact() == 0)
        try await snapshot()
        #expect(try await compact(before: 0) == 0)
        #expect(try bareCount() == 0)
        #expect(try await compact() == 60)
        #expect(try bareCount() == 60)
        #expect(try await compact() == 0)
        #expect(try scene.problems() == [])
    }

    @Test mutating func theOlderOfTwoSnapshotsCounts() async throws {
        try await snapshot()
        try await scene.push(feed.changes[60..<100])
        try await snapshot()
        #expect(try await compact() == 60)
        try await scene.push(feed.changes[100..<140])
        try await snapshot()
        #expect(try await compact() == 40)
        #expect(try scene.problems() == [])
        // A snapshot that is made after that stands for all.
        let (head, _) = try required(try await scene.snapshot())
        #expect(head.position == 140)
    }

    @Test func theFeedIsTheSameAndTheRoomIsFree() async throws {
        let before = try await scene.world.feed(of: scene.layer, scene.world.ana)
        let workspaces = try await scene.store.statistics().workspaces
        try await snapshot()
        _ = try await compact()
        let after = try await scene.world.feed(of: scene.layer, scene.world.ana)
        #expect(after.map(\.hash) == before.map(\.hash))
        #expect(after.map(\.header) == before.map(\.header))
        #expect(after.allSatisfy { $0.withheld == .compacted && $0.payload == nil })
        let bytes = before.reduce(0) { $0 + ($1.payload?.count ?? 0) }
        let now = try await scene.store.statistics().workspaces
        #expect(workspaces.map(\.byteCount).reduce(0, +) - now.map(\.byteCount).reduce(0, +) == bytes)
    }

    @Test func aDamagedSnapshotKeepsEverything() async throws {
        try await snapshot()
        try run("UPDATE snapshot_piece SET bytes = zeroblob(10) WHERE number = 1")
        await #expect(throws: ServerStoreError.self) { try await compact() }
        #expect(try bareCount() == 0)
    }

    @Test func aWorkspaceThatIsDeletedMeanwhileLeavesNothing() async throws {
        try await snapshot()
        var limits = SnapshotTests.medium
        limits.rowsAtOnce = 7
        let store = scene.store
        #expect(
            try await store.compact(receivedBefore: .max, limits: limits) {
                try? await store.delete(workspace: World.title)
            } == 7)
        for table in ["feed", "layer", "reading", "forgotten"] { #expect(try scene.count(table) == 0, "\(table)") }
    }

    @Test func theCheckFindsWhatWentBeforeItsTime() async throws {
        try await snapshot()
        _ = try await compact()
        try run("UPDATE layer SET compacted_position = 59 WHERE compacted_position = 60")
        #expect(try scene.problems().count == 1)
        try run("UPDATE layer SET compacted_position = 60 WHERE compacted_position = 59")
        try run("DELETE FROM snapshot_piece; DELETE FROM snapshot_chain; DELETE FROM snapshot")
        #expect(try scene.problems().count == 1)
    }
}
