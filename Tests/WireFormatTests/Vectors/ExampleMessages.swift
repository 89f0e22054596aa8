import AnnotationModel
import ChangeLog
import Cryptography
import WireFormat

/// One of every message, from the example world.
extension ExampleWorld {
    static let roster = [RosterEntry(member: ana, name: "Ana"), RosterEntry(member: ben, name: "Ben ბენ")]

    static let heads = Heads(
        layers: [
            LayerHead(
                layer: shared, kind: 1, owner: nil, isWritable: true, epoch: epoch, position: 11,
                feedHash: reached.feedHash),
            LayerHead(
                layer: personal, kind: 2, owner: ben, isWritable: false, epoch: newEpoch, position: 0, feedHash: .zero),
        ], members: roster)

    static let connectRequest = ConnectRequest(publicKey: anaKey.publicKey, deviceName: "Ana's laptop")
    static let connectReply = ConnectReply(
        server: server, serverKey: serverKey.publicKey, member: ana, memberName: "Ana", certificate: anaCertificate,
        workspaces: [WorkspaceEntry(workspace: workspace, title: "Treaty")])
    static let firstHeadsRequest = HeadsRequest(workspace: workspace, digest: nil)
    static let headsRequest = HeadsRequest(workspace: workspace, digest: heads.digest(using: cryptography))
    static let pushRequest = PushRequest(workspace: workspace, segments: [anaSegment, benSegmentCarried])
    static let pushReply = PushReply(
        results: [
            SegmentResult(
                layer: shared, replica: anaReplica, status: .accepted, heldSeq: 4, epoch: epoch, firstPosition: 7,
                lastPosition: 11, feedHash: reached.feedHash, signature: signature(reached), refused: [4]),
            SegmentResult(
                layer: shared, replica: benReplica, status: .fork, heldSeq: 2, conflictSeq: 1, epoch: epoch,
                lastPosition: 11, feedHash: reached.feedHash, signature: signature(reached)),
            SegmentResult(
                layer: shared, replica: id(0x13), status: .gap, heldSeq: 2, epoch: epoch, lastPosition: 11,
                feedHash: reached.feedHash, signature: signature(reached), explanation: "changes from 3 on are missing"),
            SegmentResult(
                layer: id(0xA2), replica: anaReplica, status: .unknownLayer, heldSeq: 0, epoch: EpochID(high: 0, low: 0)
            ),
            SegmentResult(
                layer: shared, replica: id(0x14), status: .invalid, heldSeq: 0, epoch: epoch, lastPosition: 11,
                feedHash: reached.feedHash, signature: signature(reached),
                explanation: "the signature at change 1 does not hold"),
        ], headsDigest: heads.digest(using: cryptography))
    static let pullRequest = PullRequest(
        workspace: workspace,
        cursors: [
            cursor, FeedCursor(layer: personal, epoch: newEpoch, position: 3, feedHash: .zero),
            FeedCursor(layer: id(0xA2), epoch: epoch, position: 0, feedHash: .zero),
        ], byteBudget: 2_097_152)
    static let pullReply = PullReply(
        pages: [
            FeedPage(
                layer: shared, status: .changes, epoch: epoch, segments: [anaSegment, benSegment], position: 11,
                feedHash: reached.feedHash, signature: signature(reached), headPosition: 12),
            FeedPage(
                layer: personal, status: .offFeed, epoch: newEpoch, segments: [], position: 3, feedHash: .zero,
                signature: nil, headPosition: 0),
            FeedPage(
                layer: id(0xA2), status: .unknownLayer, epoch: epoch, segments: [], position: 0, feedHash: .zero,
                signature: nil, headPosition: 0),
        ],
        devices: [
            ReplicaDevice(replica: anaReplica, certificate: anaCertificate),
            ReplicaDevice(replica: benReplica, certificate: benCertificate),
        ])
    static let vectorRequest = VectorRequest(workspace: workspace, layer: shared)
    static let vectorReply = VectorReply(
        layer: shared, epoch: epoch,
        heads: [
            ChainHead(replica: anaReplica, seq: 4, hash: anaChanges[3].hash),
            ChainHead(replica: benReplica, seq: 1, hash: benChanges[0].hash),
        ], position: 11, feedHash: reached.feedHash, signature: signature(reached))
    static let vectorReplyUnknown = VectorReply(
        layer: id(0xA2), epoch: nil, heads: [], position: 0, feedHash: .zero, signature: nil)
    static let checkpointProof = CheckpointProof(workspace: workspace, cursor: reached, signature: signature(reached))
    static let checkpointReply = CheckpointReply(layer: shared, epoch: newEpoch)
    static let checkpointReplyUnknown = CheckpointReply(layer: id(0xA2), epoch: nil)
    static let bundle = Bundle(
        workspace: workspace, title: "Treaty",
        layers: [
            BundleLayer(layer: shared, kind: 1, owner: nil), BundleLayer(layer: personal, kind: 2, owner: ben),
        ], members: roster,
        devices: [
            ReplicaDevice(
                replica: anaReplica,
                certificate: DeviceCertificate(member: ana, publicKey: anaKey.publicKey, signature: nil)),
            ReplicaDevice(replica: benReplica, certificate: benCertificate),
        ], segments: [anaSegment, benSegment])
}
