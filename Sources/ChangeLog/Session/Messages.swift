public import AnnotationModel

// What client and server say to each other. Bytes: WireFormat. Meaning: docs/sync-protocol.md.

/// Introduces a device to the server.
public struct ConnectRequest: Hashable, Sendable {
    public let publicKey: PublicKey
    /// What people call the device.
    public let deviceName: String
    public init(publicKey: PublicKey, deviceName: String) {
        self.publicKey = publicKey
        self.deviceName = deviceName
    }
}

public struct ConnectReply: Hashable, Sendable {
    public let server: ServerID
    public let serverKey: PublicKey
    public let member: MemberID
    public let memberName: String
    public let certificate: DeviceCertificate
    /// The workspaces that the member belongs to.
    public let workspaces: [WorkspaceEntry]

    public init(
        server: ServerID, serverKey: PublicKey, member: MemberID, memberName: String, certificate: DeviceCertificate,
        workspaces: [WorkspaceEntry]
    ) {
        self.server = server
        self.serverKey = serverKey
        self.member = member
        self.memberName = memberName
        self.certificate = certificate
        self.workspaces = workspaces
    }
}

public struct WorkspaceEntry: Hashable, Sendable {
    public let workspace: WorkspaceID
    public let title: String
    public init(workspace: WorkspaceID, title: String) {
        self.workspace = workspace
        self.title = title
    }
}

/// Asks where the feeds of a workspace stand; `digest` is that of the `Heads` known already.
public struct HeadsRequest: Hashable, Sendable {
    public let workspace: WorkspaceID
    /// First 16 bytes of SHA-256 of the encoded `Heads`; the server answers "not modified" if it is current.
    public let digest: HeadsDigest?
    public init(workspace: WorkspaceID, digest: HeadsDigest?) {
        self.workspace = workspace
        self.digest = digest
    }
}

public typealias HeadsDigest = Identifier<IdentifierTag.HeadsDigest>

/// Every layer that the member may read, and who is in the workspace.
public struct Heads: Hashable, Sendable {
    /// By layer id.
    public var layers: [LayerHead]
    /// By member id.
    public var members: [RosterEntry]
    public init(layers: [LayerHead], members: [RosterEntry]) {
        self.layers = layers
        self.members = members
    }
}

public struct RosterEntry: Hashable, Sendable {
    public let member: MemberID
    public let name: String
    /// A `Role`, or the number of a role that a newer server knows; 0 where it is not told, as in bundles.
    public let role: UInt8
    public init(member: MemberID, name: String, role: UInt8 = 0) {
        self.member = member
        self.name = name
        self.role = role
    }
}

public struct LayerHead: Hashable, Sendable {
    public let layer: LayerID
    /// A `LayerKind`, or the number of a kind that a newer server knows.
    public let kind: UInt8
    public let owner: MemberID?
    public let isWritable: Bool
    public var epoch: EpochID
    /// The feed's last position; 0 when it is empty.
    public var position: UInt64
    public var feedHash: Digest
    /// The round that it belongs to.
    public let round: RecordID?
    /// How far the round has come; `hidden` for a layer that belongs to none.
    public let stage: RoundStage

    public init(
        layer: LayerID, kind: UInt8, owner: MemberID?, isWritable: Bool, epoch: EpochID, position: UInt64,
        feedHash: Digest, round: RecordID? = nil, stage: RoundStage = .hidden
    ) {
        self.round = round
        self.stage = stage
        self.layer = layer
        self.kind = kind
        self.owner = owner
        self.isWritable = isWritable
        self.epoch = epoch
        self.position = position
        self.feedHash = feedHash
    }
}

public struct PushRequest: Hashable, Sendable {
    public let workspace: WorkspaceID
    /// Each ends with a signature over its last change.
    public let segments: [Segment]
    public init(workspace: WorkspaceID, segments: [Segment]) {
        self.workspace = workspace
        self.segments = segments
    }
}

public struct PushReply: Hashable, Sendable {
    /// One per segment, in order.
    public let results: [SegmentResult]
    /// Digest of the member's heads after the push.
    public let headsDigest: HeadsDigest
    public init(results: [SegmentResult], headsDigest: HeadsDigest) {
        self.results = results
        self.headsDigest = headsDigest
    }
}

/// What became of one pushed segment.
public struct SegmentResult: Hashable, Sendable {
    public enum Status: UInt8, Sendable, CaseIterable {
        /// Held, durably; perhaps already before.
        case accepted = 0
        /// The server holds another header for `conflictSeq`: the replica id has two lives.
        case fork = 1
        /// The segment does not follow on what is held.
        case gap = 2
        /// No such layer for this member.
        case unknownLayer = 3
        /// A hash, signature, limit or author is wrong; `explanation` says which.
        case invalid = 4
    }

    public let layer: LayerID
    public let replica: ReplicaID
    public let status: Status
    /// Up to which seq of this chain the server holds changes, durably.
    public let heldSeq: UInt64
    /// First seq with another header, for `fork`; else 0.
    public let conflictSeq: UInt64
    public let epoch: EpochID
    /// The position that the first of the segment's new changes was given; 0 when it held none.
    public let firstPosition: UInt64
    /// The feed's last position after this segment, and the feed's hash there; 0 for an unknown layer.
    public let lastPosition: UInt64
    public let feedHash: Digest
    /// The server's over `SignedStatement.checkpoint` for `lastPosition`: what it says it holds, it can be held to.
    public let signature: Signature?
    /// Seqs that entered the feed without their payload.
    public let refused: [UInt64]
    public let explanation: String
    /// When the server had the segment's last change first, in milliseconds since 1970; `nil` where it does not hold it.
    public let receivedAt: Int64?
    /// The server's over `SignedStatement.receipt` for that change.
    public let receipt: Signature?

    public init(
        layer: LayerID, replica: ReplicaID, status: Status, heldSeq: UInt64, conflictSeq: UInt64 = 0, epoch: EpochID,
        firstPosition: UInt64 = 0, lastPosition: UInt64 = 0, feedHash: Digest = .zero, signature: Signature? = nil,
        refused: [UInt64] = [], explanation: String = "", receivedAt: Int64? = nil, receipt: Signature? = nil
    ) {
        self.layer = layer
        self.replica = replica
        self.status = status
        self.heldSeq = heldSeq
        self.conflictSeq = conflictSeq
        self.epoch = epoch
        self.firstPosition = firstPosition
        self.lastPosition = lastPosition
        self.feedHash = feedHash
        self.signature = signature
        self.refused = refused
        self.explanation = explanation
        self.receivedAt = receivedAt
        self.receipt = receipt
    }
}

/// How far a replica has read a feed, and the feed's hash there.
public struct FeedCursor: Hashable, Sendable {
    public let layer: LayerID
    public let epoch: EpochID
    public let position: UInt64
    public let feedHash: Digest
    public init(layer: LayerID, epoch: EpochID, position: UInt64, feedHash: Digest) {
        self.layer = layer
        self.epoch = epoch
        self.position = position
        self.feedHash = feedHash
    }
}

public struct PullRequest: Hashable, Sendable {
    public let workspace: WorkspaceID
    public let cursors: [FeedCursor]
    /// Payload bytes wanted at most; at least one change comes whatever its size.
    public let byteBudget: UInt64
    public init(workspace: WorkspaceID, cursors: [FeedCursor], byteBudget: UInt64) {
        self.workspace = workspace
        self.cursors = cursors
        self.byteBudget = byteBudget
    }
}

public struct PullReply: Hashable, Sendable {
    public let pages: [FeedPage]
    /// Of the replicas that occur in the pages, by replica id.
    public let devices: [ReplicaDevice]
    public init(pages: [FeedPage], devices: [ReplicaDevice]) {
        self.pages = pages
        self.devices = devices
    }
}

public struct ReplicaDevice: Hashable, Sendable {
    public let replica: ReplicaID
    public let certificate: DeviceCertificate
    public init(replica: ReplicaID, certificate: DeviceCertificate) {
        self.replica = replica
        self.certificate = certificate
    }
}

/// A stretch of one feed.
public struct FeedPage: Hashable, Sendable {
    public enum Status: UInt8, Sendable, CaseIterable {
        case changes = 0
        /// The cursor does not lie on this feed: the server was restored, or it forked.
        case offFeed = 1
        /// No such layer for this member.
        case unknownLayer = 2
    }

    public let layer: LayerID
    public let status: Status
    public let epoch: EpochID
    /// In position order; the first change stands at the cursor's position + 1.
    public let segments: [Segment]
    /// The position of the last change here (the cursor's if there is none), and the feed's hash there.
    public let position: UInt64
    public let feedHash: Digest
    /// The server's over `SignedStatement.checkpoint` for `position`.
    public let signature: Signature?
    /// The feed's last position when the page was made.
    public let headPosition: UInt64

    public init(
        layer: LayerID, status: Status, epoch: EpochID, segments: [Segment], position: UInt64, feedHash: Digest,
        signature: Signature?, headPosition: UInt64
    ) {
        self.layer = layer
        self.status = status
        self.epoch = epoch
        self.segments = segments
        self.position = position
        self.feedHash = feedHash
        self.signature = signature
        self.headPosition = headPosition
    }
}

public struct VectorRequest: Hashable, Sendable {
    public let workspace: WorkspaceID
    public let layer: LayerID
    public init(workspace: WorkspaceID, layer: LayerID) {
        self.workspace = workspace
        self.layer = layer
    }
}

/// What the server holds of a layer: per replica the last seq and its header's hash.
public struct VectorReply: Hashable, Sendable {
    public let layer: LayerID
    /// `nil` when there is no such layer for this member.
    public let epoch: EpochID?
    /// By replica id.
    public let heads: [ChainHead]
    /// The feed's last position, its hash there, and the server's signature over that checkpoint.
    public let position: UInt64
    public let feedHash: Digest
    public let signature: Signature?

    public init(
        layer: LayerID, epoch: EpochID?, heads: [ChainHead], position: UInt64, feedHash: Digest, signature: Signature?
    ) {
        self.layer = layer
        self.epoch = epoch
        self.heads = heads
        self.position = position
        self.feedHash = feedHash
        self.signature = signature
    }
}

public struct ChainHead: Hashable, Sendable {
    public let replica: ReplicaID
    public let seq: UInt64
    public let hash: Digest
    public init(replica: ReplicaID, seq: UInt64, hash: Digest) {
        self.replica = replica
        self.seq = seq
        self.hash = hash
    }
}

/// Asks for the server's receipts of changes in one layer.
public struct ReceiptsRequest: Hashable, Sendable {
    public let workspace: WorkspaceID
    public let layer: LayerID
    public let changes: [ChangeName]
    public init(workspace: WorkspaceID, layer: LayerID, changes: [ChangeName]) {
        self.workspace = workspace
        self.layer = layer
        self.changes = changes
    }
}

/// A change of a layer.
public struct ChangeName: Hashable, Sendable {
    public let replica: ReplicaID
    public let seq: UInt64
    public init(replica: ReplicaID, seq: UInt64) {
        self.replica = replica
        self.seq = seq
    }
}

/// Receipts for those of the changes that the server holds; none in a layer that is not there for the member.
public struct ReceiptsReply: Hashable, Sendable {
    public let receipts: [ChainReceipt]
    public init(receipts: [ChainReceipt]) { self.receipts = receipts }
}

/// A checkpoint that the server signed and no longer honours: proof that it was restored from an older copy.
public struct CheckpointProof: Hashable, Sendable {
    public let workspace: WorkspaceID
    public let cursor: FeedCursor
    public let signature: Signature
    public init(workspace: WorkspaceID, cursor: FeedCursor, signature: Signature) {
        self.workspace = workspace
        self.cursor = cursor
        self.signature = signature
    }
}

/// The layer's epoch after the proof was weighed.
public struct CheckpointReply: Hashable, Sendable {
    public let layer: LayerID
    public let epoch: EpochID?
    public init(layer: LayerID, epoch: EpochID?) {
        self.layer = layer
        self.epoch = epoch
    }
}
