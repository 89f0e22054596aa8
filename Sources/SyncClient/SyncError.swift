/// Why a sync did not come to its end. The store is as consistent as before, and the next sync goes on from there.
public struct SyncError: Error, Sendable, CustomStringConvertible {
    public struct Code: Sendable, Hashable {
        enum Base: Sendable {
            case unreachable, otherKey, untrusted, refused, unauthorised, unknownDevice, accessEnded, notFound
            case protocolError, busy, full, notConnected
        }
        let base: Base
        /// No answer: no network, no server, or the connection broke. Worth another try.
        public static let unreachable = Code(base: .unreachable)
        /// The server is there and cannot answer now. Worth another try after a while.
        public static let busy = Code(base: .busy)
        /// The workspace has no room for what was sent: its quota on the server is used up. Reading goes on.
        public static let full = Code(base: .full)
        /// Who answers holds another key than the one that was pinned; nothing was sent.
        public static let otherKey = Code(base: .otherKey)
        /// The certificate of who answers does not verify: its authority, its name or its dates; nothing was sent.
        public static let untrusted = Code(base: .untrusted)
        /// The server does not know the token.
        public static let unauthorised = Code(base: .unauthorised)
        /// The server knows the token and not the device: it was restored from a copy made before it came.
        public static let unknownDevice = Code(base: .unknownDevice)
        /// The membership has ended: the server remembers it, and says that it is over.
        public static let accessEnded = Code(base: .accessEnded)
        /// The server has no such workspace for this member.
        public static let notFound = Code(base: .notFound)
        /// The server refused the request as malformed or too large.
        public static let refused = Code(base: .refused)
        /// What came back is not this protocol.
        public static let protocolError = Code(base: .protocolError)
        /// The store has no server yet.
        public static let notConnected = Code(base: .notConnected)
    }

    public let code: Code
    /// What happened and what to do.
    public let description: String
    /// How long the server asked to wait, in seconds.
    public let retryAfterSeconds: Int?

    public init(_ code: Code, _ description: String, retryAfterSeconds: Int? = nil) {
        self.code = code
        self.description = description
        self.retryAfterSeconds = retryAfterSeconds
    }

    /// Whether the same request may well succeed later.
    public var isTransient: Bool { code == .unreachable || code == .busy }
}
