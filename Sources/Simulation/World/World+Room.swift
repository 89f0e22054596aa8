import SQLiteBinding
import ServerStore

/// How much the workspace may hold, and held when that was said.
struct Room {
    let quota: Int64
    let stored: Int64
}

extension World {
    /// What the operator says of how much the workspace may hold; 0 for all that comes.
    func setQuota(_ quota: Int64) throws {
        guard server.isUp, let store = server.store else { return }
        note("the workspace may hold \(quota) bytes")
        do {
            try waiting { try await store.set(quota: quota, workspace: SimulatedServer.workspace) }
            room = quota > 0 ? Room(quota: quota, stored: try storedBytes()) : nil
        } catch {
            room = nil
            note("no quota: \(error)")
        }
    }

    func storedBytes() throws -> Int64 {
        try auditServer { connection in
            let select = try connection.statement("SELECT sum(stored_bytes) FROM workspace")
            defer { select.reset() }
            return try select.step() ? select.int64(0) : 0
        }
    }

    func auditRoom() throws {
        guard server.isUp, let room else { return }
        let stored = try storedBytes()
        if stored > max(room.quota, room.stored) {
            violate(.room, "the workspace holds \(stored) bytes and may hold \(room.quota)")
        }
    }

    /// What is counted is what is there.
    func checkStoredBytes() throws {
        let real = try auditServer { connection in
            let select = try connection.statement(
                "SELECT coalesce(sum(256 + coalesce(length(payload), 0)), 0) FROM feed")
            defer { select.reset() }
            return try select.step() ? select.int64(0) : 0
        }
        let counted = try storedBytes()
        if counted != real { violate(.room, "\(counted) bytes are counted where there are \(real)") }
    }
}
