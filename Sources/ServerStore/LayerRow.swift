import AnnotationModel
import ChangeLog
import SQLiteBinding

extension ServerCore {
    /// A layer and its feed as they stand.
    struct LayerRow {
        let num: Int64
        let id: LayerID
        let workspace: Int64
        let kind: UInt8
        let owner: MemberID?
        let epoch: EpochID
        let epochCount: Int
        /// Nothing can be written in its workspace any more.
        let isArchived: Bool
        /// Up to where the makers of its records were taken down.
        var makersPosition: UInt64
        var position: UInt64
        var feedHash: Digest
        var lamport: UInt64
        let round: RoundRow?
        /// When it was looked at, in milliseconds since 1970: a round may be revealed at a moment.
        let now: Int64

        var stage: RoundStage { round?.stage(at: now) ?? .hidden }

        func isReadable(by member: MemberID, as role: Role) -> Bool {
            LayerKind(rawValue: kind)?.isReadable(by: member, owner: owner, as: role, stage: stage) ?? false
        }

        func isWritable(by member: MemberID, as role: Role) -> Bool {
            closure == nil && LayerKind(rawValue: kind)?.isWritable(by: member, owner: owner, as: role) ?? false
        }

        /// Why nobody may write here now, whoever it is.
        var closure: String? {
            switch LayerKind(rawValue: kind) {
            case .coding where round?.takesCodings(at: now) != true:
                "its round takes no codings any more; what came too late can be kept for the adjudicators"
            case .gold where stage < .revealed: "its round is not revealed yet"
            default: nil
            }
        }

        /// Key of the feed table for a position.
        func feedID(_ position: UInt64) -> Int64 { num << 40 | Int64(position) }
    }

    private static let layerColumns = """
        SELECT layer.num, layer.id, layer.workspace, layer.kind, user.id, layer.epoch, layer.epoch_count,
            layer.position, layer.feed_hash, layer.lamport, workspace.archived_at IS NOT NULL, layer.makers_position,
            round.num, round.id, round.is_blind, round.reveal_rule, round.reveal_at, round.state, round.opened_at,
            round.revealed_at, round.published_at
        FROM layer JOIN workspace ON workspace.num = layer.workspace LEFT JOIN user ON user.num = layer.owner
        LEFT JOIN round ON round.num = layer.round
        """
    static let selectLayer = layerColumns + " WHERE layer.id = ?1 AND workspace.id = ?2"
    static let selectLayers = layerColumns + " WHERE workspace.id = ?1 ORDER BY layer.id"

    func layerRow(_ row: Statement) throws -> LayerRow {
        guard let id = LayerID(row, 1), let epoch = EpochID(row, 5),
            let feedHash = row.digest(8)
        else { throw ServerStoreError(.unavailable, "a layer's row is damaged") }
        return LayerRow(
            num: row.int64(0), id: id, workspace: row.int64(2), kind: UInt8(clamping: row.int64(3)),
            owner: MemberID(row, 4), epoch: epoch, epochCount: row.int(6),
            isArchived: row.bool(10), makersPosition: UInt64(row.int64(11)), position: UInt64(row.int64(7)),
            feedHash: feedHash, lamport: UInt64(row.int64(9)),
            round: row.isNull(12) ? nil : try roundRow(row, from: 12),
            now: clock())
    }
}
