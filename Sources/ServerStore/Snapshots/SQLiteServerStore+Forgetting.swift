import AnnotationModel
import ChangeLog
import Compression
import Synchronization
import WireFormat

extension SQLiteServerStore {
    /// Forgets the deleted records of a layer's last snapshot that every known device has read to be deleted.
    ///
    /// - Returns: How many.
    func forgetDeleted(in layer: SnapshotLayer, limits: SnapshotLimits) async throws(ServerStoreError) -> Int {
        guard let snapshot = try await read({ try $0.lastSnapshot(of: layer) }) else { return 0 }
        let passed = min(try await read { try $0.passedPosition(of: layer) }, snapshot.position)
        let search = Snapshotting.Search(snapshot: snapshot.num, position: passed)
        guard passed > 0, snapshotting.withLock({ $0.searched[layer.id] != search }) else { return 0 }
        let vector = try await read { try $0.vector(of: layer, at: passed) }
        // What has come since the snapshot; what comes from here on is looked through as they are forgotten.
        var touched: Set<RecordID> = []
        var position = snapshot.position
        while true {
            await Task.yield()
            guard
                let found = try await read({ [position] in
                    try $0.touched(in: layer, after: position, rowsAtOnce: limits.rowsAtOnce)
                })
            else { return 0 }
            if found.position == position { break }
            touched.formUnion(found.records)
            position = found.position
        }
        let known = try await read { try $0.forgottenRecords(of: layer) }
        var count = 0
        for number in 0..<snapshot.pieceCount {
            if Task.isCancelled { return count }
            await Task.yield()
            guard let bytes = try await read({ try $0.piece(number, of: snapshot.num, layer)?.bytes }) else {
                return count
            }
            let records: [RecordID]
            do {
                let piece = try SnapshotPiece(
                    decoding: Zstd.decompress(bytes, maximumSize: WireLimits.snapshotPieceBytesMax))
                records = try piece.records.filter {
                    try !known.contains($0.id) && !touched.contains($0.id)
                        && ServerCore.isForgettable($0.decoded(), by: vector)
                }.map(\.id)
            } catch {
                throw ServerStoreError(translating: error)
            }
            guard !records.isEmpty else { continue }
            count += try await write { [position] in
                try $0.forget(records, in: layer, untouchedSince: position)
            }
        }
        snapshotting.withLock { $0.searched[layer.id] = search }
        return count
    }
}
