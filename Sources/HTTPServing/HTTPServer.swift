import CEvent
import Glibc
import Synchronization

/// An HTTP/1.1 server for one listen address.
///
/// One thread runs an event loop (libevent) and everything that concerns connections; handlers run on the global
/// pool. All methods may be called from anywhere. A server that is let go without `shutdown` closes its connections
/// at once.
///
/// Of libevent the event loop, buffers, listener and TLS are used, but not its HTTP layer: that accepts messages
/// which others read differently, and a guard in front of it would have to parse every message first. The parser
/// is our own and stricter than the standard: see `RequestHead`.
public final class HTTPServer: Sendable {
    private enum State {
        case new
        case started(ServerCore)
        case ended
    }

    private let configuration: HTTPServerConfiguration
    private let handler: any HTTPHandler
    private let state = Mutex(State.new)

    public init(configuration: HTTPServerConfiguration, handler: any HTTPHandler) {
        self.configuration = configuration
        self.handler = handler
    }

    deinit {
        if let core { Task { await core.stop() } }
    }

    /// Binds, listens and begins to answer; connections wait in the backlog from the moment it returns.
    ///
    /// Raises the process's limit of open files as far as the system permits.
    ///
    /// - Returns: the port, which the system has chosen if the configuration says 0.
    /// - Throws: any code of `HTTPServerError`.
    public func start() throws(HTTPServerError) -> UInt16 {
        let isFirst = state.withLock { state in
            guard case .new = state else { return false }
            state = .ended
            return true
        }
        guard isFirst else {
            throw HTTPServerError(code: .alreadyStarted, debugDescription: "start() was called twice")
        }
        do {
            let (core, port) = try makeCore()
            state.withLock { $0 = .started(core) }
            return port
        } catch {
            state.withLock { $0 = .new }
            throw error
        }
    }

    private func makeCore() throws(HTTPServerError) -> (ServerCore, UInt16) {
        let tls: TLSIdentity?
        if let files = configuration.tls { tls = try TLSIdentity(files) } else { tls = nil }
        var port: UInt16 = 0
        var errorNumber: Int32 = 0
        let descriptor: Int32
        if let socket = configuration.listeningSocket {
            let listening = try HTTPListeningSocket(descriptor: socket)
            (descriptor, port) = (socket, listening.port)
        } else {
            descriptor = cevent_listen(configuration.address, configuration.port, &port, &errorNumber)
        }
        guard descriptor >= 0 else { throw HTTPServerError(listenErrno: errorNumber, configuration: configuration) }
        do {
            let executor = try LoopExecutor()
            let core = ServerCore(
                executor: executor, configuration: configuration, handler: handler, tls: tls,
                connectionsMax: min(configuration.connectionsMax, Self.connectionsThatFit()))
            try executor.run(owner: core) { core.assumeIsolated { $0.listen(descriptor: descriptor) } }
            return (core, port)
        } catch {
            close(descriptor)
            throw error
        }
    }

    /// Stops: no new connections, `Connection: close` on replies, a retry hint and the end for event streams, then, after at most so many seconds, the end of
    /// the requests that are still running (their tasks are cancelled). Returns when all connections are closed.
    public func shutdown(graceSeconds: Double) async {
        guard let core else { return }
        await core.shutdown(graceMilliseconds: Int64(max(0, graceSeconds) * 1000))
        state.withLock { $0 = .ended }
    }

    /// Reads certificate and key again; connections accepted from now on present them, others go on undisturbed.
    ///
    /// - Throws: `badCertificate`; the server then goes on with what it had.
    public func reloadCertificate() async throws(HTTPServerError) {
        guard let files = configuration.tls, let core else { return }
        let identity = try TLSIdentity(files)
        await core.present(identity)
    }

    public var statistics: HTTPServerStatistics {
        get async {
            guard let core else { return HTTPServerStatistics() }
            return await core.currentStatistics
        }
    }

    private var core: ServerCore? {
        state.withLock { if case .started(let core) = $0 { core } else { nil } }
    }

    /// Connections for which there are descriptors, beside 64 for databases and files.
    ///
    /// Raises the process's limit of open files as far as the system permits.
    public static func connectionsThatFit() -> Int {
        var limit = rlimit()
        let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(files, &limit) == 0 else { return 512 }
        limit.rlim_cur = limit.rlim_max
        setrlimit(files, &limit)
        guard getrlimit(files, &limit) == 0 else { return 512 }
        return max(16, Int(clamping: limit.rlim_cur) - 64)
    }
}

extension ServerCore {
    fileprivate func present(_ identity: TLSIdentity) { tls = identity }

    fileprivate var currentStatistics: HTTPServerStatistics {
        var current = statistics
        current.connectionsOpen = connections.count
        return current
    }
}

extension HTTPServerError {
    fileprivate init(listenErrno: Int32, configuration: HTTPServerConfiguration) {
        let code: Code =
            switch listenErrno {
            case EADDRINUSE: .addressInUse
            case EACCES, EPERM: .notPermitted
            case EINVAL, EADDRNOTAVAIL, EAFNOSUPPORT: .badAddress
            default: .system
            }
        self.init(
            code: code,
            debugDescription: "listen on \(configuration.address) port \(configuration.port): errno \(listenErrno)")
    }
}
