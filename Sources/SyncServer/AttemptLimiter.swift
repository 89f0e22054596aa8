import Synchronization

/// Slows down whoever guesses: after some failures each further one doubles the time in which nothing is tried.
///
/// Keys are addresses and names; a success forgets the name's failures, not the address's. Bounded: at most
/// `keysMax` keys, the longest quiet one making way. In memory alone: a restart forgives.
final class AttemptLimiter: Sendable {
    /// Failures that cost nothing, and the longest wait.
    struct Policy: Sendable {
        var free: Int
        var secondsMax: Int64

        static let name = Policy(free: 5, secondsMax: 60)
        static let address = Policy(free: 20, secondsMax: 900)
    }

    private struct Entry {
        var failures = 0
        var blockedUntil: Int64 = 0
        var lastAt: Int64 = 0
    }

    private static let keysMax = 10_000
    /// After this long without a failure nothing is remembered.
    private static let forgottenAfter: Int64 = 3_600_000

    private let entries = Mutex<[String: Entry]>([:])
    private let clock: @Sendable () -> Int64

    /// - Parameter clock: Milliseconds, from any start.
    init(clock: @escaping @Sendable () -> Int64) { self.clock = clock }

    /// Seconds to wait before anything is tried for these keys; 0 for none.
    func wait(_ keys: [String]) -> Int64 {
        let now = clock()
        return entries.withLock { entries in
            // A clock that was put back would block for as long as it went.
            let until = keys.compactMap { entries[$0] }.filter { $0.lastAt <= now }.map(\.blockedUntil).max() ?? 0
            return until > now ? (until - now + 999) / 1000 : 0
        }
    }

    func failed(_ key: String, _ policy: Policy) {
        let now = clock()
        entries.withLock { entries in
            var entry = entries[key] ?? Entry()
            if now < entry.lastAt || now - entry.lastAt > Self.forgottenAfter { entry = Entry() }
            entry.failures += 1
            entry.lastAt = now
            let beyond = entry.failures - policy.free
            if beyond > 0 {
                entry.blockedUntil = now + min(policy.secondsMax, 1 << Int64(min(beyond, 20))) * 1000
            }
            if entries[key] == nil, entries.count >= Self.keysMax,
                let quietest = entries.min(by: { $0.value.lastAt < $1.value.lastAt })
            {
                entries[quietest.key] = nil
            }
            entries[key] = entry
        }
    }

    func succeeded(_ key: String) { entries.withLock { $0[key] = nil } }
}
