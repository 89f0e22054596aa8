import Dispatch

/// Runs asynchronous work to its end: a fuzz target is called by C.
func blocking<T: Sendable>(_ body: @escaping @Sendable () async throws -> T) throws -> T {
    let box = Box<T>()
    let done = DispatchSemaphore(value: 0)
    Task.detached {
        do { box.result = .success(try await body()) } catch { box.result = .failure(error) }
        done.signal()
    }
    done.wait()
    guard let result = box.result else { preconditionFailure("work that is done has a result") }
    return try result.get()
}

/// `@unchecked Sendable`: written before the semaphore is signalled, read after.
private final class Box<T>: @unchecked Sendable {
    var result: Result<T, any Error>?
}
