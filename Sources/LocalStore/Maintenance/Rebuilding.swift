import AnnotationModel
import ChangeLog
import SQLiteBinding

extension LocalStore {
    /// Makes every table beside the log anew from the log.
    ///
    /// - Parameter progress: Called with how many changes have been replayed and how many there are.
    /// - Returns: How many changes were replayed.
    @discardableResult
    public func rebuild(progress: (Int, Int) -> Void = { _, _ in }) throws -> Int {
        try maintain(origin: .otherProcess) { core, buffer in
            let count = try core.db.prepare(
                "SELECT count(*) FROM change JOIN chain ON chain.num = id >> 32 WHERE id & 0xFFFFFFFF > base_seq")
            _ = try count.step()
            let total = count.int(0)
            count.reset()
            return try core.rebuildAll(buffer) { progress($0, total) }
        }
    }
}

extension StoreCore {
    /// Replays every layer. The search index is emptied first, whatever is in it: entries are taken out by telling the
    /// text that was put in, which tables that were tampered with no longer do.
    @discardableResult
    func rebuildAll(_ buffer: RecordBuffer, progress: (Int) -> Void = { _ in }) throws -> Int {
        try db.execute("INSERT INTO search (search) VALUES ('delete-all')")
        var done = 0
        for layer in try allLayers() {
            done += try rebuild(layer, buffer, isSearchEmpty: true) { progress(done + $0) }
        }
        return done
    }

    /// Replays a layer's changes, in Lamport order, into empty tables, or on top of what a snapshot says.
    @discardableResult
    func rebuild(
        _ layer: LayerRow, _ buffer: RecordBuffer, isSearchEmpty: Bool = false, progress: (Int) -> Void = { _ in }
    ) throws -> Int {
        try dropRecords(of: layer, isSearchEmpty: isSearchEmpty)
        buffer.startOver(layer: layer.num, from: try baseVector(of: layer.num))
        try readWholeBase(of: layer.num, buffer)
        let select = try db.prepare(
            """
            SELECT change.id, chain.replica FROM change JOIN chain ON chain.num = change.id >> 32
            WHERE chain.layer = ?1 AND (change.id & 0xFFFFFFFF) > chain.base_seq ORDER BY change.lamport, change.id
            """)
        select.bind(layer.num, at: 1)
        var done = 0
        while try select.step() {
            let replica = try self.replica(select.int64(1))
            guard let row = try changeRow(select.int64(0)) else { continue }
            let stamp = try self.stamp(of: row, replica: replica)
            for (index, operation) in readableOperations(of: row, replica: replica).enumerated() {
                try buffer.apply(operation, index: UInt32(index), stamp: stamp, layer: layer.num)
            }
            try buffer.advance(layer: layer.num, replica: replica, to: row.seq)
            done += 1
            if done % 1000 == 0 {
                _ = try buffer.flush()
                progress(done)
            }
        }
        _ = try buffer.flush()
        progress(done)
        return done
    }
}
