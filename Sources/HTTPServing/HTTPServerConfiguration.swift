/// Where a server listens and every limit it keeps.
public struct HTTPServerConfiguration: Sendable {
    /// A numeric IPv4 or IPv6 address.
    public var address = "127.0.0.1"
    /// 0 lets the system choose; `HTTPServer.start` returns the choice.
    public var port: UInt16 = 0
    /// If set, this listening stream socket, of a service manager or another process, is used instead of address and
    /// port; `HTTPServer.start` takes it. A Unix socket is fine.
    public var listeningSocket: Int32?

    /// If set, every connection is encrypted (TLS 1.2 or newer).
    public var tls: HTTPServerTLS?

    /// The longest body of one request; a longer `Content-Length` is answered 413 before the body is read.
    public var bodyBytesMax = 1 << 20
    /// Declared bytes of all bodies being received or handled; a request beyond it is answered 503.
    /// This, not `bodyBytesMax` times the connections, is the server's memory for bodies.
    public var bodyBytesInFlightMax = 64 << 20
    /// Request line and header fields together, in bytes; a longer head is answered 431.
    public var headBytesMax = 16 << 10
    /// Header fields of a request; more are answered 431.
    public var headerCountMax = 100

    /// The time from accept (later: from a head's first byte) to the head's last byte, whatever trickles in.
    public var headMilliseconds: Int64 = 10_000
    /// The lowest average rate of a body, and of a reply the peer reads, in bytes per second …
    public var transferBytesPerSecondMin: Int64 = 1024
    /// … after this much time for a slow start or a tunnel.
    public var transferGraceMilliseconds: Int64 = 20_000
    /// How long a connection may wait between requests.
    public var idleMilliseconds: Int64 = 75_000
    /// How long a connection that is being closed waits for the peer to close its side, so that the last
    /// reply is not lost to a reset. At most 64 kB are discarded meanwhile.
    public var lingerMilliseconds: Int64 = 1_000

    /// Connections in total; above it none is accepted until one ends. Lowered at start to what the limit of
    /// open files allows, after raising that limit as far as the system permits.
    public var connectionsMax = 10_000
    /// Connections from one IPv4 address or IPv6 /64 network; more are closed at once. Behind a reverse proxy
    /// every connection has the proxy's address: set it as high as `connectionsMax` there.
    public var connectionsPerAddressMax = 256

    /// Whether replies carry `Date`, as RFC 9110 section 6.6.1 demands of a server that has a clock. A reverse
    /// proxy adds it when it is absent, so a server behind one may save the 37 bytes.
    public var sendsDate = true

    /// Called with the status of each request that the server answers by itself: malformed, too large, too slow or too
    /// many. It runs on the loop's thread, so it must not block.
    public var onRefusal: (@Sendable (_ status: Int) -> Void)?

    public init() {}
}

/// Where a server's certificate and key are.
public struct HTTPServerTLS: Sendable {
    /// PEM: the server's certificate, then those between it and the authority.
    public var certificateFile: String
    /// PEM, without a passphrase.
    public var keyFile: String

    public init(certificateFile: String, keyFile: String) {
        self.certificateFile = certificateFile
        self.keyFile = keyFile
    }

    /// Reads both files as a server does at its start.
    ///
    /// - Throws: `badCertificate`.
    public func check() throws(HTTPServerError) { _ = try TLSIdentity(self) }
}
