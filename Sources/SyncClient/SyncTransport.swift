public import ChangeLog
public import WireFormat

/// How messages reach a server. Over HTTP in life, within one process in simulations.
///
/// Every message of a sync may be sent again after any failure: all are idempotent.
public protocol SyncTransport: Sendable {
    /// Posts a message; `nil` where the answer has no body.
    func send<Reply: WireMessage>(_ path: SyncPath, _ message: some WireMessage) async throws(SyncError) -> Reply?
}

extension SyncTransport {
    private func require<Reply: WireMessage>(_ path: SyncPath, _ message: some WireMessage) async throws(SyncError)
        -> Reply
    {
        let reply: Reply? = try await send(path, message)
        guard let reply else { throw SyncError(.protocolError, "the server gave no answer where it must give one") }
        return reply
    }

    public func connect(_ request: ConnectRequest) async throws(SyncError) -> ConnectReply {
        try await require(.connect, request)
    }

    /// `nil`: the heads are those whose digest was sent.
    public func heads(_ request: HeadsRequest) async throws(SyncError) -> Heads? { try await send(.heads, request) }

    public func push(_ request: PushRequest) async throws(SyncError) -> PushReply { try await require(.push, request) }

    public func pull(_ request: PullRequest) async throws(SyncError) -> PullReply { try await require(.pull, request) }

    public func vector(_ request: VectorRequest) async throws(SyncError) -> VectorReply {
        try await require(.vector, request)
    }

    public func snapshot(_ request: SnapshotRequest) async throws(SyncError) -> SnapshotReply {
        try await require(.snapshot, request)
    }

    public func prove(_ proof: CheckpointProof) async throws(SyncError) -> CheckpointReply {
        try await require(.checkpoint, proof)
    }

    public func receipts(_ request: ReceiptsRequest) async throws(SyncError) -> ReceiptsReply {
        try await require(.receipts, request)
    }

    public func join(_ request: JoinRequest) async throws(SyncError) -> EnrolmentReply {
        try await require(.join, request)
    }

    public func login(_ request: LoginRequest) async throws(SyncError) -> EnrolmentReply {
        try await require(.login, request)
    }

    public func invite(_ request: InviteRequest) async throws(SyncError) -> InviteReply {
        try await require(.invite, request)
    }

    public func devices(_ request: DevicesRequest) async throws(SyncError) -> DeviceList {
        try await require(.devices, request)
    }

    public func setPassword(_ request: PasswordRequest) async throws(SyncError) {
        let reply: DeviceList? = try await send(.password, request)
        guard reply == nil else { throw SyncError(.protocolError, "the server answered where there is nothing to say") }
    }
}
