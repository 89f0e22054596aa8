/// Virtual time and the one thread of a simulation: runs tasks and timed events in an order that depends on nothing but
/// what was asked for.
///
/// `@unchecked Sendable`: used from the thread that runs the simulation, which every task is bound to.
final class Scheduler: TaskExecutor, @unchecked Sendable {
    private struct Event {
        let time: Int64
        /// Events of one moment happen in the order in which they were asked for.
        let order: UInt64
        let action: () -> Void

        func precedes(_ other: Event) -> Bool { (time, order) < (other.time, other.order) }
    }

    /// Milliseconds since the start.
    private(set) var now: Int64 = 0
    private var ready: [UnownedJob] = []
    private var heap: [Event] = []
    private var order: UInt64 = 0

    // MARK: Tasks

    func enqueue(_ job: consuming ExecutorJob) { ready.append(UnownedJob(job)) }

    /// Starts a task that stays on this thread.
    @discardableResult
    func start(_ body: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
        Task(executorPreference: self) { await body() }
    }

    /// Waits until so many milliseconds have passed, and until the moment `wake`.
    func sleep(_ milliseconds: Int64, beyond wake: @escaping () -> Int64 = { 0 }) async throws {
        let wait = Wait()
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                if Task.isCancelled { return continuation.resume(throwing: CancellationError()) }
                wait.continuation = continuation
                passes(milliseconds, beyond: wake) { wait.end(.success(())) }
            }
        } onCancel: {
            wait.end(.failure(CancellationError()))
        }
    }

    private func passes(_ milliseconds: Int64, beyond wake: @escaping () -> Int64, _ action: @escaping () -> Void) {
        schedule(in: milliseconds) { [self] in
            if wake() > now { passes(wake() - now, beyond: wake, action) } else { action() }
        }
    }

    /// `@unchecked Sendable`: used on the one thread.
    private final class Wait: @unchecked Sendable {
        var continuation: CheckedContinuation<Void, any Error>?

        func end(_ result: Result<Void, any Error>) { continuation.take()?.resume(with: result) }
    }

    private func runTasks() {
        while !ready.isEmpty {
            let jobs = ready
            ready.removeAll(keepingCapacity: true)
            for job in jobs { job.runSynchronously(on: asUnownedTaskExecutor()) }
        }
    }

    // MARK: Events

    func schedule(in milliseconds: Int64, _ action: @escaping () -> Void) {
        order += 1
        heap.append(Event(time: now + max(0, milliseconds), order: order, action: action))
        var child = heap.count - 1
        while child > 0, heap[child].precedes(heap[(child - 1) / 2]) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    private func next() -> Event? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        guard !heap.isEmpty else { return first }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child].precedes(heap[least])
            {
                least = child
            }
            if least == parent { return first }
            heap.swapAt(parent, least)
            parent = least
        }
    }

    /// Goes on for so many milliseconds of virtual time.
    func run(for milliseconds: Int64) {
        let end = now + milliseconds
        runTasks()
        while let first = heap.first, first.time <= end, let event = next() {
            now = max(now, event.time)
            event.action()
            runTasks()
        }
        now = end
    }

    /// Goes on until nothing is left to happen, or `isDone`.
    func run(until isDone: () -> Bool = { false }) {
        runTasks()
        while !isDone(), let event = next() {
            now = max(now, event.time)
            event.action()
            runTasks()
        }
    }

    /// Runs `body` to its end while virtual time goes on.
    func complete<T>(_ body: @escaping @Sendable () async -> T) -> T {
        let box = Box<T>()
        start { box.value = await body() }
        run { box.value != nil }
        guard let value = box.value else { preconditionFailure("a task waits for something that never happens") }
        return value
    }

    /// `@unchecked Sendable`: written and read on the one thread.
    private final class Box<T>: @unchecked Sendable { var value: T? }
}
