import AnnotationModel
import ChangeLog
import SQLiteBinding
import WireFormat

/// Holding the server to what it has signed.
///
/// Every acknowledgement comes with a signed checkpoint of the feed. Those beyond the cursor are kept until the
/// cursor has passed them. A server that was restored from an older copy shows itself when its feed ends before one, or
/// goes past one but not through it; also to a replica that had pushed and not yet read that far.
extension StoreCore {
    struct Checkpoint {
        let position: UInt64
        let feedHash: Digest
        let signature: Signature
    }

    /// A checkpoint of one life of one feed whose signature was found to hold.
    struct VerifiedCheckpoint {
        let checkpoint: Checkpoint
        fileprivate let layer: Int64
        fileprivate let epoch: EpochID
    }

    /// Remembers a checkpoint beyond the cursor, before anything is taken as acknowledged.
    ///
    /// - Returns: The checkpoint, verified; `nil` where there is nothing to hold the server to.
    /// - Throws: `unverified` if the signature does not hold.
    @discardableResult
    func keep(
        _ checkpoint: Checkpoint?, claimed position: UInt64, in epoch: EpochID, of layer: LayerRow, _ link: SyncLink
    ) throws -> VerifiedCheckpoint? {
        guard position > 0, epoch == layer.epoch else { return nil }
        let verified = try verify(checkpoint, of: layer, link)
        let checkpoint = verified.checkpoint
        guard checkpoint.position > layer.position else { return verified }
        let insert = try db.statement(
            "INSERT OR IGNORE INTO checkpoint (layer, position, feed_hash, signature) VALUES (?1, ?2, ?3, ?4)")
        insert.bind(layer.num, at: 1)
        insert.bind(checkpoint.position, at: 2)
        insert.bind(checkpoint.feedHash, at: 3)
        insert.bind(checkpoint.signature, at: 4)
        try insert.run()
        return verified
    }

    /// - Throws: `unverified` if there is no signature, or not the server's for this point of the layer's present feed.
    func verify(_ checkpoint: Checkpoint?, of layer: LayerRow, _ link: SyncLink) throws -> VerifiedCheckpoint {
        guard let checkpoint, let epoch = layer.epoch else { throw Self.notSigned }
        let statement = SignedStatement.checkpoint(
            server: link.server, layer: layer.id, epoch: epoch, position: checkpoint.position,
            feedHash: checkpoint.feedHash)
        guard cryptography.isValid(checkpoint.signature, of: statement, by: link.serverKey) else {
            throw Self.notSigned
        }
        return VerifiedCheckpoint(checkpoint: checkpoint, layer: layer.num, epoch: epoch)
    }

    /// Whether a checkpoint tells of a feed that cannot be the one that was read: it ends before the cursor, or stands
    /// there with another hash.
    func contradictsCursor(_ verified: VerifiedCheckpoint, of layer: LayerRow) -> Bool {
        let checkpoint = verified.checkpoint
        return checkpoint.position < layer.position
            || (checkpoint.position == layer.position && checkpoint.feedHash != layer.feedHash)
    }

    private static let notSigned = StoreError(
        .unverified, "the server's checkpoint is not signed with its key; nothing was taken from it")

    /// Whether the server has signed anything beyond what was read.
    func hasOpenCheckpoints() throws -> Bool {
        let select = try db.statement(
            """
            SELECT EXISTS (SELECT 1 FROM checkpoint JOIN layer ON layer.num = checkpoint.layer
            WHERE checkpoint.position > layer.position)
            """)
        guard try select.step() else { return false }
        defer { select.reset() }
        return select.bool(0)
    }

    /// What the server has signed of this feed beyond the cursor, by position.
    func checkpoints(of layer: LayerRow) throws -> [Checkpoint] {
        try checkpoints(of: layer, after: layer.position, through: UInt64(Int64.max))
    }

    /// What the server has signed of this feed where the cursor came over it by a snapshot, unseen, by position.
    func passedCheckpoints(of layer: LayerRow) throws -> [Checkpoint] {
        try checkpoints(of: layer, after: 0, through: layer.position)
    }

    /// Forgets what a reading of the history has gone through.
    func deleteCheckpoints(of layer: LayerRow, through position: UInt64) throws {
        let delete = try db.statement("DELETE FROM checkpoint WHERE layer = ?1 AND position <= ?2")
        delete.bind(layer.num, at: 1)
        delete.bind(min(position, layer.position), at: 2)
        try delete.run()
    }

    private func checkpoints(of layer: LayerRow, after first: UInt64, through last: UInt64) throws -> [Checkpoint] {
        let select = try db.statement(
            """
            SELECT position, feed_hash, signature FROM checkpoint
            WHERE layer = ?1 AND position > ?2 AND position <= ?3 ORDER BY position
            """)
        select.bind(layer.num, at: 1)
        select.bind(first, at: 2)
        select.bind(last, at: 3)
        var checkpoints: [Checkpoint] = []
        while try select.step() {
            guard let hash = select.digest(1), let signature = Signature(bytes: select.blob(2)) else {
                continue
            }
            checkpoints.append(
                Checkpoint(position: UInt64(select.int64(0)), feedHash: hash, signature: signature))
        }
        return checkpoints
    }

    /// Sets how far the feed has been read, up to a point that the server has signed.
    ///
    /// - Parameter passesCheckpoints: Whether the caller has seen that the feed goes through those in between.
    func moveCursor(of layer: LayerRow, to verified: VerifiedCheckpoint, passesCheckpoints: Bool = true) throws {
        precondition(verified.layer == layer.num && verified.epoch == layer.epoch, "a checkpoint belongs to one feed")
        let checkpoint = verified.checkpoint
        let update = try db.statement(
            """
            UPDATE layer SET position = ?2, feed_hash = ?3, cursor_signature = ?4, head_position = max(head_position, ?2)
            WHERE num = ?1
            """)
        update.bind(layer.num, at: 1)
        update.bind(checkpoint.position, at: 2)
        update.bind(checkpoint.feedHash, at: 3)
        update.bind(checkpoint.signature, at: 4)
        try update.run()
        if passesCheckpoints {
            let passed = try db.statement(
                "DELETE FROM checkpoint WHERE layer = ?1 AND position > ?2 AND position <= ?3")
            passed.bind(layer.num, at: 1)
            passed.bind(layer.position, at: 2)
            passed.bind(checkpoint.position, at: 3)
            try passed.run()
        }
        forget(layer: layer.id)
    }

    /// Begins to read a layer's feed from the start, in the given life.
    func restart(_ layer: LayerRow, in epoch: EpochID) throws {
        let update = try db.statement(
            "UPDATE layer SET epoch = ?2, position = 0, feed_hash = ?3, cursor_signature = NULL WHERE num = ?1")
        update.bind(layer.num, at: 1)
        update.bind(epoch, at: 2)
        update.bind(Digest.zero, at: 3)
        try update.run()
        try run("DELETE FROM checkpoint WHERE layer = ?1", layer.num)
        try restartHistory(of: layer.num)
        forget(layer: layer.id)
    }

    /// The cursor as something that the server has signed.
    ///
    /// - Throws: `damaged` if the signature is missing; `unverified` at the beginning, which no feed can leave.
    func cursorCheckpoint(of layer: LayerRow) throws -> Checkpoint {
        guard layer.position > 0 else {
            throw StoreError(.unverified, "the server denies the beginning of a feed; nothing was taken from it")
        }
        let select = try db.statement("SELECT cursor_signature FROM layer WHERE num = ?1")
        select.bind(layer.num, at: 1)
        defer { select.reset() }
        guard try select.step(), let signature = Signature(bytes: select.blob(0)) else {
            throw StoreError(.damaged, "the server's signature for what was read of layer \(layer.id) is missing")
        }
        return Checkpoint(position: layer.position, feedHash: layer.feedHash, signature: signature)
    }

    func proof(_ checkpoint: Checkpoint, of layer: LayerRow, _ link: SyncLink) throws -> CheckpointProof {
        guard let epoch = layer.epoch else { throw StoreError(.damaged, "layer \(layer.id) has no epoch") }
        let cursor = FeedCursor(
            layer: layer.id, epoch: epoch, position: checkpoint.position, feedHash: checkpoint.feedHash)
        return CheckpointProof(workspace: link.workspace, cursor: cursor, signature: checkpoint.signature)
    }
}
