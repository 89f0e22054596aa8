import AnnotationModel
import ChangeLog
import Compression
import Cryptography
import Foundation
import SQLiteBinding
import Synchronization
import TestSupport
import Testing
import WireFormat

@testable import ServerStore

/// Snapshots of the embedded store.
@Suite struct SnapshotTests {
    /// Small pieces and stretches, so that there are many.
    static var small: SnapshotLimits {
        var limits = SnapshotLimits()
        limits.pieceBytes = 600
        limits.runsMax = 60
        limits.rowsAtOnce = 7
        return limits
    }

    /// Small pieces alone.
    static var medium: SnapshotLimits {
        var limits = SnapshotLimits()
        limits.pieceBytes = 600
        return limits
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func everyGenerationIsWhatAReplayOfTheFeedComesTo(seed: UInt64) async throws {
        var scene = try await SnapshotScene()
        var feed = RandomFeed(
            seed: seed, steps: 260, strangeness: seed.isMultiple(of: 2) ? 20 : 0, author: scene.world.ana.account.member
        )
        var (pushed, positions) = (0, Set<UInt64>())
        while pushed < feed.changes.count {
            let end = min(feed.changes.count, pushed + max(10, pushed / 3) + feed.below(10))
            try await scene.push(feed.changes[pushed..<end]) { $0.stamp.seq.isMultiple(of: 7) && seed > 3 }
            pushed = end
            while try await scene.store.refreshSnapshots(from: 5, limits: Self.small, didWrite: { _ in }) > 0 {
                let (head, records) = try required(try await scene.snapshot())
                #expect(positions.insert(head.position).inserted)
                let expected = try await scene.expected(head.position)
                #expect(records == expected.records, "seed \(seed), position \(head.position)")
                #expect(head.chains == expected.chains)
                let cursor = FeedCursor(
                    layer: scene.layer, epoch: head.epoch, position: head.position, feedHash: head.feedHash)
                #expect(try await scene.world.page(from: cursor, scene.world.ana).status == .changes)
            }
        }
        #expect(positions.count >= 4, "\(positions)")
        #expect(try scene.count("snapshot") == 2)
        #expect(try scene.count("snapshot_piece") > 4)
        #expect(try scene.problems() == [])
    }

    @Test func aSnapshotIsMadeOnlyWhereTheFeedHasGrownByTheNumberAndAQuarter() async throws {
        var scene = try await SnapshotScene()
        let feed = RandomFeed(seed: 7, steps: 200, strangeness: 0, author: scene.world.ana.account.member)
        #expect(try await scene.store.refreshSnapshots(from: 1) == 0)
        #expect(try await scene.snapshot() == nil)
        try await scene.push(feed.changes[..<9])
        #expect(try await scene.store.refreshSnapshots(from: 10) == 0)
        try await scene.push(feed.changes[9..<40])
        #expect(try await scene.store.refreshSnapshots(from: 10) == 1)
        #expect(try await scene.snapshot()?.head.position == 40)
        #expect(try await scene.store.refreshSnapshots(from: 1) == 0)
        try await scene.push(feed.changes[40..<49])
        #expect(try await scene.store.refreshSnapshots(from: 1) == 0)
        try await scene.push(feed.changes[49..<50])
        #expect(try await scene.store.refreshSnapshots(from: 11) == 0)
        #expect(try await scene.store.refreshSnapshots(from: 10) == 1)
        #expect(try await scene.snapshot()?.head.position == 50)
        // The one before is still held for those who are at it.
        let before = try await scene.store.snapshot(
            SnapshotRequest(
                workspace: scene.world.workspace, layer: scene.layer, position: 40, firstPiece: 0, byteBudget: 0),
            for: scene.world.ana.account)
        #expect(before.head?.position == 40 && before.pieces.count == 1)
        // Whoever asks for one that is gone begins again with the newest.
        let gone = try await scene.store.snapshot(
            SnapshotRequest(
                workspace: scene.world.workspace, layer: scene.layer, position: 39, firstPiece: 3, byteBudget: 0),
            for: scene.world.ana.account)
        #expect(gone.head?.position == 50 && gone.firstPiece == 0 && gone.pieces.count == 1)
        let beyond = try await scene.store.snapshot(
            SnapshotRequest(
                workspace: scene.world.workspace, layer: scene.layer, position: 50, firstPiece: 1 << 20, byteBudget: 0),
            for: scene.world.ana.account)
        #expect(beyond.head?.position == 50 && beyond.firstPiece == 1 << 20 && beyond.pieces == [])
    }

    @Test func whatIsOthersOrNowhereHasNoSnapshot() async throws {
        var scene = try await SnapshotScene()
        let feed = RandomFeed(seed: 7, steps: 60, strangeness: 0, author: scene.world.ana.account.member)
        try await scene.push(feed.changes)
        #expect(try await scene.store.refreshSnapshots(from: 1) == 1)
        #expect(try await scene.snapshot() != nil)
        func ask(_ layer: LayerID, _ workspace: WorkspaceID, _ person: World.Person) async throws -> SnapshotReply {
            let reply = try await scene.store.snapshot(
                SnapshotRequest(workspace: workspace, layer: layer, position: 0, firstPiece: 1, byteBudget: 1 << 20),
                for: person.account)
            #expect(reply.layer == layer)
            return SnapshotReply(
                layer: LayerID(high: 0, low: 0), head: reply.head, signature: reply.signature,
                checkpoint: reply.checkpoint, firstPiece: reply.firstPiece, pieces: reply.pieces)
        }
        let (world, nowhere) = (scene.world, LayerID(high: 3, low: 3))
        let none = try await ask(nowhere, world.workspace, world.ben)
        #expect(none.head == nil && none.pieces == [])
        // A member's own layer without one, another workspace.
        #expect(try await ask(world.ana.privateLayer, world.workspace, world.ana) == none)
        #expect(try await ask(world.ana.privateLayer, world.workspace, world.ben) == none)
        #expect(try await ask(scene.layer, WorkspaceID(high: 9, low: 9), world.ana) == none)
        try await scene.store.removeMember(workspace: World.title, user: "ana")
        #expect(try await ask(scene.layer, world.workspace, world.ana) == none)
    }

    @Test func aBuildThatEndsBetweenPiecesLeavesTheOldSnapshotServed() async throws {
        var scene = try await SnapshotScene()
        let feed = RandomFeed(seed: 8, steps: 300, strangeness: 0, author: scene.world.ana.account.member)
        try await scene.push(feed.changes[..<60])
        var limits = Self.small
        limits.runsMax = 10_000
        #expect(try await scene.store.refreshSnapshots(from: 1, limits: limits, didWrite: { _ in }) == 1)
        let old = try required(try await scene.snapshot())
        try await scene.push(feed.changes[60..<120])
        let (store, cut) = (scene.store, limits)
        let made = try await Task {
            try await store.refreshSnapshots(from: 1, limits: cut) { number in
                if number == 1 { withUnsafeCurrentTask { $0?.cancel() } }
            }
        }.value
        #expect(made == 0)
        #expect(try scene.count("snapshot") == 2)
        #expect(try scene.count("snapshot WHERE is_complete = 0") == 1)
        #expect(try scene.problems() == [])
        let still = try required(try await scene.snapshot())
        #expect(still.head == old.head && still.records == old.records)
        // The unfinished one cannot be asked for.
        let unfinished = try await store.snapshot(
            SnapshotRequest(
                workspace: scene.world.workspace, layer: scene.layer, position: 120, firstPiece: 0, byteBudget: 0),
            for: scene.world.ana.account)
        #expect(unfinished.head == old.head)
        #expect(try await store.refreshSnapshots(from: 1, limits: limits, didWrite: { _ in }) == 1)
        #expect(try scene.count("snapshot WHERE is_complete = 0") == 0)
        let new = try required(try await scene.snapshot())
        #expect(new.head.position == 120)
        #expect(new.records == (try await scene.expected(120).records))
        #expect(try scene.problems() == [])
    }

    @Test func aWorkspaceThatIsDeletedMeanwhileLeavesNothing() async throws {
        var scene = try await SnapshotScene()
        let feed = RandomFeed(seed: 9, steps: 200, strangeness: 0, author: scene.world.ana.account.member)
        try await scene.push(feed.changes)
        // Also with a finished one, whose pieces are being read.
        for isSecond in [false, true] {
            if isSecond {
                scene = try await SnapshotScene()
                let feed = RandomFeed(seed: 9, steps: 200, strangeness: 0, author: scene.world.ana.account.member)
                try await scene.push(feed.changes[..<60])
                #expect(try await scene.store.refreshSnapshots(from: 1) == 1)
                try await scene.push(feed.changes[60...])
            }
            let store = scene.store
            let made = try await store.refreshSnapshots(from: 1, limits: Self.small) { number in
                if number == 1 { try? await store.delete(workspace: World.title) }
            }
            #expect(made == 0)
            #expect(try await store.workspaceList() == [])
            for table in ["snapshot", "snapshot_chain", "snapshot_piece", "layer", "chain", "feed"] {
                #expect(try scene.count(table) == 0, "\(table)")
            }
            #expect(try await store.refreshSnapshots(from: 1) == 0)
        }
    }

    @Test func noSnapshotGoesBeyondWhatANewerVersionMade() async throws {
        var scene = try await SnapshotScene()
        let feed = RandomFeed(seed: 10, steps: 200, strangeness: 0, author: scene.world.ana.account.member)
        try await scene.push(feed.changes[..<30])
        // [2]: a payload of a version that nobody knows.
        try await scene.push(payload: [0x81, 0x02])
        try await scene.push(feed.changes[30..<60])
        #expect(try await scene.store.refreshSnapshots(from: 1) == 1)
        #expect(try await scene.snapshot()?.head.position == 30)
        #expect(try await scene.store.refreshSnapshots(from: 1) == 0)
        #expect(try await scene.snapshot()?.records == (try await scene.expected(30).records))

        // An operation of a newer version: [7, 1] in place of a known one.
        scene = try await SnapshotScene()
        try await scene.push(feed.changes[..<20])
        try await scene.push(
            payload: Payload(operations: [
                Operation(
                    record: RecordID(high: 1, low: 1), kind: Kind(rawValue: 8), action: .unknown([0x82, 0x07, 0x01]))
            ]).encoded(by: ReplicaID(high: 99, low: 99)))
        #expect(try await scene.store.refreshSnapshots(from: 1) == 1)
        #expect(try await scene.snapshot()?.head.position == 20)
    }

    @Test func aLayerWithARecordThatIsTooLargeGetsNone() async throws {
        var scene = try await SnapshotScene()
        let feed = RandomFeed(seed: 11, steps: 100, strangeness: 0, author: scene.world.ana.account.member)
        try await scene.push(feed.changes[..<40])
        for isFrame in [false, true] {
            var limits = Self.small
            if isFrame { limits.frameBytesMax = 40 } else { limits.pieceBytesMax = 150 }
            let fresh = try SQLiteServerStore(
                folder: scene.world.folder.path, creates: false, isServing: false,
                cryptography: scene.world.cryptography, clock: { 0 })
            let writes = Atomic<Int>(0)
            for _ in 0..<2 {
                let made = try await fresh.refreshSnapshots(from: 1, limits: limits) { _ in
                    writes.add(1, ordering: .relaxed)
                }
                #expect(made == 0)
                #expect(try scene.count("snapshot") == 0 && scene.count("snapshot_piece") == 0)
            }
            #expect(try await fresh.refreshSnapshots(from: 1) == 0, "not tried again before the feed has grown")
        }
        #expect(try await scene.store.refreshSnapshots(from: 1) == 1)
    }

    @Test func onlyOneBuildRunsAtATime() async throws {
        var scene = try await SnapshotScene()
        let feed = RandomFeed(seed: 12, steps: 200, strangeness: 0, author: scene.world.ana.account.member)
        try await scene.push(feed.changes)
        let store = scene.store
        let inner = Mutex<[Int]>([])
        let made = try await store.refreshSnapshots(from: 1, limits: Self.small) { _ in
            let count = try? await store.refreshSnapshots(from: 1)
            inner.withLock { $0.append(count ?? -1) }
        }
        #expect(made == 1)
        #expect(inner.withLock { $0.count > 2 && $0.allSatisfy { $0 == 0 } })
        #expect(try scene.count("snapshot") == 1)
    }

    /// What the check finds, by what was done to a database.
    static let damages = [
        ("UPDATE snapshot SET feed_hash = zeroblob(32)", "the feed is another there"),
        ("UPDATE snapshot SET position = position - 1", "chains end elsewhere"),
        ("UPDATE snapshot SET position = position + 1", "the feed is another there"),
        ("UPDATE snapshot SET record_count = record_count + 1", "records and not"),
        ("DELETE FROM snapshot_chain", "chains end elsewhere"),
        ("UPDATE snapshot_chain SET seq = seq + 1", "chains end elsewhere"),
        ("UPDATE snapshot_chain SET lamport = lamport + 1", "chains end elsewhere"),
        ("UPDATE snapshot_piece SET bytes = zeroblob(10) WHERE number = 1", "does not fit its hash"),
        ("UPDATE snapshot_piece SET first_record = zeroblob(16) WHERE number = 1", "begins with another record"),
        ("DELETE FROM snapshot_piece WHERE number = 1", "piece 1 is missing"),
        ("UPDATE snapshot_piece SET number = number + 100 WHERE number = 0", "goes back"),
        ("UPDATE snapshot_piece SET layer = (SELECT max(num) FROM layer)", "rows of snapshot_piece in another layer"),
    ]

    @Test(arguments: 0..<12) func theCheckFindsWhatIsWrong(number: Int) async throws {
        var scene = try await SnapshotScene()
        let feed = RandomFeed(seed: 13, steps: 200, strangeness: 0, author: scene.world.ana.account.member)
        try await scene.push(feed.changes[..<60])
        #expect(try await scene.store.refreshSnapshots(from: 1, limits: Self.medium, didWrite: { _ in }) == 1)
        #expect(try scene.problems() == [])
        try await scene.push(feed.changes[60..<62])
        #expect(try scene.problems() == [])
        let (sql, problem) = Self.damages[number]
        let db = try Connection(path: scene.world.folder.path + "/server.sqlite")
        try db.execute(sql)
        let problems = try scene.problems()
        #expect(problems.contains { $0.contains(problem) }, "\(problems)")
    }

    /// A record whose operations are of changes after the snapshot.
    @Test func theCheckFindsRecordsOfLaterChanges() async throws {
        var scene = try await SnapshotScene()
        let feed = RandomFeed(seed: 13, steps: 200, strangeness: 0, author: scene.world.ana.account.member)
        try await scene.push(feed.changes[..<60])
        #expect(try await scene.store.refreshSnapshots(from: 1) == 1)
        let early = try required(try await scene.snapshot()).head
        try await scene.push(feed.changes[60..<100])
        #expect(try await scene.store.refreshSnapshots(from: 1) == 1)
        #expect(early.position == 60)
        let db = try Connection(path: scene.world.folder.path + "/server.sqlite")
        try db.execute(
            """
            UPDATE snapshot_piece SET (bytes, sha256, first_record) = (
                SELECT bytes, sha256, first_record FROM snapshot_piece AS other JOIN snapshot ON snapshot.num = snapshot
                WHERE position = 100)
            WHERE snapshot = (SELECT num FROM snapshot WHERE position = 60)
            """)
        #expect(try scene.problems().contains { $0.contains("is not of the feed up to there") })
    }
}
