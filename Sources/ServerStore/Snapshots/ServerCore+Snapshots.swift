import AnnotationModel
import ChangeLog
import SQLiteBinding
import WireFormat

/// A layer of which a snapshot may be made. Its row's number may be another layer's once it is deleted.
struct SnapshotLayer: Hashable, Sendable {
    let num: Int64
    let id: LayerID
    let position: UInt64
    /// Where the last complete snapshot stands; 0 where there is none.
    let snapshotPosition: UInt64
}

/// A complete snapshot, as a build goes on from it.
struct HeldSnapshot: Sendable {
    let num: Int64
    let position: UInt64
    let feedHash: Digest
    let chains: [Int64: SnapshotHead.Chain]
    let pieceCount: Int
}

/// A piece as it is kept and travels.
struct PackedPiece: Sendable {
    let number: Int
    let firstRecord: RecordID
    let hash: Digest
    let bytes: [UInt8]
}

/// The tables of snapshots.
extension ServerCore {
    /// The layers whose feed has grown enough since their last snapshot: by `changes`, and by a quarter.
    func layersToSnapshot(from changes: UInt64) throws -> [SnapshotLayer] {
        let select = try db.statement(
            """
            SELECT num, id, layer.position, coalesce(
                (SELECT max(position) FROM snapshot WHERE snapshot.layer = layer.num AND is_complete = 1), 0)
            FROM layer WHERE position > 0 ORDER BY num
            """)
        var layers: [SnapshotLayer] = []
        while try select.step() {
            guard let id = LayerID(select, 1) else { continue }
            let layer = SnapshotLayer(
                num: select.int64(0), id: id, position: UInt64(select.int64(2)),
                snapshotPosition: UInt64(select.int64(3)))
            guard layer.position > layer.snapshotPosition,
                layer.position - layer.snapshotPosition >= max(changes, layer.snapshotPosition / 4)
            else { continue }
            layers.append(layer)
        }
        return layers
    }

    /// Whether the layer is still there.
    func isThere(_ layer: SnapshotLayer) throws -> Bool {
        let select = try db.statement("SELECT 1 FROM layer WHERE num = ?1 AND id = ?2")
        select.bind(layer.num, at: 1)
        select.bind(layer.id, at: 2)
        defer { select.reset() }
        return try select.step()
    }

    /// The last complete snapshot of a layer.
    func lastSnapshot(of layer: SnapshotLayer) throws -> HeldSnapshot? {
        guard try isThere(layer) else { return nil }
        let select = try db.statement(
            """
            SELECT num, position, feed_hash, (SELECT count(*) FROM snapshot_piece WHERE snapshot_piece.snapshot = snapshot.num)
            FROM snapshot WHERE layer = ?1 AND is_complete = 1 ORDER BY position DESC LIMIT 1
            """)
        select.bind(layer.num, at: 1)
        guard try select.step() else { return nil }
        defer { select.reset() }
        guard let feedHash = select.digest(2) else { throw Self.damagedSnapshot }
        let num = select.int64(0)
        var chains: [Int64: SnapshotHead.Chain] = [:]
        try eachChain(of: num) { chains[$0] = $1 }
        return HeldSnapshot(
            num: num, position: UInt64(select.int64(1)), feedHash: feedHash, chains: chains,
            pieceCount: select.int(3))
    }

    private static let damagedSnapshot = ServerStoreError(.unavailable, "a snapshot's row is damaged")

    /// By replica id.
    private func eachChain(of snapshot: Int64, _ body: (Int64, SnapshotHead.Chain) -> Void) throws {
        let select = try db.statement(
            """
            SELECT chain.num, replica.id, snapshot_chain.seq, snapshot_chain.hash, snapshot_chain.lamport
            FROM snapshot_chain JOIN chain ON chain.num = snapshot_chain.chain
            JOIN replica ON replica.num = chain.replica WHERE snapshot_chain.snapshot = ?1 ORDER BY replica.id
            """)
        select.bind(snapshot, at: 1)
        while try select.step() {
            guard let replica = ReplicaID(select, 1), let hash = select.digest(3) else { throw Self.damagedSnapshot }
            body(
                select.int64(0),
                SnapshotHead.Chain(
                    replica: replica, seq: UInt64(select.int64(2)), hash: hash, lamport: UInt64(select.int64(4))))
        }
    }

    /// A few rows of a feed from `position` + 1 on, at least one where there is one; `nil` where the layer is gone.
    func feedRows(
        of layer: SnapshotLayer, after position: UInt64, limits: SnapshotLimits
    ) throws -> [FeedRow]? {
        guard try isThere(layer) else { return nil }
        let select = try db.statement(
            """
            SELECT feed.chain, replica.id, feed.seq, feed.lamport, feed.author, feed.wall_time, feed.hash, feed.feed_hash,
                feed.payload, feed.id, feed.withheld
            FROM feed JOIN chain ON chain.num = feed.chain JOIN replica ON replica.num = chain.replica
            WHERE feed.id BETWEEN ?1 AND ?2 ORDER BY feed.id
            """)
        let last = min(layer.position, position + UInt64(limits.rowsAtOnce))
        select.bind(layer.num << 40 | Int64(position + 1), at: 1)
        select.bind(layer.num << 40 | Int64(last), at: 2)
        defer { select.reset() }
        var rows: [FeedRow] = []
        var bytes = 0
        while bytes < limits.payloadBytesAtOnce, try select.step() {
            guard let replica = ReplicaID(select, 1), let author = MemberID(select, 4), let hash = select.digest(6),
                let feedHash = select.digest(7),
                select.int64(9) & 0xFF_FFFF_FFFF == Int64(position) + Int64(rows.count) + 1
            else { throw ServerStoreError(.unavailable, "a feed's row is damaged or missing") }
            guard select.int64(10) != Int64(Withholding.compacted.rawValue) else {
                throw ServerStoreError(.unavailable, "the snapshot that stands for a compacted feed is missing")
            }
            let payload = select.optionalBlob(8)
            bytes += payload?.count ?? 0
            rows.append(
                FeedRow(
                    chain: select.int64(0),
                    stamp: Stamp(
                        replica: replica, seq: UInt64(select.int64(2)), lamport: UInt64(select.int64(3)),
                        author: author, wallTime: select.int64(5)),
                    hash: hash, feedHash: feedHash, payload: payload))
        }
        guard !rows.isEmpty || position >= last else {
            throw ServerStoreError(.unavailable, "a feed's rows are missing")
        }
        return rows
    }

    /// A piece of a complete snapshot; `nil` where there is none of that number, or no such snapshot any more.
    func piece(
        _ number: Int, of snapshot: Int64, _ layer: SnapshotLayer
    ) throws -> (bytes: [UInt8], hash: Digest)? {
        guard try isThere(layer) else { return nil }
        let select = try db.statement(
            "SELECT bytes, sha256 FROM snapshot_piece WHERE snapshot = ?1 AND number = ?2 AND layer = ?3")
        select.bind(snapshot, at: 1)
        select.bind(number, at: 2)
        select.bind(layer.num, at: 3)
        defer { select.reset() }
        return try select.step() ? (select.blob(0), select.digest(1) ?? .zero) : nil
    }

    // MARK: Building

    /// Makes room for a snapshot that is being built. What earlier builds of the layer have left unfinished is removed.
    ///
    /// - Returns: Its row; `nil` where the layer is gone.
    func beginSnapshot(of layer: SnapshotLayer, _ stretch: FeedStretch) throws -> Int64? {
        guard try isThere(layer) else { return nil }
        try deleteSnapshots("layer = ?1 AND is_complete = 0", layer.num)
        let insert = try db.statement(
            "INSERT INTO snapshot (layer, position, feed_hash, built_at) VALUES (?1, ?2, ?3, ?4)")
        insert.bind(layer.num, at: 1)
        insert.bind(stretch.position, at: 2)
        insert.bind(stretch.feedHash, at: 3)
        insert.bind(clock(), at: 4)
        try insert.run()
        let snapshot = db.lastInsertedRow
        for (chain, end) in stretch.chains.sorted(by: { $0.key < $1.key }) {
            let insert = try db.statement(
                """
                INSERT INTO snapshot_chain (snapshot, layer, chain, seq, hash, lamport) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                """)
            insert.bind(snapshot, at: 1)
            insert.bind(layer.num, at: 2)
            insert.bind(chain, at: 3)
            insert.bind(end.seq, at: 4)
            insert.bind(end.hash, at: 5)
            insert.bind(end.lamport, at: 6)
            try insert.run()
        }
        return snapshot
    }

    /// Whether a snapshot is still there to be built on.
    private func isUnfinished(_ snapshot: Int64, _ layer: SnapshotLayer, at position: UInt64) throws -> Bool {
        guard try isThere(layer) else { return false }
        let select = try db.statement(
            "SELECT 1 FROM snapshot WHERE num = ?1 AND layer = ?2 AND position = ?3 AND is_complete = 0")
        select.bind(snapshot, at: 1)
        select.bind(layer.num, at: 2)
        select.bind(position, at: 3)
        defer { select.reset() }
        return try select.step()
    }

    /// - Returns: Whether the snapshot is still there.
    func add(
        _ piece: PackedPiece, toSnapshot snapshot: Int64, of layer: SnapshotLayer, at position: UInt64
    ) throws -> Bool {
        guard try isUnfinished(snapshot, layer, at: position) else { return false }
        let insert = try db.statement(
            """
            INSERT INTO snapshot_piece (snapshot, number, layer, first_record, sha256, bytes)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            """)
        insert.bind(snapshot, at: 1)
        insert.bind(piece.number, at: 2)
        insert.bind(layer.num, at: 3)
        insert.bind(piece.firstRecord, at: 4)
        insert.bind(piece.hash, at: 5)
        insert.bind(piece.bytes, at: 6)
        try insert.run()
        return true
    }

    /// Lets a snapshot be served, and removes all but the two newest: one more than the newest, for those who are at it.
    ///
    /// - Returns: Whether it is still there.
    func finish(
        snapshot: Int64, of layer: SnapshotLayer, at position: UInt64, recordCount: Int
    ) throws -> Bool {
        guard try isUnfinished(snapshot, layer, at: position) else { return false }
        let update = try db.statement("UPDATE snapshot SET is_complete = 1, record_count = ?2 WHERE num = ?1")
        update.bind(snapshot, at: 1)
        update.bind(recordCount, at: 2)
        try update.run()
        try deleteSnapshots(
            """
            layer = ?1 AND num NOT IN (
                SELECT num FROM snapshot WHERE layer = ?1 AND is_complete = 1 ORDER BY position DESC LIMIT 2)
            """, layer.num)
        return true
    }

    /// Takes a snapshot back that cannot be made.
    func abandon(snapshot: Int64, of layer: SnapshotLayer) throws {
        guard try isThere(layer) else { return }
        try deleteSnapshots("layer = ?1 AND is_complete = 0", layer.num)
    }

    private func deleteSnapshots(_ condition: String, _ layer: Int64) throws {
        for sql in [
            "DELETE FROM snapshot_piece WHERE snapshot IN (SELECT num FROM snapshot WHERE \(condition))",
            "DELETE FROM snapshot_chain WHERE snapshot IN (SELECT num FROM snapshot WHERE \(condition))",
            "DELETE FROM snapshot WHERE \(condition)",
        ] {
            let delete = try db.statement(sql)
            delete.bind(layer, at: 1)
            try delete.run()
        }
    }

    // MARK: Serving

    /// Pieces of the snapshot asked for; where that is not held any more, those of the newest. Nothing tells a layer that the
    /// account may not read from one without a snapshot, or none.
    func snapshot(_ request: SnapshotRequest, for account: Account) throws -> SnapshotReply {
        let none = SnapshotReply(
            layer: request.layer, head: nil, signature: nil, checkpoint: nil, firstPiece: 0, pieces: [])
        guard let layer = try readableLayer(request.layer, workspace: request.workspace, for: account) else {
            return none
        }
        let select = try db.statement(
            """
            SELECT num, position, feed_hash, record_count FROM snapshot WHERE layer = ?1 AND is_complete = 1
            ORDER BY position = ?2 DESC, position DESC LIMIT 1
            """)
        select.bind(layer.num, at: 1)
        select.bind(request.position, at: 2)
        guard try select.step() else { return none }
        defer { select.reset() }
        guard let feedHash = select.digest(2) else { throw Self.damagedSnapshot }
        let (num, position) = (select.int64(0), UInt64(select.int64(1)))
        let firstPiece = position == request.position ? request.firstPiece : 0
        var chains: [SnapshotHead.Chain] = []
        try eachChain(of: num) { chains.append($1) }
        let head = SnapshotHead(
            layer: layer.id, epoch: layer.epoch, position: position, feedHash: feedHash, chains: chains,
            recordCount: UInt64(select.int64(3)), pieces: try pieceHashes(of: num))
        let budget = min(request.byteBudget, UInt64(WireLimits.pullBytesMax))
        return SnapshotReply(
            layer: layer.id, head: head, signature: nil, checkpoint: nil, firstPiece: firstPiece,
            pieces: try pieces(of: num, from: firstPiece, byteBudget: Int(budget)))
    }

    private func pieceHashes(of snapshot: Int64) throws -> [Digest] {
        let select = try db.statement("SELECT sha256 FROM snapshot_piece WHERE snapshot = ?1 ORDER BY number")
        select.bind(snapshot, at: 1)
        var hashes: [Digest] = []
        while try select.step() {
            guard let hash = select.digest(0) else { throw Self.damagedSnapshot }
            hashes.append(hash)
        }
        return hashes
    }

    private func pieces(of snapshot: Int64, from first: UInt64, byteBudget: Int) throws -> [[UInt8]] {
        let select = try db.statement(
            """
            SELECT length(bytes), bytes FROM snapshot_piece WHERE snapshot = ?1 AND number >= ?2 ORDER BY number
            """)
        select.bind(snapshot, at: 1)
        select.bind(first, at: 2)
        defer { select.reset() }
        var pieces: [[UInt8]] = []
        var left = byteBudget
        while try select.step() {
            let size = select.int(0)
            if !pieces.isEmpty && size > left { break }
            left -= size
            pieces.append(select.blob(1))
        }
        return pieces
    }
}
