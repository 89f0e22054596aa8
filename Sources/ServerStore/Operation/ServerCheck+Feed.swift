import AnnotationModel
import ChangeLog
import SQLiteBinding
import WireFormat

/// What a layer's row says of its feed.
struct CheckedLayer {
    let num: Int64
    let id: LayerID
    let isShared: Bool
    let position: UInt64
    let feedHash: Digest
    let lamport: Int64
    /// Up to where payloads were let go of.
    let compacted: UInt64

    /// - Parameter isCompactable: Whether the database's schema knows of compaction.
    static func sql(isCompactable: Bool) -> String {
        """
        SELECT num, id, kind, position, feed_hash, lamport, \(isCompactable ? "compacted_position" : "0") FROM layer
        ORDER BY num
        """
    }

    init?(_ row: Statement) {
        guard let id = LayerID(row, 1), let feedHash = row.digest(4) else { return nil }
        num = row.int64(0)
        self.id = id
        isShared = row.int64(2) == Int64(LayerKind.shared.rawValue)
        position = UInt64(bitPattern: row.int64(3))
        self.feedHash = feedHash
        lamport = row.int64(5)
        compacted = UInt64(bitPattern: row.int64(6))
    }
}

/// A chain as its row has it, and as far as it was read.
private struct CheckedChain {
    let replica: ReplicaID
    let member: MemberID
    let key: PublicKey
    let end: (seq: UInt64, hash: Digest?, lamport: Int64)
    var seq: UInt64 = 0
    var hash = Digest.zero
    var lamport: Int64 = 0
    /// Of the last change that was read.
    var isSigned = true
}

extension ServerDatabase {
    func check(
        _ layer: CheckedLayer, hasMakers: Bool, into report: inout ServerCheckReport, _ progress: (Int) -> Void
    ) throws {
        var chains = try chains(of: layer, into: &report)
        var position: UInt64 = 0
        var feedHash = Digest.zero
        var highest: Int64 = 0
        try rows(
            """
            SELECT id & 0xFFFFFFFFFF, chain, seq, author, lamport, wall_time, hash, feed_hash, payload, payload_hash,
                withheld, signature FROM feed WHERE id BETWEEN ?1 AND ?2 ORDER BY id
            """, layer.num << 40, (layer.num + 1) << 40 - 1
        ) { row in
            report.changeCount += 1
            progress(report.changeCount)
            let found = UInt64(bitPattern: row.int64(0))
            let place = "layer \(layer.id), position \(found)"
            if found != position + 1 { report.note("\(place): position \(position + 1) is missing") }
            position = found
            guard var chain = chains[row.int64(1)], let author = MemberID(row, 3) else {
                return report.note("\(place): it belongs to no chain of the layer")
            }
            let seq = UInt64(bitPattern: row.int64(2))
            if seq != chain.seq + 1 { report.note("\(place): the chain goes from \(chain.seq) to \(seq)") }
            if author != chain.member { report.note("\(place): its author is not the member whose device signs") }
            if row.int64(4) <= chain.lamport { report.note("\(place): its Lamport counter goes back") }
            let payload = row.optionalBlob(8)
            let header = ChangeHeader(
                layer: layer.id, replica: chain.replica, seq: seq, author: author,
                lamport: UInt64(bitPattern: row.int64(4)), wallTime: row.int64(5), previous: chain.hash,
                payloadHash: payload.map { cryptography.sha256($0) } ?? row.digest(9) ?? .zero)
            let hash = header.hash(using: cryptography)
            if hash.bytes != row.blob(6) { report.note("\(place): payload or header do not fit its hash") }
            // What is stored counts from here on: one damage is to be told once.
            let stored = row.digest(6) ?? hash
            let withheld = row.isNull(10) ? nil : Withholding(rawValue: UInt8(clamping: row.int64(10)))
            if withheld == .compacted, found > layer.compacted {
                report.note("\(place): its payload was let go of before its time")
            }
            feedHash = FeedHash.next(feedHash, header: stored, withheld: withheld, using: cryptography)
            if feedHash.bytes != row.blob(7) { report.note("\(place): the feed's hash does not hold") }
            feedHash = row.digest(7) ?? feedHash
            chain.isSigned = !row.isNull(11)
            if let signature = Signature(bytes: row.blob(11)) {
                report.signatureCount += 1
                let statement = SignedStatement.chainHead(
                    layer: layer.id, replica: chain.replica, seq: seq, hash: stored)
                if !cryptography.isValid(signature, of: statement, by: chain.key) {
                    report.note("\(place): its signature does not hold")
                }
            }
            if hasMakers, layer.isShared, let payload {
                try checkMakers(payload, by: chain.replica, in: layer, place, into: &report)
            }
            (chain.seq, chain.hash, chain.lamport) = (seq, stored, row.int64(4))
            highest = max(highest, row.int64(4))
            chains[row.int64(1)] = chain
        }
        if position != layer.position || feedHash != layer.feedHash {
            report.note("layer \(layer.id): its feed ends at \(position), and not as its row says (\(layer.position))")
        }
        if highest != layer.lamport { report.note("layer \(layer.id): its Lamport counter is wrong") }
        for chain in chains.values {
            if chain.seq != chain.end.seq || chain.hash != chain.end.hash || chain.lamport != chain.end.lamport {
                report.note("layer \(layer.id): the chain of replica \(chain.replica) ends elsewhere than its row says")
            }
            if !chain.isSigned {
                report.note("layer \(layer.id): the end of the chain of replica \(chain.replica) is not signed")
            }
        }
    }

    private func chains(
        of layer: CheckedLayer, into report: inout ServerCheckReport
    ) throws -> [Int64: CheckedChain] {
        var chains: [Int64: CheckedChain] = [:]
        try rows(
            """
            SELECT chain.num, replica.id, replica.member, replica.public_key, chain.seq, chain.hash, chain.lamport
            FROM chain JOIN replica ON replica.num = chain.replica WHERE chain.layer = ?1
            """, layer.num
        ) { row in
            guard let replica = ReplicaID(row, 1), let member = MemberID(row, 2),
                let key = PublicKey(bytes: row.blob(3))
            else { return report.note("layer \(layer.id): a chain's row is damaged") }
            chains[row.int64(0)] = CheckedChain(
                replica: replica, member: member, key: key,
                end: (UInt64(bitPattern: row.int64(4)), row.digest(5), row.int64(6)))
        }
        return chains
    }

    /// Of every record that was made the maker is known, up to where the layer says so.
    private func checkMakers(
        _ payload: [UInt8], by replica: ReplicaID, in layer: CheckedLayer, _ place: String,
        into report: inout ServerCheckReport
    ) throws {
        // What a newer version made nobody here can read.
        guard let operations = try? Payload(decoding: payload, by: replica).operations else { return }
        for operation in operations {
            guard case .create = operation.action else { continue }
            let select = try db.statement(
                """
                SELECT 1 FROM layer WHERE num = ?1 AND (makers_position < position
                    OR EXISTS (SELECT 1 FROM maker WHERE maker.layer = ?1 AND record = ?2))
                """)
            select.bind(layer.num, at: 1)
            select.bind(operation.record, at: 2)
            defer { select.reset() }
            if try !select.step() { report.note("\(place): who made its record is not known") }
        }
    }
}
