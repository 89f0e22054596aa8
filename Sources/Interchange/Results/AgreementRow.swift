public import TeamCoding

/// A line of a report's table of agreement.
public struct AgreementRow: Sendable, Hashable {
    /// What was compared: "All documents, codes", "Position", "Coder A and Coder B".
    public let subject: String
    public let run: AgreementRun

    public init(subject: String, run: AgreementRun) {
        self.subject = subject
        self.run = run
    }

    /// The coefficient with its parameters.
    public var measure: String {
        switch run.measure {
        case .ratings(let measure): measure.description
        case .spans(let measure): measure.description
        }
    }

    /// To three decimals, or why it is undefined.
    public var value: String {
        switch run.coefficient.outcome {
        case .value(let value): decimal(value, 3)
        case .undefined(let reason): "undefined: \(reason.sentence)"
        }
    }

    /// To three decimals, or why there is none.
    public var interval: String {
        guard let bootstrap = run.bootstrap, let interval = run.interval else { return "not asked for" }
        switch interval {
        case .between(let low, let high, _):
            return "\(decimal(low, 3)) to \(decimal(high, 3)) (\(bootstrap.percent) %)"
        case .undefined(.noValue): return "none: the coefficient is undefined"
        case .undefined(.tooFewUnits): return "none: too few units"
        case .undefined(.undefinedResamples): return "none: too many resamples have no value"
        }
    }

    var seed: String { run.bootstrap.map { "\($0.resamples) resamples, seed \($0.seed)" } ?? "" }
}

extension Outcome.Reason {
    fileprivate var sentence: String {
        switch self {
        case .nothingCoded: "nothing is coded"
        case .singleCoder: "fewer than two coders"
        case .notTwoCoders: "it compares exactly two coders"
        case .nothingPairable: "no unit was rated by enough coders"
        case .noVariation: "everybody chose the same"
        case .wrongKind: "the ratings are of another kind"
        case .negativeNumber: "numbers below 0"
        case .overlappingSpans: "spans of one coder overlap"
        case .tooManyAlignments: "spans can be aligned in too many ways"
        }
    }
}
