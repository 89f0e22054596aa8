import AnnotationModel
import ChangeLog
import SQLiteBinding
import WireFormat

/// The feed has a change by its header alone, and what it did is not here: the layer has to be put on a snapshot. Nothing of
/// the page was taken.
struct BehindCompaction: Error {
    let layer: LayerID
}

/// A snapshot while its pieces come in; it has no effect yet.
extension StoreCore {
    func coming(of layer: Int64) throws -> SignedSnapshot? {
        let select = try db.statement("SELECT head, signature, checkpoint FROM coming WHERE layer = ?1")
        select.bind(layer, at: 1)
        guard try select.step() else { return nil }
        defer { select.reset() }
        return try SignedSnapshot(select, from: 0)
    }

    func insertComing(_ reply: SnapshotReply, _ head: SnapshotHead, of layer: LayerRow) throws {
        guard let signature = reply.signature, let checkpoint = reply.checkpoint else { return }
        let insert = try db.statement("INSERT INTO coming (layer, head, signature, checkpoint) VALUES (?1, ?2, ?3, ?4)")
        insert.bind(layer.num, at: 1)
        insert.bind(head.encoded, at: 2)
        insert.bind(signature, at: 3)
        insert.bind(checkpoint, at: 4)
        try insert.run()
    }

    func dropComing(_ layer: Int64) throws {
        try run("DELETE FROM coming_piece WHERE layer = ?1", layer)
        try run("DELETE FROM coming WHERE layer = ?1", layer)
    }

    /// Drops what the feed has been read past meanwhile.
    func dropOvertaken() throws {
        let select = try db.statement("SELECT layer FROM coming")
        var layers: [Int64] = []
        while try select.step() { layers.append(select.int64(0)) }
        for num in layers {
            let layer = try layer(num: num)
            guard let head = try coming(of: num)?.head else { continue }
            let isNeeded = try base(of: num).map { try isOutdated($0, in: layer) } ?? false
            if (head.position <= layer.position && !isNeeded) || head.epoch != layer.epoch { try dropComing(num) }
        }
    }

    /// - Parameter last: The last record of the piece before.
    /// - Returns: The last record of this one.
    func keep(
        piece bytes: [UInt8], _ number: UInt64, of head: SnapshotHead, behind last: RecordID?, _ layer: LayerRow
    ) throws -> RecordID? {
        guard number < head.pieces.count, cryptography.sha256(bytes) == head.pieces[Int(number)] else {
            throw StoreError(
                .unverified, "a piece of the server's snapshot is not the one it signed; nothing was taken")
        }
        let records = try Self.unpack(bytes).records
        guard let first = records.first?.id, last.map({ $0 < first }) ?? true else {
            throw StoreError(.unverified, "the records of the server's snapshot are out of order; nothing was taken")
        }
        for record in records {
            do {
                _ = try record.decoded()
            } catch {
                throw StoreError(.unverified, "a record of the server's snapshot cannot be read (\(error))")
            }
        }
        let insert = try db.statement(
            "INSERT INTO coming_piece (layer, number, first_record, bytes) VALUES (?1, ?2, ?3, ?4)")
        insert.bind(layer.num, at: 1)
        insert.bind(number, at: 2)
        insert.bind(first, at: 3)
        insert.bind(bytes, at: 4)
        try insert.run()
        return records.last?.id
    }
}
