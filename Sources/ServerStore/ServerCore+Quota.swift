import ChangeLog
import SQLiteBinding

/// How much a workspace holds and may hold. The count is kept with every change that enters a feed, in its transaction.
extension ServerCore {
    /// What a change counts for beside its payload: its row and its place in the indices take less. Migration 003 has
    /// the same number.
    private static let changeBytes: Int64 = 256

    static func storedBytes(payload: [UInt8]?) -> Int64 { changeBytes + Int64(payload?.count ?? 0) }

    /// Called before anything of a segment is written.
    ///
    /// A payload that would then be refused counts too: whether it is, nobody knows before.
    /// - Throws: `quotaExceeded`.
    func requireRoom(for changes: [Change], inWorkspace workspace: Int64) throws {
        let select = try db.statement("SELECT stored_bytes, quota FROM workspace WHERE num = ?1")
        select.bind(workspace, at: 1)
        guard try select.step() else { throw ServerStoreError(.unavailable, "a workspace's row is missing") }
        let (stored, own) = (select.int64(0), select.isNull(1) ? nil : select.int64(1))
        select.reset()
        let quota = own ?? workspaceBytesMax
        guard quota > 0 else { return }
        let new = changes.reduce(0) { $0 + Self.storedBytes(payload: $1.payload) }
        guard new <= quota - stored else {
            throw ServerStoreError(.quotaExceeded, "a workspace's quota of \(quota) bytes is used up")
        }
    }

    func count(_ bytes: Int64, inWorkspace workspace: Int64) throws {
        let update = try db.statement("UPDATE workspace SET stored_bytes = stored_bytes + ?2 WHERE num = ?1")
        update.bind(workspace, at: 1)
        update.bind(bytes, at: 2)
        try update.run()
    }

    func set(quota: Int64?, ofWorkspace title: String) throws {
        let update = try db.statement("UPDATE workspace SET quota = ?2 WHERE num = ?1")
        update.bind(try workspace(named: title), at: 1)
        update.bind(quota, at: 2)
        try update.run()
        let said = quota.map { $0 == 0 ? "none" : "\($0) bytes" } ?? "default"
        try audit("set quota", "\(title): \(said)")
    }
}
