public import AnnotationModel

// A layer's merged state at a position, from which a new replica starts. Bytes: WireFormat. Meaning: docs/sync-protocol.md,
// "Snapshots".

/// What a server vouches for of a snapshot: where in the feed it stands, what it stands for, and which bytes it has.
public struct SnapshotHead: Hashable, Sendable {
    /// The end of a chain there.
    public struct Chain: Hashable, Sendable {
        public let replica: ReplicaID
        public let seq: UInt64
        /// Of the header at `seq`.
        public let hash: Digest
        /// Of the change at `seq`.
        public let lamport: UInt64
        public init(replica: ReplicaID, seq: UInt64, hash: Digest, lamport: UInt64) {
            self.replica = replica
            self.seq = seq
            self.hash = hash
            self.lamport = lamport
        }
    }

    public let layer: LayerID
    public let epoch: EpochID
    /// At least 1.
    public let position: UInt64
    /// The feed's hash at `position`.
    public let feedHash: Digest
    /// All chains of the layer there, by replica id.
    public let chains: [Chain]
    public let recordCount: UInt64
    /// SHA-256 of each piece as it travels, in order.
    public let pieces: [Digest]

    public init(
        layer: LayerID, epoch: EpochID, position: UInt64, feedHash: Digest, chains: [Chain], recordCount: UInt64,
        pieces: [Digest]
    ) {
        self.layer = layer
        self.epoch = epoch
        self.position = position
        self.feedHash = feedHash
        self.chains = chains
        self.recordCount = recordCount
        self.pieces = pieces
    }
}

/// Asks for a layer's snapshot, from one of its pieces on.
public struct SnapshotRequest: Hashable, Sendable {
    public let workspace: WorkspaceID
    public let layer: LayerID
    /// Where the snapshot stands that was begun; 0 for the newest.
    public let position: UInt64
    /// Number of the first piece wanted, from 0.
    public let firstPiece: UInt64
    /// Bytes of pieces wanted at most; one piece comes whatever its size.
    public let byteBudget: UInt64
    public init(workspace: WorkspaceID, layer: LayerID, position: UInt64, firstPiece: UInt64, byteBudget: UInt64) {
        self.workspace = workspace
        self.layer = layer
        self.position = position
        self.firstPiece = firstPiece
        self.byteBudget = byteBudget
    }
}

/// Pieces of the snapshot asked for; where that is not held any more, those of the newest, from its first on.
public struct SnapshotReply: Hashable, Sendable {
    public let layer: LayerID
    /// `nil` where there is no snapshot, or no such layer for this member.
    public let head: SnapshotHead?
    /// The server's over `SignedStatement.snapshot`.
    public let signature: Signature?
    /// The server's over `SignedStatement.checkpoint` for the snapshot's position.
    public let checkpoint: Signature?
    public let firstPiece: UInt64
    /// zstd frames of `SnapshotPiece`.
    public let pieces: [[UInt8]]

    public init(
        layer: LayerID, head: SnapshotHead?, signature: Signature?, checkpoint: Signature?, firstPiece: UInt64,
        pieces: [[UInt8]]
    ) {
        self.layer = layer
        self.head = head
        self.signature = signature
        self.checkpoint = checkpoint
        self.firstPiece = firstPiece
        self.pieces = pieces
    }
}
