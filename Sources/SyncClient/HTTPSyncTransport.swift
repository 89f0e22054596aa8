import Compression
public import HTTPClient
public import WireFormat

/// The protocol over HTTP: POST of CBOR bodies, zstd-compressed where that is worth it. See docs/sync-protocol.md.
///
/// Step 5 of docs/one-annotation.md.
public struct HTTPSyncTransport: SyncTransport {
    let session: HTTPSession
    let base: String
    let authorisation: String?
    let silenceSecondsMax: Double

    /// Bodies under this many bytes are sent as they are.
    private static let compressedFrom = 512

    /// - Parameters:
    ///   - url: The server's address, `http://host:port` or `https://…`, with or without a path.
    ///   - token: The bearer token; `nil` for who has none yet.
    ///   - silenceSecondsMax: A stream of live updates that is silent for longer is dead: two pings of the server and
    ///     some more.
    public init(url: String, token: String?, session: HTTPSession, silenceSecondsMax: Double = 60) {
        self.silenceSecondsMax = silenceSecondsMax
        self.session = session
        base = url.hasSuffix("/") ? String(url.dropLast()) : url
        authorisation = token.map { "Bearer " + $0 }
    }

    /// Sends one message; `nil` for 204.
    public func send<Reply: WireMessage>(
        _ path: SyncPath, _ message: some WireMessage
    ) async throws(SyncError) -> Reply? {
        var body = message.encoded
        var headers: [(String, String)] = []
        if let authorisation { headers.append(("Authorization", authorisation)) }
        if body.count >= Self.compressedFrom {
            body = Zstd.compress(body)
            headers.append(("Content-Encoding", "zstd"))
        }
        if path.hasLongAnswer { headers.append(("Accept-Encoding", "zstd")) }
        let response: HTTPClientResponse
        do {
            response = try await session.send(
                HTTPClientRequest(method: path.method, url: base + path.rawValue, headers: headers, body: body))
        } catch {
            throw SyncError(translating: error)
        }
        switch response.status {
        case 200: return try decode(response)
        case 204: return nil
        default:
            throw SyncError(
                status: response.status, body: response.body,
                retryAfterSeconds: response.header("Retry-After").flatMap { Int($0) })
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
        case .otherKey:
            self.init(
                .otherKey,
                "the server's key is not the pinned one, so nothing was sent: either the server has a new key, or somebody "
                    + "else answers in its place. Ask the server's operator for its pin, not over this connection; if it is a "
                    + "new one, 'connect --pin PIN' again with it")
        case .unknownAuthority:
            self.init(
                .untrusted,
                "no authority that this device trusts has signed the server's certificate, so nothing was sent. If the server "
                    + "has a certificate of its own, ask its operator for its pin or the certificate, not over this "
                    + "connection, and 'connect --pin PIN' or 'connect --ca FILE' again")
        case .certificateOutOfDate:
            self.init(
                .untrusted,
                "the server's certificate has expired or is not valid yet, so nothing was sent. Check this device's clock; "
                    + "if it is right, the server's operator has to renew the certificate, or gives you its pin for "
                    + "'connect --pin PIN', which counts without dates")
        case .otherName:
            self.init(
                .untrusted,
                "the server's certificate is for another name, so nothing was sent. 'connect' again with the name that it is "
                    + "for; or ask the server's operator for its pin, not over this connection, for 'connect --pin PIN'"
            )
        case .badAuthorities:
            self.init(
                .untrusted,
                "the certificate that this store was told to trust cannot be read; 'connect --ca FILE' again with a PEM file"
            )
        default: self.init(.unreachable, error.description)
        }
    }
}
