/// The protocol's paths, for both sides; see docs/sync-protocol.md.
public enum SyncPath: String, Sendable, CaseIterable {
    case connect = "/v1/connect"
    case heads = "/v1/heads"
    case push = "/v1/push"
    case pull = "/v1/pull"
    case vector = "/v1/vector"
    case snapshot = "/v1/snapshot"
    case checkpoint = "/v1/checkpoint"
    case receipts = "/v1/receipts"
    case join = "/v1/join"
    case login = "/v1/login"
    case invite = "/v1/invite"
    case devices = "/v1/devices"
    case password = "/v1/password"
    case live = "/v1/live"

    /// The HTTP method: messages are posted, live updates are listened to.
    public var method: String { self == .live ? "GET" : "POST" }

    /// Whether the answer may be long enough to be compressed.
    package var hasLongAnswer: Bool { self == .pull || self == .vector || self == .receipts }
}
