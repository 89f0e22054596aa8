public import AnnotationModel

/// What one commit changed.
public struct StoreChange: Sendable, Hashable {
    public enum Origin: Sendable, Hashable {
        /// Written here.
        case local
        /// Came from the server or a bundle.
        case remote
        /// Written by another process on this store: which records, is not known.
        case otherProcess
    }

    public let origin: Origin
    /// Layers with changed records; empty for `otherProcess`, which may have changed any.
    public let layers: Set<LayerID>
    public let records: [RecordID]

    init(_ keys: [RecordBuffer.Key], origin: Origin, core: StoreCore) throws {
        self.origin = origin
        records = keys.map(\.record)
        layers = Set(try Set(keys.map(\.layer)).map { try core.layer(num: $0).id })
    }

    init(origin: Origin) {
        self.origin = origin
        layers = []
        records = []
    }
}

/// Hands every commit to everybody who listens.
///
/// `@unchecked Sendable`: the dictionary is touched only while `lock` is held.
final class Observers: @unchecked Sendable {
    private let lock = Lock()
    private var continuations: [Int: AsyncStream<StoreChange>.Continuation] = [:]
    private var next = 0

    func add(_ continuation: AsyncStream<StoreChange>.Continuation) -> Int {
        lock.withLock {
            next += 1
            continuations[next] = continuation
            return next
        }
    }

    func remove(_ number: Int) {
        _ = lock.withLock { continuations.removeValue(forKey: number) }
    }

    func send(_ change: StoreChange) {
        if change.records.isEmpty && change.origin != .otherProcess { return }
        let all = lock.withLock { Array(continuations.values) }
        for continuation in all { continuation.yield(change) }
    }
}

extension LocalStore {
    /// Every commit from now on, of this process and of others, until the sequence is dropped.
    ///
    /// A listener that falls behind keeps the newest 256 changes: what it shows it reads from the store anyway.
    /// - Parameters:
    ///   - pollMilliseconds: How often to look for other processes' commits.
    ///   - executor: Where they are looked for: on the global pool when `nil`.
    ///   - sleep: Waits so many seconds; simulators put their own here.
    public func observe(
        pollMilliseconds: Int = 250, executor: (any TaskExecutor)? = nil,
        sleep: @escaping @Sendable (Double) async throws -> Void = { try await Task.sleep(for: .seconds($0)) }
    ) -> AsyncStream<StoreChange> {
        AsyncStream(bufferingPolicy: .bufferingNewest(256)) { continuation in
            let number = observers.add(continuation)
            let version = currentDataVersion()
            let poll = Task(executorPreference: executor) { [weak self] in
                var known = version
                while !Task.isCancelled {
                    try? await sleep(Double(pollMilliseconds) / 1000)
                    guard let self else { return }
                    let current = self.currentDataVersion()
                    if current != known {
                        known = current
                        continuation.yield(StoreChange(origin: .otherProcess))
                    }
                }
            }
            continuation.onTermination = { [observers] _ in
                poll.cancel()
                observers.remove(number)
            }
        }
    }
}
