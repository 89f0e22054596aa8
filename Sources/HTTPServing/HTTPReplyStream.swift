/// A reply's body that is made while it is sent.
///
/// The producer runs in the handler's task after the head has gone out, and the body ends when it returns. If it
/// throws, the connection is cut, so that the peer sees that something is missing. When the peer leaves, the task
/// is cancelled and writing throws.
public struct HTTPReplyStream: Sendable {
    enum Kind: Sendable {
        case body(@Sendable (HTTPBodyWriter) async throws -> Void)
        case events(EventRules, @Sendable (HTTPEventWriter) async throws -> Void)
        case subscription(EventRules, first: HTTPEncodedEvent, any HTTPEventSubscriber)
    }

    struct EventRules: Sendable {
        var pingMilliseconds: Int64
        var resync: HTTPEncodedEvent
        var unreadBytesMax = HTTPReplyStream.unsentBytesMax
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

    /// Server-sent events that somebody else sends, through the writer that the subscriber is given: no task waits for
    /// each peer, so that thousands of idle ones cost little. The connection is closed after it.
    ///
    /// - Parameters:
    ///   - pingMilliseconds: as for `events`.
    ///   - unreadBytesMax: what may wait for a peer before its events are dropped.
    ///   - resync: as for `events`.
    ///   - first: the event that every stream begins with.
    public static func subscription(
        pingMilliseconds: Int64 = 25_000, unreadBytesMax: Int, resync: HTTPEncodedEvent, first: HTTPEncodedEvent,
        _ subscriber: any HTTPEventSubscriber
    ) -> HTTPReplyStream {
        let rules = EventRules(pingMilliseconds: pingMilliseconds, resync: resync, unreadBytesMax: unreadBytesMax)
        return HTTPReplyStream(kind: .subscription(rules, first: first, subscriber))
    }

    /// What somebody needs who carries a subscription without connections; `nil` for other streams.
    package struct Subscription: Sendable {
        package let pingMilliseconds: Int64
        package let unreadBytesMax: Int
        package let resync: HTTPEncodedEvent
        package let first: HTTPEncodedEvent
        package let subscriber: any HTTPEventSubscriber
    }

    package var subscription: Subscription? {
        guard case .subscription(let rules, let first, let subscriber) = kind else { return nil }
        return Subscription(
            pingMilliseconds: rules.pingMilliseconds, unreadBytesMax: rules.unreadBytesMax, resync: rules.resync,
            first: first, subscriber: subscriber)
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

/// Who is told the writer of one stream of events.
///
/// The server holds the subscriber as long as the stream lasts, and lets it go when the peer has left, was dropped, or
/// the server stops; also when the stream never began. So its `deinit` is the place to forget the writer.
public protocol HTTPEventSubscriber: AnyObject, Sendable {
    /// The stream has begun; the first event goes out after this. Runs on the server's event loop: must not wait.
    func began(_ writer: HTTPEventWriter)
}

/// What carries streams of events: the server's connections; a simulator has its own.
package protocol HTTPEventStreams: AnyObject, Sendable {
    /// - Returns: whether the event was sent; `nil` if the stream is gone.
    func writeEvent(_ event: HTTPEncodedEvent, to stream: UInt64) async -> Bool?
    func writeEvent(_ event: HTTPEncodedEvent, to streams: [UInt64]) async
    func endSubscription(_ stream: UInt64) async
}

/// Sends events to one peer.
public struct HTTPEventWriter: Sendable {
    private let streams: any HTTPEventStreams
    private let stream: UInt64

    package init(_ streams: any HTTPEventStreams, stream: UInt64) {
        self.streams = streams
        self.stream = stream
    }

    /// Sends an event, or drops it if too much waits for the peer: 64 kB, or a subscription's limit.
    ///
    /// After a drop further events are dropped too, until the peer has read what waits for it and the resync event
    /// in their place. It then has to ask for the whole state, so no event before may be missing silently.
    ///
    /// - Returns: false if the event was dropped.
    @discardableResult
    public func send(_ event: HTTPEncodedEvent) async throws(HTTPStreamEnded) -> Bool {
        guard let isSent = await streams.writeEvent(event, to: stream) else { throw HTTPStreamEnded() }
        return isSent
    }

    @discardableResult
    public func send(_ event: HTTPServerEvent) async throws(HTTPStreamEnded) -> Bool {
        try await send(event.encoded())
    }

    /// Sends one event to many peers, each as `send` does; those who have left are passed over.
    public static func send(_ event: HTTPEncodedEvent, to writers: [HTTPEventWriter]) async {
        for writers in Dictionary(grouping: writers, by: { ObjectIdentifier($0.streams) }).values {
            // In portions, between which the loop has time for its other connections.
            var rest = writers[...]
            while let streams = rest.first?.streams {
                await streams.writeEvent(event, to: rest.prefix(256).map(\.stream))
                rest = rest.dropFirst(256)
            }
        }
    }

    /// Ends the stream of a subscription, after what was sent.
    public func end() async { await streams.endSubscription(stream) }
}
