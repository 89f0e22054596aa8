public import AnnotationModel

/// Where the reading of a layer's snapshot goes on.
public struct SnapshotPoint: Sendable, Hashable {
    public let layer: LayerID
    /// The position of the snapshot that was begun; 0 for none yet.
    public let position: UInt64
    /// Number of the next piece.
    public let piece: UInt64
    public init(layer: LayerID, position: UInt64, piece: UInt64) {
        self.layer = layer
        self.position = position
        self.piece = piece
    }
}

/// What a snapshot's reply brought.
public struct SnapshotOutcome: Sendable {
    /// Where to go on; `nil` when the snapshot is here or the layer begins from its history after all.
    public var next: SnapshotPoint?
    /// Where to read the feed on after it.
    public var behind: FeedCursor?
    /// The layer, where the snapshot is here and waits for own changes to be sent.
    public var waiting: LayerID?
    /// By how many changes the layer has come forward, once its snapshot counts.
    public var changeCount = 0

    public init() {}
}

/// What a reply of history brought.
public struct HistoryOutcome: Sendable {
    /// Where to read on.
    public var behind: [FeedCursor] = []
    /// The history does not go through what the server has signed of it.
    public var rewound: [CheckpointProof] = []
    /// Changes that were not here before.
    public var filledCount = 0
    /// How far the feeds of the reply have been read, and how far they have to be.
    public var readCount = 0
    public var total = 0

    public init() {}
}
