import AnnotationModel
import ChangeLog
import SQLiteBinding
import WireFormat

/// What `ServerDatabase.check` found.
public struct ServerCheckReport: Sendable {
    /// The first hundred of what is wrong, for the operator: layers by their ids, never what is in them.
    public internal(set) var problems: [String] = []
    /// How much is wrong in all; 0 for a database that is whole.
    public internal(set) var problemCount = 0
    public internal(set) var changeCount = 0
    public internal(set) var signatureCount = 0
    public internal(set) var certificateCount = 0
    /// Those that are complete.
    public internal(set) var snapshotCount = 0

    mutating func note(_ problem: String) {
        problemCount += 1
        if problems.count < 100 { problems.append(problem) }
    }
}

extension ServerDatabase {
    /// Reads everything, at one moment, and proves it: SQLite's own structure, hashes of payloads, headers and feeds,
    /// signatures and certificates, dense positions and chains, snapshots, and what the tables have to agree in.
    ///
    /// - Parameter progress: Called with changes that are done and changes in all.
    /// - Throws: Where the database cannot be read for other reasons than damage.
    /// - Complexity: O(n) in the size of the database; memory for one row, or piece of a snapshot, and the ends of one layer's chains.
    public func check(progress: (_ done: Int, _ total: Int) -> Void) throws(ServerStoreError) -> ServerCheckReport {
        var report = ServerCheckReport()
        do {
            try db.reading { try check(into: &report, progress) }
        } catch let error as SQLiteError where [.corrupt, .notADatabase].contains(error.code) {
            report.note(error.description)
        } catch {
            throw ServerStoreError(translating: error)
        }
        return report
    }

    private func check(into report: inout ServerCheckReport, _ progress: (Int, Int) -> Void) throws {
        progress(0, 0)
        try rows("PRAGMA integrity_check(20)") { row in
            if row.text(0) != "ok" { report.note("the database file is damaged: \(row.text(0))") }
        }
        try rows("PRAGMA foreign_key_check") { report.note("a row of \($0.text(0)) refers to nothing") }
        var tables: Set<String> = []
        try rows("SELECT name FROM sqlite_schema WHERE type = 'table'") { tables.insert($0.text(0)) }
        guard tables.isSuperset(of: ["server", "migration", "layer", "chain", "feed", "replica"]) else {
            return report.note("the database is no server's: tables are missing")
        }
        try checkMigrations(into: &report)
        try checkAccounts(
            hasRoles: tables.contains("maker"), hasQuotas: tables.contains("deleted_membership"), into: &report)
        if tables.contains("round") { try checkRounds(into: &report) }
        if tables.contains("snapshot") {
            for table in ["snapshot_piece", "snapshot_chain"] {
                try rows(
                    """
                    SELECT count(*) FROM \(table) JOIN snapshot ON snapshot.num = \(table).snapshot
                    WHERE \(table).layer <> snapshot.layer
                    """
                ) { if $0.int64(0) != 0 { report.note("rows of \(table) in another layer: \($0.int64(0))") } }
            }
        }
        try checkCertificates(into: &report)
        var layers: [CheckedLayer] = []
        var isCompactable = false
        try rows("SELECT 1 FROM pragma_table_info('layer') WHERE name = 'compacted_position'") { _ in
            isCompactable = true
        }
        try rows(CheckedLayer.sql(isCompactable: isCompactable)) { row in
            guard let layer = CheckedLayer(row) else { return report.note("a layer's row is damaged") }
            layers.append(layer)
        }
        let total = layers.reduce(0) { $0 + Int(clamping: $1.position) }
        for layer in layers {
            try check(layer, hasMakers: tables.contains("maker"), into: &report) { progress($0, total) }
            if tables.contains("snapshot") { try checkSnapshots(of: layer, into: &report) }
        }
    }

    private func checkMigrations(into report: inout ServerCheckReport) throws {
        let known = ServerCore.migrations(using: cryptography)
        var number = 0
        try rows("SELECT name, sha256 FROM migration ORDER BY number") { row in
            if number >= known.count {
                report.note("its schema has \(row.text(0)), which this program does not know")
            } else if (row.text(0), row.text(1)) != (known[number].name, known[number].hash) {
                report.note("its schema differs from this program's at \(row.text(0))")
            }
            number += 1
        }
    }

    /// One identity, one shared layer for each workspace, a personal and a private one for each member.
    private func checkAccounts(hasRoles: Bool, hasQuotas: Bool, into report: inout ServerCheckReport) throws {
        func expectNone(_ what: String, _ sql: String) throws {
            try rows(sql) { if $0.int64(0) != 0 { report.note("\(what): \($0.int64(0))") } }
        }
        try expectNone("server identities too many or too few", "SELECT abs(count(*) - 1) FROM server")
        try expectNone(
            "workspaces without exactly one shared layer",
            """
            SELECT count(*) FROM workspace
            WHERE (SELECT count(*) FROM layer WHERE layer.workspace = workspace.num AND kind = 1) <> 1
            """)
        try expectNone(
            "members without their two layers",
            """
            SELECT count(*) FROM membership WHERE (SELECT count(*) FROM layer
            WHERE layer.workspace = membership.workspace AND layer.owner = membership.user AND kind IN (2, 3)) <> 2
            """)
        try expectNone(
            "tokens of somebody else's device",
            "SELECT count(*) FROM token JOIN device ON device.num = token.device WHERE device.user <> token.user")
        try expectNone("changes of no layer", "SELECT count(*) FROM feed WHERE id >> 40 NOT IN (SELECT num FROM layer)")
        try expectNone(
            "changes in another layer than their chain",
            "SELECT count(*) FROM feed JOIN chain ON chain.num = feed.chain WHERE chain.layer <> feed.id >> 40")
        guard hasRoles else { return }
        try expectNone("unknown roles", "SELECT count(*) FROM membership WHERE role NOT BETWEEN 0 AND 4")
        try expectNone(
            "tokens of revoked devices",
            "SELECT count(*) FROM token JOIN device ON device.num = token.device WHERE revoked_at IS NOT NULL")
        try expectNone(
            "layers whose makers are known beyond their end",
            "SELECT count(*) FROM layer WHERE makers_position > position")
        guard hasQuotas else { return }
        try expectNone(
            "workspaces that hold more or less than is counted against their quota",
            """
            SELECT count(*) FROM workspace WHERE stored_bytes <> (
                SELECT coalesce(sum(256 + coalesce(length(payload), 0)), 0) FROM layer
                JOIN feed ON feed.id BETWEEN layer.num << 40 AND (layer.num << 40) + 0xFFFFFFFFFF
                WHERE layer.workspace = workspace.num)
            """)
    }

    /// Every layer of a round has its round, and every round that was opened its layers.
    private func checkRounds(into report: inout ServerCheckReport) throws {
        for (what, sql) in [
            (
                "layers of a round without one, or others with one",
                "SELECT count(*) FROM layer WHERE (kind >= 4) <> (round IS NOT NULL)"
            ),
            (
                "opened rounds without exactly one gold layer",
                """
                SELECT count(*) FROM round WHERE opened_at IS NOT NULL
                AND (SELECT count(*) FROM layer WHERE layer.round = round.num AND kind = 5) <> 1
                """
            ),
            (
                "coders of opened rounds without their layers",
                """
                SELECT count(*) FROM assignment JOIN user ON user.id = assignment.coder
                JOIN round ON round.workspace = assignment.workspace AND round.id = assignment.round
                WHERE is_alive = 1 AND opened_at IS NOT NULL AND (
                    SELECT count(*) FROM layer WHERE layer.round = round.num AND layer.owner = user.num
                    AND kind IN (4, 6)) <> 2
                """
            ),
            (
                "rounds that are published and not revealed",
                "SELECT count(*) FROM round WHERE published_at IS NOT NULL AND revealed_at IS NULL"
            ),
        ] {
            try rows(sql) { if $0.int64(0) != 0 { report.note("\(what): \($0.int64(0))") } }
        }
    }

    /// The server has signed for every device whose changes it took.
    private func checkCertificates(into report: inout ServerCheckReport) throws {
        var identity: (server: ServerID, key: PublicKey)?
        try rows("SELECT id, key_seed FROM server") { row in
            guard let server = ServerID(row, 0), let key = cryptography.signingKey(seed: row.blob(1))
            else { return }
            identity = (server, key.publicKey)
        }
        guard let identity else { return report.note("the server's identity is damaged") }
        try rows("SELECT id, member, public_key, certificate FROM replica") { row in
            guard let replica = ReplicaID(row, 0), let member = MemberID(row, 1),
                let key = PublicKey(bytes: row.blob(2))
            else { return report.note("a replica's row is damaged") }
            let certificate = DeviceCertificate(
                member: member, publicKey: key, signature: Signature(bytes: row.blob(3)))
            report.certificateCount += 1
            if !certificate.isVouched(by: identity.server, key: identity.key, using: cryptography) {
                report.note("replica \(replica): the certificate of its device does not hold")
            }
        }
    }
}
