import AnnotationModel
public import ChangeLog
import SQLiteBinding
import WireFormat

/// Beginning a layer from a snapshot: the pieces are gathered first, and have no effect until all are here; then they
/// count, all at once, and are read into the records one by one.
extension LocalStore {
    /// Takes in pieces of a snapshot that was asked for. May be stopped at any moment; the pieces that are here stay.
    ///
    /// - Throws: `unverified` for what the server has not signed; nothing of the reply is taken.
    public func take(_ reply: SnapshotReply) throws -> SnapshotOutcome {
        try maintain(origin: .remote) { core, _ in try core.take(reply) }
    }

    /// Reads the next piece of a snapshot into the records.
    ///
    /// - Returns: How many pieces of the layer are read now, and how many it has; `nil` when nothing is left to read.
    public func readSnapshotPiece() throws -> (read: Int, total: Int)? {
        guard try exclusively({ core in try core.bases().values.contains { $0.isInForce && !$0.isLoaded } }) else {
            return nil
        }
        return try maintain(origin: .remote) { core, buffer in
            let unread = try core.bases().values.filter { $0.isInForce && !$0.isLoaded }
            guard let base = unread.min(by: { $0.layer < $1.layer }) else { return nil }
            try core.read(piece: base.loaded, of: base, buffer)
            try core.touch(try core.layer(num: base.layer), lamport: 0)
            return (Int(base.loaded) + 1, Int(base.pieceCount))
        }
    }
}

extension StoreCore {
    /// Of the feeds that are behind, those that may begin from a snapshot.
    func startFromSnapshots(_ outcome: inout HeadsOutcome, from least: UInt64) throws {
        var behind: [FeedCursor] = []
        for cursor in outcome.behind {
            let layer = try self.layer(cursor.layer)
            if try layer.headPosition >= least && mayStartFromSnapshot(layer) {
                outcome.snapshots.append(try snapshotPoint(of: layer))
            } else {
                try dropGathered(layer.num)
                behind.append(cursor)
            }
        }
        outcome.behind = behind
    }

    /// Whether nothing of a layer is here. A round's layers are evidence: they come with their history.
    private func mayStartFromSnapshot(_ layer: LayerRow) throws -> Bool {
        guard layer.position == 0, !layer.isOfRound, try base(of: layer.num)?.isInForce != true else { return false }
        return try chains(layer: layer.num).allSatisfy { $0.heldSeq == 0 } && checkpoints(of: layer).isEmpty
    }

    private func snapshotPoint(of layer: LayerRow) throws -> SnapshotPoint {
        guard let base = try base(of: layer.num) else { return SnapshotPoint(layer: layer.id, position: 0, piece: 0) }
        return SnapshotPoint(layer: layer.id, position: base.head.position, piece: try pieceCount(of: layer.num))
    }

    /// Pieces that do not count yet make way.
    private func dropGathered(_ layer: Int64) throws {
        if let base = try base(of: layer), !base.isInForce { try deleteBase(of: layer) }
    }

    fileprivate func take(_ reply: SnapshotReply) throws -> SnapshotOutcome {
        let link = try requireLink()
        var outcome = SnapshotOutcome()
        guard let layer = try findLayer(reply.layer), let epoch = layer.epoch else { return outcome }
        outcome.behind = layer.headPosition > layer.position ? layer.cursor : nil
        // Another program on this store may have been quicker, or may have written in the layer.
        guard try mayStartFromSnapshot(layer), let head = reply.head, head.layer == layer.id, head.epoch == epoch else {
            try dropGathered(layer.num)
            return outcome
        }
        let verified = try verify(reply, head, of: layer, link)
        if let base = try base(of: layer.num), base.head != head {
            try deleteBase(of: layer.num)
            // Pieces of another snapshot than the one begun: from its first on.
            guard reply.firstPiece == 0 else {
                outcome.next = SnapshotPoint(layer: layer.id, position: 0, piece: 0)
                outcome.behind = nil
                return outcome
            }
        }
        if try base(of: layer.num) == nil { try insertBase(reply, head, of: layer) }
        var held = try pieceCount(of: layer.num)
        guard reply.firstPiece <= held else {
            throw StoreError(.unverified, "the server left out pieces of a snapshot; nothing was taken")
        }
        var last = held > 0 ? try piece(held - 1, of: layer.num).records.last?.id : nil
        for (bytes, number) in zip(reply.pieces, reply.firstPiece...) where number == held {
            last = try keep(piece: bytes, number, of: head, behind: last, layer)
            held += 1
        }
        guard held < head.pieces.count else {
            outcome.behind = try putInForce(head, verified, layer)
            outcome.changeCount = Int(head.position)
            return outcome
        }
        guard !reply.pieces.isEmpty else {
            throw StoreError(.unverified, "the server says that a snapshot has more pieces and does not send them")
        }
        outcome.next = SnapshotPoint(layer: layer.id, position: head.position, piece: held)
        outcome.behind = nil
        return outcome
    }

    private func verify(
        _ reply: SnapshotReply, _ head: SnapshotHead, of layer: LayerRow, _ link: SyncLink
    ) throws -> VerifiedCheckpoint {
        guard let signature = reply.signature,
            cryptography.isValid(
                signature, of: head.statement(by: link.server, using: cryptography), by: link.serverKey)
        else {
            throw StoreError(.unverified, "the server's snapshot is not signed with its key; nothing was taken from it")
        }
        // Each position of a feed is one change of one chain, and none runs further ahead than it may.
        let count = head.chains.reduce(UInt64(0)) { $0 + $1.seq }
        guard count == head.position,
            head.chains.allSatisfy({ $0.lamport >= $0.seq && $0.lamport / WireLimits.lamportLeadMax <= head.position })
        else {
            throw StoreError(.unverified, "the server's snapshot cannot be what it says; nothing was taken from it")
        }
        return try verify(
            Checkpoint(
                position: head.position, feedHash: head.feedHash,
                signature: reply.checkpoint ?? signature), of: layer, link)
    }

    private func insertBase(_ reply: SnapshotReply, _ head: SnapshotHead, of layer: LayerRow) throws {
        guard let signature = reply.signature, let checkpoint = reply.checkpoint else { return }
        let insert = try db.statement(
            "INSERT INTO base (layer, head, signature, checkpoint, history_hash) VALUES (?1, ?2, ?3, ?4, ?5)")
        insert.bind(layer.num, at: 1)
        insert.bind(head.encoded, at: 2)
        insert.bind(signature, at: 3)
        insert.bind(checkpoint, at: 4)
        insert.bind(Digest.zero, at: 5)
        try insert.run()
        knownBases = nil
    }

    /// - Parameter last: The last record of the piece before.
    /// - Returns: The last record of this one.
    private func keep(
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
            "INSERT INTO base_piece (layer, number, first_record, bytes) VALUES (?1, ?2, ?3, ?4)")
        insert.bind(layer.num, at: 1)
        insert.bind(number, at: 2)
        insert.bind(first, at: 3)
        insert.bind(bytes, at: 4)
        try insert.run()
        return records.last?.id
    }

    /// From here the layer stands where its snapshot does.
    ///
    /// - Returns: Where to read on.
    private func putInForce(_ head: SnapshotHead, _ verified: VerifiedCheckpoint, _ layer: LayerRow) throws
        -> FeedCursor?
    {
        for entry in head.chains {
            let replica = try num(of: entry.replica)
            // An empty chain makes way: where the snapshot stands is written once, with the row.
            if let empty = try chain(layer: layer.num, replica: replica) { try delete(empty) }
            var chain = ChainRow(
                layer: layer.num, replica: replica, heldSeq: entry.seq, headHash: entry.hash, ackedSeq: entry.seq,
                base: ChainRow.Base(seq: entry.seq, hash: entry.hash, lamport: entry.lamport))
            try save(&chain)
        }
        try run("UPDATE base SET is_in_force = 1 WHERE layer = ?1", layer.num)
        // What this store had made under its present id was removed with the layer, when access ended: it goes on under another.
        let current: ReplicaID = try identifier(.replica)
        if head.chains.contains(where: { $0.replica == current }) { try rotateIfCurrent() }
        try moveCursor(of: layer, to: verified)
        try touch(layer, lamport: head.chains.map(\.lamport).max() ?? 0)
        forget()
        let row = try self.layer(layer.id)
        return row.headPosition > row.position ? row.cursor : nil
    }

    // MARK: Reading in

    /// Reads a piece into the records. What has been touched since the snapshot counts has its row, and keeps it.
    fileprivate func read(piece number: UInt64, of base: BaseRow, _ buffer: RecordBuffer) throws {
        let exists = try db.statement("SELECT 1 FROM record WHERE layer = ?1 AND id = ?2")
        for record in try piece(number, of: base.layer).records {
            exists.bind(base.layer, at: 1)
            exists.bind(record.id, at: 2)
            let isThere = try exists.step()
            exists.reset()
            if !isThere {
                buffer.insert(RecordBuffer.Key(layer: base.layer, record: record.id), try record.decoded())
            }
        }
        try setLoaded(number + 1, of: base.layer)
    }

    private func setLoaded(_ count: UInt64, of layer: Int64) throws {
        let update = try db.statement("UPDATE base SET loaded = ?2 WHERE layer = ?1")
        update.bind(layer, at: 1)
        update.bind(count, at: 2)
        try update.run()
        knownBases = nil
    }

    /// Reads the whole snapshot into a layer whose records were emptied.
    func readWholeBase(of layer: Int64, _ buffer: RecordBuffer) throws {
        guard let base = try base(of: layer), base.isInForce else { return }
        try read(base, from: 0, buffer)
    }

    /// Reads what is left of all snapshots into the records.
    func readUnreadBases(_ buffer: RecordBuffer) throws {
        for base in try bases().values.sorted(by: { $0.layer < $1.layer }) where base.isInForce {
            try read(base, from: base.loaded, buffer)
        }
    }

    private func read(_ base: BaseRow, from first: UInt64, _ buffer: RecordBuffer) throws {
        for number in first..<base.pieceCount {
            try read(piece: number, of: base, buffer)
            _ = try buffer.flush()
        }
    }
}

extension SnapshotHead {
    /// What a server signs of it.
    func statement(by server: ServerID, using cryptography: any CryptographyProvider) -> [UInt8] {
        SignedStatement.snapshot(server: server, digest: cryptography.sha256(encoded))
    }
}
