import CEvent
import Glibc

/// The server behind `HTTPServer`: an actor on the thread of its event loop.
///
/// A connection goes idle -> head -> body -> handling -> replying -> idle, or leaves through refusing and
/// lingering; see `Connection.Phase`. Every phase has a deadline except handling, which is the handler's business.
actor ServerCore {
    enum State { case running, draining, stopped }

    nonisolated let executor: LoopExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    let configuration: HTTPServerConfiguration
    let handler: any HTTPHandler
    var state = State.running
    var connections: [UInt64: Connection] = [:]
    var connectionsPerGroup: [String: Int] = [:]
    let connectionsMax: Int
    var listener: OpaquePointer?
    /// What connections accepted from now on present.
    var tls: TLSIdentity?
    var encoder: ReplyEncoder
    var statistics = HTTPServerStatistics()
    private var nextConnection: UInt64 = 0
    var shutdownWaiters: [CheckedContinuation<Void, Never>] = []

    init(
        executor: LoopExecutor, configuration: HTTPServerConfiguration, handler: any HTTPHandler, tls: TLSIdentity?,
        connectionsMax: Int
    ) {
        self.tls = tls
        self.executor = executor
        self.configuration = configuration
        self.handler = handler
        self.connectionsMax = connectionsMax
        encoder = ReplyEncoder(sendsDate: configuration.sendsDate)
    }

    // MARK: Accepting

    /// Takes over a listening descriptor.
    func listen(descriptor: Int32) {
        listener = cevent_listener_create(
            executor.loop, descriptor,
            { context, descriptor, address, group in
                let core = Unmanaged<ServerCore>.fromOpaque(context!).takeUnretainedValue()
                let (address, group) = (String(cString: address), String(cString: group))
                core.assumeIsolated { $0.accepted(descriptor, address: address, group: group) }
            },
            { context in
                Unmanaged<ServerCore>.fromOpaque(context!).takeUnretainedValue().assumeIsolated { $0.starved() }
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    private func accepted(_ descriptor: Int32, address: String, group: String) {
        guard state == .running, connections.count < connectionsMax,
            connectionsPerGroup[group, default: 0] < configuration.connectionsPerAddressMax
        else {
            statistics.connectionsTurnedAway += 1
            close(descriptor)
            return
        }
        nextConnection += 1
        let limits = ParserLimits(
            headBytesMax: configuration.headBytesMax, headerCountMax: configuration.headerCountMax,
            bodyBytesMax: configuration.bodyBytesMax)
        let connection = Connection(
            id: nextConnection, address: address, group: group, core: self, parser: RequestParser(limits: limits))
        guard connection.open(loop: executor.loop, descriptor: descriptor, tls: tls?.handle) else { return }
        statistics.connectionsAccepted += 1
        connections[connection.id] = connection
        connectionsPerGroup[group, default: 0] += 1
        let now = monotonicMilliseconds()
        connection.setDeadline(now + configuration.headMilliseconds, now: now)
        if connections.count >= connectionsMax, let listener { cevent_listener_disable(listener) }
    }

    /// Accepting failed for want of descriptors or memory: a connection that ends, or a moment, may bring some.
    private func starved() {
        if let listener { cevent_listener_enable_after(listener, 100) }
    }

    /// Forgets a connection and closes it at once. Its handler is cancelled, not waited for.
    func destroy(_ connection: Connection) {
        guard connections.removeValue(forKey: connection.id) != nil else { return }
        connection.close()
        connection.task?.cancel()
        release(&connection.bodyBytesReserved)
        if let count = connectionsPerGroup[connection.group] {
            connectionsPerGroup[connection.group] = count > 1 ? count - 1 : nil
        }
        if state == .running, connections.count == connectionsMax - 1, let listener {
            cevent_listener_enable(listener)
        }
        resumeShutdownIfDrained()
    }

    /// Gives back a reservation of body bytes.
    func release(_ bytes: inout Int) {
        statistics.bodyBytesInFlight -= bytes
        bytes = 0
    }
}
