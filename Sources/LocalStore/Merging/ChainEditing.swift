import AnnotationModel
import ChangeLog
import SQLiteBinding
import WireFormat

/// The three ways in which the log itself changes after the fact: a payload is withheld, a payload comes late, and
/// the end of a chain makes way for another. Each makes the touched records anew.
extension StoreCore {
    /// The feed has the header of this change alone: its effect is taken back; its payload stays here.
    func withhold(_ row: ChangeRow, reason: Withholding, in chain: ChainRow, _ buffer: RecordBuffer) throws {
        let replica = try self.replica(chain.replica)
        try remaking(recordsOf: [row], replica: replica, chain: chain, buffer) {
            let update = try db.statement("UPDATE change SET withheld = ?2 WHERE id = ?1")
            update.bind(row.id, at: 1)
            update.bind(Int64(reason.rawValue), at: 2)
            try update.run()
            return []
        }
        if try isOwn(chain.replica) && row.payload != nil {
            let insert = try db.statement("INSERT OR IGNORE INTO refusal (change, noticed_at) VALUES (?1, ?2)")
            insert.bind(row.id, at: 1)
            insert.bind(clock(), at: 2)
            try insert.run()
        }
    }

    /// The feed has the payload of a change that was known by its header.
    func fill(_ row: ChangeRow, payload: [UInt8], in chain: ChainRow, _ buffer: RecordBuffer) throws {
        let replica = try self.replica(chain.replica)
        let filled = ChangeRow(
            id: row.id, author: row.author, lamport: row.lamport, wallTime: row.wallTime, hash: row.hash,
            payload: payload, payloadHash: nil, withheld: nil, signature: row.signature)
        try remaking(recordsOf: [filled], replica: replica, chain: chain, buffer) {
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
        try remaking(recordsOf: rows, replica: replica, chain: chain, buffer) {
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

    /// Gives own changes from `first` on new numbers under a fresh replica id, because the server holds something else
    /// under the old ones. What they say stays the same, record ids included.
    func reissue(from first: UInt64, of chain: inout ChainRow, _ buffer: RecordBuffer) throws {
        let layer = try self.layer(num: chain.layer)
        let oldReplica = try replica(chain.replica)
        var rows: [ChangeRow] = []
        try forEachChange(of: chain, from: first) { row in
            rows.append(row)
            return true
        }
        let actions = try rows.map { try action(ofChange: $0.id) }
        try keepAsideRefused(rows, of: chain, layer: layer.id, replica: oldReplica)
        if try identifier(.replica) == oldReplica {
            try rotateReplica(key: try publicKey(of: oldReplica))
        }
        let newReplica: ReplicaID = try identifier(.replica)
        let newNum = try num(of: newReplica)
        var edited = chain
        var target =
            try self.chain(layer: chain.layer, replica: newNum) ?? ChainRow(layer: chain.layer, replica: newNum)
        var lamport = target.heldSeq == 0 ? 0 : try changeRow(target.changeID(target.heldSeq))?.lamport ?? 0
        // (old seq) -> (new seq): what the re-issued operations name of each other.
        var seqs: [UInt64: UInt64] = [:]
        try remaking(recordsOf: rows, replica: oldReplica, chain: chain, buffer) {
            try delete(changesOf: &edited, from: first)
            var added: Set<Int64> = []
            for (row, action) in zip(rows, actions) {
                guard let bytes = row.payload, row.withheld == nil else { continue }
                let seq = target.heldSeq + 1
                seqs[row.seq] = seq
                lamport = max(row.lamport, lamport + 1)
                let payload = try Payload(decoding: bytes, by: oldReplica)
                    .renumbered(from: oldReplica, to: newReplica, seqs: seqs)
                    .encoded(by: newReplica)
                let header = ChangeHeader(
                    layer: layer.id, replica: newReplica, seq: seq, author: try member(row.author), lamport: lamport,
                    wallTime: row.wallTime, previous: target.headHash, payloadHash: cryptography.sha256(payload))
                let change = Change(header: header, hash: header.hash(using: cryptography), payload: payload)
                try append(change, to: &target, isAcked: false)
                added.insert(target.changeID(seq))
                if let action { try link(action, to: target.changeID(seq)) }
            }
            try save(&target)
            try touch(layer, lamport: lamport)
            return added
        }
        chain = edited
    }

    /// Work that was refused is not issued again, and not lost either.
    private func keepAsideRefused(_ rows: [ChangeRow], of chain: ChainRow, layer: LayerID, replica: ReplicaID) throws {
        for row in rows where row.withheld != nil && row.payload != nil {
            guard let previous = try headerHash(of: chain, at: row.seq - 1) else { continue }
            let header = try header(of: row, layer: layer, replica: replica, previous: previous)
            try keepAside(
                [Change(header: header, hash: row.hash, payload: row.payload)], reason: "the server refused it")
        }
    }

    /// Runs `edit`, which changes the log and gives the changes it added, then makes anew the records that `rows` touch.
    private func remaking(
        recordsOf rows: [ChangeRow], replica: ReplicaID, chain: ChainRow, _ buffer: RecordBuffer,
        _ edit: () throws -> Set<Int64>
    ) throws {
        var histories: [RecordBuffer.Key: Set<Int64>] = [:]
        for row in rows {
            guard let payload = row.payload else { continue }
            for record in touchedRecords(payload, by: replica) {
                let key = RecordBuffer.Key(layer: chain.layer, record: record)
                if histories[key] == nil { histories[key] = try history(of: key, state: buffer.state(key)) }
            }
        }
        let added = try edit()
        buffer.forgetVectors()
        let vector = try buffer.vector(layer: chain.layer)
        for (key, changes) in histories.sorted(by: { $0.key.record < $1.key.record }) {
            try buffer.replace(key, with: try replay(key, changes: changes.union(added), vector: vector))
        }
    }

    func isOwn(_ replica: Int64) throws -> Bool {
        let select = try db.statement("SELECT is_own FROM replica WHERE num = ?1")
        select.bind(replica, at: 1)
        guard try select.step() else { return false }
        defer { select.reset() }
        return select.bool(0)
    }

    private func publicKey(of replica: ReplicaID) throws -> PublicKey {
        let select = try db.statement("SELECT public_key FROM replica WHERE id = ?1")
        select.bind(replica.bytes, at: 1)
        guard try select.step(), let key = PublicKey(bytes: select.blob(0)) else {
            throw StoreError(.damaged, "\(path): an own replica has no key")
        }
        select.reset()
        return key
    }

    private func action(ofChange id: Int64) throws -> [UInt8]? {
        let select = try db.statement("SELECT action FROM action_change WHERE change = ?1")
        select.bind(id, at: 1)
        guard try select.step() else { return nil }
        defer { select.reset() }
        return select.blob(0)
    }

    private func link(_ action: [UInt8], to change: Int64) throws {
        let link = try db.statement("INSERT INTO action_change (action, change) VALUES (?1, ?2)")
        link.bind(action, at: 1)
        link.bind(change, at: 2)
        try link.run()
    }
}

extension Payload {
    /// The same operations, naming the re-issued ones of their own replica by their new numbers.
    func renumbered(from old: ReplicaID, to new: ReplicaID, seqs: [UInt64: UInt64]) -> Payload {
        func dot(_ dot: Dot) -> Dot {
            guard dot.replica == old, let seq = seqs[dot.seq] else { return dot }
            return Dot(replica: new, seq: seq, index: dot.index)
        }
        var copy = self
        copy.operations = operations.map { operation in
            var action = operation.action
            if case .delete(let covers) = action { action = .delete(covers: covers.map(dot).sorted()) }
            return Operation(
                record: operation.record, kind: operation.kind, action: action,
                supersedes: operation.supersedes.map(dot).sorted())
        }
        return copy
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
