public import TeamCoding

/// Why the agreement of a round cannot be computed as asked.
public enum RoundAgreementError: Error, Equatable, Sendable {
    /// There is more than can be compared.
    case input(AgreementInputError)
    /// Variables are of statements, which are not cut from the text.
    case variablesOfSpans(RoundMeasure)
    /// Codes have no level but their own.
    case levelWithoutVariable
    /// Only alpha knows levels.
    case levelOfMeasure(RoundMeasure)
    /// The variable's values are not of the kind that the level is for.
    case noSuchOrder(variable: String, AlphaMetric)
}

extension RoundAgreementError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .input(let error): "\(error)"
        case .variablesOfSpans(let measure):
            "\(measure.rawValue) compares spans; variables are compared with alpha, percent, kappa, fleiss or ac1"
        case .levelWithoutVariable: "a level is for the values of variables, and none is named"
        case .levelOfMeasure(let measure): "\(measure.rawValue) has no levels; alpha has"
        case .noSuchOrder(let variable, let level):
            "the values of '\(variable)' have no \(level.rawValue) scale: ordinal and interval are for whole numbers and dates, "
                + "ratio for whole numbers"
        }
    }
}
