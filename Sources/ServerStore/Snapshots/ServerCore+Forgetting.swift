import AnnotationModel
import ChangeLog
import SQLiteBinding
import WireFormat

/// Letting go of what is left of deleted records.
///
/// A deleted record is kept so that an edit by somebody who had not heard of it meets the deletion. Once every device that is
/// known has read it, or was ended, snapshots leave the record out; its id stays here, and a change of it that comes all the same, such
/// as work that waited on a device since before, is refused, which its maker sees.
extension ServerCore {
    /// Kinds whose records the server itself acts on.
    private static let kept: Set<Kind> = [.member, .round, .assignment]

    /// Whether a record may be forgotten: it was deleted, nothing survived that, and everything that was done to it was done by
    /// `vector`.
    static func isForgettable(_ state: RecordState, by vector: VersionVector) -> Bool {
        guard let kind = state.kind, !kept.contains(kind), !state.isAlive, state.awaited.isEmpty else { return false }
        return state.liveDots.allSatisfy(vector.contains)
    }

    func keep(_ readings: [Readings.Place: Readings.Point]) throws {
        let insert = try db.statement(
            """
            INSERT INTO reading (device, layer, position) SELECT device.num, layer.num, ?5 FROM device, layer
            WHERE device.user = ?1 AND device.public_key = ?2 AND layer.id = ?3 AND layer.epoch = ?4
            AND layer.position >= ?5
            ON CONFLICT (device, layer) DO UPDATE SET position = max(position, excluded.position)
            """)
        for (place, point) in readings {
            insert.bind(place.user, at: 1)
            insert.bind(place.device, at: 2)
            insert.bind(place.layer, at: 3)
            insert.bind(point.epoch, at: 4)
            insert.bind(point.position, at: 5)
            try insert.run()
        }
    }

    /// Up to where every device that may read the layer has read it, of what was compacted.
    func passedPosition(of layer: SnapshotLayer) throws -> UInt64 {
        guard try isThere(layer) else { return 0 }
        let select = try db.statement(
            """
            SELECT min(layer.compacted_position, coalesce((
                SELECT min(coalesce(reading.position, 0)) FROM device
                JOIN membership ON membership.user = device.user AND membership.workspace = layer.workspace AND role > 0
                LEFT JOIN reading ON reading.device = device.num AND reading.layer = layer.num
                WHERE revoked_at IS NULL AND (layer.kind <> ?2 OR device.user = layer.owner)), 0))
            FROM layer WHERE num = ?1
            """)
        select.bind(layer.num, at: 1)
        select.bind(Int64(LayerKind.private.rawValue), at: 2)
        defer { select.reset() }
        return try select.step() ? UInt64(select.int64(0)) : 0
    }

    /// What a feed holds of each replica up to a position.
    ///
    /// - Complexity: O(n) in the position.
    func vector(of layer: SnapshotLayer, at position: UInt64) throws -> VersionVector {
        let select = try db.statement(
            """
            SELECT replica.id, max(feed.seq) FROM feed JOIN chain ON chain.num = feed.chain
            JOIN replica ON replica.num = chain.replica WHERE feed.id BETWEEN ?1 AND ?2 GROUP BY feed.chain
            """)
        select.bind(layer.num << 40, at: 1)
        select.bind(layer.num << 40 | Int64(position), at: 2)
        var vector = VersionVector()
        while try select.step() {
            if let replica = ReplicaID(select, 0) { vector[replica] = UInt64(select.int64(1)) }
        }
        return vector
    }

    /// The records that the feed touches from a position on.
    ///
    /// - Returns: Those, and up to where; `nil` where something cannot be read, or the layer is gone.
    func touched(
        in layer: SnapshotLayer, after position: UInt64, rowsAtOnce: Int = .max
    ) throws -> (records: Set<RecordID>, position: UInt64)? {
        guard try isThere(layer) else { return nil }
        let select = try db.statement(
            """
            SELECT replica.id, feed.payload, feed.id & 0xFFFFFFFFFF FROM feed JOIN chain ON chain.num = feed.chain
            JOIN replica ON replica.num = chain.replica WHERE feed.id BETWEEN ?1 AND ?2 ORDER BY feed.id LIMIT ?3
            """)
        select.bind(layer.num << 40 | Int64(position + 1), at: 1)
        select.bind(layer.num << 40 | 0xFF_FFFF_FFFF, at: 2)
        select.bind(Int64(rowsAtOnce), at: 3)
        defer { select.reset() }
        var records: Set<RecordID> = []
        var last = position
        while try select.step() {
            last = UInt64(select.int64(2))
            guard let bytes = select.optionalBlob(1) else { continue }
            guard let replica = ReplicaID(select, 0),
                let operations = try? Payload(decoding: bytes, by: replica).operations
            else { return nil }
            records.formUnion(operations.map(\.record))
        }
        return (records, last)
    }

    /// Forgets those of the records that nothing has touched since a position.
    func forget(_ records: [RecordID], in layer: SnapshotLayer, untouchedSince position: UInt64) throws -> Int {
        guard let (touched, _) = try touched(in: layer, after: position) else { return 0 }
        let insert = try db.statement("INSERT OR IGNORE INTO forgotten (layer, record) VALUES (?1, ?2)")
        var count = 0
        for record in records where !touched.contains(record) {
            insert.bind(layer.num, at: 1)
            insert.bind(record, at: 2)
            try insert.run()
            count += Int(db.changes)
        }
        return count
    }

    func forgottenRecords(of layer: SnapshotLayer) throws -> Set<RecordID> {
        guard try isThere(layer) else { return [] }
        let select = try db.statement("SELECT record FROM forgotten WHERE layer = ?1")
        select.bind(layer.num, at: 1)
        var records: Set<RecordID> = []
        while try select.step() { if let record = RecordID(select, 0) { records.insert(record) } }
        return records
    }

    func hasForgotten(inLayer layer: Int64) throws -> Bool {
        let select = try db.statement("SELECT 1 FROM forgotten WHERE layer = ?1 LIMIT 1")
        select.bind(layer, at: 1)
        defer { select.reset() }
        return try select.step()
    }

    func isForgotten(_ record: RecordID, in layer: Int64) throws -> Bool {
        let select = try db.statement("SELECT 1 FROM forgotten WHERE layer = ?1 AND record = ?2")
        select.bind(layer, at: 1)
        select.bind(record, at: 2)
        defer { select.reset() }
        return try select.step()
    }
}
