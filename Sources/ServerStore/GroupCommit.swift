import SQLiteBinding
import Synchronization

/// Runs writes one after the other and commits those that wait together as one durable transaction.
///
/// While one group is being made durable the next gathers; so the cost of a disk flush is shared by all who wait.
/// Each job has a savepoint of its own: one that fails takes nothing with it.
///
/// `@unchecked Sendable`: `core` is used on `queue` alone.
final class GroupCommit: @unchecked Sendable {
    private struct Job: Sendable {
        /// Does the work; throws to have it taken back.
        let run: @Sendable (ServerCore) throws -> Void
        /// Called after the group's commit, or with the error that undid it.
        let finish: @Sendable (Result<Void, any Error>) -> Void
    }

    private struct State {
        var waiting: [Job] = []
        /// Whether `drain` runs or is about to.
        var isDraining = false
        var statistics = CommitStatistics()
    }

    /// Jobs that share one transaction at most.
    private static let groupMax = 256

    private let core: ServerCore
    private let files: DataFiles?
    private let queue: WorkQueue
    private let state = Mutex(State())

    init(core: ServerCore, files: DataFiles?, queue: WorkQueue) {
        self.core = core
        self.files = files
        self.queue = queue
    }

    /// Runs `body` on the writer; returns when its effect is durable.
    func run<T: Sendable>(_ body: @escaping @Sendable (ServerCore) throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            let result = ResultBox<T>()
            let job = Job(
                run: { core in result.value = try body(core) },
                finish: { outcome in
                    switch outcome {
                    case .success:
                        guard let value = result.value else { preconditionFailure("a job that ran has a result") }
                        continuation.resume(returning: value)
                    case .failure(let error): continuation.resume(throwing: error)
                    }
                })
            let starts = state.withLock { state in
                state.waiting.append(job)
                defer { state.isDraining = true }
                return !state.isDraining
            }
            if starts { queue.run { self.drain() } }
        }
    }

    private func drain() {
        while true {
            let group = state.withLock { state in
                let count = min(state.waiting.count, Self.groupMax)
                let group = Array(state.waiting.prefix(count))
                state.waiting.removeFirst(count)
                if group.isEmpty { state.isDraining = false }
                return group
            }
            if group.isEmpty { return }
            commit(group)
        }
    }

    var statistics: CommitStatistics { state.withLock { $0.statistics } }

    private func commit(_ group: [Job]) {
        var failures = [Int: any Error]()
        var isJobsFailure = false
        do {
            try files?.check()
            try core.db.transaction {
                // One that is alone stands and falls with the transaction.
                if group.count == 1 {
                    do { return try group[0].run(core) } catch {
                        isJobsFailure = core.db.isInTransaction
                        throw error
                    }
                }
                for (place, job) in group.enumerated() {
                    try core.db.statement("SAVEPOINT job").run()
                    do {
                        try job.run(core)
                        try core.db.statement("RELEASE job").run()
                    } catch {
                        // Where SQLite gave up the whole transaction, the group fails together.
                        guard core.db.isInTransaction else { throw error }
                        try core.db.statement("ROLLBACK TO job").run()
                        try core.db.statement("RELEASE job").run()
                        failures[place] = error
                    }
                }
            }
            try files?.check()
            state.withLock { state in
                state.statistics.groups += 1
                state.statistics.jobs += group.count
            }
            for (place, job) in group.enumerated() {
                job.finish(failures[place].map { .failure($0) } ?? .success(()))
            }
        } catch {
            if !isJobsFailure { state.withLock { $0.statistics.failedGroups += 1 } }
            for job in group { job.finish(.failure(error)) }
        }
    }

    /// `@unchecked Sendable`: written and read on the writer's queue alone.
    private final class ResultBox<T>: @unchecked Sendable {
        var value: T?
    }
}
