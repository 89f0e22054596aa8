/// A request to send.
public struct HTTPClientRequest: Sendable {
    /// A token such as `GET` or `POST`, in the case it shall have.
    public var method: String
    /// An absolute `http` or `https` URL without user and password.
    public var url: String
    /// Sent as they are, beside the few that HTTP demands (`Host`, `Content-Length`).
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]?
    /// Instead of `HTTPClientConfiguration.timeoutMilliseconds`; 0 means without end.
    public var timeoutMilliseconds: Int64?
    /// Instead of `HTTPClientConfiguration.lowSpeedSeconds`; 0 means never.
    public var lowSpeedSeconds: Int64?
    /// Instead of `HTTPClientConfiguration.responseBytesMax`.
    public var responseBytesMax: Int?

    public init(
        method: String = "GET", url: String, headers: [(name: String, value: String)] = [], body: [UInt8]? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
    }
}
