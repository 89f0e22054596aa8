extension ReliabilityTable {
    /// Observed agreement: the share of agreeing pairs of coders in a unit, averaged over the units that two or more rated.
    ///
    /// For two coders the plain percentage; for more the mean of P_i in Fleiss, "Measuring nominal scale agreement
    /// among many raters", Psychological Bulletin 76 (1971), with each unit's own number of ratings. Chance
    /// is not taken off. Two sets of codes agree if they are equal.
    ///
    /// - Complexity: O(units × coders²).
    public func percentAgreement() -> Coefficient {
        let counts = counts(enough: 2)
        if let lack = lack(counts) { return Coefficient(.undefined(lack), counts: counts) }
        let observed = meanPairAgreement()
        return Coefficient(.value(observed), observed: observed, counts: counts)
    }

    /// The mean over units of the mean over pairs of `weight`; 1 for equal ratings and 0 for others if there is none.
    func meanPairAgreement(_ weight: ((Int, Int) -> Double)? = nil, enough: Int = 2) -> Double {
        var sum = 0.0
        var units = 0
        forEachUnit(enough: enough) { row in
            var agreement = 0.0
            for (place, first) in row.enumerated() {
                for other in row[(place + 1)...] {
                    agreement += first == other ? 1 : weight?(first, other) ?? 0
                }
            }
            sum += agreement / Double(row.count * (row.count - 1) / 2)
            units += 1
        }
        return sum / Double(units)
    }
}
