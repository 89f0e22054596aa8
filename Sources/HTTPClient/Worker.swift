import CCurl
import Glibc
import Synchronization

/// The thread that runs all transfers of one session, and its queue of commands.
///
/// The thread holds the worker and ends after `stop`; the session holds the worker and stops it in `deinit`.
final class Worker: Sendable {
    enum Command: Sendable {
        case start(Transfer)
        case cancel(Transfer)
        case resume(Transfer)
        case stop
    }

    private struct State {
        var commands: [Command] = []
        var isStopped = false
        /// The `ccurl_client`, as a number because a pointer is not Sendable; 0 once it is gone.
        var client: UInt
    }

    private let state: Mutex<State>
    private let configuration: HTTPClientConfiguration

    init(configuration: HTTPClientConfiguration) {
        self.configuration = configuration
        state = Mutex(State(client: UInt(bitPattern: ccurl_client_create())))
        var thread = pthread_t()
        let main: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
            Unmanaged<Worker>.fromOpaque(context!).takeRetainedValue().main()
            return nil
        }
        let isMade = state.withLock { $0.client != 0 }
        if isMade, pthread_create(&thread, nil, main, Unmanaged.passRetained(self).toOpaque()) == 0 {
            pthread_detach(thread)
            return
        }
        if isMade { Unmanaged.passUnretained(self).release() }
        state.withLock { state in
            if let client = OpaquePointer(bitPattern: state.client) { ccurl_client_destroy(client) }
            state.client = 0
            state.isStopped = true
        }
    }

    func submit(_ command: Command) {
        let isQueued = state.withLock { state in
            guard !state.isStopped, let client = OpaquePointer(bitPattern: state.client) else { return false }
            state.commands.append(command)
            ccurl_client_wake(client)
            return true
        }
        // Nobody else finishes a transfer that comes too late.
        if !isQueued, case .start(let transfer) = command {
            transfer.finish(HTTPClientError(code: .system, debugDescription: "the session's thread could not be made"))
        }
    }

    private func main() {
        // A write to a connection that the peer has reset raises SIGPIPE on the writing thread; process-wide
        // signals are other threads' business.
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_BLOCK, &all, nil)

        guard let client = OpaquePointer(bitPattern: state.withLock { $0.client }) else { return }
        var running: [OpaquePointer: Transfer] = [:]
        var stops = false
        while !stops {
            let commands = state.withLock { state in
                defer { state.commands = [] }
                return state.commands
            }
            for command in commands {
                switch command {
                case .start(let transfer): start(transfer, client: client, running: &running)
                case .cancel(let transfer):
                    // Without a handle it has ended, or has yet to start, which then finds it cancelled: before
                    // that nobody may be waiting who could be told.
                    if transfer.handle != nil { end(transfer, running: &running) { transfer.finish(.cancelled) } }
                case .resume(let transfer): if let handle = transfer.handle { ccurl_transfer_resume(handle) }
                case .stop: stops = true
                }
            }
            // Finished transfers are looked for before the wait: nothing would end it for them.
            ccurl_client_perform(client)
            finishEnded(client: client, running: &running)
            if !stops { ccurl_client_wait(client, 60_000) }
        }
        let late = state.withLock { state in
            defer { (state.commands, state.isStopped, state.client) = ([], true, 0) }
            return state.commands
        }
        for transfer in running.values { end(transfer, running: &running) { transfer.finish(.cancelled) } }
        for case .start(let transfer) in late { transfer.finish(.cancelled) }
        ccurl_client_destroy(client)
    }

    private func start(_ transfer: Transfer, client: OpaquePointer, running: inout [OpaquePointer: Transfer]) {
        if transfer.isCancelled.load(ordering: .acquiring) { return transfer.finish(.cancelled) }
        guard let options = TransferOptions(transfer.request, configuration: configuration) else {
            let detail = "not an http URL, or a method or header that HTTP does not allow"
            return transfer.finish(HTTPClientError(code: .invalidRequest, debugDescription: detail))
        }
        var code: Int32 = 0
        guard let handle = options.start(transfer, client: client, code: &code) else {
            return transfer.finish(HTTPClientError(curlCode: code, detail: ""))
        }
        transfer.handle = handle
        running[handle] = transfer
    }

    private func finishEnded(client: OpaquePointer, running: inout [OpaquePointer: Transfer]) {
        var code: Int32 = 0
        while let handle = ccurl_client_next_finished(client, &code) {
            guard let transfer = running[handle] else { continue }
            let detail = String(cString: ccurl_transfer_error(handle))
            let verification = ccurl_transfer_verification(handle)
            end(transfer, running: &running) {
                transfer.finish(curlCode: code, verification: verification, detail: detail)
            }
        }
    }

    /// Frees the transfer's handle before anybody is told, so that its connection is free for the next request.
    private func end(_ transfer: Transfer, running: inout [OpaquePointer: Transfer], then finish: () -> Void) {
        if let handle = transfer.handle {
            transfer.handle = nil
            running[handle] = nil
            ccurl_transfer_destroy(handle)
        }
        finish()
    }
}
