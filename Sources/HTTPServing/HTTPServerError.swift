/// Why a server did not start.
public struct HTTPServerError: Error, CustomStringConvertible, CustomDebugStringConvertible {
    /// What went wrong; more codes may come.
    public struct Code: Sendable, Hashable {
        enum Kind { case alreadyStarted, badAddress, addressInUse, notPermitted, badCertificate, system }
        let kind: Kind

        /// `start` was called twice, or after `shutdown`.
        public static let alreadyStarted = Code(kind: .alreadyStarted)
        /// The address is not a numeric address of this machine.
        public static let badAddress = Code(kind: .badAddress)
        public static let addressInUse = Code(kind: .addressInUse)
        /// Ports below 1024 need a privilege.
        public static let notPermitted = Code(kind: .notPermitted)
        /// Certificate or key are not there, not PEM, or do not belong together.
        public static let badCertificate = Code(kind: .badCertificate)
        /// Out of memory, descriptors or threads.
        public static let system = Code(kind: .system)
    }

    public var code: Code
    /// Complete, for logs.
    public var debugDescription: String

    /// What happened and what to do about it.
    public var description: String {
        switch code.kind {
        case .alreadyStarted: "The server was started before; make a new one."
        case .badAddress: "The listen address is not a numeric address of this machine."
        case .addressInUse: "Another program listens on this address and port; stop it or choose another port."
        case .notPermitted: "This port needs a privilege; choose one above 1023 or put a reverse proxy in front."
        case .badCertificate:
            "The certificate or key file cannot be read, or they do not belong together; check both files."
        case .system: "The system refused a resource that the server needs (memory, open files or threads)."
        }
    }
}
