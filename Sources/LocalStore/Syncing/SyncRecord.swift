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
    /// Notes how a sync ended; a success clears the failure before it.
    public func recordSync(failure: String?) throws {
        try exclusively { core in
            try core.db.transaction {
                let now = core.clock()
                if let failure {
                    try core.set(.lastSyncFailure, to: [UInt8]("\(now) \(failure)".utf8))
                } else {
                    try core.set(.lastSync, to: [UInt8]("\(now) ".utf8))
                    try core.db.execute("DELETE FROM setting WHERE key = 'last-sync-failure'")
                }
            }
        }
    }

    /// The last sync that ended well, and the failure since, if there was one.
    public func lastSyncs() throws -> (success: SyncRecord?, failure: SyncRecord?) {
        try exclusively { core in
            (try core.syncRecord(.lastSync), try core.syncRecord(.lastSyncFailure))
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
