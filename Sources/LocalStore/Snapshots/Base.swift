import AnnotationModel
import ChangeLog
import Compression
import SQLiteBinding
import WireFormat

/// What the server has signed of a snapshot.
struct SignedSnapshot {
    let head: SnapshotHead
    let signature: Signature
    let checkpoint: Signature

    /// - Parameter first: The column of the head; the signatures follow.
    init(_ row: Statement, from first: Int32) throws {
        guard let head = try? SnapshotHead(decoding: row.blob(first)),
            let signature = Signature(bytes: row.blob(first + 1)),
            let checkpoint = Signature(bytes: row.blob(first + 2))
        else { throw StoreError(.damaged, "what the server signed of a snapshot is damaged; run `variorum check`") }
        (self.head, self.signature, self.checkpoint) = (head, signature, checkpoint)
    }
}

/// Where the pieces of a layer's snapshot are kept: of the one that it stands on, and of the one that is being gathered.
enum PieceTable: String {
    case base = "base_piece"
    case coming = "coming_piece"
}

/// One row of `base`: the snapshot that a layer stands on, and how much of the history behind it is here.
struct BaseRow {
    let layer: Int64
    let signed: SignedSnapshot
    /// How many pieces have been read into the records.
    let loaded: UInt64
    /// How far the feed has been read for the history, and its hash there.
    let historyPosition: UInt64
    let historyHash: Digest

    var head: SnapshotHead { signed.head }
    var pieceCount: UInt64 { UInt64(head.pieces.count) }
    var isLoaded: Bool { loaded == pieceCount }

    init(_ row: Statement) throws {
        layer = row.int64(0)
        signed = try SignedSnapshot(row, from: 1)
        loaded = UInt64(row.int64(4))
        historyPosition = UInt64(row.int64(5))
        historyHash = row.digest(6) ?? .zero
    }
}

extension StoreCore {
    /// The snapshot that a layer stands on, where the history behind it is not all here.
    func base(of layer: Int64) throws -> BaseRow? { try bases()[layer] }

    func bases() throws -> [Int64: BaseRow] {
        if let knownBases { return knownBases }
        let select = try db.statement(
            """
            SELECT layer, head, signature, checkpoint, loaded, history_position, history_hash FROM base
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

    /// Whether a chain's changes from `first` on are here with all that there ever was of them.
    func isHere(_ chain: ChainRow, from first: UInt64) throws -> Bool {
        guard let end = chain.base, first <= end.seq else { return true }
        let select = try db.statement("SELECT count(*) FROM change WHERE id BETWEEN ?1 AND ?2 AND withheld IS NOT ?3")
        select.bind(chain.changeID(first), at: 1)
        select.bind(chain.changeID(end.seq), at: 2)
        select.bind(Int64(Withholding.compacted.rawValue), at: 3)
        guard try select.step() else { return false }
        defer { select.reset() }
        return UInt64(select.int64(0)) == end.seq + 1 - first
    }

    /// Up to where a chain's changes are here from its first on with all that there ever was of them.
    func lastWhole(of chain: ChainRow) throws -> UInt64 {
        if try isHere(chain, from: 1) { return chain.heldSeq }
        var last: UInt64 = 0
        try forEachChange(of: chain, from: 1) { row in
            guard row.seq == last + 1, row.withheld != .compacted else { return false }
            last = row.seq
            return true
        }
        return last
    }

    func deleteBase(of layer: Int64) throws {
        guard try base(of: layer) != nil else { return }
        try run("DELETE FROM base_piece WHERE layer = ?1", layer)
        try run("DELETE FROM base WHERE layer = ?1", layer)
        try run("UPDATE chain SET base_seq = 0, base_hash = NULL, base_lamport = 0 WHERE layer = ?1", layer)
        forgetBases()
    }

    /// Forgets what was remembered of snapshots and their pieces.
    func forgetBases() {
        knownBases = nil
        lastPiece = nil
    }

    // MARK: Pieces

    /// How many pieces of a layer's snapshot are here.
    func pieceCount(of layer: Int64, in table: PieceTable) throws -> UInt64 {
        let select = try db.statement("SELECT count(*) FROM \(table.rawValue) WHERE layer = ?1")
        select.bind(layer, at: 1)
        guard try select.step() else { return 0 }
        defer { select.reset() }
        return UInt64(select.int64(0))
    }

    /// Records are asked for in the order of their ids, and so their pieces: the last one is remembered.
    func piece(_ number: UInt64, of layer: Int64) throws -> SnapshotPiece {
        if let last = lastPiece, last.layer == layer, last.number == number { return last.piece }
        let piece = try piece(number, of: layer, in: .base)
        lastPiece = (layer, number, piece)
        return piece
    }

    func piece(_ number: UInt64, of layer: Int64, in table: PieceTable) throws -> SnapshotPiece {
        let select = try db.statement("SELECT bytes FROM \(table.rawValue) WHERE layer = ?1 AND number = ?2")
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
        guard try base(of: key.layer) != nil else { return nil }
        return try baseRecord(key)?.record.decoded()
    }

    /// What a snapshot says of a record that it has not been read into yet.
    func unreadBaseState(of key: RecordBuffer.Key) throws -> RecordState? {
        guard let base = try base(of: key.layer), !base.isLoaded else { return nil }
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
