public import AnnotationModel
public import ChangeLog

/// How live updates reach a client. See docs/sync-protocol.md, "Live updates".
public protocol LiveTransport: Sendable {
    /// Listens until the server ends the stream.
    ///
    /// - Parameter hear: Called for each event, in order.
    /// - Throws: Why there is no stream, or why it broke.
    func listen(to workspace: WorkspaceID, _ hear: @escaping @Sendable (LiveEvent) -> Void) async throws(SyncError)
        -> LiveEnd
}

public enum LiveEvent: Sendable, Hashable {
    /// From now on everything is told.
    case listening
    /// A layer's feed stands there.
    case moved(LayerID, FeedPoint)
    /// Ask for the heads: more has changed than a layer's position, or events were left out.
    case resync
}

public enum LiveEnd: Sendable, Hashable {
    /// The server has ended the stream, and may have said when to come again.
    case ended(retrySeconds: Double?)
    /// The server has no live updates.
    case notThere
}
