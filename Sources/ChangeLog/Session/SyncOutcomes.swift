public import AnnotationModel

// What the store tells the session after each step.

/// One replica's chain in one layer.
public struct ChainName: Hashable, Sendable {
    public let layer: LayerID
    public let replica: ReplicaID
    public init(layer: LayerID, replica: ReplicaID) {
        self.layer = layer
        self.replica = replica
    }
}

/// What the answer to a push means for the session.
public struct PushOutcome: Sendable {
    /// Chains that the server will not take now, with its explanation.
    public var blocked: [ChainName: String] = [:]
    /// Chains of others that the server will take from their makers alone now, with its explanation.
    public var awaitingMakers: [ChainName: String] = [:]
    /// How many changes the server holds now that it did not before.
    public var acceptedCount = 0
    /// Changes whose content was refused.
    public var refusedCount = 0
    /// A server that holds less than it had acknowledged was restored from an older copy.
    public var hasLostChanges = false
    /// The server answered from another life of a feed than the one known, or from before what was read of it: nothing
    /// of that was taken as acknowledged.
    public var hasOtherFeed = false
    /// An own replica id turned out to have two lives; unsent work was given new numbers.
    public var hasReissued = false

    public init() {}
}

/// What the heads mean for the session.
public struct HeadsOutcome: Sendable {
    /// Feeds with something to read.
    public var behind: [FeedCursor] = []
    /// Layers with much to read and nothing here yet: they begin from a snapshot, where the server has one.
    public var snapshots: [SnapshotPoint] = []
    /// Layers whose feed began a new life: compare vectors, push what the server lost, read from the start.
    public var newEpochs: [LayerID] = []
    /// Layers whose feed went back within one life, with the server's own signature as proof.
    public var rewound: [CheckpointProof] = []
    /// Of the layers with a new life, what the server signed in the one that was read: a server that was put back to
    /// before that one began does not know that it ever had it.
    public var formerLives: [CheckpointProof] = []
    /// Layers that are not readable any more; purged here, unsent work kept aside.
    public var lost: [LayerID] = []
    /// Layers that appeared.
    public var appeared: [LayerID] = []
    /// Whether a layer that was here without a feed, come by hand or of a round that the server had lost, has one now, and
    /// something in it waits to be sent.
    public var canSendMore = false

    public init() {}
}

/// What a pulled reply brought.
public struct PullOutcome: Sendable {
    /// Where to read on.
    public var behind: [FeedCursor] = []
    public var rewound: [CheckpointProof] = []
    /// Layers of which the server has let go of what is missing here: they are put on a snapshot.
    public var snapshots: [SnapshotPoint] = []
    public var appliedCount = 0
    /// A page came from another life of its feed than the one known: nothing of it was taken.
    public var hasNewEpoch = false
    /// Unsent own work was given new numbers and waits to be pushed.
    public var hasReissued = false

    public init() {}
}
