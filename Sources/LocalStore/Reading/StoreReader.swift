public import AnnotationModel
public import ChangeLog
import SQLiteBinding
import WireFormat

/// Reads of one unchanging view of a store; valid inside the closure that it was given to.
public struct StoreReader {
    let core: StoreCore

    /// The member who works on this store.
    public func ownMember() throws -> MemberID { try core.identifier(.member) }
    public func ownReplica() throws -> ReplicaID { try core.identifier(.replica) }

    /// The workspace that the store works in, and what it is called.
    public func workspace() throws -> (id: WorkspaceID, title: String) {
        let id: WorkspaceID = try core.identifier(.workspace)
        return (id, try core.workspaceTitle(id))
    }

    /// What members are called; those of whom only the id is known are missing.
    public func memberNames() throws -> [MemberID: String] {
        let select = try core.db.statement("SELECT id, name FROM member WHERE name <> ''")
        var names: [MemberID: String] = [:]
        while try select.step() {
            if let id = MemberID(select, 0) { names[id] = select.text(1) }
        }
        return names
    }

    /// A record's merged state, alive or not; `nil` if nothing of it has arrived.
    public func state(of record: RecordID, in layer: LayerID) throws -> RecordState? {
        let select = try core.db.statement("SELECT state FROM record WHERE layer = ?1 AND id = ?2")
        select.bind(try core.layer(layer).num, at: 1)
        select.bind(record, at: 2)
        guard try select.step() else { return nil }
        defer { select.reset() }
        return try RecordState(decoding: select.blob(0))
    }
}
