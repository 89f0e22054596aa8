import AnnotationModel
import ChangeLog
import SQLiteBinding

/// A layer of whose feed payloads may be let go of.
struct CompactableLayer: Sendable {
    let layer: SnapshotLayer
    /// Up to where that was done.
    let compacted: UInt64
    /// The snapshot's position that every replica which is further behind can start from, and up to which the server itself
    /// needs no payload.
    let end: UInt64
}

extension ServerCore {
    /// The layers with changes that a snapshot stands for and whose payloads are kept. A round's layers are evidence: they are
    /// kept whole.
    ///
    /// The older of two snapshots counts: who is fetching it reads on from there.
    func layersToCompact() throws -> [CompactableLayer] {
        let select = try db.statement(
            """
            SELECT num, id, layer.position, compacted_position, (
                SELECT min(snapshot.position) FROM snapshot WHERE snapshot.layer = layer.num AND is_complete = 1) AS oldest,
                CASE WHEN kind = ?1 THEN makers_position ELSE layer.position END
            FROM layer WHERE round IS NULL AND oldest > compacted_position ORDER BY num
            """)
        select.bind(Int64(LayerKind.shared.rawValue), at: 1)
        var layers: [CompactableLayer] = []
        while try select.step() {
            guard let id = LayerID(select, 1) else { continue }
            let oldest = UInt64(select.int64(4))
            let found = CompactableLayer(
                layer: SnapshotLayer(
                    num: select.int64(0), id: id, position: UInt64(select.int64(2)), snapshotPosition: oldest),
                compacted: UInt64(select.int64(3)), end: min(oldest, UInt64(select.int64(5))))
            if found.end > found.compacted { layers.append(found) }
        }
        return layers
    }

    /// The layers that payloads were let go of in.
    func compactedLayers() throws -> [SnapshotLayer] {
        let select = try db.statement("SELECT num, id, position FROM layer WHERE compacted_position > 0 ORDER BY num")
        var layers: [SnapshotLayer] = []
        while try select.step() {
            guard let id = LayerID(select, 1) else { continue }
            layers.append(
                SnapshotLayer(num: select.int64(0), id: id, position: UInt64(select.int64(2)), snapshotPosition: 0))
        }
        return layers
    }

    /// Whether there is anything to let go of.
    func isDue(_ found: CompactableLayer, before moment: Int64) throws -> Bool {
        guard try isThere(found.layer) else { return false }
        let select = try db.statement("SELECT received_at FROM feed WHERE id = ?1")
        select.bind(found.layer.num << 40 | Int64(found.compacted + 1), at: 1)
        defer { select.reset() }
        return try select.step() && select.int64(0) < moment
    }

    /// The numbers and sizes of the pieces of a layer's complete snapshots.
    func pieces(of layer: SnapshotLayer) throws -> [(snapshot: Int64, count: Int)] {
        let select = try db.statement(
            """
            SELECT num, (SELECT count(*) FROM snapshot_piece WHERE snapshot_piece.snapshot = snapshot.num) FROM snapshot
            WHERE layer = ?1 AND is_complete = 1
            """)
        select.bind(layer.num, at: 1)
        var result: [(snapshot: Int64, count: Int)] = []
        while try select.step() { result.append((select.int64(0), select.int(1))) }
        return result
    }

    /// Lets go of the payloads of the next changes of a feed that came before a moment.
    ///
    /// - Returns: How many changes, in all that were gone over; 0 at the end.
    func compact(_ found: CompactableLayer, before moment: Int64, limits: SnapshotLimits) throws -> Int {
        guard try isThere(found.layer),
            let now = try layersToCompact().first(where: { $0.layer.id == found.layer.id })
        else { return 0 }
        let select = try db.statement(
            "SELECT id, payload, received_at FROM feed WHERE id BETWEEN ?1 AND ?2 ORDER BY id")
        select.bind(now.layer.num << 40 | Int64(now.compacted + 1), at: 1)
        select.bind(now.layer.num << 40 | Int64(min(now.end, now.compacted + UInt64(limits.rowsAtOnce))), at: 2)
        defer { select.reset() }
        var rows: [(id: Int64, hash: Digest?)] = []
        var bytes: Int64 = 0
        while bytes < limits.payloadBytesAtOnce, try select.step(), select.int64(2) < moment {
            let payload = select.optionalBlob(1)
            rows.append((select.int64(0), payload.map { cryptography.sha256($0) }))
            bytes += Int64(payload?.count ?? 0)
        }
        select.reset()
        guard let last = rows.last else { return 0 }
        // What was let go of is not to be found in free pages either.
        try db.execute("PRAGMA secure_delete = ON")
        defer { try? db.execute("PRAGMA secure_delete = OFF") }
        let update = try db.statement("UPDATE feed SET payload = NULL, payload_hash = ?2, withheld = ?3 WHERE id = ?1")
        for (id, hash) in rows {
            guard let hash else { continue }
            update.bind(id, at: 1)
            update.bind(hash, at: 2)
            update.bind(Int64(Withholding.compacted.rawValue), at: 3)
            try update.run()
        }
        let move = try db.statement("UPDATE layer SET compacted_position = ?2 WHERE num = ?1")
        move.bind(now.layer.num, at: 1)
        move.bind(last.id & 0xFF_FFFF_FFFF, at: 2)
        try move.run()
        let workspace = try db.statement("SELECT workspace FROM layer WHERE num = ?1")
        workspace.bind(now.layer.num, at: 1)
        guard try workspace.step() else { return 0 }
        let num = workspace.int64(0)
        workspace.reset()
        try count(-bytes, inWorkspace: num)
        return rows.count
    }
}
