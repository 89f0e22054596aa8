/// A reply's body that is made while it is sent.
///
/// The producer runs in the handler's task after the head has gone out, and the body ends when it returns. If it
/// throws, the connection is cut, so that the peer sees that something is missing. When the peer leaves, the task
/// is cancelled and writing throws.
public struct HTTPReplyStream: Sendable {
    enum Kind: Sendable {
        case body(@Sendable (HTTPBodyWriter) async throws -> Void)
        case events(EventRules, @Sendable (HTTPEventWriter) async throws -> Void)
    }

    struct EventRules: Sendable {
        var pingMilliseconds: Int64
        var resync: HTTPEncodedEvent
    }

    let kind: Kind

    /// A body of any kind, in pieces; the producer waits while the peer reads.
    public static func body(_ produce: @escaping @Sendable (HTTPBodyWriter) async throws -> Void) -> HTTPReplyStream {
        HTTPReplyStream(kind: .body(produce))
    }

    /// Server-sent events; the producer never waits, see `HTTPEventWriter`.
    ///
    /// - Parameters:
    ///   - pingMilliseconds: a comment is sent so often, and a peer that has not read what waited for it since the
    ///     ping before is dropped.
    ///   - resync: what a peer is told in place of events that it was too slow for.
    public static func events(
        pingMilliseconds: Int64 = 25_000, resync: HTTPServerEvent = HTTPServerEvent(type: "resync"),
        _ produce: @escaping @Sendable (HTTPEventWriter) async throws -> Void
    ) -> HTTPReplyStream {
        let rules = EventRules(pingMilliseconds: pingMilliseconds, resync: resync.encoded())
        return HTTPReplyStream(kind: .events(rules, produce))
    }

    /// Bytes a peer has not read yet: above, a body waits and an event is dropped.
    static let unsentBytesMax = 64 << 10
}

/// The peer has left, or the server is stopping: the producer may end too.
public struct HTTPStreamEnded: Error {}

/// Writes the pieces of a body.
public struct HTTPBodyWriter: Sendable {
    let core: ServerCore
    let connection: UInt64

    /// Sends a piece, then waits until fewer than 64 kB are unread.
    public func write(_ bytes: [UInt8]) async throws(HTTPStreamEnded) {
        guard await core.writePiece(bytes, to: connection) else { throw HTTPStreamEnded() }
    }
}

/// Sends events to one peer.
public struct HTTPEventWriter: Sendable {
    let core: ServerCore
    let connection: UInt64

    /// Sends an event, or drops it if the peer has 64 kB unread.
    ///
    /// After a drop further events are dropped too, until the peer has read what waits for it and the resync event
    /// in their place. It then has to ask for the whole state, so no event before may be missing silently.
    ///
    /// - Returns: false if the event was dropped.
    @discardableResult
    public func send(_ event: HTTPEncodedEvent) async throws(HTTPStreamEnded) -> Bool {
        guard let isSent = await core.writeEvent(event, to: connection) else { throw HTTPStreamEnded() }
        return isSent
    }

    @discardableResult
    public func send(_ event: HTTPServerEvent) async throws(HTTPStreamEnded) -> Bool {
        try await send(event.encoded())
    }
}
