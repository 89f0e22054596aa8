/// A server-sent event as it was received (WHATWG HTML, section 9.2).
public struct HTTPClientEvent: Sendable, Hashable {
    /// "message" unless the server names another.
    public var type: String
    public var data: String
    /// The last id that was received, with this event or before; what to send as `Last-Event-ID`.
    public var lastID: String

    public init(type: String = "message", data: String, lastID: String = "") {
        self.type = type
        self.data = data
        self.lastID = lastID
    }
}
