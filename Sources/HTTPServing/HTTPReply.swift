/// What a handler answers.
///
/// The server adds the framing itself: `Content-Length`, `Transfer-Encoding` and `Date` of the handler are ignored.
/// `Connection: close` is honoured. Nothing else is added, in particular no `Content-Type`.
public struct HTTPReply: Sendable {
    /// 200 to 599; another value is answered as 500.
    public var status: Int
    public var headers: HTTPHeaders
    public var body: [UInt8]
    /// If set, it makes the body instead of `body`.
    public var stream: HTTPReplyStream?

    public init(status: Int, headers: HTTPHeaders = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    public init(status: Int, headers: HTTPHeaders = [:], stream: HTTPReplyStream) {
        self.init(status: status, headers: headers)
        self.stream = stream
    }

    /// Status and headers of a stream of server-sent events; the last header keeps nginx from holding events back.
    public static func events(_ stream: HTTPReplyStream) -> HTTPReply {
        HTTPReply(
            status: 200,
            headers: ["Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"],
            stream: stream)
    }
}
