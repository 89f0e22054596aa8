/// Seconds of a monotonic clock.
struct Stopwatch {
    private let start = ContinuousClock.now

    var seconds: Double { (ContinuousClock.now - start) / .seconds(1) }

    static func measure(_ body: () throws -> Void) rethrows -> Double {
        let watch = Stopwatch()
        try body()
        return watch.seconds
    }

    static func measure(_ body: () async throws -> Void) async rethrows -> Double {
        let watch = Stopwatch()
        try await body()
        return watch.seconds
    }
}

extension [Double] {
    /// The value in the middle; of an even count the mean of the two there. 0 for none.
    var median: Double {
        guard !isEmpty else { return 0 }
        let sorted = self.sorted()
        return sorted.count % 2 == 1 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2
    }

    /// The value that the given share of the values does not exceed (nearest rank).
    func percentile(_ share: Double) -> Double {
        guard !isEmpty else { return 0 }
        let rank = Int((share * Double(count)).rounded(.up))
        return sorted()[Swift.min(Swift.max(rank, 1), count) - 1]
    }
}
