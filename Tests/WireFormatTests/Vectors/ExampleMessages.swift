import AnnotationModel
import ChangeLog
import Cryptography
import WireFormat

/// One of every message, from the example world.
extension ExampleWorld {
    static let roster = [
        RosterEntry(member: ana, name: "Ana", role: Role.owner.rawValue),
        RosterEntry(member: ben, name: "Ben ბენ", role: Role.analyst.rawValue),
    ]

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
    static let introduction = DeviceIntroduction(
        publicKey: anaKey.publicKey, deviceName: "Ana's laptop",
        signature: cryptography.sign(enrolment, with: anaKey))
    static let enrolment = SignedStatement.enrolment(
        secret: cryptography.sha256([UInt8](invitation.utf8)), publicKey: anaKey.publicKey, deviceName: "Ana's laptop")
    static let invitation = "vri_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
    static let joinRequest = JoinRequest(
        code: invitation, name: "Ana", password: "correct horse battery", device: introduction)
    static let loginRequest = LoginRequest(name: "Ana", password: "correct horse battery", device: introduction)
    static let enrolmentReply = EnrolmentReply(
        token: "vrm_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", connection: connectReply)
    static let inviteRequest = InviteRequest(purpose: .member(workspace, role: Role.analyst.rawValue), seconds: 604_800)
    static let ownInviteRequest = InviteRequest(purpose: .ownDevice, seconds: 3600)
    static let inviteReply = InviteReply(code: invitation, expiresAt: 1_700_000_604_800)
    static let devicesRequest = DevicesRequest(revoked: benKey.publicKey)
    static let deviceList = DeviceList(devices: [
        DeviceEntry(
            publicKey: anaKey.publicKey, name: "Ana's laptop", enrolledAt: 1_700_000_000_000,
            lastSeenAt: 1_700_000_400_000, isRevoked: false, isThis: true),
        DeviceEntry(
            publicKey: benKey.publicKey, name: "Ana's old phone", enrolledAt: 1_600_000_000_000, lastSeenAt: 0,
            isRevoked: true, isThis: false),
    ])
    static let passwordRequest = PasswordRequest(old: "", new: "correct horse battery")

    static let firstHeadsRequest = HeadsRequest(workspace: workspace, digest: nil)
    static let headsRequest = HeadsRequest(workspace: workspace, digest: heads.digest(using: cryptography))
    static let pushRequest = PushRequest(workspace: workspace, segments: [anaSegment, benSegmentCarried])
    static let pushReply = PushReply(
        results: [
            SegmentResult(
                layer: shared, replica: anaReplica, status: .accepted, heldSeq: 4, epoch: epoch, firstPosition: 7,
                lastPosition: 11, feedHash: reached.feedHash, signature: signature(reached), refused: [4],
                receivedAt: receipt.receipt.receivedAt, receipt: receipt.receipt.signature),
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
    static let receiptsRequest = ReceiptsRequest(
        workspace: workspace, layer: shared,
        changes: [ChangeName(replica: anaReplica, seq: 4), ChangeName(replica: benReplica, seq: 9)])
    static let receiptsReply = ReceiptsReply(receipts: [receipt])
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
        ], segments: [anaSegment, benSegment],
        server: KnownServer(server: server, key: serverKey.publicKey), receipts: [receipt])
}
