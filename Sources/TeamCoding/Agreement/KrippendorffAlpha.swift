extension ReliabilityTable {
    /// Krippendorff's alpha over the units that two or more coders rated.
    ///
    /// Krippendorff, "Computing Krippendorff's alpha-reliability" (2011); Content Analysis, 2nd edition
    /// (2004), chapter 11: α = 1 − D_o / D_e, where each pair of values in a unit of m values counts 1 / (m − 1), and
    /// expected pairs are drawn without replacement from all pairable values. Hence missing ratings are no obstacle.
    /// The distance of sets stands in the place of δ², as in Passonneau (2006).
    ///
    /// Undefined if all pairable values are equal.
    ///
    /// - Complexity: O(units × coders²); for ratio also the square of the distinct ratings, since it has no closed form of the
    ///   expected disagreement; for Jaccard and MASI also the pairs of distinct sets that share a code.
    public func krippendorffAlpha(_ metric: AlphaMetric = .nominal) -> Coefficient {
        let counts = counts(enough: 2)
        if let lack = lack(counts) { return Coefficient(.undefined(lack), counts: counts) }
        if let needed = metric.kind, needed != kind { return Coefficient(.undefined(.wrongKind), counts: counts) }

        var occurrences = [Int](repeating: 0, count: ratings.count)
        forEachUnit(enough: 2) { row in for rating in row { occurrences[rating] += 1 } }
        let used = occurrences.indices.filter { occurrences[$0] > 0 }
        if used.count < 2 {
            return Coefficient(.undefined(.noVariation), observed: 0, expected: 0, counts: counts)
        }

        let sums: (observed: Double, expected: Double)
        switch metric {
        case .nominal:
            sums = (observedSum { _, _ in 1 }, unequalPairs(occurrences))
        case .interval:
            sums = squaredSums(at: numbers, occurrences)
        case .ordinal:
            sums = squaredSums(at: middleRanks(occurrences), occurrences)
        case .ratio:
            let numbers = numbers
            if numbers[used[0]] < 0 { return Coefficient(.undefined(.negativeNumber), counts: counts) }
            sums = ratioSums(occurrences, used) { left, right in
                let ratio = (numbers[left] - numbers[right]) / (numbers[left] + numbers[right])
                return ratio * ratio
            }
        case .jaccard, .masi:
            let sets = sets ?? CodeSets(ratings)
            let isMASI = metric == .masi
            sums = (
                observedSum { sets.distance($0, $1, masi: isMASI) },
                unequalPairs(occurrences) - 2 * sets.likenessSum(occurrences, masi: isMASI)
            )
        }
        let values = Double(counts.pairableValues)
        let observed = sums.observed / values
        let expected = sums.expected / (values * (values - 1))
        return Coefficient(.value(1 - observed / expected), observed: observed, expected: expected, counts: counts)
    }

    private var numbers: [Double] {
        ratings.map { if case .number(let number) = $0 { number } else { 0 } }
    }

    /// Over the ordered pairs of unequal values in each unit of m values: Σ `distance` / (m − 1).
    @inline(__always)
    private func observedSum(_ distance: (Int, Int) -> Double) -> Double {
        var sum = 0.0
        forEachUnit(enough: 2) { row in
            var unit = 0.0
            for place in 1..<row.count {
                for other in 0..<place where row[other] != row[place] { unit += distance(row[other], row[place]) }
            }
            sum += 2 * unit / Double(row.count - 1)
        }
        return sum
    }

    /// The ordered pairs of unequal values among all.
    private func unequalPairs(_ occurrences: [Int]) -> Double {
        let values = Double(occurrences.reduce(0, +))
        return occurrences.reduce(0) { $0 + Double($1) * (values - Double($1)) }
    }

    /// Both sums for the square of a difference of places; the expected one by the variance.
    private func squaredSums(at place: [Double], _ occurrences: [Int]) -> (observed: Double, expected: Double) {
        var mean = 0.0
        var values = 0.0
        // A running mean: no sum of large numbers that cancel later.
        for (rating, count) in occurrences.enumerated() where count > 0 {
            values += Double(count)
            mean += (place[rating] - mean) * Double(count) / values
        }
        var deviation = 0.0
        for (rating, count) in occurrences.enumerated() {
            deviation += Double(count) * (place[rating] - mean) * (place[rating] - mean)
        }
        let observed = observedSum { left, right in (place[left] - place[right]) * (place[left] - place[right]) }
        return (observed, 2 * values * deviation)
    }

    /// The middle of each rating's ranks: the difference of two is Σ n_g from c to k, less half of n_c + n_k.
    private func middleRanks(_ occurrences: [Int]) -> [Double] {
        var before = 0
        return occurrences.map { count in
            defer { before += count }
            return Double(before) + Double(count) / 2
        }
    }

    /// Both sums for the ratio metric, the expected one over pairs of distinct ratings.
    private func ratioSums(
        _ occurrences: [Int], _ used: [Int], _ distance: (Int, Int) -> Double
    ) -> (observed: Double, expected: Double) {
        var expected = 0.0
        for (place, left) in used.enumerated() {
            var sum = 0.0
            for right in used[(place + 1)...] { sum += Double(occurrences[right]) * distance(left, right) }
            expected += 2 * Double(occurrences[left]) * sum
        }
        return (observedSum(distance), expected)
    }
}
