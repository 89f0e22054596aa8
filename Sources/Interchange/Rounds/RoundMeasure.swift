import TeamCoding

/// What can be asked of a round's agreement, by the name that stands on the command line.
public enum RoundMeasure: String, Sendable, CaseIterable {
    /// Krippendorff's alpha: of sets of codes with MASI distance, of one code nominal.
    case alpha
    case percent
    /// Of two coders.
    case kappa
    case fleiss
    case ac1
    case unitizingAlpha = "unitizing-alpha"
    case gamma
    case exactF1 = "exact-f1"
    case overlapF1 = "overlap-f1"

    /// Whether it compares spans, not what was said of passages.
    var isOfSpans: Bool {
        if case .spans = measure(isOneCode: false, seed: 0) { true } else { false }
    }

    /// The measure of a variable, whose values alpha compares at a level.
    func measure(ofLevel level: AlphaMetric) -> AgreementRun.Measure {
        self == .alpha ? .ratings(.krippendorffAlpha(level)) : measure(isOneCode: false, seed: 0)
    }

    /// - Parameters:
    ///   - isOneCode: Whether presence of one code is rated, not sets of codes.
    ///   - seed: Of what is drawn at random.
    func measure(isOneCode: Bool, seed: UInt64) -> AgreementRun.Measure {
        switch self {
        case .alpha: .ratings(.krippendorffAlpha(isOneCode ? .nominal : .masi))
        case .percent: .ratings(.percentAgreement)
        case .kappa: .ratings(.cohenKappa(.unweighted))
        case .fleiss: .ratings(.fleissKappa)
        case .ac1: .ratings(.gwetAC(.unweighted))
        case .unitizingAlpha: .spans(.unitizingAlpha)
        case .gamma: .spans(.gamma(GammaParameters(seed: seed)))
        case .exactF1: .spans(.exactF1)
        case .overlapF1: .spans(.overlapF1)
        }
    }
}
