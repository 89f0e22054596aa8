public import AnnotationModel
public import ChangeLog
import SQLiteBinding

/// What a server's database holds, in figures: enough to tell whether two hold the same.
public struct ServerFacts: Sendable, Hashable {
    public let server: ServerID
    /// Name of the newest migration, such as `002-identity.sql`.
    public let schema: String
    public let userCount: Int
    public let deviceCount: Int
    public let workspaceCount: Int
    public let changeCount: Int
    /// Where each feed ends, in the order of layer ids.
    public let heads: [Head]

    public struct Head: Sendable, Hashable {
        public let layer: LayerID
        public let epoch: EpochID
        public let position: UInt64
        public let feedHash: Digest
    }

    init(reading db: Connection) throws {
        func row<T>(_ sql: String, _ read: (Statement) -> T?) throws -> T {
            let select = try db.prepare(sql)
            guard try select.step(), let value = read(select) else {
                throw ServerStoreError(.unavailable, "the database is no server's, or damaged")
            }
            select.reset()
            return value
        }
        func count(_ table: String) throws -> Int { try row("SELECT count(*) FROM \(table)") { $0.int(0) } }
        server = try row("SELECT id FROM server") { ServerID(bytes: $0.blob(0)) }
        schema = try row("SELECT name FROM migration ORDER BY number DESC LIMIT 1") { $0.text(0) }
        userCount = try count("user")
        deviceCount = try count("device")
        workspaceCount = try count("workspace")
        changeCount = try row("SELECT coalesce(sum(position), 0) FROM layer") { $0.int(0) }
        var heads: [Head] = []
        let select = try db.prepare("SELECT id, epoch, position, feed_hash FROM layer ORDER BY id")
        while try select.step() {
            guard let layer = LayerID(select, 0), let epoch = EpochID(select, 1),
                let feedHash = select.digest(3)
            else { throw ServerStoreError(.unavailable, "a layer's row is damaged") }
            heads.append(
                Head(
                    layer: layer, epoch: epoch, position: UInt64(bitPattern: select.int64(2)), feedHash: feedHash))
        }
        self.heads = heads
    }
}
