import AnnotationModel
import ChangeLog
import LocalStore
import SQLiteBinding
import ServerStore
import SyncClient
import Synchronization
import TestSupport
import Testing
import WireFormat

/// New replicas that begin from the server's snapshots.
@Suite struct SnapshotSyncTests {
    private let team: Team
    private let ana: Device
    private let memos: [RecordID]

    /// Ana has written, edited and deleted much, and the server has made snapshots of it in many pieces.
    init() async throws {
        team = try await Team(members: ["ana", "ben"], seed: 1)
        ana = try await team.device("ana", of: "ana")
        let shared = try ana.layer(.shared)
        memos = try (0..<40).map { [ana] number in
            try ana.store.write {
                try $0.create(
                    .memo, in: shared, [(Field.Memo.title, .text("memo \(number)")), (Field.Memo.body, .text("first"))])
            }
        }
        for memo in memos.prefix(20) {
            try ana.store.write { try $0.set(Field.Memo.body, of: memo, in: shared, to: .text("second")) }
        }
        for memo in memos.prefix(5) { try ana.store.write { try $0.delete(memo, in: shared) } }
        try await ana.sync()
        try await makeSnapshots()
    }

    private func makeSnapshots() async throws {
        var limits = SnapshotLimits()
        limits.pieceBytes = 1500
        #expect(try await team.server.refreshSnapshots(from: 1, limits: limits) { _ in } > 0)
    }

    private func edit(_ memo: Int, _ text: String, by device: Device) throws {
        let shared = try device.layer(.shared)
        try device.store.write { try $0.set(Field.Memo.body, of: memos[memo], in: shared, to: .text(text)) }
    }

    private func body(_ memo: Int, on device: Device) throws -> String? {
        let shared = try device.layer(.shared)
        return try device.store.read { try $0.state(of: memos[memo], in: shared) }?.shown(Field.Memo.body)?.text
    }

    private func expectAlike(_ devices: Device...) throws {
        let shared = try ana.layer(.shared)
        let expected = try ana.fingerprint()[shared]
        for device in devices {
            #expect(try device.fingerprint()[shared] == expected)
            #expect(try device.store.check().problems == [])
        }
    }

    private func missingHistory(_ device: Device) throws -> UInt64 {
        try device.store.read { try $0.layers() }.reduce(0) { $0 + $1.missingHistory }
    }

    @Test func aNewReplicaBeginsFromASnapshotAndFetchesItsHistoryLater() async throws {
        try edit(30, "after the snapshot", by: ana)
        try await ana.sync()
        let ben = try await team.device("ben", of: "ben")
        let first = try await ben.sync(snapshotsFrom: 1, fetchesHistory: false)
        #expect(first.snapshotCount == 65)
        #expect(first.pulledCount == 1)
        #expect(first.historyCount == 0)
        #expect(try missingHistory(ben) == 65)
        try expectAlike(ben)
        #expect(try ben.store.read { try $0.search(["memo"]) }.count == 35)
        // Nothing that needs what is not here pretends to have it.
        #expect(throws: StoreError.self) { try ben.store.bundle() }
        #expect(try ben.store.proofs().map(\.baseSeq) == [65])
        try edit(31, "by ben", by: ben)
        try await ben.sync(fetchesHistory: false)
        try await ana.sync()
        try expectAlike(ben)

        let second = try await ben.sync(pullBytes: 500)
        #expect(second.historyCount == 65)
        #expect(try missingHistory(ben) == 0)
        try expectAlike(ben)
        #expect(try ben.store.proofs().allSatisfy { $0.baseSeq == 0 && $0.problems == [] })
        let cem = try team.store("cem")
        _ = try cem.read(ben.store.bundle())
        #expect(try cem.check().isClean)
        #expect(try await ben.sync().historyCount == 0)
    }

    @Test func whatIsThereCanBeMadeAnew() async throws {
        let ben = try await team.device("ben", of: "ben")
        try await ben.sync(snapshotsFrom: 1, fetchesHistory: false)
        try edit(7, "after", by: ben)
        try edit(39, "after", by: ben)
        let before = try ben.fingerprint()
        try ben.store.rebuild()
        #expect(try ben.fingerprint() == before)
        #expect(try ben.store.check().problems == [])
    }

    @Test func undoFindsWhatTheSnapshotSays() async throws {
        let ben = try await team.device("ben", of: "ben")
        try await ben.sync(snapshotsFrom: 1, fetchesHistory: false)
        try edit(10, "by ben", by: ben)
        #expect(try body(10, on: ben) == "by ben")
        _ = try ben.store.undo()
        #expect(try body(10, on: ben) == "second")
    }

    /// Answers to a store that did not begin: taken by hand, one piece at a time.
    private func takePieces(_ device: Device, changing: (SnapshotReply) -> SnapshotReply = { $0 }) async throws {
        let link = try #require(try device.store.syncLink())
        let transport = team.transport(device.token)
        let heads = try #require(try await transport.heads(HeadsRequest(workspace: link.workspace, digest: nil)))
        var points = try device.store.adopt(heads, snapshotsFrom: 1).snapshots
        #expect(points.count == 1)
        while let point = points.popLast() {
            let reply = try await transport.snapshot(
                SnapshotRequest(
                    workspace: link.workspace, layer: point.layer, position: point.position, firstPiece: point.piece,
                    byteBudget: 1))
            #expect(reply.pieces.count == 1)
            if let next = try device.store.take(changing(reply)).next { points.append(next) }
        }
    }

    @Test func whatIsNotReadInYetCanBeWorkedOn() async throws {
        let ben = try await team.device("ben", of: "ben")
        try await takePieces(ben)
        let read = try #require(try ben.store.readSnapshotPiece())
        #expect(read.read == 1 && read.total > 3)
        for memo in [6, 20, 39] {
            try edit(memo, "early", by: ben)
            #expect(try body(memo, on: ben) == "early")
        }
        #expect(try ben.store.check().problems == [])
        // The program ends here, and another goes on.
        let later = Device(team: team, store: try team.reopen(ben.store), token: ben.token)
        try await later.sync(fetchesHistory: false)
        try await ana.sync()
        try expectAlike(later)
        try await later.sync()
        try expectAlike(later)
    }

    @Test func aSnapshotThatIsCutGoesOnWhereItWas() async throws {
        let ben = try await team.device("ben", of: "ben")
        let asked = Atomic<Int>(0)
        for _ in 0..<40 where try missingHistory(ben) == 0 {
            _ = try? await ben.sync(snapshotsFrom: 1, fetchesHistory: false, pullBytes: 1) { path in
                guard path == SyncPath.snapshot.rawValue else { return .none }
                return asked.add(1, ordering: .relaxed).newValue % 3 == 0 ? .loseReply : .none
            }
        }
        #expect(try missingHistory(ben) == 65)
        // Each piece was asked for once, but for the answers that were lost.
        #expect(asked.load(ordering: .relaxed) < 20)
        try expectAlike(ben)
    }

    @Test func aNewerSnapshotTakesThePlaceOfOneThatIsGone() async throws {
        let ben = try await team.device("ben", of: "ben")
        _ = try? await ben.sync(snapshotsFrom: 1, pullBytes: 1) { path in
            path == SyncPath.snapshot.rawValue && (try? missingPieces(ben)) ?? 0 > 1 ? .loseRequest : .none
        }
        for round in 0..<2 {
            for memo in 15..<40 { try edit(memo, "round \(round)", by: ana) }
            try await ana.sync()
            try await makeSnapshots()
        }
        #expect(try missingHistory(ben) == 0)
        let summary = try await ben.sync(snapshotsFrom: 1, fetchesHistory: false, pullBytes: 1)
        #expect(summary.snapshotCount == 115)
        try expectAlike(ben)
    }

    /// Ben's delete is refused, and the record made anew: with what an edit in the snapshot names and came after it, superseded
    /// as it came.
    @Test func whatASnapshotNamesAndCameAfterItIsFoundAgain() async throws {
        let cem = try await team.device("cem", of: "ana")
        try await cem.sync()
        try edit(20, "by cem", by: cem)
        _ = try ana.store.read(cem.store.bundle())
        try edit(20, "over cem's", by: ana)
        try await ana.sync()
        try await cem.sync()
        for memo in 21..<40 { try edit(memo, "later", by: ana) }
        try await ana.sync()
        var limits = SnapshotLimits()
        // Up to Ana's edit, which comes to the server before Cem's.
        limits.runsMax = 2
        #expect(try await team.server.refreshSnapshots(from: 1, limits: limits) { _ in } == 1)
        let ben = try await team.device("ben", of: "ben")
        #expect(try await ben.sync(snapshotsFrom: 1, fetchesHistory: false).snapshotCount == 66)
        let shared = try ben.layer(.shared)
        try ben.store.write { try $0.delete(memos[20], in: shared) }
        try await team.server.addMember(workspace: Team.workspace, user: "ben", role: .reader)
        #expect(try await ben.sync(fetchesHistory: false).refusedCount == 1)
        try await ana.sync()
        try expectAlike(ben)
    }

    private func missingPieces(_ device: Device) throws -> Int {
        let db = try Connection(path: device.store.folder.database)
        let select = try db.prepare("SELECT (SELECT count(*) FROM base_piece) + (SELECT count(*) FROM coming_piece)")
        return try select.step() ? select.int(0) : 0
    }

    @Test func piecesThatTheServerHasNotSignedAreNotTaken() async throws {
        func copy(_ reply: SnapshotReply, head: SnapshotHead? = nil, pieces: [[UInt8]]? = nil) -> SnapshotReply {
            SnapshotReply(
                layer: reply.layer, head: head ?? reply.head, signature: reply.signature, checkpoint: reply.checkpoint,
                firstPiece: reply.firstPiece, pieces: pieces ?? reply.pieces)
        }
        let ben = try await team.device("ben", of: "ben")
        for change: (SnapshotReply) -> SnapshotReply in [
            { copy($0, pieces: [Array($0.pieces[0].reversed())]) },
            { reply in
                let head = reply.head!
                return copy(
                    reply,
                    head: SnapshotHead(
                        layer: head.layer, epoch: head.epoch, position: head.position, feedHash: head.feedHash,
                        chains: head.chains, recordCount: head.recordCount, pieces: head.pieces.reversed()))
            },
        ] {
            let error = await #expect(throws: StoreError.self) { try await takePieces(ben, changing: change) }
            #expect(error?.code == .unverified)
        }
        try await ben.sync(snapshotsFrom: 1)
        try expectAlike(ben)
    }

    @Test func aServerThatWasPutBackGetsItsHistoryFromTheMakers() async throws {
        try team.copyServer(to: team.folder.path + "/older")
        for memo in 20..<40 { try edit(memo, "later", by: ana) }
        try await ana.sync()
        try await makeSnapshots()
        let ben = try await team.device("ben", of: "ben")
        try await ben.sync(snapshotsFrom: 1, fetchesHistory: false)
        try edit(39, "by ben", by: ben)
        try team.restoreServer(from: team.folder.path + "/older")
        try await team.server.addToken(
            tokenHash: team.cryptography.sha256([UInt8](ben.token.utf8)), user: "ben")
        // What the snapshot stands for and the server has lost cannot come from here, and stays.
        let summary = try await ben.sync()
        #expect(summary.serverWasRestored)
        #expect(try body(38, on: ben) == "later")
        #expect(try ben.store.check().problems == [])
        try await ana.sync()
        try await ben.sync()
        try await ana.sync()
        #expect(try missingHistory(ben) == 0)
        #expect(try body(38, on: ben) == "later")
        try expectAlike(ben)
    }

    @Test func whoLosesAccessKeepsNothingOfASnapshot() async throws {
        let ben = try await team.device("ben", of: "ben")
        try await ben.sync(snapshotsFrom: 1, fetchesHistory: false)
        try await team.server.removeMember(workspace: Team.workspace, user: "ben")
        await #expect(throws: SyncError.self) { try await ben.sync() }
        #expect(try missingPieces(ben) == 0)
        try await team.server.addMember(workspace: Team.workspace, user: "ben", role: .analyst)
        try await ben.sync(snapshotsFrom: 1)
        try expectAlike(ben)
    }

    @Test func whoComesBackGoesOnUnderAnotherReplicaID() async throws {
        let ben = try await team.device("ben", of: "ben")
        try await ben.sync()
        try edit(30, "by ben", by: ben)
        try await ben.sync()
        for memo in 10..<40 { try edit(memo, "later", by: ana) }
        try await ana.sync()
        try await makeSnapshots()
        try await team.server.removeMember(workspace: Team.workspace, user: "ben")
        await #expect(throws: SyncError.self) { try await ben.sync() }
        try await team.server.addMember(workspace: Team.workspace, user: "ben", role: .curator)
        let former = try ben.store.read { try $0.ownReplica() }
        #expect(try await ben.sync(snapshotsFrom: 1, fetchesHistory: false).snapshotCount == 96)
        #expect(try ben.store.read { try $0.ownReplica() } != former)
        try edit(31, "by ben again", by: ben)
        try await ben.sync()
        try await ana.sync()
        try expectAlike(ben)
    }

    @Test func whatANewLifeOfTheFeedRefusesLosesItsEffect() async throws {
        let cem = try await team.device("cem", of: "ana")
        try await cem.sync()
        try team.copyServer(to: team.folder.path + "/older")
        for memo in 20..<40 { try edit(memo, "later", by: cem) }
        try await cem.sync()
        try await makeSnapshots()
        let ben = try await team.device("ben", of: "ben")
        try await ben.sync(snapshotsFrom: 1, fetchesHistory: false)
        #expect(try body(38, on: ben) == "later")
        try team.restoreServer(from: team.folder.path + "/older")
        try await team.server.addToken(
            tokenHash: team.cryptography.sha256([UInt8](ben.token.utf8)), user: "ben")
        try await team.server.addMember(workspace: Team.workspace, user: "ana", role: .reader)
        try await ben.sync(fetchesHistory: false)
        // It comes back as headers alone: its maker may not write any more.
        #expect(try await cem.sync().refusedCount == 20)
        try await ben.sync()
        #expect(try body(38, on: ben) == "first")
        #expect(try missingHistory(ben) == 0)
        try await ana.sync()
        try expectAlike(ben)
    }

    /// A server of an older version knows no such path.
    private struct OlderServer: SyncTransport {
        let transport: InProcessTransport

        func send<Reply: WireMessage>(
            _ path: SyncPath, _ message: some WireMessage
        ) async throws(SyncError) -> Reply? {
            if path == .snapshot { throw SyncError(status: 404, body: [], retryAfterSeconds: nil) }
            return try await transport.send(path, message)
        }
    }

    @Test func anOlderServerGivesTheHistory() async throws {
        let ben = try await team.device("ben", of: "ben")
        let transport = OlderServer(transport: team.transport(ben.token))
        let summary = try await SyncClient(store: ben.store, transport: transport, retry: .none, snapshotsFrom: 1)
            .sync()
        #expect(summary.pulledCount == 65)
        try expectAlike(ben)
    }

    @Test func aServerWithoutSnapshotsGivesTheHistory() async throws {
        let ben = try await team.device("ben", of: "ben")
        try Connection(path: team.serverFolder + "/server.sqlite").execute(
            "DELETE FROM snapshot_piece; DELETE FROM snapshot_chain; DELETE FROM snapshot")
        let summary = try await ben.sync(snapshotsFrom: 1)
        #expect(summary.snapshotCount == 0)
        #expect(summary.pulledCount == 65)
        try expectAlike(ben)
    }
}
