import SQLiteBinding

/// Removing a workspace with everything in it.
extension ServerCore {
    func delete(workspace title: String) throws {
        let workspace = try workspace(named: title)
        // What was read there is not to be found in free pages, nor in backups, which have those too.
        try db.execute("PRAGMA secure_delete = ON")
        defer { try? db.execute("PRAGMA secure_delete = OFF") }
        let layers = try nums("SELECT num FROM layer WHERE workspace = ?1", workspace)
        let replicas = try nums(
            """
            SELECT DISTINCT chain.replica FROM chain JOIN layer ON layer.num = chain.layer
            WHERE layer.workspace = ?1
            """, workspace)
        let tables = try tablesOfLayers()
        for layer in layers {
            try run("DELETE FROM feed WHERE id BETWEEN ?1 << 40 AND (?1 << 40) + 0xFFFFFFFFFF", layer)
            for (table, column) in tables { try run("DELETE FROM \(table) WHERE \(column) = ?1", layer) }
            try run("DELETE FROM layer WHERE num = ?1", layer)
        }
        for replica in replicas {
            try run(
                "DELETE FROM replica WHERE num = ?1 AND NOT EXISTS (SELECT 1 FROM chain WHERE replica = ?1)", replica)
        }
        for sql in [
            """
            INSERT INTO deleted_membership (workspace, user)
            SELECT workspace.id, membership.user FROM membership JOIN workspace ON workspace.num = membership.workspace
            WHERE workspace.num = ?1
            """,
            "DELETE FROM assignment WHERE workspace = ?1", "DELETE FROM round WHERE workspace = ?1",
            "DELETE FROM membership WHERE workspace = ?1", "DELETE FROM invitation WHERE workspace = ?1",
            "DELETE FROM workspace WHERE num = ?1",
        ] { try run(sql, workspace) }
        try audit("delete workspace", title)
    }

    /// Whatever refers to a layer, as the schema says, so that no later table is forgotten; the newest first, as tables refer
    /// to older ones.
    private func tablesOfLayers() throws -> [(table: String, column: String)] {
        let select = try db.statement(
            """
            SELECT entry.name, key."from" FROM sqlite_schema AS entry, pragma_foreign_key_list(entry.name) AS key
            WHERE entry.type = 'table' AND key."table" = 'layer' ORDER BY entry.rowid DESC
            """)
        var tables: [(table: String, column: String)] = []
        while try select.step() { tables.append((select.text(0), select.text(1))) }
        return tables
    }

    private func nums(_ sql: String, _ argument: Int64) throws -> [Int64] {
        let select = try db.statement(sql)
        select.bind(argument, at: 1)
        var nums: [Int64] = []
        while try select.step() { nums.append(select.int64(0)) }
        return nums
    }

    private func run(_ sql: String, _ argument: Int64) throws {
        let statement = try db.statement(sql)
        statement.bind(argument, at: 1)
        try statement.run()
    }
}
