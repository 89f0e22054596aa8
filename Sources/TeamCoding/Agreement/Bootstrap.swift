import AnnotationModel

/// A percentile bootstrap over units: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 13.
///
/// Each resample draws as many units as there are, with replacement, by `SplitMix64.below` from one generator; the
/// coefficient is computed from each. The interval's ends are the k-th smallest and the k-th greatest of the B values,
/// k = ⌈B (100 − percent) / 200⌉.
public struct Bootstrap: Hashable, Sendable {
    public var resamples: Int
    /// The confidence in percent.
    public var percent: Int
    public var seed: UInt64

    public init(resamples: Int = 1000, percent: Int = 95, seed: UInt64) {
        precondition((1...Self.resampleMax).contains(resamples), "one to \(Self.resampleMax) resamples")
        precondition((1...99).contains(percent), "a confidence of 1 to 99 percent")
        self.resamples = resamples
        self.percent = percent
        self.seed = seed
    }

    public static let resampleMax = 100_000
    /// Of 100 resamples, how many may be without a value: what is left would describe other data than these.
    public static let undefinedPercentMax = 5

    /// The interval of a coefficient.
    ///
    /// - Parameters:
    ///   - units: How many units there are.
    ///   - coefficient: The coefficient of the units at some indices, of which each may come several times.
    /// - Complexity: `resamples` times that of the coefficient.
    public func interval(units: Int, of coefficient: ([Int]) -> Outcome) -> Interval {
        if units < 2 { return .undefined(.tooFewUnits) }
        var random = SplitMix64(seed: seed)
        var values: [Double] = []
        values.reserveCapacity(resamples)
        var drawn = [Int](repeating: 0, count: units)
        for _ in 0..<resamples {
            for place in drawn.indices { drawn[place] = random.below(units) }
            if let value = coefficient(drawn).value { values.append(value) }
        }
        let undefined = resamples - values.count
        if undefined * 100 > resamples * Self.undefinedPercentMax { return .undefined(.undefinedResamples) }
        values.sort()
        let rank = (values.count * (100 - percent) + 199) / 200
        return .between(values[rank - 1], values[values.count - rank], undefinedResamples: undefined)
    }
}

/// A confidence interval, or why there is none.
public enum Interval: Hashable, Sendable {
    /// Both ends, and how many resamples had no value and were left out.
    case between(Double, Double, undefinedResamples: Int)
    case undefined(Reason)

    public enum Reason: String, Sendable, CaseIterable {
        /// The coefficient itself is undefined.
        case noValue
        /// One unit can be resampled in one way only.
        case tooFewUnits
        /// More than `Bootstrap.undefinedPercentMax` of a hundred resamples have no value.
        case undefinedResamples
    }
}
