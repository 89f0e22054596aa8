import AnnotationModel
import ChangeLog
import Compression
import Foundation
import SQLiteBinding
import TestSupport
import Testing
import WireFormat

@testable import ServerStore

/// A world whose backend is the embedded store itself.
struct SnapshotScene {
    let world: World
    let store: SQLiteServerStore
    let layer: LayerID
    private var makers: [ReplicaID: Maker] = [:]

    init() async throws {
        world = try await World(Backend.all[0])
        store = try required(world.store as? SQLiteServerStore)
        layer = world.ana.personal
    }

    /// Pushes changes one by one, as the feed has them. - Parameter withholding: Those of which only the header comes.
    mutating func push(
        _ changes: some Sequence<RandomFeed.Delivered>, withholding: (RandomFeed.Delivered) -> Bool = { _ in false }
    ) async throws {
        for change in changes {
            let replica = change.stamp.replica
            var maker = makers[replica] ?? Maker(world.ana, in: layer, replica: replica)
            maker.make(
                lamport: change.stamp.lamport, wallTime: change.stamp.wallTime,
                payload: Payload(operations: change.operations).encoded(by: replica),
                withheld: withholding(change) ? .unavailable : nil)
            makers[replica] = maker
            let result = try await world.push(maker.segment(maker.changes.count), by: world.ana)[0]
            guard result.status == .accepted else { throw Missing(what: result.explanation) }
        }
    }

    mutating func push(payload: [UInt8]) async throws {
        let replica = ReplicaID(high: 99, low: 99)
        var maker = makers[replica] ?? Maker(world.ana, in: layer, replica: replica)
        maker.make(payload: payload)
        makers[replica] = maker
        let result = try await world.push(maker.segment(maker.changes.count), by: world.ana)[0]
        guard result.status == .accepted else { throw Missing(what: result.explanation) }
    }

    /// The newest snapshot, fetched in several requests; `nil` where there is none.
    func snapshot(byteBudget: UInt64 = 1000) async throws -> (head: SnapshotHead, records: [SnapshotPiece.Record])? {
        var pieces: [[UInt8]] = []
        var head: SnapshotHead?
        repeat {
            let reply = try await store.snapshot(
                SnapshotRequest(
                    workspace: world.workspace, layer: layer, position: head?.position ?? 0,
                    firstPiece: UInt64(pieces.count), byteBudget: byteBudget), for: world.ana.account)
            guard let found = reply.head else { return nil }
            #expect(head == nil || head == found)
            #expect(reply.firstPiece == pieces.count)
            guard !reply.pieces.isEmpty || found.pieces.isEmpty else { throw Missing(what: "progress") }
            head = found
            pieces += reply.pieces
        } while pieces.count < head?.pieces.count ?? 0
        guard let head else { return nil }
        #expect(head.pieces == pieces.map { world.cryptography.sha256($0) })
        let records = try pieces.flatMap {
            try SnapshotPiece(decoding: Zstd.decompress($0, maximumSize: WireLimits.snapshotPieceBytesMax)).records
        }
        #expect(head.recordCount == records.count)
        return (head, records)
    }

    /// What a client comes to that reads the feed up to there, and where the chains end.
    func expected(_ position: UInt64) async throws -> (
        records: [SnapshotPiece.Record], chains: [SnapshotHead.Chain]
    ) {
        let feed = try await world.feed(of: layer, world.ana).prefix(Int(position))
        var client = LayerState()
        var chains: [ReplicaID: SnapshotHead.Chain] = [:]
        for change in feed {
            let header = change.header
            client.receive(header.stamp, try change.operations ?? [])
            chains[header.replica] = SnapshotHead.Chain(
                replica: header.replica, seq: header.seq, hash: change.hash, lamport: header.lamport)
        }
        let records = client.settled.sorted { $0.key < $1.key }
            .map { SnapshotPiece.Record(id: $0.key, state: $0.value.encoded, awaited: $0.value.encodedAwaited) }
        return (records, chains.values.sorted { $0.replica < $1.replica })
    }

    func count(_ table: String) throws -> Int {
        let db = try Connection(path: world.folder.path + "/server.sqlite")
        let select = try db.prepare("SELECT count(*) FROM \(table)")
        return try select.step() ? select.int(0) : 0
    }

    func problems() throws -> [String] {
        try ServerDatabase(folder: world.folder.path, cryptography: world.cryptography).check { _, _ in }.problems
    }
}
