import AnnotationModel
import ChangeLog
import Compression
import Synchronization
import WireFormat

extension SQLiteServerStore {
    public func compact(receivedBefore moment: Int64) async throws(ServerStoreError) -> Int {
        try await compact(receivedBefore: moment, limits: SnapshotLimits()) {}
    }

    /// - Parameter didWrite: Called after each transaction.
    package func compact(
        receivedBefore moment: Int64, limits: SnapshotLimits, didWrite: @Sendable () async -> Void
    ) async throws(ServerStoreError) -> Int {
        guard snapshotting.withLock({ $0.begin() }) else { return 0 }
        defer { snapshotting.withLock { $0.isBuilding = false } }
        let readings = readings.take()
        if !readings.isEmpty { try await write { try $0.keep(readings) } }
        var count = 0
        for found in try await read({ try $0.layersToCompact() }) {
            guard try await read({ try $0.isDue(found, before: moment) }) else { continue }
            try await verifySnapshots(of: found.layer)
            while !Task.isCancelled {
                await Task.yield()
                let done = try await write { try $0.compact(found, before: moment, limits: limits) }
                if done == 0 { break }
                count += done
                await didWrite()
            }
        }
        for layer in try await read({ try $0.compactedLayers() }) where !Task.isCancelled {
            if try await forgetDeleted(in: layer, limits: limits) > 0 { await didWrite() }
        }
        return count
    }

    /// Nothing is let go of unless what stands for it can be read to its end.
    ///
    /// - Throws: `unavailable` for a damaged snapshot.
    private func verifySnapshots(of layer: SnapshotLayer) async throws(ServerStoreError) {
        for (snapshot, count) in try await read({ try $0.pieces(of: layer) }) {
            for number in 0..<count {
                guard let piece = try await read({ try $0.piece(number, of: snapshot, layer) }) else { return }
                guard cryptography.sha256(piece.bytes) == piece.hash,
                    let content = try? Zstd.decompress(piece.bytes, maximumSize: WireLimits.snapshotPieceBytesMax),
                    (try? SnapshotPiece(decoding: content)) != nil
                else {
                    throw ServerStoreError(
                        .unavailable,
                        "piece \(number) of a snapshot of layer \(layer.id) is damaged; run `variorumd verify`")
                }
            }
        }
    }
}
