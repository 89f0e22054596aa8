import AnnotationModel
import ChangeLog
import Compression
import SQLiteBinding
import WireFormat

/// Snapshots fit their feeds. That their records are what the feed comes to is proved by clients, which read on from
/// there, and by tests; here every operation in them has to be one of the feed.
extension ServerDatabase {
    private struct CheckedSnapshot {
        let num: Int64
        let position: Int64
        let feedHash: [UInt8]
        let recordCount: Int
    }

    func checkSnapshots(of layer: CheckedLayer, into report: inout ServerCheckReport) throws {
        var snapshots: [CheckedSnapshot] = []
        // One that is not complete is being made, or was when the server ended; it is never served.
        try rows(
            """
            SELECT num, position, feed_hash, record_count FROM snapshot WHERE layer = ?1 AND is_complete = 1
            ORDER BY position
            """, layer.num
        ) { row in
            snapshots.append(
                CheckedSnapshot(
                    num: row.int64(0), position: row.int64(1), feedHash: row.blob(2), recordCount: row.int(3)))
        }
        if let oldest = snapshots.first?.position ?? (layer.compacted > 0 ? 0 : nil), oldest < Int64(layer.compacted) {
            report.note("layer \(layer.id): no snapshot stands for what was let go of")
        }
        for snapshot in snapshots {
            report.snapshotCount += 1
            let place = "layer \(layer.id), snapshot at \(snapshot.position)"
            var feedHash: [UInt8]?
            try rows("SELECT feed_hash FROM feed WHERE id = ?1", layer.num << 40 | snapshot.position) {
                feedHash = $0.blob(0)
            }
            if feedHash != snapshot.feedHash { report.note("\(place): the feed is another there") }
            let vector = try checkChains(of: snapshot, of: layer, place, into: &report)
            try checkPieces(of: snapshot, upTo: vector, place, into: &report)
        }
    }

    /// - Returns: What the feed holds at the snapshot's position.
    private func checkChains(
        of snapshot: CheckedSnapshot, of layer: CheckedLayer, _ place: String, into report: inout ServerCheckReport
    ) throws -> VersionVector {
        func ends(_ sql: String, _ arguments: Int64...) throws -> [[UInt8]] {
            var ends: [[UInt8]] = []
            let select = try db.statement(sql)
            for (place, argument) in arguments.enumerated() { select.bind(argument, at: Int32(place + 1)) }
            while try select.step() {
                ends.append((0..<4).flatMap { select.blob($0) + [0] })
            }
            return ends
        }
        let first = layer.num << 40
        let real = try ends(
            """
            SELECT chain, max(seq), hash, lamport FROM feed WHERE id BETWEEN ?1 AND ?2 GROUP BY chain ORDER BY chain
            """, first, first | snapshot.position)
        let kept = try ends(
            "SELECT chain, seq, hash, lamport FROM snapshot_chain WHERE snapshot = ?1 AND layer = ?2 ORDER BY chain",
            snapshot.num, layer.num)
        if real != kept { report.note("\(place): the feed's chains end elsewhere there") }
        var vector = VersionVector()
        try rows(
            """
            SELECT replica.id, max(feed.seq) FROM feed JOIN chain ON chain.num = feed.chain
            JOIN replica ON replica.num = chain.replica WHERE feed.id BETWEEN ?1 AND ?2 GROUP BY feed.chain
            """, first, first | snapshot.position
        ) { row in
            if let replica = ReplicaID(row, 0) { vector[replica] = UInt64(bitPattern: row.int64(1)) }
        }
        return vector
    }

    private func checkPieces(
        of snapshot: CheckedSnapshot, upTo vector: VersionVector, _ place: String,
        into report: inout ServerCheckReport
    ) throws {
        var (number, recordCount) = (0, 0)
        var last: RecordID?
        try rows(
            "SELECT number, first_record, sha256, bytes FROM snapshot_piece WHERE snapshot = ?1 ORDER BY number",
            snapshot.num
        ) { row in
            if row.int(0) != number { report.note("\(place): piece \(number) is missing") }
            number = row.int(0) + 1
            let bytes = row.blob(3)
            if cryptography.sha256(bytes).bytes != row.blob(2) {
                return report.note("\(place): piece \(row.int(0)) does not fit its hash")
            }
            guard let unpacked = try? Zstd.decompress(bytes, maximumSize: WireLimits.snapshotPieceBytesMax),
                let records = try? SnapshotPiece(decoding: unpacked).records, let first = records.first
            else { return report.note("\(place): piece \(row.int(0)) cannot be read") }
            if first.id.bytes != row.blob(1) { report.note("\(place): piece \(row.int(0)) begins with another record") }
            if let last, !(last < first.id) { report.note("\(place): piece \(row.int(0)) goes back") }
            last = records.last?.id
            recordCount += records.count
            for record in records {
                guard let state = try? record.decoded(), !state.isEmpty else {
                    report.note("\(place): record \(record.id) cannot be read")
                    continue
                }
                if !state.liveDots.allSatisfy(vector.contains) || state.awaited.contains(where: vector.contains) {
                    report.note("\(place): record \(record.id) is not of the feed up to there")
                }
            }
        }
        if recordCount != snapshot.recordCount {
            report.note("\(place): it has \(recordCount) records and not \(snapshot.recordCount)")
        }
    }
}
