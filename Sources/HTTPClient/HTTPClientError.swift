/// Why there is no response.
public struct HTTPClientError: Error, CustomStringConvertible, CustomDebugStringConvertible {
    /// What went wrong; more codes may come.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        public let description: String

        /// The request cannot be sent by anyone: URL, method or header is malformed.
        public static let invalidRequest = Code(description: "invalidRequest")
        public static let couldNotResolve = Code(description: "couldNotResolve")
        public static let couldNotConnect = Code(description: "couldNotConnect")
        /// No connection, or no progress, in the time allowed.
        public static let timeout = Code(description: "timeout")
        /// No secure connection came about: the handshake broke, or the two have no protocol in common.
        public static let tlsFailure = Code(description: "tlsFailure")
        /// Nobody who is trusted vouches for the server's certificate; nothing was sent to it.
        public static let unknownAuthority = Code(description: "unknownAuthority")
        /// The server's certificate has expired or is not valid yet; nothing was sent to it.
        public static let certificateOutOfDate = Code(description: "certificateOutOfDate")
        /// The server's certificate is for another name or address; nothing was sent to it.
        public static let otherName = Code(description: "otherName")
        /// The file of authorities cannot be read or holds no certificate.
        public static let badAuthorities = Code(description: "badAuthorities")
        /// The server holds none of the pinned keys; nothing was sent to it.
        public static let otherKey = Code(description: "otherKey")
        /// The connection broke before the response was complete. The server may have done what was asked.
        public static let cutInTheMiddle = Code(description: "cutInTheMiddle")
        /// The response is longer than `responseBytesMax`.
        public static let tooLarge = Code(description: "tooLarge")
        /// What came back is not HTTP.
        public static let malformedResponse = Code(description: "malformedResponse")
        /// The task was cancelled or the session let go.
        public static let cancelled = Code(description: "cancelled")
        /// Out of memory, descriptors or threads, or something else local.
        public static let system = Code(description: "system")
    }

    public var code: Code
    /// Complete, for logs: may name hosts and addresses.
    public var debugDescription: String

    /// What happened and what to do about it; names no host, file or user.
    public var description: String {
        switch code {
        case .invalidRequest:
            "The address of the server is not a valid http or https URL, or a header is malformed. Check the address."
        case .couldNotResolve:
            "The server's name could not be found. Check the address and whether this device is online."
        case .couldNotConnect:
            "The server could not be reached. Check that it runs, that the port is right, and that no firewall is between."
        case .timeout: "The server did not answer in time. Try again, or on a better connection."
        case .tlsFailure:
            "No secure connection could be made: it broke while it was being set up, or what answers does not speak TLS. "
                + "Check the address and the port, and try again."
        case .unknownAuthority:
            "The server's certificate is not signed by an authority that this client trusts. "
                + "Ask the server's administrator before you change what this client trusts."
        case .certificateOutOfDate:
            "The server's certificate has expired or is not valid yet. Check this device's clock; if that is right, the "
                + "server's administrator has to renew the certificate."
        case .otherName:
            "The server's certificate is for another name than the one in the address. Check the address, or ask the "
                + "server's administrator."
        case .badAuthorities:
            "The file of the authorities to trust cannot be read, or holds no certificate in PEM form."
        case .otherKey:
            "The server's key is not the one that this client was told to expect. Either its administrator has made a new "
                + "key, or somebody else answers in its place. Ask the administrator before you change what this client trusts."
        case .cutInTheMiddle: "The connection broke before the answer was complete. Try again."
        case .tooLarge:
            "The answer is longer than this client accepts. Check that the address is that of the right server."
        case .malformedResponse: "What answers at this address does not speak HTTP. Check the address and the port."
        case .cancelled: "The request was cancelled."
        default:
            "This device lacks a resource for the request (memory, open files or threads). Close something and try again."
        }
    }

    init(code: Code, debugDescription: String) {
        self.code = code
        self.debugDescription = debugDescription
    }

    static let cancelled = HTTPClientError(code: .cancelled, debugDescription: "cancelled")
}
