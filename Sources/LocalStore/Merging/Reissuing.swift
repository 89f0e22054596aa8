import AnnotationModel
import ChangeLog
import SQLiteBinding
import WireFormat

/// Giving own changes new numbers, because the server holds something else under the old ones: this store, or the one it
/// was copied from, has had two lives.
extension StoreCore {
    /// A change that gets a new number.
    private struct Moved {
        let row: ChangeRow
        let replica: ReplicaID
        let action: [UInt8]?
    }

    /// Re-issues the changes of an own chain from `first` on, under a fresh replica id. What they say stays the same,
    /// record ids included.
    ///
    /// What was written since under later replica ids, and has not left the device, goes along: it names the old numbers.
    func reissue(from first: UInt64, of chain: inout ChainRow, _ buffer: RecordBuffer) throws {
        let layer = try self.layer(num: chain.layer)
        var sources = [(chain: chain, first: first)]
        for later in try chains(layer: chain.layer) where later.num > chain.num {
            let unseen = max(later.ackedSeq, try lastSigned(of: later)) + 1
            if try unseen <= later.heldSeq && isOwn(later.replica) { sources.append((later, unseen)) }
        }
        var moved: [Moved] = []
        var cuts: [(replica: ReplicaID, first: UInt64)] = []
        for (chain, first) in sources {
            let replica = try self.replica(chain.replica)
            cuts.append((replica, first))
            var rows: [ChangeRow] = []
            try forEachChange(of: chain, from: first) { row in
                rows.append(row)
                return true
            }
            try keepAsideRefused(rows, of: chain, layer: layer.id, replica: replica)
            moved += try rows.map { Moved(row: $0, replica: replica, action: try action(ofChange: $0.id)) }
        }
        moved.sort { ($0.row.lamport, $0.row.id) < ($1.row.lamport, $1.row.id) }
        let current: ReplicaID = try identifier(.replica)
        let currentNum = try num(of: current)
        if sources.contains(where: { $0.chain.replica == currentNum }) {
            try rotateReplica(key: try publicKey(of: current))
        }
        try remaking(
            recordsOf: moved.map { ($0.row, $0.replica) }, layer: chain.layer, cutting: cuts, buffer
        ) {
            for place in sources.indices {
                try delete(changesOf: &sources[place].chain, from: sources[place].first)
            }
            return try append(moved, to: layer)
        }
        chain = sources[0].chain
    }

    /// Writes the changes to the end of the present replica's chain; gives their keys.
    private func append(_ moved: [Moved], to layer: LayerRow) throws -> Set<Int64> {
        let replica: ReplicaID = try identifier(.replica)
        let replicaNum = try num(of: replica)
        var chain =
            try self.chain(layer: layer.num, replica: replicaNum) ?? ChainRow(layer: layer.num, replica: replicaNum)
        var lamport = chain.heldSeq == 0 ? 0 : try changeRow(chain.changeID(chain.heldSeq))?.lamport ?? 0
        // Old numbers and new ones: what the re-issued operations name of each other.
        var seqs: [ReplicaID: [UInt64: UInt64]] = [:]
        var added: Set<Int64> = []
        for change in moved {
            guard let bytes = change.row.payload, change.row.withheld == nil else { continue }
            let seq = chain.heldSeq + 1
            seqs[change.replica, default: [:]][change.row.seq] = seq
            lamport = max(change.row.lamport, lamport + 1)
            let payload = try Payload(decoding: bytes, by: change.replica)
                .renumbered(to: replica, seqs: seqs)
                .encoded(by: replica)
            let header = ChangeHeader(
                layer: layer.id, replica: replica, seq: seq, author: try member(change.row.author), lamport: lamport,
                wallTime: change.row.wallTime, previous: chain.headHash, payloadHash: cryptography.sha256(payload))
            try append(
                Change(header: header, hash: header.hash(using: cryptography), payload: payload), to: &chain,
                isAcked: false)
            added.insert(chain.changeID(seq))
            if let action = change.action { try link(action, to: chain.changeID(seq)) }
        }
        if !added.isEmpty { try save(&chain) }
        try touch(layer, lamport: lamport)
        return added
    }

    /// Of the first changes of a chain that goes, those that the server refused: the run as it travels lacks what they
    /// say.
    func keepAsideRefused(of chain: ChainRow, through last: UInt64, layer: LayerID) throws {
        var rows: [ChangeRow] = []
        try forEachChange(of: chain, from: 1) { row in
            if row.withheld != nil, row.seq <= last { rows.append(row) }
            return row.seq < last
        }
        try keepAsideRefused(rows, of: chain, layer: layer, replica: try replica(chain.replica))
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

    /// Up to which seq an own chain has been signed; what was not has never left the device.
    private func lastSigned(of chain: ChainRow) throws -> UInt64 {
        let select = try db.statement(
            "SELECT max(id) FROM change WHERE id BETWEEN ?1 AND ?2 AND signature IS NOT NULL")
        select.bind(chain.changeID(1), at: 1)
        select.bind(chain.changeID(ChainRow.seqMax), at: 2)
        guard try select.step() else { return 0 }
        defer { select.reset() }
        return select.isNull(0) ? 0 : ChainRow.split(select.int64(0)).seq
    }

    private func publicKey(of replica: ReplicaID) throws -> PublicKey {
        let select = try db.statement("SELECT public_key FROM replica WHERE id = ?1")
        select.bind(replica, at: 1)
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
    /// The same operations, naming re-issued ones by their new numbers.
    ///
    /// - Parameter seqs: New numbers by old replica and old number.
    func renumbered(to replica: ReplicaID, seqs: [ReplicaID: [UInt64: UInt64]]) -> Payload {
        func dot(_ dot: Dot) -> Dot {
            guard let seq = seqs[dot.replica]?[dot.seq] else { return dot }
            return Dot(replica: replica, seq: seq, index: dot.index)
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
