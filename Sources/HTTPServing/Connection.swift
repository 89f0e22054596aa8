import CEvent

/// What the server knows of one accepted connection. Touched on the loop's thread only, by `ServerCore`.
final class Connection {
    enum Phase {
        /// Between requests.
        case idle
        /// Before or inside a head. A new connection begins here.
        case head
        case body
        /// The handler works; what the peer sends meanwhile waits in the input.
        case handling
        /// The reply has not gone out completely.
        case replying
        /// A producer makes the reply's body.
        case streaming
        /// A refusal has not gone out completely; nothing more is read.
        case refusing
        /// Our side is closed; the peer has a moment to close its own.
        case lingering
    }

    let id: UInt64
    let address: String
    /// What the limit per address counts.
    let group: String
    unowned let core: ServerCore
    /// Valid until `ServerCore.destroy`, after which nobody holds the connection.
    private(set) var handle: OpaquePointer?

    var phase = Phase.head
    var parser: RequestParser
    var head: RequestHead?
    var task: Task<Void, Never>?
    /// Set while, and only while, the phase is streaming.
    var stream: StreamState?
    /// Closed after the reply that is due.
    var closes = false
    /// The peer has closed its sending half.
    var peerClosed = false
    /// The part of `HTTPServerConfiguration.bodyBytesInFlightMax` that this connection holds.
    var bodyBytesReserved = 0
    /// When the body or reply that is moving began to move, and the size of the reply.
    var transferStarted: Int64 = 0
    var replyBytes = 0
    var lingerBytesLeft = 64 << 10

    /// When the phase has lasted too long. The timer is only ever set too early, never moved back, so that
    /// a deadline which moves with every request costs nothing.
    private(set) var deadline = Int64.max
    private var timerDue = Int64.max

    init(id: UInt64, address: String, group: String, core: ServerCore, parser: RequestParser) {
        self.id = id
        self.address = address
        self.group = group
        self.core = core
        self.parser = parser
    }

    /// Pipelined bytes beyond this stay in the kernel, where they slow the sender.
    static let inputBytesMax = 64 << 10
    /// The same while a subscription lasts.
    static let subscriberInputBytesMax = 256

    /// - Returns: whether it worked; the descriptor is taken in any case.
    func open(loop: OpaquePointer, descriptor: Int32, tls: OpaquePointer?) -> Bool {
        handle = cevent_connection_create(loop, descriptor, tls, Connection.handlers(for: self))
        guard handle != nil else { return false }
        setInputMark(Connection.inputBytesMax)
        return true
    }

    func close() {
        endStream()
        if let handle { cevent_connection_destroy(handle) }
        handle = nil
    }

    /// Moves what has arrived to the parser.
    func takeInput() {
        guard let handle else { return }
        let length = cevent_connection_input_length(handle)
        guard length > 0 else { return }
        parser.feed(
            [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
                count = cevent_connection_read(handle, buffer.baseAddress!, length)
            })
    }

    /// Throws away what has arrived and returns how much that was.
    func discardInput() -> Int {
        guard let handle else { return 0 }
        defer { cevent_connection_discard_input(handle) }
        return cevent_connection_input_length(handle)
    }

    /// - Returns: false if there is no memory.
    func write(_ bytes: [UInt8]) -> Bool {
        guard let handle else { return false }
        return cevent_connection_write(handle, bytes, bytes.count) == 0
    }

    /// Bytes written that the kernel has not taken yet.
    var unsentBytes: Int {
        handle.map { cevent_connection_output_length($0) } ?? 0
    }

    /// Bytes received at which no more are taken from the kernel.
    func setInputMark(_ high: Int) {
        if let handle { cevent_connection_set_input_mark(handle, high) }
    }

    /// Bytes unsent at which `ServerCore.drained` is called.
    func setOutputMark(_ low: Int) {
        if let handle { cevent_connection_set_output_mark(handle, low) }
    }

    func resumeWaiters() {
        let waiters = stream?.waiters ?? []
        stream?.waiters = []
        for waiter in waiters { waiter.resume() }
    }

    func endStream() {
        resumeWaiters()
        stream = nil
    }

    func closeOutput() {
        if let handle { cevent_connection_shutdown_output(handle) }
    }

    func setDeadline(_ deadline: Int64, now: Int64) {
        self.deadline = deadline
        guard deadline < timerDue, let handle else { return }
        timerDue = deadline
        cevent_connection_start_timer(handle, max(0, deadline - now) + 1)
    }

    func clearDeadline() {
        deadline = .max
    }

    /// To be called when the timer has fired: whether the deadline is really over. If not, the timer runs again.
    func isOverdue(now: Int64) -> Bool {
        timerDue = .max
        if now >= deadline { return true }
        if deadline != .max { setDeadline(deadline, now: now) }
        return false
    }
}
