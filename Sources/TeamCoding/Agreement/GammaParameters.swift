/// How gamma weighs differences, and how it samples.
public struct GammaParameters: Hashable, Sendable {
    /// The weight of the positional dissimilarity.
    public var alpha: Double
    /// The weight of the categorical dissimilarity.
    public var beta: Double
    /// The dissimilarity of a unit and none: Δ_∅.
    public var deltaEmpty: Double
    /// Sampled continua to begin with.
    public var samples: Int
    /// With how much relative error, in percent, the expected disorder should be known with a confidence of 95 %; 0:
    /// `samples` is enough.
    public var precisionPercent: Int
    /// Seeds the sampling (`SplitMix64`).
    public var seed: UInt64

    /// The values of the paper: α = β = Δ_∅ = 1, 30 samples, 2 % precision.
    public init(
        alpha: Double = 1, beta: Double = 1, deltaEmpty: Double = 1, samples: Int = 30, precisionPercent: Int = 2,
        seed: UInt64
    ) {
        precondition(
            alpha >= 0 && beta >= 0 && deltaEmpty > 0, "weights are not negative, and no unit is unlike a unit")
        precondition((1...Self.sampleMax).contains(samples), "one to \(Self.sampleMax) samples")
        self.alpha = alpha
        self.beta = beta
        self.deltaEmpty = deltaEmpty
        self.samples = samples
        self.precisionPercent = precisionPercent
        self.seed = seed
    }

    /// Continua that are sampled at most, whatever precision is asked for.
    public static let sampleMax = 2000

    /// The combined dissimilarity of two units; positional part: the sporadic one of the paper.
    func dissimilarity(_ left: Span, _ right: Span) -> Double {
        let apart = Double(abs(left.start - right.start) + abs(left.end - right.end))
        let ratio = apart / Double(left.length + right.length)
        return (alpha * ratio * ratio + (left.category == right.category ? 0 : beta)) * deltaEmpty
    }
}
