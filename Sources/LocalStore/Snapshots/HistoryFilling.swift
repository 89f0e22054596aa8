import AnnotationModel
public import ChangeLog
import SQLiteBinding
import WireFormat

/// Fetching the changes that a snapshot stands for. They have no effect, which the snapshot has already; when all are here
/// and come to what the server signed, the snapshot is needed no longer and goes. Where the server has let go of payloads it
/// stays, and the headers behind it.
extension LocalStore {
    /// Where the feeds of layers that began from a snapshot have to be read for their history; empty when none is missing.
    public func missingHistory() throws -> [FeedCursor] {
        try exclusively { core in
            try core.bases().values.filter(\.isLoaded).sorted { $0.layer < $1.layer }.compactMap {
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
            do {
                try maintain(origin: .remote) { core, buffer in
                    try core.fill(page, devices: reply.devices, buffer, &outcome)
                }
            } catch let off as OffFeed {
                outcome.rewound.append(try proof(off, page.layer))
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
        guard let layer = try findLayer(page.layer), let base = try base(of: layer.num), page.epoch == layer.epoch
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
        var walk = HistoryWalk(
            position: base.historyPosition, feedHash: base.historyHash, signed: try passedCheckpoints(of: layer))
        let end = base.historyEnd(in: layer)
        // A page goes on to what has come since, which is not entered here.
        var history = (position: walk.position, feedHash: walk.feedHash)
        for segment in page.segments {
            for change in try verifiedChanges(of: segment, in: layer) {
                try enter(change, layer, base, &walk)
                if walk.position <= end { history = (walk.position, walk.feedHash) }
            }
        }
        let reached = page.signature.map {
            Checkpoint(position: page.position, feedHash: walk.feedHash, signature: $0)
        }
        _ = try verify(reached, of: layer, link)
        outcome.total += Int(end)
        outcome.readCount += Int(history.position)
        outcome.filledCount += walk.filledCount
        try deleteCheckpoints(of: layer, through: walk.position)
        let isHere = try isHistoryHere(of: layer)
        guard try isHere && !isCompacted(layer) else {
            guard isHere || layer.epoch != base.head.epoch || walk.position < base.head.position else {
                throw Self.otherHistory
            }
            try setHistory(history.position, history.feedHash, of: base)
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

    /// Lets a snapshot go whose history has been read, once somebody has brought what the server had let go of.
    func dropBaseIfNeedless(of num: Int64) throws {
        guard let base = try base(of: num), base.isLoaded else { return }
        let layer = try layer(num: num)
        guard layer.epoch == base.head.epoch, base.historyPosition >= base.historyEnd(in: layer),
            try isHistoryHere(of: layer), try !isCompacted(layer)
        else { return }
        try deleteBase(of: num)
        forget()
    }

    /// Whether every change that the snapshot stands for is here: each is entered behind the one before it alone.
    private func isHistoryHere(of layer: LayerRow) throws -> Bool {
        try chains(layer: layer.num).allSatisfy { chain in
            try chain.base.map { try changeRow(chain.changeID($0.seq)) != nil } ?? true
        }
    }

    /// Whether a layer stands on a snapshot of a former life of its feed, of which the present one has everything, but some by
    /// headers alone: what has effect may differ, and cannot be made anew from the log. One of the present life takes its place.
    func isOutdated(_ base: BaseRow, in layer: LayerRow) throws -> Bool {
        guard let epoch = layer.epoch, epoch != base.head.epoch, layer.position > 0,
            base.historyPosition >= base.historyEnd(in: layer), try isCompacted(layer)
        else { return false }
        return try chains(layer: layer.num).allSatisfy { $0.ackedSeq >= $0.base?.seq ?? 0 }
    }

    func hasOutdatedBase() throws -> Bool {
        try bases().values.contains { try isOutdated($0, in: layer(num: $0.layer)) }
    }

    /// Whether payloads behind the layer's snapshot are missing because the server has let go of them.
    func isCompacted(_ layer: LayerRow) throws -> Bool {
        let select = try db.statement(
            """
            SELECT 1 FROM change JOIN chain ON chain.num = change.id >> 32 WHERE change.withheld = ?1 AND chain.layer = ?2
            LIMIT 1
            """)
        select.bind(Int64(Withholding.compacted.rawValue), at: 1)
        select.bind(layer.num, at: 2)
        defer { select.reset() }
        return try select.step()
    }

    private static let otherHistory = StoreError(
        .unverified, "the server's history does not come to what its snapshot stood for; it was not taken")

    private struct HistoryWalk {
        var position: UInt64
        var feedHash: Digest
        /// What the feed has to go through.
        let signed: [Checkpoint]
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
        if let missed = walk.signed.first(where: { $0.position == walk.position && $0.feedHash != walk.feedHash }) {
            throw OffFeed(missed: missed)
        }
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
        if let row = try changeRow(chain.changeID(header.seq)), try row.hash == change.hash || !makesWay(row, in: chain)
        {
            guard row.hash == change.hash else { throw Self.otherHistory }
            walk.ends[header.replica] = change.hash
            try align(row, with: change, in: chain)
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

    /// Whether another life of somebody else's replica, come by hand, was put aside.
    private func makesWay(_ row: ChangeRow, in chain: ChainRow) throws -> Bool {
        guard try !isOwn(chain.replica) else { return false }
        try keepAsideBehindBase(
            from: row.seq, of: chain, reason: "the server holds another history of this replica")
        return true
    }

    /// Puts aside what is here of a chain behind its snapshot from `first` on, where it has no effect.
    func keepAsideBehindBase(from first: UInt64, of chain: ChainRow, reason: String) throws {
        guard let end = chain.base else { return }
        var last = first - 1
        try forEachChange(of: chain, from: first) { next in
            guard next.seq == last + 1, next.seq <= end.seq else { return false }
            last = next.seq
            return true
        }
        guard last >= first else { return }
        try keepAside(try changes(of: chain, first, through: last), reason: reason)
        let delete = try db.statement("DELETE FROM change WHERE id BETWEEN ?1 AND ?2")
        delete.bind(chain.changeID(first), at: 1)
        delete.bind(chain.changeID(last), at: 2)
        try delete.run()
    }

    /// Brings a row of the history in line with what the feed has of it now; it has no effect beside the snapshot's.
    func align(_ row: ChangeRow, with change: Change, in chain: ChainRow) throws {
        let payload = change.payload ?? row.payload
        // What the server has let go of has its effect, and need not be let go of here.
        let withheld = change.withheld == .compacted && payload != nil ? nil : change.withheld
        guard row.withheld != withheld else { return }
        let update = try db.statement(
            "UPDATE change SET payload = ?2, payload_hash = ?3, withheld = ?4 WHERE id = ?1")
        update.bind(row.id, at: 1)
        update.bind(payload, at: 2)
        update.bind(payload == nil ? change.header.payloadHash : nil, at: 3)
        update.bind(withheld.map { Int64($0.rawValue) }, at: 4)
        try update.run()
        if withheld == nil {
            try run("DELETE FROM refusal WHERE change = ?1", row.id)
        } else if try isOwn(chain.replica) {
            try list(refused: row)
        }
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
        if let base = try base(of: layer) { try setHistory(0, .zero, of: base) }
    }
}

extension BaseRow {
    /// Up to where the feed has to be read for the history: where the snapshot stands, or as far as there is anything where
    /// the feed has begun a new life since, and may have it in another order.
    func historyEnd(in layer: LayerRow) -> UInt64 {
        layer.epoch == head.epoch ? min(head.position, layer.position) : layer.position
    }
}
