public import ChangeLog
import Compression
import HTTPServing
public import SyncClient
public import SyncServer
import Synchronization
import WireFormat

/// The real service without a socket: every message is encoded, handled and decoded as over the network.
public struct InProcessTransport: SyncTransport {
    private let service: SyncService
    private let token: String
    private let faults: @Sendable (String) -> Fault

    public enum Fault: Sendable {
        case none
        /// The request never arrives.
        case loseRequest
        /// The server does its work, the answer is lost.
        case loseReply
        /// The request arrives twice.
        case duplicate
    }

    public init(
        _ service: SyncService, token: String, faults: @escaping @Sendable (String) -> Fault = { _ in .none }
    ) {
        self.service = service
        self.token = token
        self.faults = faults
    }

    private func send<Reply: WireMessage>(_ path: String, _ message: some WireMessage) async throws(SyncError) -> Reply?
    {
        let fault = faults(path)
        if case .loseRequest = fault { throw SyncError(.unreachable, "lost on the way") }
        let request = HTTPRequest(
            method: "POST", path: path, query: nil,
            headers: ["Authorization": "Bearer " + token, "Content-Encoding": "zstd"],
            body: Zstd.compress(message.encoded), remoteAddress: "127.0.0.1")
        var reply = await service.handle(request)
        if case .duplicate = fault { reply = await service.handle(request) }
        if case .loseReply = fault { throw SyncError(.unreachable, "the answer was lost") }
        switch reply.status {
        case 200:
            do {
                return try Reply(decoding: reply.body)
            } catch {
                throw SyncError(.protocolError, "\(error)")
            }
        case 204: return nil
        case 401: throw SyncError(.unauthorised, String(decoding: reply.body, as: UTF8.self))
        case 403: throw SyncError(.unknownDevice, String(decoding: reply.body, as: UTF8.self))
        case 404: throw SyncError(.notFound, String(decoding: reply.body, as: UTF8.self))
        case 503: throw SyncError(.busy, String(decoding: reply.body, as: UTF8.self))
        default: throw SyncError(.refused, "\(reply.status) " + String(decoding: reply.body, as: UTF8.self))
        }
    }

    private func require<Reply: WireMessage>(_ path: String, _ message: some WireMessage) async throws(SyncError)
        -> Reply
    {
        let reply: Reply? = try await send(path, message)
        guard let reply else { throw SyncError(.protocolError, "no body") }
        return reply
    }

    public func connect(_ request: ConnectRequest) async throws(SyncError) -> ConnectReply {
        try await require("/v1/connect", request)
    }
    public func heads(_ request: HeadsRequest) async throws(SyncError) -> Heads? {
        try await send("/v1/heads", request)
    }
    public func push(_ request: PushRequest) async throws(SyncError) -> PushReply {
        try await require("/v1/push", request)
    }
    public func pull(_ request: PullRequest) async throws(SyncError) -> PullReply {
        try await require("/v1/pull", request)
    }
    public func vector(_ request: VectorRequest) async throws(SyncError) -> VectorReply {
        try await require("/v1/vector", request)
    }
    public func prove(_ proof: CheckpointProof) async throws(SyncError) -> CheckpointReply {
        try await require("/v1/checkpoint", proof)
    }
}
