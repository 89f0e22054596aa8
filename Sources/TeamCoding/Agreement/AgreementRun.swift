public import ChangeLog

/// One computed coefficient with all that is needed to compute it again to the digit.
///
/// Sums run in the order of units and coders, with the four operations and the square root of IEEE 754 alone, so that a
/// run gives the same bits on every machine.
public struct AgreementRun: Hashable, Sendable {
    /// What was measured on what.
    public enum Measure: Hashable, Sendable {
        case ratings(RatingMeasure)
        case spans(SpanMeasure)
    }

    public let measure: Measure
    /// `nil`: no interval was asked for.
    public let bootstrap: Bootstrap?
    /// SHA-256 of the table's `canonicalBytes`.
    public let inputHash: Digest
    public let coefficient: Coefficient
    public let interval: Interval?

    /// Computes `measure` on a table of ratings. Resamples are of units.
    public init(
        _ measure: RatingMeasure, of table: ReliabilityTable, bootstrap: Bootstrap? = nil,
        cryptography: any CryptographyProvider
    ) {
        let coefficient = measure.coefficient(table)
        self.init(
            .ratings(measure), bootstrap, cryptography.sha256(table.canonicalBytes), coefficient,
            units: table.unitCount
        ) { measure.coefficient(table.units($0)).outcome }
    }

    /// Computes `measure` on a table of spans. Resamples are of documents; gamma's samples are drawn once for each document.
    public init(
        _ measure: SpanMeasure, of table: SpanTable, bootstrap: Bootstrap? = nil, cryptography: any CryptographyProvider
    ) {
        let coefficient: Coefficient
        let resampled: ([Int]) -> Outcome
        switch measure {
        case .unitizingAlpha:
            coefficient = table.unitizingAlpha()
            resampled = { table.documents($0).unitizingAlpha().outcome }
        case .exactF1:
            coefficient = table.exactF1()
            resampled = { table.documents($0).exactF1().outcome }
        case .overlapF1:
            coefficient = table.overlapF1()
            resampled = { table.documents($0).overlapF1().outcome }
        case .gamma(let parameters):
            let disorders = GammaDisorders(table, parameters)
            coefficient = disorders.coefficient
            resampled = disorders.outcome
        }
        self.init(
            .spans(measure), bootstrap, cryptography.sha256(table.canonicalBytes), coefficient,
            units: table.documents.count, resampled)
    }

    private init(
        _ measure: Measure, _ bootstrap: Bootstrap?, _ inputHash: Digest, _ coefficient: Coefficient, units: Int,
        _ resampled: ([Int]) -> Outcome
    ) {
        self.measure = measure
        self.bootstrap = bootstrap
        self.inputHash = inputHash
        self.coefficient = coefficient
        interval = bootstrap.map { bootstrap in
            coefficient.value == nil ? .undefined(.noValue) : bootstrap.interval(units: units, of: resampled)
        }
    }

    /// Whether the table is the one that was measured, and gives the same figures again. Of ratings.
    public func isReproduced(by table: ReliabilityTable, cryptography: any CryptographyProvider) -> Bool {
        guard case .ratings(let measure) = measure else { return false }
        return self == AgreementRun(measure, of: table, bootstrap: bootstrap, cryptography: cryptography)
    }

    /// Whether the table is the one that was measured, and gives the same figures again. Of spans.
    public func isReproduced(by table: SpanTable, cryptography: any CryptographyProvider) -> Bool {
        guard case .spans(let measure) = measure else { return false }
        return self == AgreementRun(measure, of: table, bootstrap: bootstrap, cryptography: cryptography)
    }
}
