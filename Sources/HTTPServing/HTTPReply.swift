/// What a handler answers.
///
/// The server adds the framing itself: `Content-Length`, `Transfer-Encoding` and `Date` of the handler are ignored.
/// `Connection: close` is honoured. Nothing else is added, in particular no `Content-Type`.
public struct HTTPReply: Sendable {
    /// 200 to 599; another value is answered as 500.
    public var status: Int
    public var headers: HTTPHeaders
    public var body: [UInt8]

    public init(status: Int, headers: HTTPHeaders = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}
