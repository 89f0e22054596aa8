import AnnotationModel
public import ChangeLog
import Cryptography
import SQLiteBinding
import WireFormat

/// A slow reader of a server's database that shares no code with the store: everything the tables have to agree in.
public enum ServerAudit {
    fileprivate struct Reader {
        let db: Connection
        var problems: [String] = []

        func rows(_ sql: String, _ arguments: Int64..., read: (Statement) -> Void) throws {
            let select = try db.prepare(sql)
            for (place, argument) in arguments.enumerated() { select.bind(argument, at: Int32(place + 1)) }
            while try select.step() { read(select) }
        }
    }

    /// What is wrong; empty for a healthy database.
    public static func problems(in database: String, using cryptography: any CryptographyProvider) throws -> [String] {
        var reader = Reader(db: try Connection(path: database))
        var problems: [String] = []
        try reader.rows("PRAGMA integrity_check") { if $0.text(0) != "ok" { problems.append($0.text(0)) } }
        try reader.rows("PRAGMA foreign_key_check") { problems.append("a row of \($0.text(0)) refers to nothing") }
        reader.problems = problems
        try reader.auditAccounts()
        var layers: [(num: Int64, id: LayerID, position: Int64, feedHash: [UInt8], lamport: Int64)] = []
        try reader.rows("SELECT num, id, position, feed_hash, lamport FROM layer") { row in
            guard let id = LayerID(bytes: row.blob(1)) else { return }
            layers.append((row.int64(0), id, row.int64(2), row.blob(3), row.int64(4)))
        }
        for layer in layers {
            try reader.auditFeed(layer.num, layer.id, layer.position, layer.feedHash, layer.lamport, cryptography)
        }
        return reader.problems
    }
}

extension ServerAudit.Reader {
    /// One identity, one shared layer for each workspace, a personal and a private one for each member.
    fileprivate mutating func auditAccounts() throws {
        var found: [String] = []
        func expect(_ sql: String, _ what: String) throws {
            try rows(sql) { if $0.int64(0) != 0 { found.append("\(what): \($0.int64(0))") } }
        }
        try expect("SELECT count(*) <> 1 FROM server", "there is not one identity")
        try expect(
            """
            SELECT count(*) FROM workspace
            WHERE (SELECT count(*) FROM layer WHERE workspace = workspace.num AND kind = 1) <> 1
            """, "workspaces without their shared layer")
        try expect(
            """
            SELECT count(*) FROM membership m WHERE (SELECT count(*) FROM layer
            WHERE layer.workspace = m.workspace AND layer.owner = m.user AND kind IN (2, 3)) <> 2
            """, "members without their layers")
        try expect(
            "SELECT count(*) FROM token JOIN device ON device.num = token.device WHERE device.user <> token.user",
            "tokens of another's device")
        try expect("SELECT count(*) FROM feed WHERE id >> 40 NOT IN (SELECT num FROM layer)", "rows of no feed")
        try expect(
            """
            SELECT count(*) FROM workspace WHERE stored_bytes <> (
                SELECT coalesce(sum(coalesce(length(payload), 0) + 256), 0) FROM feed
                JOIN layer ON layer.num = feed.id >> 40 WHERE layer.workspace = workspace.num)
            """, "workspaces with a wrong count of bytes")
        problems += found
    }

    /// Positions dense from 1; every chain whole, its headers' hashes and Lamport counters right; the feed's hash right.
    fileprivate mutating func auditFeed(
        _ num: Int64, _ layer: LayerID, _ position: Int64, _ feedHash: [UInt8], _ lamport: Int64,
        _ cryptography: any CryptographyProvider
    ) throws {
        struct Chain {
            var replica: ReplicaID
            var key: PublicKey?
            var member: MemberID?
            var seq: UInt64 = 0
            var hash = Digest.zero
            var lamport: Int64 = 0
            var isSigned = true
        }
        var found: [String] = []
        var chains: [Int64: Chain] = [:]
        var ends: [Int64: (seq: UInt64, hash: [UInt8], lamport: Int64)] = [:]
        try rows(
            """
            SELECT chain.num, replica.id, replica.public_key, replica.member, chain.seq, chain.hash, chain.lamport
            FROM chain JOIN replica ON replica.num = chain.replica WHERE chain.layer = ?1
            """, num
        ) { row in
            guard let replica = ReplicaID(bytes: row.blob(1)) else { return }
            chains[row.int64(0)] = Chain(
                replica: replica, key: PublicKey(bytes: row.blob(2)), member: MemberID(bytes: row.blob(3)))
            ends[row.int64(0)] = (UInt64(row.int64(4)), row.blob(5), row.int64(6))
        }
        var next: Int64 = 1
        var feed = Digest.zero
        var highest: Int64 = 0
        try rows(
            """
            SELECT id & 0xFFFFFFFFFF, chain, seq, author, lamport, wall_time, hash, feed_hash, payload, payload_hash,
                withheld, signature FROM feed WHERE id >> 40 = ?1 ORDER BY id
            """, num
        ) { row in
            let place = "layer \(layer), position \(row.int64(0))"
            if row.int64(0) != next { found.append("\(place): \(next) is missing") }
            next = row.int64(0) + 1
            guard var chain = chains[row.int64(1)], let author = MemberID(bytes: row.blob(3)) else {
                found.append("\(place): of no chain")
                return
            }
            if UInt64(row.int64(2)) != chain.seq + 1 { found.append("\(place): chain broken at \(row.int64(2))") }
            if row.int64(4) <= chain.lamport { found.append("\(place): goes back in time") }
            let payloadHash = row.optionalBlob(8).map { cryptography.sha256($0) } ?? Digest(bytes: row.blob(9))
            let header = ChangeHeader(
                layer: layer, replica: chain.replica, seq: UInt64(row.int64(2)), author: author,
                lamport: UInt64(row.int64(4)), wallTime: row.int64(5), previous: chain.hash,
                payloadHash: payloadHash ?? .zero)
            let hash = header.hash(using: cryptography)
            if hash.bytes != row.blob(6) { found.append("\(place): its hash does not hold") }
            let reason = row.isNull(10) ? nil : Withholding(rawValue: UInt8(clamping: row.int64(10)))
            feed = FeedHash.next(feed, header: hash, withheld: reason, using: cryptography)
            if feed.bytes != row.blob(7) { found.append("\(place): the feed's hash does not hold") }
            chain.isSigned = false
            if let signature = Signature(bytes: row.blob(11)), let key = chain.key {
                let statement = SignedStatement.chainHead(
                    layer: layer, replica: chain.replica, seq: header.seq, hash: hash)
                chain.isSigned = cryptography.isValid(signature, of: statement, by: key)
                if !chain.isSigned { found.append("\(place): its signature does not hold") }
            }
            (chain.seq, chain.hash, chain.lamport) = (header.seq, hash, row.int64(4))
            highest = max(highest, row.int64(4))
            chains[row.int64(1)] = chain
        }
        if next - 1 != position || feed.bytes != feedHash { found.append("layer \(layer): its end is elsewhere") }
        if highest != lamport { found.append("layer \(layer): its Lamport counter is wrong") }
        for (chain, end) in ends {
            guard let read = chains[chain] else { continue }
            if read.seq != end.seq || read.hash.bytes != end.hash || read.lamport != end.lamport {
                found.append("layer \(layer): a chain's end is elsewhere")
            }
            if !read.isSigned { found.append("layer \(layer): a chain's end is not signed") }
        }
        problems += found
    }
}
