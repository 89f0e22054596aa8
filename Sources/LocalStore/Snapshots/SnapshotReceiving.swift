import AnnotationModel
public import ChangeLog
import SQLiteBinding
import WireFormat

/// Putting a layer on a snapshot: the pieces are gathered first, and have no effect until all are here; then they count, all
/// at once. In a layer of which nothing was here they are read into the records one by one.
extension LocalStore {
    /// Takes in pieces of a snapshot that was asked for. May be stopped at any moment; the pieces that are here stay.
    ///
    /// - Throws: `unverified` for what the server has not signed; nothing of the reply is taken.
    public func take(_ reply: SnapshotReply) throws -> SnapshotOutcome {
        try maintain(origin: .remote) { core, buffer in try core.take(reply, buffer) }
    }

    /// Reads the next piece of a snapshot into the records.
    ///
    /// - Returns: How many pieces of the layer are read now, and how many it has; `nil` when nothing is left to read.
    public func readSnapshotPiece() throws -> (read: Int, total: Int)? {
        guard try exclusively({ core in try core.bases().values.contains { !$0.isLoaded } }) else { return nil }
        return try maintain(origin: .remote) { core, buffer in
            let unread = try core.bases().values.filter { !$0.isLoaded }
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
            if try layer.headPosition >= least && !layer.isOfRound && isUntouched(layer) {
                outcome.snapshots.append(try snapshotPoint(of: layer))
            } else {
                behind.append(cursor)
            }
        }
        outcome.behind = behind
        try dropOvertaken()
        for base in try bases().values.sorted(by: { $0.layer < $1.layer }) {
            let layer = try layer(num: base.layer)
            if try isOutdated(base, in: layer), !outcome.snapshots.contains(where: { $0.layer == layer.id }) {
                outcome.snapshots.append(try snapshotPoint(of: layer))
            }
        }
    }

    /// Whether nothing of a layer is here.
    private func isUntouched(_ layer: LayerRow) throws -> Bool {
        guard layer.position == 0, try base(of: layer.num) == nil else { return false }
        return try chains(layer: layer.num).allSatisfy { $0.heldSeq == 0 } && checkpoints(of: layer).isEmpty
    }

    /// Where to go on with a layer's snapshot.
    func snapshotPoint(of layer: LayerRow) throws -> SnapshotPoint {
        guard let coming = try coming(of: layer.num) else {
            return SnapshotPoint(layer: layer.id, position: 0, piece: 0)
        }
        return SnapshotPoint(
            layer: layer.id, position: coming.head.position, piece: try pieceCount(of: layer.num, in: .coming))
    }

    fileprivate func take(_ reply: SnapshotReply, _ buffer: RecordBuffer) throws -> SnapshotOutcome {
        let link = try requireLink()
        var outcome = SnapshotOutcome()
        guard let layer = try findLayer(reply.layer), let epoch = layer.epoch else { return outcome }
        outcome.behind = layer.headPosition > layer.position ? layer.cursor : nil
        // Another program on this store may have been quicker. A round's layers are evidence: they come with their history.
        guard let head = reply.head, head.layer == layer.id, head.epoch == epoch, !layer.isOfRound,
            try head.position > layer.position || base(of: layer.num).map({ try isOutdated($0, in: layer) }) ?? false
        else {
            try dropComing(layer.num)
            return outcome
        }
        let verified = try verify(reply, head, of: layer, link)
        if let coming = try coming(of: layer.num), coming.head != head {
            try dropComing(layer.num)
            // Pieces of another snapshot than the one begun: from its first on.
            guard reply.firstPiece == 0 else {
                outcome.next = SnapshotPoint(layer: layer.id, position: 0, piece: 0)
                outcome.behind = nil
                return outcome
            }
        }
        if try coming(of: layer.num) == nil { try insertComing(reply, head, of: layer) }
        var held = try pieceCount(of: layer.num, in: .coming)
        guard reply.firstPiece <= held else {
            throw StoreError(.unverified, "the server left out pieces of a snapshot; nothing was taken")
        }
        var last = held > 0 ? try piece(held - 1, of: layer.num, in: .coming).records.last?.id : nil
        for (bytes, number) in zip(reply.pieces, reply.firstPiece...) where number == held {
            last = try keep(piece: bytes, number, of: head, behind: last, layer)
            held += 1
        }
        guard held < head.pieces.count else {
            let cuts = try cuts(head, layer)
            guard cuts.isEmpty || head.position > layer.position else {
                // What would be cut would not be read again.
                try dropComing(layer.num)
                return outcome
            }
            guard try !hasUnsent(before: head, in: layer),
                cuts.allSatisfy({ $0.chain.ackedSeq >= $0.chain.base?.seq ?? 0 })
            else {
                outcome.waiting = layer.id
                outcome.behind = nil
                return outcome
            }
            for cut in cuts { try perform(cut) }
            outcome.behind = try putInForce(head, verified, layer, buffer)
            outcome.changeCount = Int(head.position - min(layer.position, head.position))
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

    // MARK: Putting in force

    /// A chain of which the former snapshot stands for more than the new one, in another life of the feed, and it is not all here.
    private struct Cut {
        let chain: ChainRow
        /// Where the new snapshot stands in it; `nil` where it does not know of it.
        let end: SnapshotHead.Chain?
    }

    private func cuts(_ head: SnapshotHead, _ layer: LayerRow) throws -> [Cut] {
        let ends = Dictionary(head.chains.map { ($0.replica, $0) }) { first, _ in first }
        return try chains(layer: layer.num).compactMap { chain in
            let end = ends[try replica(chain.replica)]
            return try isHere(chain, from: (end?.seq ?? 0) + 1) ? nil : Cut(chain: chain, end: end)
        }
    }

    /// What the former snapshot stands for beyond the new one comes with the feed.
    private func perform(_ cut: Cut) throws {
        var chain = cut.chain
        if chain.heldSeq >= chain.firstWholeSeq {
            try keepAside(
                try changes(of: chain, chain.firstWholeSeq, through: chain.heldSeq),
                reason: "the server holds another history of this replica")
        }
        guard let end = cut.end else { return try delete(chain) }
        try delete(changesOf: &chain, behind: end.seq, hash: end.hash)
    }

    /// From here the layer stands where its snapshot does, with what only this store has on top.
    ///
    /// - Returns: Where to read on.
    /// - Throws: `unverified` if the server contradicts what it sent before.
    private func putInForce(
        _ head: SnapshotHead, _ verified: VerifiedCheckpoint, _ layer: LayerRow, _ buffer: RecordBuffer
    ) throws -> FeedCursor? {
        let isUntouched = try isUntouched(layer)
        let named = Set(try head.chains.map { try num(of: $0.replica) })
        for chain in try chains(layer: layer.num) where chain.base != nil && !named.contains(chain.replica) {
            try set(nil, of: chain)
        }
        let current: ReplicaID = try identifier(.replica)
        var isCopy = false
        for entry in head.chains {
            let replica = try num(of: entry.replica)
            let end = ChainRow.Base(seq: entry.seq, hash: entry.hash, lamport: entry.lamport)
            guard var chain = try chain(layer: layer.num, replica: replica) else {
                var chain = ChainRow(
                    layer: layer.num, replica: replica, heldSeq: end.seq, headHash: end.hash, ackedSeq: end.seq,
                    base: end)
                try save(&chain)
                isCopy = isCopy || entry.replica == current
                continue
            }
            // What this store had made under its present id may have been removed with the layer, when access ended, or a copy
            // of it has gone on: it goes on under another.
            if entry.replica == current && chain.heldSeq < end.seq { isCopy = true }
            try align(&chain, with: end)
            try save(&chain)
            try set(end, of: chain)
        }
        try comeIn(layer)
        if isCopy { try rotateIfCurrent() }
        // What lies in between has not been seen: the history is held against what the server has signed there.
        if head.position > layer.position { try moveCursor(of: layer, to: verified, passesCheckpoints: false) }
        try touch(layer, lamport: head.chains.map(\.lamport).max() ?? 0)
        forget()
        let row = try self.layer(layer.id)
        if !isUntouched { try rebuild(row, buffer) }
        return row.headPosition > row.position ? row.cursor : nil
    }

    /// Lets a chain go at least as far as the snapshot.
    ///
    /// What is here of others' and not known to be on the server counts as the server's; the history finds what is not.
    private func align(_ chain: inout ChainRow, with end: ChainRow.Base) throws {
        let isHere = chain.heldSeq >= end.seq
        let agrees = try isHere && headerHash(of: chain, at: end.seq) == end.hash
        if chain.ackedSeq < min(end.seq, chain.heldSeq), !agrees {
            if isHere {
                let first = max(chain.ackedSeq + 1, chain.firstWholeSeq)
                try keepAside(
                    try changes(of: chain, first, through: chain.heldSeq),
                    reason: "the server holds another history of this replica")
                try delete(changesOf: &chain, from: first)
            }
        } else if isHere && !agrees {
            throw StoreError(
                .unverified, "the server's snapshot is not of the feed that it sent before; nothing was taken from it")
        }
        if chain.heldSeq < end.seq { (chain.heldSeq, chain.headHash) = (end.seq, end.hash) }
        chain.ackedSeq = max(chain.ackedSeq, end.seq)
    }

    /// Whether own changes are not known to be the ones that the server has under their numbers: they have to be sent first.
    private func hasUnsent(before head: SnapshotHead, in layer: LayerRow) throws -> Bool {
        try head.chains.contains { end in
            guard let chain = try chain(layer: layer.num, replica: num(of: end.replica)),
                chain.ackedSeq < min(end.seq, chain.heldSeq), try isOwn(chain.replica)
            else { return false }
            return try end.seq > chain.heldSeq || headerHash(of: chain, at: end.seq) != end.hash
        }
    }

    /// The gathered snapshot becomes the one that the layer stands on. Of the history behind it is here what was here before.
    private func comeIn(_ layer: LayerRow) throws {
        guard let coming = try coming(of: layer.num) else { return }
        let old = try base(of: layer.num)
        try run("DELETE FROM base_piece WHERE layer = ?1", layer.num)
        try run("DELETE FROM base WHERE layer = ?1", layer.num)
        let insert = try db.statement(
            """
            INSERT INTO base (layer, head, signature, checkpoint, history_position, history_hash)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            """)
        insert.bind(layer.num, at: 1)
        insert.bind(coming.head.encoded, at: 2)
        insert.bind(coming.signature, at: 3)
        insert.bind(coming.checkpoint, at: 4)
        insert.bind(old?.historyPosition ?? layer.position, at: 5)
        insert.bind(old?.historyHash ?? layer.feedHash, at: 6)
        try insert.run()
        try run(
            """
            INSERT INTO base_piece (layer, number, first_record, bytes)
            SELECT layer, number, first_record, bytes FROM coming_piece WHERE layer = ?1 ORDER BY number
            """, layer.num)
        try dropComing(layer.num)
        forgetBases()
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
        guard let base = try base(of: layer) else { return }
        try read(base, from: 0, buffer)
    }

    /// Reads what is left of all snapshots into the records.
    func readUnreadBases(_ buffer: RecordBuffer) throws {
        for base in try bases().values.sorted(by: { $0.layer < $1.layer }) {
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
