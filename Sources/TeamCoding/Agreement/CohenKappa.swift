extension ReliabilityTable {
    /// Cohen's kappa of two coders over the units that both rated.
    ///
    /// Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological Measurement 20 (1960):
    /// (observed − expected) / (1 − expected). With weights Cohen, "Weighted kappa", Psychological Bulletin 70 (1968):
    /// 1 − Σ w·observed / Σ w·expected. Ranks are those among the table's ratings, the scale's unused ones included;
    /// weights are for numbers alone.
    ///
    /// Undefined if both always chose one and the same category: chance agreement is then 1.
    ///
    /// - Complexity: O(units + ratings²).
    public func cohenKappa(_ weights: RankWeights = .unweighted) -> Coefficient {
        let counts = counts(enough: 2)
        if coderCount > 2 { return Coefficient(.undefined(.notTwoCoders), counts: counts) }
        if let lack = lack(counts) { return Coefficient(.undefined(lack), counts: counts) }
        if weights != .unweighted, kind != .number { return Coefficient(.undefined(.wrongKind), counts: counts) }

        var first = [Int](repeating: 0, count: ratings.count)
        var second = first
        var observed = 0.0
        forEachUnit(enough: 2) { row in
            first[row[0]] += 1
            second[row[1]] += 1
            observed += weights.disagreement(row[0], row[1])
        }
        let units = Double(counts.used)
        var expected = 0.0
        let chosen = second.indices.filter { second[$0] > 0 }
        for left in first.indices where first[left] > 0 {
            for right in chosen where right != left {
                expected += weights.disagreement(left, right) * Double(first[left]) * Double(second[right])
            }
        }
        // Weighted disagreements of kappa are in ranks; agreement is told as a share of the greatest one.
        let greatest = weights.disagreement(0, max(1, ratings.count - 1))
        let agreements = (1 - observed / units / greatest, 1 - expected / (units * units) / greatest)
        let outcome: Outcome =
            expected == 0 ? .undefined(.noVariation) : .value(1 - observed * units / expected)
        return Coefficient(outcome, observed: agreements.0, expected: agreements.1, counts: counts)
    }
}
