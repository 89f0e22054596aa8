/// Whom a session trusts and how long it waits.
public struct HTTPClientConfiguration: Sendable {
    /// Whose certificates are accepted. Host name and dates are checked with them.
    public enum Authorities: Sendable, Hashable {
        case system
        /// Only those in this PEM file; a self-signed server certificate is its own authority.
        case file(String)
        /// Nobody's: who holds a pinned key is the server, whatever its certificate says. Without pins as `system`.
        case pinnedKeysAlone
    }

    public enum Proxy: Sendable, Hashable {
        /// As `https_proxy`, `no_proxy` and their relatives say.
        case environment
        case none
        /// Such as `http://proxy.example:3128`.
        case url(String)
    }

    public var authorities = Authorities.system
    /// If not empty, the server's public key must be one of these: SHA-256 of its SubjectPublicKeyInfo, in base64.
    public var pinnedPublicKeys: [String] = []
    public var proxy = Proxy.environment

    public var connectTimeoutMilliseconds: Int64 = 15_000
    /// From start to the last byte; 0 means without end. Streams have none.
    public var timeoutMilliseconds: Int64 = 300_000
    /// A transfer slower than this …
    public var lowSpeedBytesPerSecond: Int64 = 1
    /// … for so long is given up; 0 means never. A stream that only pings now and then is slower
    /// than any measure: see `HTTPClientRequest.lowSpeedSeconds`.
    public var lowSpeedSeconds: Int64 = 60
    /// The longest body of a response that is received as a whole.
    public var responseBytesMax = 16 << 20

    public init() {}
}
