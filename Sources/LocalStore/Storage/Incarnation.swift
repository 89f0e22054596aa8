import AnnotationModel
import ChangeLog
import SQLiteBinding

extension LocalStore {
    /// Compares the mark beside the database with the database; where they disagree the store is a copy or an old
    /// state, and takes a new replica id.
    ///
    /// What the old replica id had not yet pushed stays under it: if the original pushes the same, the bytes
    /// are the same; if the server holds something else there, `reissue` gives it new numbers.
    func settleIncarnation() throws {
        try exclusively { core in
            let stored = try core.setting(.incarnation).flatMap { IncarnationID(bytes: $0) }
            if let stored, let mark = try currentMark(), mark.incarnation == stored, try isPlausible(mark, core) {
                return
            }
            // Only writers need to be told apart: a store on a read-only disk is opened for reading as it is.
            try core.db.transaction {
                // Another process may have settled it meanwhile.
                let stored = try core.setting(.incarnation).flatMap { IncarnationID(bytes: $0) }
                if let stored, let mark = try currentMark(), mark.incarnation == stored, try isPlausible(mark, core) {
                    return
                }
                // A database that names no incarnation beside a mark has lost it with its last moments, and what it had sent.
                if try stored != nil || currentMark() != nil {
                    try core.rotateReplica(key: try signingKey().publicKey)
                }
                let incarnation: IncarnationID = core.cryptography.randomIdentifier()
                try core.set(.incarnation, to: incarnation.bytes)
                let mark = IncarnationMark(
                    incarnation: incarnation, inode: try files.system.inode(of: folder.database),
                    machine: files.system.machineName)
                try files.replace(folder.mark, with: mark.encoded)
            }
        }
    }

    private func currentMark() throws -> IncarnationMark? {
        try files.read(folder.mark).flatMap { IncarnationMark(decoding: $0) }
    }

    private func isPlausible(_ mark: IncarnationMark, _ core: StoreCore) throws -> Bool {
        guard try mark.inode == files.system.inode(of: folder.database), mark.machine == files.system.machineName else {
            return false
        }
        // In order, so that the same store does the same every time.
        for (key, seq) in mark.pushed.sorted(by: { ($0.key.layer, $0.key.replica) < ($1.key.layer, $1.key.replica) }) {
            // From before it was connected, if the layer was not taken away meanwhile: then a new id does no harm.
            guard let layer = try core.findLayer(key.layer) else { return false }
            let held = try core.chain(layer: layer.num, replica: try core.num(of: key.replica))?.heldSeq ?? 0
            if held < seq { return false }
        }
        return true
    }

    /// Notes, before anything leaves the device, how far own chains go with it.
    func markPushed(_ heads: [(layer: LayerID, replica: ReplicaID, seq: UInt64)]) throws {
        guard let bytes = try files.read(folder.mark), var mark = IncarnationMark(decoding: bytes) else { return }
        var lines: [UInt8] = []
        for head in heads {
            let key = IncarnationMark.Key(layer: head.layer, replica: head.replica)
            guard head.seq > mark.pushed[key] ?? 0 else { continue }
            mark.pushed[key] = head.seq
            lines += IncarnationMark.line(key, head.seq)
        }
        if lines.isEmpty { return }
        // One flush of the disk instead of two; a file that grew or whose end a crash tore is written anew.
        if bytes.last == UInt8(ascii: "\n") && bytes.count + lines.count <= IncarnationMark.bytesMax {
            try files.system.append(lines, to: folder.mark)
        } else {
            try files.replace(folder.mark, with: mark.encoded)
        }
    }
}

extension StoreCore {
    /// Makes `replica` the one that writes from now on.
    func adopt(_ replica: ReplicaID, member: MemberID, key: PublicKey) throws {
        let num = try num(of: replica)
        let update = try db.statement("UPDATE replica SET member = ?2, public_key = ?3, is_own = 1 WHERE num = ?1")
        update.bind(num, at: 1)
        update.bind(member, at: 2)
        update.bind(key, at: 3)
        try update.run()
        try set(.replica, to: replica.bytes)
    }

    /// Gives the store a fresh replica id; the certificate of the device goes with it.
    func rotateReplica(key: PublicKey) throws {
        let old: ReplicaID = try identifier(.replica)
        let replica: ReplicaID = cryptography.randomIdentifier()
        try adopt(replica, member: try identifier(.member), key: key)
        let copy = try db.statement(
            "UPDATE replica SET certificate = (SELECT certificate FROM replica WHERE id = ?1) WHERE id = ?2")
        copy.bind(old, at: 1)
        copy.bind(replica, at: 2)
        try copy.run()
    }

    func rename(_ member: MemberID, to name: String) throws {
        let update = try db.statement("UPDATE member SET name = ?2 WHERE num = ?1 AND name <> ?2")
        update.bind(try num(of: member), at: 1)
        update.bind(name, at: 2)
        try update.run()
    }

    func insertLayer(
        _ layer: LayerID, workspace: Int64, kind: UInt8, owner: Int64?, isWritable: Bool, round: RecordID? = nil,
        stage: RoundStage = .hidden
    ) throws {
        let insert = try db.statement(
            """
            INSERT INTO layer (id, workspace, kind, owner, is_writable, feed_hash, round, round_stage)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
            """)
        insert.bind(layer, at: 1)
        insert.bind(workspace, at: 2)
        insert.bind(Int64(kind), at: 3)
        insert.bind(owner, at: 4)
        insert.bind(isWritable, at: 5)
        insert.bind(Digest.zero, at: 6)
        insert.bind(round, at: 7)
        insert.bind(Int64(stage.rawValue), at: 8)
        try insert.run()
        forget(layer: layer)
    }
}
