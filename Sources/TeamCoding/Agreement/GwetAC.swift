extension ReliabilityTable {
    /// Gwet's AC1, with weights AC2.
    ///
    /// Gwet, "Computing inter-rater reliability and its variance in the presence of high agreement", British Journal of
    /// Mathematical and Statistical Psychology 61 (2008); weights and missing ratings as in Gwet,
    /// Handbook of Inter-Rater Reliability, 4th edition (2014). Units with one rating count for how
    /// often categories are chosen, those with two or more for the observed agreement too. The number of categories is
    /// that of the table's ratings, the scale's unused ones included.
    ///
    /// Undefined if there is only one category. Weights are for numbers alone.
    ///
    /// - Complexity: O(units × coders² + ratings²).
    public func gwetAC(_ weights: RankWeights = .unweighted) -> Coefficient {
        let counts = counts(enough: 2)
        if let lack = lack(counts) { return Coefficient(.undefined(lack), counts: counts) }
        if weights != .unweighted, kind != .number { return Coefficient(.undefined(.wrongKind), counts: counts) }
        let categories = ratings.count
        if categories < 2 { return Coefficient(.undefined(.noVariation), counts: counts) }

        let greatest = weights.disagreement(0, categories - 1)
        func agreement(_ left: Int, _ right: Int) -> Double { 1 - weights.disagreement(left, right) / greatest }
        let observed = meanPairAgreement(agreement)

        var share = [Double](repeating: 0, count: categories)
        var rated = 0
        forEachUnit(enough: 1) { row in
            for rating in row { share[rating] += 1 / Double(row.count) }
            rated += 1
        }
        var spread = 0.0
        for sum in share {
            let share = sum / Double(rated)
            spread += share * (1 - share)
        }
        var total = Double(categories)
        if weights != .unweighted {
            // Each rank distance d occurs 2 (q − d) times.
            for distance in 1..<categories {
                total += 2 * Double(categories - distance) * agreement(0, distance)
            }
        }
        let expected = total / Double(categories * (categories - 1)) * spread
        return Coefficient(
            expected == 1 ? .undefined(.noVariation) : .value((observed - expected) / (1 - expected)),
            observed: observed, expected: expected, counts: counts)
    }
}
