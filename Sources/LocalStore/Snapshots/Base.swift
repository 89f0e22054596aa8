import AnnotationModel
import ChangeLog
import Compression
import SQLiteBinding
import WireFormat

/// One row of `base`: a layer's snapshot, as far as it is here, and how much of the history behind it.
struct BaseRow {
    let layer: Int64
    let head: SnapshotHead
    let signature: Signature
    let checkpoint: Signature
    /// Whether all pieces are here, and count.
    let isInForce: Bool
    /// How many pieces have been read into the records.
    let loaded: UInt64
    /// How far the feed has been read for the history, and its hash there.
    let historyPosition: UInt64
    let historyHash: Digest

    var pieceCount: UInt64 { UInt64(head.pieces.count) }
    var isLoaded: Bool { loaded == pieceCount }

    init(_ row: Statement) throws {
        guard let head = try? SnapshotHead(decoding: row.blob(1)), let signature = Signature(bytes: row.blob(2)),
            let checkpoint = Signature(bytes: row.blob(3))
        else { throw StoreError(.damaged, "what the server signed of a snapshot is damaged; run `variorum check`") }
        layer = row.int64(0)
        self.head = head
        self.signature = signature
        self.checkpoint = checkpoint
        isInForce = row.bool(4)
        loaded = UInt64(row.int64(5))
        historyPosition = UInt64(row.int64(6))
        historyHash = row.digest(7) ?? .zero
    }
}

extension StoreCore {
    /// The snapshot that a layer began from, where the history behind it is not here.
    func base(of layer: Int64) throws -> BaseRow? { try bases()[layer] }

    func bases() throws -> [Int64: BaseRow] {
        if let knownBases { return knownBases }
        let select = try db.statement(
            """
            SELECT layer, head, signature, checkpoint, is_in_force, loaded, history_position, history_hash FROM base
            """)
        var rows: [Int64: BaseRow] = [:]
        while try select.step() {
            let row = try BaseRow(select)
            rows[row.layer] = row
        }
        knownBases = rows
        return rows
    }

    /// What is held of a layer by its snapshot alone.
    func baseVector(of layer: Int64) throws -> VersionVector {
        var vector = VersionVector()
        for chain in try chains(layer: layer) {
            if let base = chain.base { vector[try replica(chain.replica)] = base.seq }
        }
        return vector
    }

    func deleteBase(of layer: Int64) throws {
        guard try base(of: layer) != nil else { return }
        try run("DELETE FROM base_piece WHERE layer = ?1", layer)
        try run("DELETE FROM base WHERE layer = ?1", layer)
        try run("UPDATE chain SET base_seq = 0, base_hash = NULL, base_lamport = 0 WHERE layer = ?1", layer)
        knownBases = nil
    }

    // MARK: Pieces

    /// How many pieces of a snapshot are here.
    func pieceCount(of layer: Int64) throws -> UInt64 {
        let select = try db.statement("SELECT count(*) FROM base_piece WHERE layer = ?1")
        select.bind(layer, at: 1)
        guard try select.step() else { return 0 }
        defer { select.reset() }
        return UInt64(select.int64(0))
    }

    func piece(_ number: UInt64, of layer: Int64) throws -> SnapshotPiece {
        let select = try db.statement("SELECT bytes FROM base_piece WHERE layer = ?1 AND number = ?2")
        select.bind(layer, at: 1)
        select.bind(number, at: 2)
        guard try select.step() else {
            throw StoreError(.damaged, "\(path): piece \(number) of a snapshot is missing; run `variorum check`")
        }
        defer { select.reset() }
        return try Self.unpack(select.blob(0))
    }

    /// - Throws: `unverified` for what is no piece of a snapshot.
    static func unpack(_ bytes: [UInt8]) throws -> SnapshotPiece {
        do {
            return try SnapshotPiece(
                decoding: Zstd.decompress(bytes, maximumSize: WireLimits.snapshotPieceBytesMax))
        } catch {
            throw StoreError(.unverified, "a piece of a snapshot cannot be read (\(error))")
        }
    }

    /// What the layer's snapshot says of a record; `nil` where it says nothing, and where the log has everything.
    func baseState(of key: RecordBuffer.Key) throws -> RecordState? {
        guard let base = try base(of: key.layer), base.isInForce else { return nil }
        return try baseRecord(key)?.record.decoded()
    }

    /// What a snapshot says of a record that it has not been read into yet.
    func unreadBaseState(of key: RecordBuffer.Key) throws -> RecordState? {
        guard let base = try base(of: key.layer), base.isInForce, !base.isLoaded else { return nil }
        guard let found = try baseRecord(key), found.piece >= base.loaded else { return nil }
        return try found.record.decoded()
    }

    private func baseRecord(_ key: RecordBuffer.Key) throws -> (record: SnapshotPiece.Record, piece: UInt64)? {
        let select = try db.statement(
            """
            SELECT number FROM base_piece WHERE layer = ?1 AND first_record <= ?2
            ORDER BY first_record DESC LIMIT 1
            """)
        select.bind(key.layer, at: 1)
        select.bind(key.record, at: 2)
        guard try select.step() else { return nil }
        let number = UInt64(select.int64(0))
        select.reset()
        let records = try piece(number, of: key.layer).records
        var (low, high) = (0, records.count)
        while low < high {
            let middle = (low + high) / 2
            if records[middle].id < key.record { low = middle + 1 } else { high = middle }
        }
        return low < records.count && records[low].id == key.record ? (records[low], number) : nil
    }
}
