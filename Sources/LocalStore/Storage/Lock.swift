#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A mutual-exclusion lock. Over pthread_mutex, which the thread sanitizer understands on Linux.
///
/// `@unchecked Sendable`: the mutex lives at one address from init to deinit and is made for use from many threads.
final class Lock: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>

    init() {
        mutex = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        let result = pthread_mutex_init(mutex, nil)
        precondition(result == 0, "no mutex could be made (\(result))")
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deinitialize(count: 1)
        mutex.deallocate()
    }

    func withLock<T>(_ body: () throws -> T) rethrows -> T {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body()
    }
}
