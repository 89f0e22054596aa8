import AnnotationModel
import ChangeLog
import SQLiteBinding
import WireFormat

/// Reading feeds.
extension ServerCore {
    func page(
        from cursor: FeedCursor, workspace: WorkspaceID, byteBudget: Int, for account: Account
    ) throws -> FeedPage {
        guard let layer = try readableLayer(cursor.layer, workspace: workspace, for: account) else {
            return FeedPage(
                layer: cursor.layer, status: .unknownLayer, epoch: cursor.epoch, segments: [],
                position: cursor.position, feedHash: cursor.feedHash, signature: nil, headPosition: 0)
        }
        guard layer.epoch == cursor.epoch, try feedHash(of: layer, at: cursor.position) == cursor.feedHash else {
            return FeedPage(
                layer: cursor.layer, status: .offFeed, epoch: layer.epoch, segments: [], position: cursor.position,
                feedHash: cursor.feedHash, signature: nil, headPosition: layer.position)
        }
        var builder = SegmentBuilder(layer: layer.id)
        var position = cursor.position
        var feedHash = cursor.feedHash
        var bytes = 0
        var isSigned = true
        let select = try db.statement(
            """
            SELECT feed.chain, feed.seq, feed.author, feed.lamport, feed.wall_time, feed.payload, feed.payload_hash,
                feed.withheld, feed.signature, feed.feed_hash, feed.hash, feed.id
            FROM feed WHERE feed.id BETWEEN ?1 AND ?2 ORDER BY feed.id
            """)
        select.bind(layer.feedID(cursor.position + 1), at: 1)
        select.bind(layer.feedID(layer.position), at: 2)
        while try select.step() {
            let payload = select.optionalBlob(5)
            let size = (payload?.count ?? 64) + 64
            // Only behind a signature: what comes after one belongs to a segment that its maker signed as a whole, and
            // who has a part of that can prove nothing of it to a server that has lost it.
            if bytes > 0 && bytes + size > byteBudget && isSigned { break }
            bytes += size
            position = UInt64(select.int64(11) & 0xFF_FFFF_FFFF)
            guard let author = MemberID(select, 2), let rowFeedHash = select.digest(9) else {
                throw ServerStoreError(.unavailable, "a feed's row is damaged")
            }
            feedHash = rowFeedHash
            isSigned = !select.isNull(8)
            let body: Segment.Body
            if let payload {
                body = .payload(payload)
            } else {
                guard let hash = select.digest(6),
                    let reason = Withholding(rawValue: UInt8(clamping: select.int64(7)))
                else { throw ServerStoreError(.unavailable, "a feed's row is damaged") }
                body = .withheld(reason, payloadHash: hash)
            }
            builder.add(
                chain: select.int64(0), seq: UInt64(select.int64(1)), author: author,
                entry: Segment.Entry(lamport: UInt64(select.int64(3)), wallTime: select.int64(4), body: body),
                signature: Signature(bytes: select.blob(8)))
        }
        select.reset()
        let segments = try builder.segments { chain in
            try replica(ofChain: chain)
        } previous: { chain, seq in
            try hash(ofChain: chain, seq: seq)
        }
        return FeedPage(
            layer: layer.id, status: .changes, epoch: layer.epoch, segments: segments, position: position,
            feedHash: feedHash, signature: nil, headPosition: layer.position)
    }

    /// The feed's hash at a position; `nil` beyond its end.
    private func feedHash(of layer: LayerRow, at position: UInt64) throws -> Digest? {
        if position == 0 { return .zero }
        if position == layer.position { return layer.feedHash }
        if position > layer.position { return nil }
        let select = try db.statement("SELECT feed_hash FROM feed WHERE id = ?1")
        select.bind(layer.feedID(position), at: 1)
        guard try select.step() else { return nil }
        defer { select.reset() }
        return select.digest(0)
    }

    private func replica(ofChain chain: Int64) throws -> ReplicaID {
        let select = try db.statement(
            "SELECT replica.id FROM chain JOIN replica ON replica.num = chain.replica WHERE chain.num = ?1")
        select.bind(chain, at: 1)
        guard try select.step(), let replica = ReplicaID(select, 0) else {
            throw ServerStoreError(.unavailable, "a chain's row is damaged")
        }
        select.reset()
        return replica
    }

    private func hash(ofChain chain: Int64, seq: UInt64) throws -> Digest {
        if seq == 0 { return .zero }
        let select = try db.statement("SELECT hash FROM feed WHERE chain = ?1 AND seq = ?2")
        select.bind(chain, at: 1)
        select.bind(seq, at: 2)
        guard try select.step(), let hash = select.digest(0) else {
            throw ServerStoreError(.unavailable, "a feed's row is missing")
        }
        select.reset()
        return hash
    }

    func devices(of replicas: [ReplicaID]) throws -> [ReplicaDevice] {
        try Set(replicas).sorted().compactMap { replica in
            let select = try db.statement("SELECT member, public_key, certificate FROM replica WHERE id = ?1")
            select.bind(replica, at: 1)
            guard try select.step() else { return nil }
            defer { select.reset() }
            guard let member = MemberID(select, 0), let key = PublicKey(bytes: select.blob(1)) else {
                return nil
            }
            return ReplicaDevice(
                replica: replica,
                certificate: DeviceCertificate(
                    member: member, publicKey: key, signature: Signature(bytes: select.blob(2))))
        }
    }

    func vector(layer: LayerID, workspace: WorkspaceID, for account: Account) throws -> VectorReply {
        guard let row = try readableLayer(layer, workspace: workspace, for: account) else {
            return VectorReply(layer: layer, epoch: nil, heads: [], position: 0, feedHash: .zero, signature: nil)
        }
        let select = try db.statement(
            """
            SELECT replica.id, chain.seq, chain.hash FROM chain JOIN replica ON replica.num = chain.replica
            WHERE chain.layer = ?1 ORDER BY replica.id
            """)
        select.bind(row.num, at: 1)
        var heads: [ChainHead] = []
        while try select.step() {
            if let replica = ReplicaID(select, 0), let hash = select.digest(2) {
                heads.append(ChainHead(replica: replica, seq: UInt64(select.int64(1)), hash: hash))
            }
        }
        return VectorReply(
            layer: layer, epoch: row.epoch, heads: heads, position: row.position, feedHash: row.feedHash, signature: nil
        )
    }

    /// When the server had each of the changes that it holds, and their hashes; none in a layer that is not there for the
    /// account.
    func arrivals(of changes: [ChangeName], layer: LayerID, workspace: WorkspaceID, for account: Account) throws
        -> [Arrival]
    {
        guard let row = try readableLayer(layer, workspace: workspace, for: account) else { return [] }
        return try changes.compactMap { change in
            let select = try db.statement(
                """
                SELECT feed.hash, feed.received_at FROM replica JOIN chain ON chain.replica = replica.num AND chain.layer = ?2
                JOIN feed ON feed.chain = chain.num WHERE replica.id = ?1 AND feed.seq = ?3
                """)
            select.bind(change.replica, at: 1)
            select.bind(row.num, at: 2)
            select.bind(change.seq, at: 3)
            guard try select.step() else { return nil }
            defer { select.reset() }
            guard let hash = select.digest(0) else {
                throw ServerStoreError(.unavailable, "a feed's row is damaged")
            }
            return Arrival(change: change, hash: hash, receivedAt: select.int64(1))
        }
    }

    /// Whether a checkpoint that this server has signed tells of something that it has lost: then the feed begins a new
    /// life.
    func weigh(
        checkpoint: FeedCursor, workspace: WorkspaceID, for account: Account
    ) throws -> (epoch: EpochID?, isNew: Bool) {
        guard let layer = try readableLayer(checkpoint.layer, workspace: workspace, for: account) else {
            return (nil, false)
        }
        let isLost =
            layer.epoch == checkpoint.epoch
            ? try feedHash(of: layer, at: checkpoint.position) != checkpoint.feedHash
            : try !isKnown(checkpoint.epoch, of: layer)
        guard isLost else { return (layer.epoch, false) }
        // Of a life that the copy knew nothing of it is told once.
        try note(checkpoint.epoch, of: layer.num)
        let epoch: EpochID = cryptography.randomIdentifier()
        try note(epoch, of: layer.num)
        let update = try db.statement("UPDATE layer SET epoch = ?2, epoch_count = epoch_count + 1 WHERE num = ?1")
        update.bind(layer.num, at: 1)
        update.bind(epoch, at: 2)
        try update.run()
        let delete = try db.statement("DELETE FROM reading WHERE layer = ?1")
        delete.bind(layer.num, at: 1)
        try delete.run()
        return (epoch, true)
    }

    private func isKnown(_ epoch: EpochID, of layer: LayerRow) throws -> Bool {
        let select = try db.statement("SELECT 1 FROM layer_epoch WHERE layer = ?1 AND epoch = ?2")
        select.bind(layer.num, at: 1)
        select.bind(epoch, at: 2)
        defer { select.reset() }
        return try select.step()
    }

    /// Writes down that a feed has, or had, this life.
    func note(_ epoch: EpochID, of layer: Int64) throws {
        let insert = try db.statement("INSERT OR IGNORE INTO layer_epoch (layer, epoch) VALUES (?1, ?2)")
        insert.bind(layer, at: 1)
        insert.bind(epoch, at: 2)
        try insert.run()
    }
}

/// Joins neighbouring rows of a feed into segments.
private struct SegmentBuilder {
    private struct Run {
        let chain: Int64
        let author: MemberID
        let firstSeq: UInt64
        var entries: [Segment.Entry]
        var signatures: [Segment.SignedHead]
    }

    let layer: LayerID
    private var runs: [Run] = []

    init(layer: LayerID) { self.layer = layer }

    mutating func add(chain: Int64, seq: UInt64, author: MemberID, entry: Segment.Entry, signature: Signature?) {
        let head = signature.map { [Segment.SignedHead(seq: seq, signature: $0)] } ?? []
        if let last = runs.last, last.chain == chain, last.author == author,
            last.firstSeq + UInt64(last.entries.count) == seq, last.entries.count < WireLimits.segmentChangesMax
        {
            runs[runs.count - 1].entries.append(entry)
            runs[runs.count - 1].signatures += head
        } else {
            runs.append(Run(chain: chain, author: author, firstSeq: seq, entries: [entry], signatures: head))
        }
    }

    func segments(
        replica: (Int64) throws -> ReplicaID, previous: (Int64, UInt64) throws -> Digest
    ) rethrows -> [Segment] {
        try runs.map { run in
            Segment(
                layer: layer, replica: try replica(run.chain), author: run.author, firstSeq: run.firstSeq,
                previous: try previous(run.chain, run.firstSeq - 1), entries: run.entries, signatures: run.signatures)
        }
    }
}
