import CEvent
import Dispatch
import Glibc
import Synchronization

/// Runs an actor's jobs on the thread of an event loop, so that everything libevent knows of a connection is
/// touched by one thread only: the base has no locks.
///
/// Jobs arrive from any thread through a queue and an eventfd. After `stop` the thread ends and stray jobs, of
/// handlers that outlive the server, run on a serial dispatch queue; they find nothing left to do.
final class LoopExecutor: SerialExecutor {
    private struct State {
        var jobs: [UnownedJob] = []
        var stopping = false
        var finished = false
        /// What the loop's callbacks use; held until they can no longer be called.
        var owner: (any Actor)?
        var first: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())
    private let thread = Atomic<UInt>(0)
    private let afterwards = DispatchQueue(label: "HTTPServing.afterwards")
    private let handle = Mutex<UInt>(0)

    /// The loop, for use on its own thread, or before `run`. A programmer error after `stop`.
    var loop: OpaquePointer {
        guard let loop = OpaquePointer(bitPattern: handle.withLock { $0 }) else {
            preconditionFailure("the event loop was used after it ended")
        }
        return loop
    }

    init() throws(HTTPServerError) {
        // Unretained: the thread holds the executor until the loop is destroyed.
        guard let loop = cevent_loop_create(LoopExecutor.woken, Unmanaged.passUnretained(self).toOpaque()) else {
            throw HTTPServerError(code: .system, debugDescription: "the event loop could not be made")
        }
        handle.withLock { $0 = UInt(bitPattern: loop) }
    }

    deinit {
        // Only if the thread was never started.
        handle.withLock { if let loop = OpaquePointer(bitPattern: $0) { cevent_loop_destroy(loop) } }
    }

    /// Starts the loop's thread, which holds `owner` until `stop` and runs `first` before anything else.
    func run(owner: any Actor, first: @escaping @Sendable () -> Void) throws(HTTPServerError) {
        state.withLock { ($0.owner, $0.first) = (owner, first) }
        var identifier = pthread_t()
        let code = pthread_create(&identifier, nil, LoopExecutor.threadMain, Unmanaged.passRetained(self).toOpaque())
        guard code == 0 else {
            state.withLock { ($0.owner, $0.first) = (nil, nil) }
            Unmanaged.passUnretained(self).release()
            throw HTTPServerError(
                code: .system, debugDescription: "the loop's thread could not be started: errno \(code)")
        }
        pthread_detach(identifier)
    }

    /// Ends the loop after the jobs that are queued now. From the loop's thread.
    func stop() {
        state.withLock { $0.stopping = true }
        cevent_loop_break(loop)
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let (wake, late) = state.withLock { state -> (Bool, Bool) in
            if state.finished { return (false, true) }
            state.jobs.append(job)
            return (state.jobs.count == 1, false)
        }
        if late {
            afterwards.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
        } else if wake {
            // The loop is alive: it is destroyed only after `finished`, under a lock that `handle` takes too.
            handle.withLock { if let loop = OpaquePointer(bitPattern: $0) { cevent_loop_wake(loop) } }
        }
    }

    func checkIsolated() {
        precondition(isIsolatingCurrentContext() == true, "not on the thread of the event loop")
    }

    func isIsolatingCurrentContext() -> Bool? {
        thread.load(ordering: .relaxed) == UInt(pthread_self())
    }

    private func drain() {
        let jobs = state.withLock { state in
            defer { state.jobs.removeAll(keepingCapacity: true) }
            return state.jobs
        }
        for job in jobs { job.runSynchronously(on: asUnownedSerialExecutor()) }
    }

    private func main() {
        // A write to a connection that the peer has reset raises SIGPIPE on the writing thread; process-wide
        // signals are other threads' business.
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_BLOCK, &all, nil)
        thread.store(UInt(pthread_self()), ordering: .relaxed)

        let loop = self.loop
        let first = state.withLock { state in
            defer { state.first = nil }
            return state.first
        }
        first?()
        while !state.withLock({ $0.stopping }) { cevent_loop_run(loop) }
        drain()
        handle.withLock { handle in
            cevent_loop_destroy(loop)
            handle = 0
        }
        let owner = state.withLock { state in
            defer { state.owner = nil }
            return state.owner
        }
        while !state.withLock({ state in
            state.finished = state.jobs.isEmpty
            return state.finished
        }) { drain() }
        thread.store(0, ordering: .relaxed)
        withExtendedLifetime(owner) {}
    }

    private static let threadMain: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
        let executor = Unmanaged<LoopExecutor>.fromOpaque(context!).takeRetainedValue()
        executor.main()
        return nil
    }

    private static let woken: @convention(c) (UnsafeMutableRawPointer?) -> Void = { context in
        Unmanaged<LoopExecutor>.fromOpaque(context!).takeUnretainedValue().drain()
    }
}
