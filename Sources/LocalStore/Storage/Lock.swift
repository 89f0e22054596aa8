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
        // A thread that takes it twice is a bug: it shall trap and not wait for itself.
        var attributes = pthread_mutexattr_t()
        pthread_mutexattr_init(&attributes)
        pthread_mutexattr_settype(&attributes, Int32(PTHREAD_MUTEX_ERRORCHECK))
        let result = pthread_mutex_init(mutex, &attributes)
        pthread_mutexattr_destroy(&attributes)
        precondition(result == 0, "no mutex could be made (\(result))")
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deinitialize(count: 1)
        mutex.deallocate()
    }

    func withLock<T>(_ body: () throws -> T) rethrows -> T {
        precondition(pthread_mutex_lock(mutex) == 0, "a store is asked from within its own closure")
        defer { pthread_mutex_unlock(mutex) }
        return try body()
    }
}
