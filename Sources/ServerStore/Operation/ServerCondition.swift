import SQLiteBinding

/// What an operator should know of a database without reading all of its changes.
public struct ServerCondition: Sendable {
    /// Name of the newest migration, such as `002-identity.sql`.
    public internal(set) var schema = ""
    /// Whether this program is of a newer version, or of an older one, than the database.
    public internal(set) var isOlderSchema = false
    public internal(set) var isNewerSchema = false
    /// What is wrong with the file's structure: the first ten.
    public internal(set) var damages: [String] = []
    /// When the newest change came, by the server's clock, in milliseconds since 1970; `nil` where there is none.
    public internal(set) var newestChangeAt: Int64?
    /// Titles of workspaces that can be written and that nobody owns.
    public internal(set) var workspacesWithoutOwner: [String] = []
    /// Names of members whose accounts are older than the day asked about, and none of whose devices was here since.
    public internal(set) var quietMembers: [String] = []
    /// What each workspace holds and may hold; empty for an older schema.
    public internal(set) var holdings: [Holding] = []

    public struct Holding: Sendable, Hashable {
        public let title: String
        public let bytes: Int
        /// 0 for no limit, `nil` for the server's default.
        public let quota: Int?
    }
}

extension ServerDatabase {
    /// - Parameter quietSince: In milliseconds since 1970.
    /// - Throws: `unavailable`, also where the database is no server's.
    /// - Complexity: O(n) in the size of the database, for SQLite's check of its structure.
    public func condition(quietSince: Int64) throws(ServerStoreError) -> ServerCondition {
        var condition = ServerCondition()
        do {
            try db.reading { try read(into: &condition, quietSince) }
        } catch let error as SQLiteError where [.corrupt, .notADatabase].contains(error.code) {
            condition.damages.append(error.description)
        } catch {
            throw ServerStoreError(translating: error)
        }
        return condition
    }

    private func read(into condition: inout ServerCondition, _ quietSince: Int64) throws {
        try rows("PRAGMA quick_check(10)") { if $0.text(0) != "ok" { condition.damages.append($0.text(0)) } }
        let known = ServerCore.migrations(using: cryptography).map(\.name)
        var found: [String] = []
        try rows("SELECT name FROM migration ORDER BY number") { found.append($0.text(0)) }
        condition.schema = found.last ?? ""
        condition.isNewerSchema = !found.allSatisfy(known.contains)
        condition.isOlderSchema = !condition.isNewerSchema && found.count < known.count
        try rows(
            """
            SELECT max(received_at) FROM layer JOIN feed ON feed.id = (layer.num << 40) + layer.position
            """
        ) { condition.newestChangeAt = $0.isNull(0) ? nil : $0.int64(0) }
        guard !condition.isOlderSchema, !condition.isNewerSchema else { return }
        try rows(
            """
            SELECT title FROM workspace WHERE archived_at IS NULL AND NOT EXISTS (
                SELECT 1 FROM membership WHERE membership.workspace = workspace.num AND role = 4) ORDER BY title
            """
        ) { condition.workspacesWithoutOwner.append($0.text(0)) }
        try rows(
            """
            SELECT name FROM user WHERE created_at < ?1
            AND EXISTS (SELECT 1 FROM membership WHERE membership.user = user.num AND role > 0)
            AND NOT EXISTS (SELECT 1 FROM device WHERE device.user = user.num AND revoked_at IS NULL
                AND max(device.created_at, coalesce(last_seen_at, 0)) >= ?1) ORDER BY name
            """, quietSince
        ) { condition.quietMembers.append($0.text(0)) }
        try rows("SELECT title, stored_bytes, quota FROM workspace ORDER BY title") { row in
            condition.holdings.append(
                ServerCondition.Holding(
                    title: row.text(0), bytes: row.int(1), quota: row.isNull(2) ? nil : row.int(2)))
        }
    }
}
