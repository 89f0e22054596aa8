extension ReliabilityTable {
    /// Fleiss' kappa over the units that every coder rated; `counts.incomplete` units are left out.
    ///
    /// Fleiss, "Measuring nominal scale agreement among many raters", Psychological Bulletin 76 (1971).
    /// It is made for a fixed number of ratings a unit, not for fixed coders. For two coders it is Scott's pi, not
    /// Cohen's kappa.
    ///
    /// Undefined if all ratings are one category.
    ///
    /// - Complexity: O(units × coders²).
    public func fleissKappa() -> Coefficient {
        let counts = counts(enough: max(2, coderCount))
        if let lack = lack(counts) { return Coefficient(.undefined(lack), counts: counts) }
        var total = [Int](repeating: 0, count: ratings.count)
        forEachUnit(enough: coderCount) { row in for rating in row { total[rating] += 1 } }
        let values = Double(counts.used * coderCount)
        let observed = meanPairAgreement(enough: coderCount)
        let expected = total.reduce(0) { $0 + (Double($1) / values) * (Double($1) / values) }
        let hasVariation = total.count { $0 > 0 } > 1
        return Coefficient(
            hasVariation ? .value((observed - expected) / (1 - expected)) : .undefined(.noVariation),
            observed: observed, expected: expected, counts: counts)
    }
}
