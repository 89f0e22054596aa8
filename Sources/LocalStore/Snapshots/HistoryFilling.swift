import AnnotationModel
public import ChangeLog
import SQLiteBinding
import WireFormat

/// Fetching the changes that a snapshot stands for. They have no effect, which the snapshot has already; when all are here
/// and come to what the server signed, the snapshot is needed no longer and goes.
extension LocalStore {
    /// Where the feeds of layers that began from a snapshot have to be read for their history; empty when none is missing.
    public func missingHistory() throws -> [FeedCursor] {
        try exclusively { core in
            try core.bases().values.filter { $0.isInForce && $0.isLoaded }.sorted { $0.layer < $1.layer }.compactMap {
                try core.historyCursor(of: $0)
            }
        }
    }

    /// Takes in pages of a feed's history: each page wholly, and only if it verifies.
    ///
    /// - Throws: `unverified` if a page's hashes or signatures do not hold, or the whole does not come to what the snapshot
    ///   stood for; pages before it stay.
    public func fill(_ reply: PullReply) throws -> HistoryOutcome {
        var outcome = HistoryOutcome()
        for page in reply.pages {
            try maintain(origin: .remote) { core, buffer in
                try core.fill(page, devices: reply.devices, buffer, &outcome)
            }
        }
        return outcome
    }
}

extension StoreCore {
    fileprivate func historyCursor(of base: BaseRow) throws -> FeedCursor? {
        let layer = try layer(num: base.layer)
        guard let epoch = layer.epoch, base.historyPosition < base.historyEnd(in: layer) else { return nil }
        return FeedCursor(
            layer: layer.id, epoch: epoch, position: base.historyPosition, feedHash: base.historyHash)
    }

    fileprivate func fill(
        _ page: FeedPage, devices: [ReplicaDevice], _ buffer: RecordBuffer, _ outcome: inout HistoryOutcome
    ) throws {
        let link = try requireLink()
        guard let layer = try findLayer(page.layer), let base = try base(of: layer.num), base.isInForce,
            page.epoch == layer.epoch
        else { return }
        guard page.status == .changes else {
            // The next heads say what became of it.
            return
        }
        for device in devices { try learn(device, link, buffer) }
        let count = page.segments.reduce(0) { $0 + UInt64($1.entries.count) }
        // Another program on this store may have read on while the page was under way.
        guard page.position == base.historyPosition + count, count > 0 else {
            outcome.behind += count > 0 ? [try historyCursor(of: base)].compactMap { $0 } : []
            return
        }
        var walk = HistoryWalk(position: base.historyPosition, feedHash: base.historyHash)
        for segment in page.segments {
            for change in try verifiedChanges(of: segment, in: layer) { try enter(change, layer, base, &walk) }
        }
        let reached = page.signature.map {
            Checkpoint(position: page.position, feedHash: walk.feedHash, signature: $0)
        }
        _ = try verify(reached, of: layer, link)
        outcome.total += Int(base.historyEnd(in: layer))
        outcome.readCount += Int(min(walk.position, base.historyEnd(in: layer)))
        outcome.filledCount += walk.filledCount
        guard try isHistoryWhole(of: layer) else {
            guard layer.epoch != base.head.epoch || walk.position < base.head.position else { throw Self.otherHistory }
            try setHistory(walk.position, walk.feedHash, of: base)
            if let cursor = try self.base(of: layer.num).flatMap({ try historyCursor(of: $0) }) {
                outcome.behind.append(cursor)
            }
            return
        }
        try deleteBase(of: layer.num)
        forget()
        // In a new life of the feed something may be without effect that had one, or the other way round.
        if layer.epoch != base.head.epoch { try rebuild(try self.layer(layer.id), buffer) }
    }

    /// Whether every change that the snapshot stands for is here: each is entered behind the one before it alone.
    private func isHistoryWhole(of layer: LayerRow) throws -> Bool {
        try chains(layer: layer.num).allSatisfy { chain in
            try chain.base.map { try changeRow(chain.changeID($0.seq)) != nil } ?? true
        }
    }

    private static let otherHistory = StoreError(
        .unverified, "the server's history does not come to what its snapshot stood for; it was not taken")

    private struct HistoryWalk {
        var position: UInt64
        var feedHash: Digest
        var chains: [ReplicaID: ChainRow] = [:]
        /// The last change that was entered, for each chain.
        var ends: [ReplicaID: Digest] = [:]
        var filledCount = 0
    }

    /// Goes over a change of the feed, and enters it if the snapshot stands for it and it continues what is here of its chain.
    private func enter(_ change: Change, _ layer: LayerRow, _ base: BaseRow, _ walk: inout HistoryWalk) throws {
        let header = change.header
        if walk.chains[header.replica] == nil {
            walk.chains[header.replica] = try chain(layer: layer.num, replica: num(of: header.replica))
        }
        walk.position += 1
        walk.feedHash = FeedHash.next(
            walk.feedHash, header: change.hash, withheld: change.withheld, using: cryptography)
        let isSameLife = layer.epoch == base.head.epoch
        if isSameLife, walk.position == base.head.position, walk.feedHash != base.head.feedHash {
            throw Self.otherHistory
        }
        guard let chain = walk.chains[header.replica], let end = chain.base, header.seq <= end.seq else {
            // In a new life of the feed what came later may stand in between.
            guard !isSameLife || walk.position > base.head.position else { throw Self.otherHistory }
            return
        }
        // A feed in a new life is read again from its start.
        if let row = try changeRow(chain.changeID(header.seq)) {
            guard row.hash == change.hash else { throw Self.otherHistory }
            walk.ends[header.replica] = change.hash
            try align(row, with: change)
            return
        }
        let previous =
            try walk.ends[header.replica]
            ?? (header.seq == 1 ? Digest.zero : changeRow(chain.changeID(header.seq - 1))?.hash)
        guard header.previous == previous, header.seq < end.seq || change.hash == end.hash else {
            throw Self.otherHistory
        }
        walk.ends[header.replica] = change.hash
        try insert(change, id: chain.changeID(header.seq), payload: change.payload)
        walk.filledCount += 1
    }

    /// Brings a row of the history in line with what the feed has of it now.
    private func align(_ row: ChangeRow, with change: Change) throws {
        guard row.withheld != change.withheld else { return }
        let payload = change.payload ?? row.payload
        let update = try db.statement(
            "UPDATE change SET payload = ?2, payload_hash = ?3, withheld = ?4 WHERE id = ?1")
        update.bind(row.id, at: 1)
        update.bind(payload, at: 2)
        update.bind(payload == nil ? change.header.payloadHash : nil, at: 3)
        update.bind(change.withheld.map { Int64($0.rawValue) }, at: 4)
        try update.run()
    }

    private func setHistory(_ position: UInt64, _ feedHash: Digest, of base: BaseRow) throws {
        let update = try db.statement("UPDATE base SET history_position = ?2, history_hash = ?3 WHERE layer = ?1")
        update.bind(base.layer, at: 1)
        update.bind(position, at: 2)
        update.bind(feedHash, at: 3)
        try update.run()
        knownBases = nil
    }

    /// Where the feed begins a new life its history is read from the start again.
    func restartHistory(of layer: Int64) throws {
        if let base = try base(of: layer), base.isInForce { try setHistory(0, .zero, of: base) }
    }
}

extension BaseRow {
    /// Up to where the feed has to be read for the history: where the snapshot stands, or as far as there is anything where
    /// the feed has begun a new life since, and may have it in another order.
    func historyEnd(in layer: LayerRow) -> UInt64 {
        layer.epoch == head.epoch ? min(head.position, layer.position) : layer.position
    }
}
