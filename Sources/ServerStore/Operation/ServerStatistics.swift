public import AnnotationModel
import SQLiteBinding

/// How much a server holds.
public struct ServerStatistics: Sendable, Hashable {
    public let userCount: Int
    /// Those that were not revoked.
    public let deviceCount: Int
    /// By title.
    public let workspaces: [Workspace]

    public struct Workspace: Sendable, Hashable {
        public let workspace: WorkspaceID
        public let title: String
        public let changeCount: Int
        /// What counts against the quota: payloads, and 256 bytes for each change.
        public let byteCount: Int
        /// In bytes: 0 for no limit, `nil` for the server's default.
        public let quota: Int64?
    }
}

extension ServerCore {
    func statistics() throws -> ServerStatistics {
        func count(_ sql: String) throws -> Int {
            let select = try db.statement(sql)
            defer { select.reset() }
            return try select.step() ? select.int(0) : 0
        }
        var workspaces: [ServerStatistics.Workspace] = []
        let select = try db.statement(
            """
            SELECT id, title, stored_bytes, quota,
                (SELECT coalesce(sum(position), 0) FROM layer WHERE layer.workspace = workspace.num)
            FROM workspace ORDER BY title
            """)
        while try select.step() {
            guard let id = WorkspaceID(select, 0) else { continue }
            workspaces.append(
                ServerStatistics.Workspace(
                    workspace: id, title: select.text(1), changeCount: select.int(4), byteCount: select.int(2),
                    quota: select.isNull(3) ? nil : select.int64(3)))
        }
        return ServerStatistics(
            userCount: try count("SELECT count(*) FROM user"),
            deviceCount: try count("SELECT count(*) FROM device WHERE revoked_at IS NULL"), workspaces: workspaces)
    }
}
