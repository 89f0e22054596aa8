import AnnotationModel
import ChangeLog
import SQLiteBinding
import WireFormat

/// Taking pushed segments into feeds. Step 6 of docs/one-annotation.md.
extension ServerCore {
    private struct ChainRow {
        var num: Int64
        var seq: UInt64
        var hash: Digest
        var lamport: UInt64

        static let empty = ChainRow(num: 0, seq: 0, hash: .zero, lamport: 0)
    }

    /// Adds one segment to its feed, inside the caller's transaction.
    func append(_ verified: VerifiedSegment, workspace: WorkspaceID, by account: Account) throws -> SegmentResult {
        let segment = verified.segment
        guard var layer = try readableLayer(segment.layer, workspace: workspace, for: account) else {
            return SegmentResult(
                layer: segment.layer, replica: segment.replica, status: .unknownLayer, heldSeq: 0,
                epoch: EpochID(high: 0, low: 0))
        }
        func result(
            _ status: SegmentResult.Status, held: UInt64, conflict: UInt64 = 0, refused: [UInt64] = [],
            receivedAt: Int64? = nil, _ explanation: String = ""
        ) -> SegmentResult {
            SegmentResult(
                layer: segment.layer, replica: segment.replica, status: status, heldSeq: held, conflictSeq: conflict,
                epoch: layer.epoch, lastPosition: layer.position, feedHash: layer.feedHash, refused: refused,
                explanation: explanation, receivedAt: receivedAt)
        }
        if let fault = verified.fault { return result(.invalid, held: 0, fault) }
        let replica = try replica(segment.replica)
        if let replica, !replica.isOf(verified.certificate) {
            // Somebody may have used the id of a chain that came by hand: its maker goes on under another, and loses nothing.
            let explanation = "this replica id belongs to another device"
            return verified.isOwn
                ? result(.fork, held: 0, conflict: 1, explanation) : result(.invalid, held: 0, explanation)
        }
        var chain = try replica.map { try self.chain(layer.num, $0.num) } ?? ChainRow.empty
        guard segment.firstSeq <= chain.seq + 1 else {
            return result(.gap, held: chain.seq, "changes from \(chain.seq + 1) on are missing")
        }
        if let conflict = try firstConflict(verified, with: chain) {
            return result(.fork, held: chain.seq, conflict: conflict)
        }
        // The answer to a repeated segment is that to the first.
        var (refused, why) = try withheldSeqs(of: segment, upTo: chain)
        let new = verified.changes.filter { $0.header.seq > chain.seq }
        guard let first = new.first, let last = new.last else {
            let receivedAt = try receivedAt(segment.lastSeq, in: chain.num)
            return result(.accepted, held: chain.seq, refused: refused, receivedAt: receivedAt, why ?? "")
        }
        // Within a segment the decoder has seen to it that Lamport counters grow.
        guard first.header.lamport > chain.lamport else {
            return result(.invalid, held: chain.seq, "its Lamport counter goes back")
        }
        guard last.header.lamport <= layer.lamport + WireLimits.lamportLeadMax else {
            return result(.invalid, held: chain.seq, "its Lamport counter is too far ahead")
        }
        // Others may carry a header without its payload only where the server has lost what it had, or would not let the
        // payload in anyway: else they could keep a colleague's words out.
        let role = try role(of: segment.author, inWorkspace: layer.workspace)
        let mayWrite = role.map { layer.isWritable(by: segment.author, as: $0) } ?? false
        guard verified.isOwn || layer.epochCount > 1 || !mayWrite || new.allSatisfy({ $0.withheld == nil }) else {
            return result(.invalid, held: chain.seq, "only the maker may push a header without its payload")
        }
        // What it signed before was taken then; a key in wrong hands must not go on through others.
        if try isRevoked(verified.certificate) {
            return result(.invalid, held: chain.seq, "the maker's device was revoked")
        }
        if layer.isArchived {
            return result(.invalid, held: chain.seq, "the workspace is archived; nothing is taken in")
        }
        try requireRoom(for: new, inWorkspace: layer.workspace)
        var judge = try Judge(self, of: layer, author: segment.author, role: role)
        let firstPosition = layer.position + 1
        let now = clock()
        var stored: Int64 = 0
        if chain.num == 0 {
            let owner = try replica?.num ?? insertReplica(segment.replica, of: verified.certificate)
            chain.num = try insertChain(layer.num, owner)
        }
        for change in new {
            let reason = change.withheld == nil ? try judge.objection(to: change) : nil
            let withheld = change.withheld ?? (reason == nil ? nil : .refused)
            if withheld != nil { refused.append(change.header.seq) }
            try insert(change, withheld: withheld, reason: reason, receivedAt: now, chain: chain.num, into: &layer)
            stored += Self.storedBytes(payload: withheld == nil ? change.payload : nil)
            why = why ?? reason
        }
        try judge.finish(position: layer.position)
        try count(stored, inWorkspace: layer.workspace)
        let update = try db.statement("UPDATE chain SET seq = ?2, hash = ?3, lamport = ?4 WHERE num = ?1")
        update.bind(chain.num, at: 1)
        update.bind(last.header.seq, at: 2)
        update.bind(last.hash, at: 3)
        update.bind(last.header.lamport, at: 4)
        try update.run()
        let move = try db.statement(
            "UPDATE layer SET position = ?2, feed_hash = ?3, lamport = max(lamport, ?4) WHERE num = ?1")
        move.bind(layer.num, at: 1)
        move.bind(layer.position, at: 2)
        move.bind(layer.feedHash, at: 3)
        move.bind(last.header.lamport, at: 4)
        try move.run()
        return SegmentResult(
            layer: segment.layer, replica: segment.replica, status: .accepted, heldSeq: last.header.seq,
            epoch: layer.epoch, firstPosition: firstPosition, lastPosition: layer.position, feedHash: layer.feedHash,
            refused: refused, explanation: why ?? "", receivedAt: now)
    }

    /// When a change came first.
    private func receivedAt(_ seq: UInt64, in chain: Int64) throws -> Int64? {
        let select = try db.statement("SELECT received_at FROM feed WHERE chain = ?1 AND seq = ?2")
        select.bind(chain, at: 1)
        select.bind(seq, at: 2)
        guard try select.step() else { return nil }
        defer { select.reset() }
        return select.int64(0)
    }

    /// Which changes of a segment the feed has by their headers alone already, and why the first of them.
    private func withheldSeqs(of segment: Segment, upTo chain: ChainRow) throws -> (seqs: [UInt64], why: String?) {
        guard segment.firstSeq <= chain.seq else { return ([], nil) }
        let select = try db.statement(
            """
            SELECT seq, reason FROM feed WHERE chain = ?1 AND seq BETWEEN ?2 AND ?3 AND withheld IS NOT NULL
            AND withheld <> \(Withholding.compacted.rawValue) ORDER BY seq
            """)
        select.bind(chain.num, at: 1)
        select.bind(segment.firstSeq, at: 2)
        select.bind(min(segment.lastSeq, chain.seq), at: 3)
        var seqs: [UInt64] = []
        var why: String?
        while try select.step() {
            seqs.append(UInt64(select.int64(0)))
            why = why ?? select.optionalText(1)
        }
        return (seqs, why)
    }

    private func insert(
        _ change: Change, withheld: Withholding?, reason: String?, receivedAt: Int64, chain: Int64,
        into layer: inout LayerRow
    ) throws {
        layer.position += 1
        layer.feedHash = FeedHash.next(layer.feedHash, header: change.hash, withheld: withheld, using: cryptography)
        let insert = try db.statement(
            """
            INSERT INTO feed (id, chain, seq, author, lamport, wall_time, hash, feed_hash, payload, payload_hash,
                withheld, signature, received_at, reason)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
            """)
        insert.bind(layer.feedID(layer.position), at: 1)
        insert.bind(chain, at: 2)
        insert.bind(change.header.seq, at: 3)
        insert.bind(change.header.author, at: 4)
        insert.bind(change.header.lamport, at: 5)
        insert.bind(change.header.wallTime, at: 6)
        insert.bind(change.hash, at: 7)
        insert.bind(layer.feedHash, at: 8)
        insert.bind(withheld == nil ? change.payload : nil, at: 9)
        insert.bind(withheld == nil ? nil : change.header.payloadHash.bytes, at: 10)
        insert.bind(withheld.map { Int64($0.rawValue) }, at: 11)
        insert.bind(change.signature, at: 12)
        insert.bind(receivedAt, at: 13)
        insert.bind(reason, at: 14)
        try insert.run()
    }

    private struct ReplicaRow {
        let num: Int64
        let member: [UInt8]
        let publicKey: [UInt8]

        func isOf(_ certificate: DeviceCertificate) -> Bool {
            member == certificate.member.bytes && publicKey == certificate.publicKey.bytes
        }
    }

    private func replica(_ replica: ReplicaID) throws -> ReplicaRow? {
        let select = try db.statement("SELECT num, member, public_key FROM replica WHERE id = ?1")
        select.bind(replica, at: 1)
        guard try select.step() else { return nil }
        defer { select.reset() }
        return ReplicaRow(num: select.int64(0), member: select.blob(1), publicKey: select.blob(2))
    }

    /// The first device from which something under an id is accepted owns it.
    private func insertReplica(_ replica: ReplicaID, of certificate: DeviceCertificate) throws -> Int64 {
        let signature = try certificate.signature ?? vouch(for: certificate)
        let insert = try db.statement(
            "INSERT INTO replica (id, member, public_key, certificate) VALUES (?1, ?2, ?3, ?4)")
        insert.bind(replica, at: 1)
        insert.bind(certificate.member, at: 2)
        insert.bind(certificate.publicKey, at: 3)
        insert.bind(signature, at: 4)
        try insert.run()
        return db.lastInsertedRow
    }

    /// This server's word for a device whose token it knows.
    private func vouch(for device: DeviceCertificate) throws -> Signature {
        let identity = try identity()
        let statement = SignedStatement.device(
            server: identity.server, member: device.member, publicKey: device.publicKey)
        return cryptography.sign(statement, with: identity.key)
    }

    private func chain(_ layer: Int64, _ replica: Int64) throws -> ChainRow {
        let select = try db.statement("SELECT num, seq, hash, lamport FROM chain WHERE layer = ?1 AND replica = ?2")
        select.bind(layer, at: 1)
        select.bind(replica, at: 2)
        guard try select.step() else { return .empty }
        defer { select.reset() }
        return ChainRow(
            num: select.int64(0), seq: UInt64(select.int64(1)), hash: select.digest(2) ?? .zero,
            lamport: UInt64(select.int64(3)))
    }

    private func insertChain(_ layer: Int64, _ replica: Int64) throws -> Int64 {
        let insert = try db.statement(
            "INSERT INTO chain (layer, replica, seq, hash, lamport) VALUES (?1, ?2, 0, ?3, 0)")
        insert.bind(layer, at: 1)
        insert.bind(replica, at: 2)
        insert.bind(Digest.zero, at: 3)
        try insert.run()
        return db.lastInsertedRow
    }

    /// The first seq for which segment and server have different headers; `nil` if they agree.
    private func firstConflict(_ verified: VerifiedSegment, with chain: ChainRow) throws -> UInt64? {
        let segment = verified.segment
        let held = try hash(of: segment.firstSeq - 1, in: chain)
        if held != segment.previous { return max(segment.firstSeq - 1, 1) }
        // Where the last common header agrees, the chain says that all before it do.
        let overlap = verified.changes.filter { $0.header.seq <= chain.seq }
        guard let last = overlap.last, try hash(of: last.header.seq, in: chain) != last.hash else { return nil }
        for change in overlap where try hash(of: change.header.seq, in: chain) != change.hash {
            return change.header.seq
        }
        return nil
    }

    private func hash(of seq: UInt64, in chain: ChainRow) throws -> Digest? {
        if seq == 0 { return .zero }
        if seq == chain.seq { return chain.hash }
        let select = try db.statement("SELECT hash FROM feed WHERE chain = ?1 AND seq = ?2")
        select.bind(chain.num, at: 1)
        select.bind(seq, at: 2)
        guard try select.step() else { return nil }
        defer { select.reset() }
        return select.digest(0)
    }
}
