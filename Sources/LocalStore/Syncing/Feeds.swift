import AnnotationModel
public import ChangeLog
import SQLiteBinding
import WireFormat

extension LocalStore {
    /// Takes in which layers there are and where their feeds stand.
    ///
    /// - Parameter snapshotsFrom: A layer that this store has nothing of begins from a snapshot if its feed has so many changes.
    public func adopt(_ heads: Heads, snapshotsFrom: UInt64 = .max) throws -> HeadsOutcome {
        try maintain(origin: .remote) { core, _ in
            var outcome = try core.adopt(heads)
            try core.startFromSnapshots(&outcome, from: snapshotsFrom)
            return outcome
        }
    }

    /// Applies pulled pages: each page wholly, and only if it verifies.
    ///
    /// - Throws: `unverified` if a page's hashes or signatures do not hold; pages before it stay applied.
    public func apply(_ reply: PullReply) throws -> PullOutcome {
        var outcome = PullOutcome()
        for page in reply.pages {
            do {
                try maintain(origin: .remote) { core, buffer in
                    try core.apply(page, devices: reply.devices, buffer, &outcome)
                }
            } catch let other as OtherThanBase {
                try maintain(origin: .remote) { core, buffer in try core.abandonBase(of: other.layer, buffer) }
                // It is read from its start now.
                outcome.hasNewEpoch = true
            } catch let off as OffFeed {
                outcome.rewound.append(try proof(off, page.layer))
            } catch let behind as BehindCompaction {
                outcome.snapshots.append(
                    try exclusively { core in try core.snapshotPoint(of: core.layer(behind.layer)) })
            }
        }
        return outcome
    }

    func proof(_ off: OffFeed, _ layer: LayerID) throws -> CheckpointProof {
        try exclusively { core in try core.proof(off.missed, of: core.layer(layer), core.requireLink()) }
    }

    /// Prepares a layer for a server that lost changes: everything it lacks is pending again, and its new feed is read
    /// from the start.
    public func recover(_ reply: VectorReply) throws {
        guard let epoch = reply.epoch else { return }
        try maintain(origin: .remote) { core, _ in
            let layer = try core.layer(reply.layer)
            let held = Dictionary(reply.heads.map { ($0.replica, $0) }) { first, _ in first }
            for var chain in try core.chains(layer: layer.num) {
                let head = held[try core.replica(chain.replica)]
                // Another header at the server's head shows as a fork when the chain is pushed from the start.
                // Within what a snapshot stands for there is nothing to compare.
                let agrees =
                    try head.map {
                        try $0.seq + 1 < chain.firstWholeSeq || core.headerHash(of: chain, at: $0.seq) == $0.hash
                    } ?? false
                chain.ackedSeq = agrees ? min(head?.seq ?? 0, chain.heldSeq) : 0
                if let head, head.seq > chain.heldSeq {
                    // That says nothing of what is here. The feed shows whether others' is the same; a snapshot may come in its
                    // place, and of own work the server is asked by a push.
                    chain.ackedSeq = try core.isOwn(chain.replica) ? chain.firstWholeSeq - 1 : chain.heldSeq
                }
                try core.save(&chain)
            }
            try core.restart(layer, in: epoch)
            let head = reply.signature.map {
                StoreCore.Checkpoint(position: reply.position, feedHash: reply.feedHash, signature: $0)
            }
            try core.keep(
                head, claimed: reply.position, in: epoch, of: core.layer(reply.layer), core.requireLink())
        }
    }
}

/// A page goes past a point that the server has signed, but not through it; nothing of the page is taken.
struct OffFeed: Error {
    let missed: StoreCore.Checkpoint
}

extension LayerRow {
    var cursor: FeedCursor? {
        epoch.map { FeedCursor(layer: id, epoch: $0, position: position, feedHash: feedHash) }
    }
}

extension StoreCore {
    func adopt(_ heads: Heads) throws -> HeadsOutcome {
        let link = try requireLink()
        var outcome = HeadsOutcome()
        try db.execute("UPDATE member SET is_listed = 0")
        for entry in heads.members {
            let update = try db.statement("UPDATE member SET name = ?2, is_listed = 1, role = ?3 WHERE num = ?1")
            update.bind(try num(of: entry.member), at: 1)
            update.bind(entry.name, at: 2)
            update.bind(Int64(entry.role), at: 3)
            try update.run()
        }
        let known = try connectedLayers(link)
        let listed = Set(heads.layers.map(\.layer))
        // A server that was put back to before a round was opened makes its layers again when it hears of the round; until
        // then they wait here.
        let isRestored = known.contains { row in
            row.kind == LayerKind.shared.rawValue && row.epoch != nil
                && heads.layers.contains { $0.layer == row.id && $0.epoch != row.epoch }
        }
        let own = try num(of: link.member)
        for row in known where !listed.contains(row.id) {
            if row.isOfRound, isRestored || row.owner == own {
                try disconnect(row)
            } else if row.isOfRound || row.epoch != nil {
                try purge(row)
                outcome.lost.append(row.id)
            }
        }
        for head in heads.layers {
            try adopt(head, link, &outcome)
        }
        return outcome
    }

    private func adopt(_ head: LayerHead, _ link: SyncLink, _ outcome: inout HeadsOutcome) throws {
        guard let row = try findLayer(head.layer) else {
            let select = try db.statement("SELECT num FROM workspace WHERE id = ?1")
            select.bind(link.workspace, at: 1)
            guard try select.step() else { return }
            let workspace = select.int64(0)
            select.reset()
            try insertLayer(
                head.layer, workspace: workspace, kind: head.kind, owner: try head.owner.map { try num(of: $0) },
                isWritable: head.isWritable, round: head.round, stage: head.stage)
            try restart(try layer(head.layer), in: head.epoch)
            try setHead(head)
            outcome.appeared.append(head.layer)
            if head.position > 0, let cursor = try layer(head.layer).cursor { outcome.behind.append(cursor) }
            return
        }
        try setHead(head)
        guard let epoch = row.epoch else {
            try restart(row, in: head.epoch)
            if try chains(layer: row.num).contains(where: { $0.ackedSeq < $0.heldSeq }) { outcome.canSendMore = true }
            if head.position > 0, let cursor = try layer(head.layer).cursor { outcome.behind.append(cursor) }
            return
        }
        if epoch != head.epoch {
            outcome.newEpochs.append(row.id)
            if let known = try row.position > 0 ? cursorCheckpoint(of: row) : checkpoints(of: row).last {
                outcome.formerLives.append(try proof(known, of: row, link))
            }
        } else if head.position < row.position || (head.position == row.position && head.feedHash != row.feedHash) {
            outcome.rewound.append(try proof(cursorCheckpoint(of: row), of: row, link))
        } else if let missed = try checkpoints(of: row).first(where: {
            $0.position > head.position || ($0.position == head.position && $0.feedHash != head.feedHash)
        }) {
            outcome.rewound.append(try proof(missed, of: row, link))
        } else if head.position > row.position, let cursor = row.cursor {
            outcome.behind.append(cursor)
        }
    }

    /// The server does not have a layer at present: all that is in it waits to be sent, once it has.
    private func disconnect(_ layer: LayerRow) throws {
        guard layer.epoch != nil else { return }
        for var chain in try chains(layer: layer.num) {
            chain.ackedSeq = 0
            try save(&chain)
        }
        let update = try db.statement(
            """
            UPDATE layer SET epoch = NULL, position = 0, feed_hash = ?2, cursor_signature = NULL, head_position = 0
            WHERE num = ?1
            """)
        update.bind(layer.num, at: 1)
        update.bind(Digest.zero, at: 2)
        try update.run()
        try run("DELETE FROM checkpoint WHERE layer = ?1", layer.num)
        forget(layer: layer.id)
    }

    private func setHead(_ head: LayerHead) throws {
        let update = try db.statement(
            "UPDATE layer SET is_writable = ?2, head_position = ?3, round = ?4, round_stage = ?5 WHERE id = ?1")
        update.bind(head.layer, at: 1)
        update.bind(head.isWritable, at: 2)
        update.bind(head.position, at: 3)
        update.bind(head.round, at: 4)
        update.bind(Int64(head.stage.rawValue), at: 5)
        try update.run()
        forget(layer: head.layer)
    }

    fileprivate func apply(
        _ page: FeedPage, devices: [ReplicaDevice], _ buffer: RecordBuffer, _ outcome: inout PullOutcome
    ) throws {
        let link = try requireLink()
        guard let layer = try findLayer(page.layer), let epoch = layer.epoch else { return }
        switch page.status {
        case .unknownLayer:
            // The next heads say what became of it.
            return
        case .offFeed:
            guard page.epoch == epoch else {
                outcome.hasNewEpoch = true
                return
            }
            outcome.rewound.append(try proof(cursorCheckpoint(of: layer), of: layer, link))
            return
        case .changes: break
        }
        guard page.epoch == epoch else {
            outcome.hasNewEpoch = true
            return
        }
        // Another program on this store may have read on while the page was under way: it begins before the cursor.
        let count = page.segments.reduce(0) { $0 + UInt64($1.entries.count) }
        if page.position < layer.position + count {
            if page.headPosition > layer.position, let cursor = layer.cursor { outcome.behind.append(cursor) }
            return
        }
        for device in devices { try learn(device, link, buffer) }
        let signed = try checkpoints(of: layer)
        var receiver = Receiver(self, buffer, source: .feed)
        var feedHash = layer.feedHash
        var position = layer.position
        for segment in page.segments {
            for change in try verifiedChanges(of: segment, in: layer) {
                feedHash = FeedHash.next(feedHash, header: change.hash, withheld: change.withheld, using: cryptography)
                position += 1
                if let missed = signed.first(where: { $0.position == position && $0.feedHash != feedHash }) {
                    throw OffFeed(missed: missed)
                }
                _ = try receiver.receive(change, layer: layer)
            }
        }
        guard position == page.position, feedHash == page.feedHash else {
            throw StoreError(
                .unverified, "what the server sent does not agree with its own checkpoint; nothing was taken from it")
        }
        try receiver.finish()
        guard position > layer.position || page.headPosition <= position else {
            throw StoreError(.unverified, "the server says that there is more and does not send it")
        }
        if position > layer.position {
            guard let signature = page.signature else {
                throw StoreError(.unverified, "the server's checkpoint is not signed; nothing was taken from it")
            }
            let reached = Checkpoint(position: position, feedHash: feedHash, signature: signature)
            try moveCursor(of: layer, to: verify(reached, of: layer, link))
        }
        outcome.appliedCount += receiver.appliedCount
        outcome.hasReissued = outcome.hasReissued || receiver.hasReissued
        if page.headPosition > position, let cursor = try self.layer(page.layer).cursor {
            outcome.behind.append(cursor)
        }
    }

    /// Remembers whose a replica is, if the server vouches for it.
    func learn(_ device: ReplicaDevice, _ link: SyncLink, _ buffer: RecordBuffer) throws {
        // What is held was verified when it came; most pages bring nothing new.
        if try certificate(of: device.replica) == device.certificate { return }
        guard device.certificate.isVouched(by: link.server, key: link.serverKey, using: cryptography) else {
            throw StoreError(.unverified, "the server sent a device that it does not vouch for")
        }
        let update = try db.statement(
            """
            UPDATE replica SET member = ?2, public_key = ?3, certificate = ?4
            WHERE num = ?1 AND (certificate IS NULL OR certificate <> ?4)
            """)
        update.bind(try num(of: device.replica), at: 1)
        update.bind(device.certificate.member, at: 2)
        update.bind(device.certificate.publicKey, at: 3)
        update.bind(device.certificate.signature, at: 4)
        try update.run()
        try setAsideEarlierWork(of: device, buffer)
    }

    /// What somebody made before they connected, and came by hand, names another author than the server does. Its maker has made
    /// it anew since and sends it, or keeps it; from here no server would ever take it.
    private func setAsideEarlierWork(of device: ReplicaDevice, _ buffer: RecordBuffer) throws {
        let replica = try num(of: device.replica)
        guard try !isOwn(replica) else { return }
        let member = try num(of: device.certificate.member)
        for layer in try allLayers() {
            for var chain in try chains(layer: layer.num) where chain.replica == replica && chain.heldSeq > 0 {
                let select = try db.statement(
                    "SELECT min(id) & 0xFFFFFFFF FROM change WHERE id BETWEEN ?1 AND ?2 AND author <> ?3")
                select.bind(chain.changeID(1), at: 1)
                select.bind(chain.changeID(chain.heldSeq), at: 2)
                select.bind(member, at: 3)
                defer { select.reset() }
                guard try select.step(), !select.isNull(0) else { continue }
                let first = UInt64(select.int64(0))
                select.reset()
                let reason = "made before its author connected, under another name"
                if first < chain.firstWholeSeq {
                    try keepAsideBehindBase(from: first, of: chain, reason: reason)
                } else {
                    try setAside(from: first, of: &chain, reason: reason, buffer)
                }
            }
        }
    }

    /// What a segment of a feed's page holds.
    ///
    /// - Throws: `unverified` if it is of another layer, of an unknown device, or a signature does not hold.
    func verifiedChanges(of segment: Segment, in layer: LayerRow) throws -> [Change] {
        guard segment.layer == layer.id else {
            throw StoreError(.unverified, "the server sent changes of another layer")
        }
        guard try device(of: segment.replica) != nil else {
            throw StoreError(.unverified, "the server sent changes and does not say whose device made them")
        }
        let changes = segment.changes(using: cryptography)
        try verifySignatures(of: changes, replica: segment.replica, in: layer)
        return changes
    }

    /// - Throws: `unverified` if a signature is not that of the replica's device. A replica whose device is not known
    ///   yet is checked later, by `check`. In a layer that no server has, who the author is stays the maker's own word: a
    ///   store that has not connected yet has a member id of its own making.
    func verifySignatures(of changes: [Change], replica: ReplicaID, in layer: LayerRow) throws {
        guard changes.contains(where: { $0.signature != nil }), let device = try device(of: replica) else { return }
        for change in changes {
            guard let signature = change.signature else { continue }
            let statement = SignedStatement.chainHead(
                layer: change.header.layer, replica: replica, seq: change.header.seq, hash: change.hash)
            guard layer.epoch == nil || change.header.author == device.member,
                cryptography.isValid(signature, of: statement, by: device.publicKey)
            else {
                throw StoreError(
                    .unverified, "a change is not signed by the device it claims to come from; nothing was taken")
            }
        }
    }

    func device(of replica: ReplicaID) throws -> (member: MemberID, publicKey: PublicKey)? {
        let select = try db.statement("SELECT member, public_key FROM replica WHERE id = ?1")
        select.bind(replica, at: 1)
        guard try select.step() else { return nil }
        defer { select.reset() }
        guard let member = MemberID(select, 0), let key = PublicKey(bytes: select.blob(1)) else {
            return nil
        }
        return (member, key)
    }

    /// Removes a layer that may not be read any more; what the member made is kept aside, on whichever device.
    ///
    /// Also what the server has taken: should it be put back to an older copy, nobody else may have it.
    func purge(_ layer: LayerRow) throws {
        let member = try syncLink()?.member
        for chain in try chains(layer: layer.num) {
            let maker = try device(of: try replica(chain.replica))?.member
            if try isOwn(chain.replica) || (maker != nil && maker == member) {
                // What a snapshot stands for, as far as it is here from the start.
                if let end = chain.base, case let last = min(try lastWhole(of: chain), end.seq), last > 0 {
                    try keepAside(
                        try changes(of: chain, 1, through: last),
                        reason: "the layer is not open to you any more; this is what you had sent")
                }
                if chain.ackedSeq >= chain.firstWholeSeq {
                    try keepAside(
                        try changes(of: chain, chain.firstWholeSeq, through: chain.ackedSeq),
                        reason: "the layer is not open to you any more; this is what you had sent")
                }
                if chain.ackedSeq < chain.heldSeq {
                    try keepAside(
                        try changes(
                            of: chain, max(chain.ackedSeq + 1, chain.firstWholeSeq), through: chain.heldSeq),
                        reason: "access to the layer ended before this was sent")
                }
                // As they travel they have no payload, whether or not the server is known to hold them.
                try keepAsideRefused(of: chain, through: chain.heldSeq, layer: layer.id)
            }
            try delete(chain)
        }
        try run("DELETE FROM checkpoint WHERE layer = ?1", layer.num)
        try deleteBase(of: layer.num)
        try dropComing(layer.num)
        try dropRecords(of: layer)
        try run("DELETE FROM layer WHERE num = ?1", layer.num)
        forget(layer: layer.id)
    }

    /// Empties the merged records of a layer and everything made from them.
    func dropRecords(of layer: LayerRow, isSearchEmpty: Bool = false) throws {
        if !isSearchEmpty {
            try run(
                """
                INSERT INTO search (search, rowid, text) SELECT 'delete', s.record, s.text FROM search_source s
                WHERE s.record IN (SELECT num FROM record WHERE layer = ?1 AND is_alive)
                """, layer.num)
        }
        for table in TypedTable.all {
            for set in table.sets {
                try run(
                    "DELETE FROM \(table.name)_\(set.definition.name) WHERE record IN (SELECT num FROM record WHERE layer = ?1)",
                    layer.num)
            }
            try run("DELETE FROM \(table.name) WHERE record IN (SELECT num FROM record WHERE layer = ?1)", layer.num)
        }
        try run("DELETE FROM conflict WHERE record IN (SELECT num FROM record WHERE layer = ?1)", layer.num)
        try run("DELETE FROM record WHERE layer = ?1", layer.num)
    }
}
