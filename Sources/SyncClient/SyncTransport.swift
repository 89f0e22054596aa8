public import ChangeLog

/// How messages reach a server. Over HTTP in life, within one process in simulations.
///
/// Every message may be sent again after any failure: all are idempotent.
public protocol SyncTransport: Sendable {
    func connect(_ request: ConnectRequest) async throws(SyncError) -> ConnectReply
    /// `nil`: the heads are those whose digest was sent.
    func heads(_ request: HeadsRequest) async throws(SyncError) -> Heads?
    func push(_ request: PushRequest) async throws(SyncError) -> PushReply
    func pull(_ request: PullRequest) async throws(SyncError) -> PullReply
    func vector(_ request: VectorRequest) async throws(SyncError) -> VectorReply
    func prove(_ proof: CheckpointProof) async throws(SyncError) -> CheckpointReply
}
