import AnnotationModel
import ChangeLog
import SQLiteBinding
import WireFormat

/// The three ways in which the log itself changes after the fact: a payload is withheld, a payload comes late, and
/// the end of a chain makes way for another. Each makes the touched records anew.
extension StoreCore {
    /// The feed has the header of this change alone: its effect is taken back; its payload stays here.
    ///
    /// - Parameter why: What the server said about it.
    func withhold(
        _ row: ChangeRow, reason: Withholding, why: String? = nil, in chain: ChainRow, _ buffer: RecordBuffer
    ) throws {
        let replica = try self.replica(chain.replica)
        try remaking(recordsOf: [(row, replica)], layer: chain.layer, buffer) {
            let update = try db.statement("UPDATE change SET withheld = ?2 WHERE id = ?1")
            update.bind(row.id, at: 1)
            update.bind(Int64(reason.rawValue), at: 2)
            try update.run()
            return []
        }
        if try isOwn(chain.replica) { try list(refused: row, why) }
    }

    /// Lets the maker know of a change that has no effect.
    ///
    /// - Parameter why: What the server said about it.
    func list(refused row: ChangeRow, _ why: String? = nil) throws {
        guard row.payload != nil else { return }
        let insert = try db.statement(
            "INSERT OR IGNORE INTO refusal (change, noticed_at, reason) VALUES (?1, ?2, ?3)")
        insert.bind(row.id, at: 1)
        insert.bind(clock(), at: 2)
        insert.bind(why, at: 3)
        try insert.run()
    }

    /// The feed has the payload of a change that was known by its header.
    func fill(_ row: ChangeRow, payload: [UInt8], in chain: ChainRow, _ buffer: RecordBuffer) throws {
        let replica = try self.replica(chain.replica)
        let filled = ChangeRow(
            id: row.id, author: row.author, lamport: row.lamport, wallTime: row.wallTime, hash: row.hash,
            payload: payload, payloadHash: nil, withheld: nil, signature: row.signature,
            receipt: row.receipt)
        try remaking(recordsOf: [(filled, replica)], layer: chain.layer, buffer) {
            let update = try db.statement(
                "UPDATE change SET payload = ?2, payload_hash = NULL, withheld = NULL WHERE id = ?1")
            update.bind(row.id, at: 1)
            update.bind(payload, at: 2)
            try update.run()
            try run("DELETE FROM refusal WHERE change = ?1", row.id)
            return [row.id]
        }
    }

    /// Takes the changes from `first` on out of the log and puts them aside, exportable.
    func setAside(
        from first: UInt64, of chain: inout ChainRow, reason: String, _ buffer: RecordBuffer
    ) throws {
        let replica = try self.replica(chain.replica)
        var rows: [ChangeRow] = []
        try forEachChange(of: chain, from: first) { row in
            rows.append(row)
            return true
        }
        let changes = try self.changes(of: chain, first, through: chain.heldSeq)
        try keepAside(changes, reason: reason)
        var edited = chain
        try remaking(
            recordsOf: rows.map { ($0, replica) }, layer: chain.layer, cutting: [(replica, first)], buffer
        ) {
            try delete(changesOf: &edited, from: first)
            return []
        }
        chain = edited
    }

    /// Writes changes to `set_aside`, in segments of one author each.
    func keepAside(_ changes: [Change], reason: String) throws {
        for run in changes.runs() {
            var writer = CBORWriter()
            Segment(packing: run).write(to: &writer)
            let insert = try db.statement("INSERT INTO set_aside (reason, noticed_at, segment) VALUES (?1, ?2, ?3)")
            insert.bind(reason, at: 1)
            insert.bind(clock(), at: 2)
            insert.bind(writer.bytes, at: 3)
            try insert.run()
        }
    }

    /// Runs `edit`, which changes the log and gives the changes it added, then makes anew the records that `rows` touch.
    ///
    /// - Parameter cuts: Chains whose end goes, with the first seq that goes. Other changes may name what another life of
    ///   the replica has under these numbers: as long as this one was held they counted as arrived, from now on they are
    ///   awaited. The records of such changes are made anew too; to find them the layer's log is read.
    func remaking(
        recordsOf rows: [(row: ChangeRow, replica: ReplicaID)], layer: Int64,
        cutting cuts: [(replica: ReplicaID, first: UInt64)] = [], _ buffer: RecordBuffer,
        _ edit: () throws -> Set<Int64>
    ) throws {
        var records: Set<RecordID> = []
        for (row, replica) in rows {
            if let payload = row.payload { records.formUnion(touchedRecords(payload, by: replica)) }
        }
        if !cuts.isEmpty { records.formUnion(try self.records(inLayer: layer, naming: cuts)) }
        var histories: [RecordBuffer.Key: Set<Int64>] = [:]
        for record in records {
            let key = RecordBuffer.Key(layer: layer, record: record)
            histories[key] = try history(of: key, state: buffer.state(key))
        }
        let added = try edit()
        buffer.forgetVectors()
        let vector = try buffer.vector(layer: layer)
        for (key, changes) in histories.sorted(by: { $0.key.record < $1.key.record }) {
            try buffer.replace(key, with: try replay(key, changes: changes.union(added), vector: vector))
        }
    }

    /// Records with an operation that names a dot from one of the cuts on.
    ///
    /// Complexity: O(n), n = the layer's changes.
    private func records(
        inLayer layer: Int64, naming cuts: [(replica: ReplicaID, first: UInt64)]
    ) throws -> Set<RecordID> {
        let firsts = Dictionary(cuts.map { ($0.replica, $0.first) }, uniquingKeysWith: min)
        func isCut(_ dot: Dot) -> Bool { firsts[dot.replica].map { dot.seq >= $0 } ?? false }
        var records: Set<RecordID> = []
        for chain in try chains(layer: layer) {
            let replica = try self.replica(chain.replica)
            try forEachChange(of: chain, from: 1) { row in
                for operation in readableOperations(of: row, replica: replica) {
                    var named = operation.supersedes
                    if case .delete(let covers) = operation.action { named += covers }
                    if named.contains(where: isCut) { records.insert(operation.record) }
                }
                return true
            }
        }
        return records
    }

    func isOwn(_ replica: Int64) throws -> Bool {
        let select = try db.statement("SELECT is_own FROM replica WHERE num = ?1")
        select.bind(replica, at: 1)
        guard try select.step() else { return false }
        defer { select.reset() }
        return select.bool(0)
    }
}

extension [Change] {
    /// Cuts consecutive changes of a chain where the author changes and where a segment would grow too large.
    func runs() -> [[Change]] {
        var runs: [[Change]] = []
        var bytes = 0
        for change in self {
            let size = change.payload?.count ?? 0
            if let last = runs.last?.last, last.header.author == change.header.author,
                last.header.seq + 1 == change.header.seq, last.header.replica == change.header.replica,
                last.header.layer == change.header.layer,
                (runs.last?.count ?? 0) < WireLimits.segmentChangesMax,
                bytes + size <= WireLimits.segmentPayloadBytesMax
            {
                runs[runs.count - 1].append(change)
                bytes += size
            } else {
                runs.append([change])
                bytes = size
            }
        }
        return runs
    }
}
