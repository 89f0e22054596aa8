import Synchronization

/// What the server counts for Prometheus: nothing by user, workspace or layer.
final class Metrics: Sendable {
    /// Upper bounds of the latency histogram, in milliseconds.
    static let boundsMilliseconds: [Double] = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000]

    struct Route: Sendable {
        /// By the status's first digit.
        var byClass: [Int: Int] = [:]
        /// How many took no longer than each bound, not cumulated; the last is for all that took longer.
        var buckets = [Int](repeating: 0, count: Metrics.boundsMilliseconds.count + 1)
        var milliseconds = 0.0
    }

    struct Counts: Sendable {
        var routes: [String: Route] = [:]
        /// Answered by the HTTP server itself, by status.
        var refused: [Int: Int] = [:]
        var bytesReceived = 0
        var bytesSent = 0
        var changesAccepted = 0
        var changesRefused = 0
        var pushesOverQuota = 0
        var reloads = 0
        var reloadsFailed = 0
        var snapshots = 0
        var snapshotsFailed = 0
        var compacted = 0
        var compactionsFailed = 0
    }

    private let counts = Mutex(Counts())

    var current: Counts { counts.withLock { $0 } }

    func change(_ body: (inout Counts) -> Void) { counts.withLock { body(&$0) } }

    func countRequest(route: String, status: Int, milliseconds: Double) {
        let bucket = Self.boundsMilliseconds.firstIndex { milliseconds <= $0 } ?? Self.boundsMilliseconds.count
        change { counts in
            counts.routes[route, default: Route()].byClass[status / 100, default: 0] += 1
            counts.routes[route, default: Route()].buckets[bucket] += 1
            counts.routes[route, default: Route()].milliseconds += milliseconds
        }
    }
}
