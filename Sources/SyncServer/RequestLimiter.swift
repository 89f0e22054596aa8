import ChangeLog
import Synchronization

/// How often each device may ask: a bucket that fills evenly, and from which every request takes one (token bucket).
///
/// Bounded: only tokens that are known have buckets, and full ones are forgotten. In memory alone.
final class RequestLimiter: Sendable {
    /// A bucket holds what comes in so many seconds: a sync after a long time may ask for much at once.
    private static let burstSeconds: Int64 = 10
    /// Buckets beyond which full ones are looked for.
    private static let sweepCount = 10_000

    private struct Bucket {
        /// Thousandths of requests.
        var level: Int64
        var at: Int64
    }

    private let perSecond: Int64
    private let clock: @Sendable () -> Int64
    private let buckets = Mutex<[Digest: Bucket]>([:])

    /// - Parameters:
    ///   - perSecond: Requests in the long run; 0 for no limit.
    ///   - clock: Milliseconds, from any start.
    init(perSecond: Int, clock: @escaping @Sendable () -> Int64) {
        self.perSecond = Int64(perSecond)
        self.clock = clock
    }

    /// How many buckets are remembered.
    var count: Int { buckets.withLock { $0.count } }

    /// Takes a request out of a token's bucket.
    ///
    /// - Returns: 0, or the seconds until there is one again.
    func take(_ token: Digest) -> Int64 {
        guard perSecond > 0 else { return 0 }
        let now = clock()
        let full = perSecond * Self.burstSeconds * 1000
        return buckets.withLock { buckets in
            if buckets.count >= Self.sweepCount {
                buckets = buckets.filter { level($0.value, now, full) < full }
            }
            let known = buckets[token] ?? Bucket(level: full, at: now)
            let left = level(known, now, full) - 1000
            buckets[token] = Bucket(level: left < 0 ? left + 1000 : left, at: now)
            return left < 0 ? (-left + perSecond * 1000 - 1) / (perSecond * 1000) : 0
        }
    }

    /// What is in a bucket by now. A clock that was set back fills nothing.
    private func level(_ bucket: Bucket, _ now: Int64, _ full: Int64) -> Int64 {
        // As much as fills it is enough: no product of a clock's leap.
        let passed = min(max(now - bucket.at, 0), Self.burstSeconds * 1000)
        return min(full, bucket.level + passed * perSecond)
    }
}
