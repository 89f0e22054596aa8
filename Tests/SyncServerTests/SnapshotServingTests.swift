import AnnotationModel
import ChangeLog
import Compression
import HTTPClient
import ServerStore
import TestSupport
import Testing
import WireFormat

/// Snapshots over HTTP.
@Suite struct SnapshotServingTests {
    @Test func aSnapshotTravelsSignedAndTheFeedGoesOnFromIt() async throws {
        let live = try await LiveServer()
        let ana = try await BareDevice(live, of: "ana")
        let layer = try await ana.layer(.shared)
        var maker = ana.maker(in: layer)
        for number in 0..<40 {
            maker.make(
                ChangeLog.Operation(
                    record: RecordID(high: 9, low: UInt64(number)), kind: .memo,
                    action: .write(Field.Memo.body, .text("memo \(number)"), isContested: true)))
        }
        _ = try await ana.push([maker.segment(1, through: 30)])
        func ask(_ position: UInt64 = 0, _ piece: UInt64 = 0) async throws -> SnapshotReply {
            let reply = try await ana.post(
                .snapshot,
                SnapshotRequest(
                    workspace: live.workspace, layer: layer, position: position, firstPiece: piece,
                    byteBudget: 1 << 20))
            #expect(reply.status == 200)
            return try SnapshotReply(decoding: reply.body)
        }
        let none = try await ask()
        #expect(none.head == nil && none.signature == nil && none.checkpoint == nil && none.pieces == [])
        #expect(try await live.store.refreshSnapshots(from: 30) == 1)
        _ = try await ana.push([maker.segment(31)])

        let reply = try await ask()
        let head = try required(reply.head)
        #expect(head.layer == layer && head.position == 30 && head.recordCount == 30 && reply.firstPiece == 0)
        #expect(
            head.chains == [
                SnapshotHead.Chain(
                    replica: maker.replica, seq: 30, hash: maker.changes[29].hash,
                    lamport: maker.changes[29].header.lamport)
            ])
        let identity = try await live.store.identity()
        let statement = SignedStatement.snapshot(
            server: identity.server, digest: live.cryptography.sha256(head.encoded))
        #expect(
            live.cryptography.isValid(try required(reply.signature), of: statement, by: identity.key.publicKey))
        let checkpoint = SignedStatement.checkpoint(
            server: identity.server, layer: layer, epoch: head.epoch, position: 30, feedHash: head.feedHash)
        #expect(
            live.cryptography.isValid(try required(reply.checkpoint), of: checkpoint, by: identity.key.publicKey))
        #expect(reply.pieces.map { live.cryptography.sha256($0) } == head.pieces)
        let records = try reply.pieces.flatMap {
            try SnapshotPiece(decoding: Zstd.decompress($0, maximumSize: WireLimits.snapshotPieceBytesMax)).records
        }
        #expect(records.map(\.id) == (0..<30).map { RecordID(high: 9, low: $0) })
        #expect(try records.map { try $0.decoded().shown(Field.Memo.body) } == (0..<30).map { .text("memo \($0)") })
        #expect(try await ask(30, 1).pieces == [])
        #expect(try await ask(29, 1) == reply)

        // A client that starts there reads on from there.
        let cursor = FeedCursor(layer: layer, epoch: head.epoch, position: 30, feedHash: head.feedHash)
        let pull = PullRequest(workspace: live.workspace, cursors: [cursor], byteBudget: 1 << 20)
        let page = try required(PullReply(decoding: try await ana.post(.pull, pull).body).pages.first)
        #expect(page.status == .changes && page.position == 40)
    }
}
