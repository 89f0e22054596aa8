import AnnotationModel
import ChangeLog
import SQLiteBinding
import WireFormat

/// One row of `change`.
struct ChangeRow {
    let id: Int64
    let author: Int64
    let lamport: UInt64
    let wallTime: Int64
    let hash: Digest
    let payload: [UInt8]?
    let payloadHash: Digest?
    let withheld: Withholding?
    let signature: Signature?
    let receipt: Receipt?

    var seq: UInt64 { ChainRow.split(id).seq }
}

extension StoreCore {
    private static let changeColumns =
        "id, author, lamport, wall_time, hash, payload, payload_hash, withheld, signature, received_at, receipt"

    private static let selectChange = "SELECT \(changeColumns) FROM change WHERE id = ?1"

    private func changeRow(_ row: Statement) -> ChangeRow {
        let receipt = row.isNull(10) ? nil : Signature(bytes: row.blob(10))
        return ChangeRow(
            id: row.int64(0), author: row.int64(1), lamport: UInt64(row.int64(2)), wallTime: row.int64(3),
            hash: row.digest(4) ?? .zero, payload: row.optionalBlob(5),
            payloadHash: row.digest(6),
            withheld: row.isNull(7) ? nil : Withholding(rawValue: UInt8(clamping: row.int64(7))) ?? .unavailable,
            signature: row.isNull(8) ? nil : Signature(bytes: row.blob(8)),
            receipt: receipt.map {
                Receipt(seq: ChainRow.split(row.int64(0)).seq, receivedAt: row.int64(9), signature: $0)
            })
    }

    func changeRow(_ id: Int64) throws -> ChangeRow? {
        let select = try db.statement(Self.selectChange)
        select.bind(id, at: 1)
        guard try select.step() else { return nil }
        defer { select.reset() }
        return changeRow(select)
    }

    /// Calls `body` with the changes of a chain from `first` on, in order, until it returns false.
    func forEachChange(of chain: ChainRow, from first: UInt64, _ body: (ChangeRow) throws -> Bool) throws {
        let select = try db.prepare(
            "SELECT \(Self.changeColumns) FROM change WHERE id BETWEEN ?1 AND ?2 ORDER BY id")
        select.bind(chain.changeID(first), at: 1)
        select.bind(chain.changeID(ChainRow.seqMax), at: 2)
        while try select.step() {
            if try !body(changeRow(select)) { break }
        }
        select.reset()
    }

    /// Hash of the header at `seq`; zero for 0.
    func headerHash(of chain: ChainRow, at seq: UInt64) throws -> Digest? {
        if seq == 0 { return .zero }
        if seq == chain.heldSeq { return chain.headHash }
        if let base = chain.base, seq == base.seq { return base.hash }
        let select = try db.statement("SELECT hash FROM change WHERE id = ?1")
        select.bind(chain.changeID(seq), at: 1)
        guard try select.step() else { return nil }
        defer { select.reset() }
        return select.digest(0)
    }

    /// Adds a change at the end of its chain.
    ///
    /// - Parameter keptPayload: A payload that is here although the feed has the header alone.
    func append(_ change: Change, to chain: inout ChainRow, isAcked: Bool, keptPayload: [UInt8]? = nil) throws {
        precondition(change.header.seq == chain.heldSeq + 1, "a chain grows by one")
        guard change.header.seq <= ChainRow.seqMax else {
            throw StoreError(.tooLarge, "a chain of \(ChainRow.seqMax) changes is full")
        }
        chain.heldSeq = change.header.seq
        chain.headHash = change.hash
        if isAcked { chain.ackedSeq = change.header.seq }
        if chain.num == 0 { try save(&chain) }
        try insert(change, id: chain.changeID(change.header.seq), payload: change.payload ?? keptPayload)
    }

    /// Writes a row of the log.
    func insert(_ change: Change, id: Int64, payload: [UInt8]?) throws {
        let insert = try db.statement(
            """
            INSERT INTO change (id, author, lamport, wall_time, hash, payload, payload_hash, withheld, signature)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
            """)
        insert.bind(id, at: 1)
        insert.bind(try num(of: change.header.author), at: 2)
        insert.bind(change.header.lamport, at: 3)
        insert.bind(change.header.wallTime, at: 4)
        insert.bind(change.hash, at: 5)
        insert.bind(payload, at: 6)
        insert.bind(payload == nil ? change.header.payloadHash.bytes : nil, at: 7)
        insert.bind(change.withheld.map { Int64($0.rawValue) }, at: 8)
        insert.bind(change.signature, at: 9)
        try insert.run()
    }

    /// Writes down the maker's signature of a chain that ends with this change.
    func keep(_ signature: Signature, of row: ChangeRow) throws {
        let update = try db.statement("UPDATE change SET signature = ?2 WHERE id = ?1")
        update.bind(row.id, at: 1)
        update.bind(signature, at: 2)
        try update.run()
    }

    /// The changes `first...last` of a chain as they travel.
    func changes(of chain: ChainRow, _ first: UInt64, through last: UInt64) throws -> [Change] {
        let layer = try self.layer(num: chain.layer).id
        let replica = try self.replica(chain.replica)
        guard var previous = try headerHash(of: chain, at: first - 1) else {
            throw StoreError(.damaged, "\(path): change \(first - 1) of a chain is missing; run `variorum check`")
        }
        var changes: [Change] = []
        try forEachChange(of: chain, from: first) { row in
            guard row.seq <= last else { return false }
            let header = try self.header(of: row, layer: layer, replica: replica, previous: previous)
            let isWithheld = row.withheld != nil
            changes.append(
                Change(
                    header: header, hash: row.hash, payload: isWithheld ? nil : row.payload, withheld: row.withheld,
                    signature: row.signature))
            previous = row.hash
            return true
        }
        return changes
    }

    /// The header that a row stands for.
    func header(of row: ChangeRow, layer: LayerID, replica: ReplicaID, previous: Digest) throws -> ChangeHeader {
        ChangeHeader(
            layer: layer, replica: replica, seq: row.seq, author: try member(row.author), lamport: row.lamport,
            wallTime: row.wallTime, previous: previous,
            payloadHash: row.payload.map { cryptography.sha256($0) } ?? row.payloadHash ?? .zero)
    }

    /// The operations of a change that has effect: none where it is withheld.
    func operations(of row: ChangeRow, replica: ReplicaID) throws -> [ChangeLog.Operation] {
        guard row.withheld == nil, let payload = row.payload else { return [] }
        return try Payload(decoding: payload, by: replica).operations
    }

    /// Deletes a chain and everything that is noted of its changes.
    func delete(_ chain: ChainRow) throws {
        for sql in [
            "DELETE FROM refusal WHERE change >> 32 = ?1", "DELETE FROM action_change WHERE change >> 32 = ?1",
            "DELETE FROM change WHERE id >> 32 = ?1", "DELETE FROM chain WHERE num = ?1",
        ] { try run(sql, chain.num) }
    }

    func delete(changesOf chain: inout ChainRow, from first: UInt64) throws {
        guard let hash = try headerHash(of: chain, at: first - 1) else {
            throw StoreError(.damaged, "\(path): change \(first - 1) of a chain is missing; run `variorum check`")
        }
        try delete(changesOf: &chain, behind: first - 1, hash: hash)
    }

    /// - Parameter hash: Of the change at `last`.
    func delete(changesOf chain: inout ChainRow, behind last: UInt64, hash: Digest) throws {
        for sql in [
            "DELETE FROM change WHERE id BETWEEN ?1 AND ?2", "DELETE FROM refusal WHERE change BETWEEN ?1 AND ?2",
            "DELETE FROM action_change WHERE change BETWEEN ?1 AND ?2",
        ] {
            let delete = try db.statement(sql)
            delete.bind(chain.changeID(last + 1), at: 1)
            delete.bind(chain.changeID(ChainRow.seqMax), at: 2)
            try delete.run()
        }
        chain.heldSeq = last
        chain.headHash = hash
        chain.ackedSeq = min(chain.ackedSeq, last)
        try save(&chain)
    }
}
