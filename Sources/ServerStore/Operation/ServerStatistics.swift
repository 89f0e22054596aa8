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
        /// Of payloads, as they were made.
        public let byteCount: Int
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
            SELECT workspace.id, title, count(feed.id), coalesce(sum(length(payload)), 0) FROM workspace
            LEFT JOIN layer ON layer.workspace = workspace.num
            LEFT JOIN feed ON feed.id BETWEEN layer.num << 40 AND (layer.num << 40) + 0xFFFFFFFFFF
            GROUP BY workspace.num ORDER BY title
            """)
        while try select.step() {
            guard let id = WorkspaceID(bytes: select.blob(0)) else { continue }
            workspaces.append(
                ServerStatistics.Workspace(
                    workspace: id, title: select.text(1), changeCount: select.int(2), byteCount: select.int(3)))
        }
        return ServerStatistics(
            userCount: try count("SELECT count(*) FROM user"),
            deviceCount: try count("SELECT count(*) FROM device WHERE revoked_at IS NULL"), workspaces: workspaces)
    }
}
