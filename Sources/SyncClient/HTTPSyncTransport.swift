public import ChangeLog
import Compression
import FoundationEssentials
public import HTTPClient
import WireFormat

/// The protocol over HTTP: POST of CBOR bodies, zstd-compressed where that is worth it. See docs/sync-protocol.md.
///
/// Step 5 of docs/one-annotation.md.
public struct HTTPSyncTransport: SyncTransport {
    let session: HTTPSession
    let base: String
    let authorisation: String
    let silenceSecondsMax: Double

    /// Bodies under this many bytes are sent as they are.
    private static let compressedFrom = 512

    /// - Parameters:
    ///   - url: The server's address, `http://host:port` or `https://…`, with or without a path.
    ///   - token: The bearer token.
    ///   - silenceSecondsMax: A stream of live updates that is silent for longer is dead: two pings of the server and
    ///     some more.
    public init(url: String, token: String, session: HTTPSession, silenceSecondsMax: Double = 60) {
        self.silenceSecondsMax = silenceSecondsMax
        self.session = session
        base = url.hasSuffix("/") ? String(url.dropLast()) : url
        authorisation = "Bearer " + token
    }

    public func connect(_ request: ConnectRequest) async throws(SyncError) -> ConnectReply {
        try await require(send("/v1/connect", request))
    }

    public func heads(_ request: HeadsRequest) async throws(SyncError) -> Heads? {
        try await send("/v1/heads", request)
    }

    public func push(_ request: PushRequest) async throws(SyncError) -> PushReply {
        try await require(send("/v1/push", request))
    }

    public func pull(_ request: PullRequest) async throws(SyncError) -> PullReply {
        try await require(send("/v1/pull", request, acceptsZstd: true))
    }

    public func vector(_ request: VectorRequest) async throws(SyncError) -> VectorReply {
        try await require(send("/v1/vector", request, acceptsZstd: true))
    }

    public func prove(_ proof: CheckpointProof) async throws(SyncError) -> CheckpointReply {
        try await require(send("/v1/checkpoint", proof))
    }

    private func require<Reply>(_ reply: Reply?) throws(SyncError) -> Reply {
        guard let reply else { throw SyncError(.protocolError, "the server gave no answer where it must give one") }
        return reply
    }

    /// Sends one message; `nil` for 204.
    private func send<Request: WireMessage, Reply: WireMessage>(
        _ path: String, _ message: Request, acceptsZstd: Bool = false
    ) async throws(SyncError) -> Reply? {
        var body = message.encoded
        var headers = [("Authorization", authorisation)]
        if body.count >= Self.compressedFrom {
            body = Zstd.compress(body)
            headers.append(("Content-Encoding", "zstd"))
        }
        if acceptsZstd { headers.append(("Accept-Encoding", "zstd")) }
        let response: HTTPClientResponse
        do {
            response = try await session.send(
                HTTPClientRequest(method: "POST", url: base + path, headers: headers, body: body))
        } catch {
            throw SyncError(translating: error)
        }
        switch response.status {
        case 200: return try decode(response)
        case 204: return nil
        default: throw SyncError(response)
        }
    }

    private func decode<Reply: WireMessage>(_ response: HTTPClientResponse) throws(SyncError) -> Reply {
        do {
            let isCompressed = response.header("Content-Encoding") == "zstd"
            let body =
                isCompressed
                ? try Zstd.decompress(response.body, maximumSize: WireLimits.replyBytesMax) : response.body
            return try Reply(decoding: body)
        } catch {
            throw SyncError(
                .protocolError,
                "what answered does not speak this protocol (\(error)); check the address given to `connect`")
        }
    }
}

extension SyncError {
    init(translating error: HTTPClientError) {
        switch error.code {
        case .invalidRequest: self.init(.refused, error.description)
        case .tooLarge, .malformedResponse: self.init(.protocolError, error.description)
        case .cancelled: self.init(.unreachable, "the sync was stopped")
        default: self.init(.unreachable, error.description)
        }
    }

    /// What an error's body says.
    private struct Body: Decodable {
        let error: String
        let message: String

        init?(_ response: HTTPClientResponse) {
            guard let body = try? JSONDecoder().decode(Body.self, from: Data(response.body)) else { return nil }
            self = body
        }
    }

    /// Whether it is the workspace that is not there, and not the path.
    static func saysNoWorkspace(_ response: HTTPClientResponse) -> Bool {
        Body(response)?.error == "no_workspace"
    }

    /// What a status other than 200 and 204 means.
    package init(_ response: HTTPClientResponse) {
        let said = Body(response)
        let message = (said?.message).map { String($0.prefix(500)) } ?? "it answered with status \(response.status)"
        switch response.status {
        case 401:
            self.init(
                .unauthorised, "the server does not know this token; ask its operator for a new one and `connect` again"
            )
        case 403 where said?.error == "unknown_device":
            self.init(.unknownDevice, "the server does not know this device any more; `connect` it again")
        case 404: self.init(.notFound, "the server said: \(message)")
        // 408: the body came too slowly, as behind a bad network.
        case 408, 429, 500...599:
            self.init(
                .busy, "the server cannot answer now: \(message)",
                retryAfterSeconds: response.header("Retry-After").flatMap { Int($0) })
        default: self.init(.refused, "the server refused the request: \(message)")
        }
    }
}
