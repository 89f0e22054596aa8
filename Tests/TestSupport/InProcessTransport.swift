import Compression
import HTTPServing
public import SyncClient
public import SyncServer
import Synchronization
public import WireFormat

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

    public func send<Reply: WireMessage>(
        _ path: SyncPath, _ message: some WireMessage
    ) async throws(SyncError) -> Reply? {
        let fault = faults(path.rawValue)
        if case .loseRequest = fault { throw SyncError(.unreachable, "lost on the way") }
        let request = HTTPRequest(
            method: "POST", path: path.rawValue, query: nil,
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
        default: throw SyncError(status: reply.status, body: reply.body, retryAfterSeconds: nil)
        }
    }
}
