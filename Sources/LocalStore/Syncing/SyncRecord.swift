import AnnotationModel
import SQLiteBinding

/// When the store last talked with its server and how it went: what `status` shows.
public struct SyncRecord: Sendable, Hashable {
    /// Milliseconds since 1970.
    public let at: Int64
    /// What went wrong, for a failure.
    public let message: String
}

extension LocalStore {
    /// Notes how a sync ended; a success clears the failure before it. Who syncs several times a second, as a watch may, has
    /// one of them noted.
    ///
    /// - Parameter isFull: Whether the workspace had no room on the server for what was sent; `nil` where nothing was.
    public func recordSync(failure: String?, isFull: Bool? = nil) throws {
        try exclusively { core in
            let now = core.clock()
            let isUsual = failure == nil && isFull != true
            if isUsual, let noted = core.usualSyncNotedAt, noted <= now, now < noted + 1000 { return }
            core.usualSyncNotedAt = nil
            try core.db.transaction {
                if let failure {
                    try core.set(.lastSyncFailure, to: [UInt8]("\(now) \(failure)".utf8))
                } else {
                    try core.set(.lastSync, to: [UInt8]("\(now) ".utf8))
                    try core.clear(.lastSyncFailure)
                }
                if isFull == false {
                    try core.clear(.full)
                } else if isFull == true, try core.setting(.full) == nil {
                    try core.set(.full, to: [UInt8]("\(now) ".utf8))
                }
            }
            if isUsual && isFull == false { core.usualSyncNotedAt = now }
        }
    }

    /// The last sync that ended well, the failure since, if there was one, and since when the workspace has no room on the
    /// server for what waits here.
    public func lastSyncs() throws -> (success: SyncRecord?, failure: SyncRecord?, full: SyncRecord?) {
        try exclusively { core in
            (try core.syncRecord(.lastSync), try core.syncRecord(.lastSyncFailure), try core.syncRecord(.full))
        }
    }
}

extension StoreCore {
    fileprivate func syncRecord(_ key: Setting) throws -> SyncRecord? {
        guard let bytes = try setting(key) else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        let parts = text.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let at = Int64(first) else { return nil }
        return SyncRecord(at: at, message: parts.count > 1 ? String(parts[1]) : "")
    }
}
