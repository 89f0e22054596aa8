/// A coefficient of a `ReliabilityTable`, with its parameters.
public enum RatingMeasure: Hashable, Sendable {
    case percentAgreement
    case cohenKappa(RankWeights)
    case fleissKappa
    case krippendorffAlpha(AlphaMetric)
    case gwetAC(RankWeights)

    /// Its name and parameters: "krippendorff-alpha metric=ordinal".
    public var description: String {
        switch self {
        case .percentAgreement: "percent-agreement"
        case .cohenKappa(let weights): "cohen-kappa weights=\(weights.rawValue)"
        case .fleissKappa: "fleiss-kappa"
        case .krippendorffAlpha(let metric): "krippendorff-alpha metric=\(metric.rawValue)"
        case .gwetAC(let weights): weights == .unweighted ? "gwet-ac1" : "gwet-ac2 weights=\(weights.rawValue)"
        }
    }

    func coefficient(_ table: ReliabilityTable) -> Coefficient {
        switch self {
        case .percentAgreement: table.percentAgreement()
        case .cohenKappa(let weights): table.cohenKappa(weights)
        case .fleissKappa: table.fleissKappa()
        case .krippendorffAlpha(let metric): table.krippendorffAlpha(metric)
        case .gwetAC(let weights): table.gwetAC(weights)
        }
    }
}

/// A coefficient of a `SpanTable`, with its parameters.
public enum SpanMeasure: Hashable, Sendable {
    case unitizingAlpha
    case gamma(GammaParameters)
    case exactF1
    case overlapF1

    /// Its name and parameters: "gamma alpha=1.0 beta=1.0 delta-empty=1.0 samples=30 precision=2 seed=7".
    public var description: String {
        switch self {
        case .unitizingAlpha: "unitizing-alpha version=1995"
        case .gamma(let parameters):
            "gamma alpha=\(parameters.alpha) beta=\(parameters.beta) delta-empty=\(parameters.deltaEmpty)"
                + " samples=\(parameters.samples) precision=\(parameters.precisionPercent) seed=\(parameters.seed)"
        case .exactF1: "exact-f1"
        case .overlapF1: "overlap-f1"
        }
    }
}

extension RatingMeasure: CustomStringConvertible {}
extension SpanMeasure: CustomStringConvertible {}
