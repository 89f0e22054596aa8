import AnnotationModel
import TeamCoding
import Testing

/// What must hold of any table.
@Suite struct RatingPropertyTests {
    private struct Sample {
        var random: SplitMix64
        let rows: [[Int?]]
        let coders: Int

        init(_ seed: UInt64) {
            random = SplitMix64(seed: seed)
            coders = 2 + random.below(4)
            rows = random.ratings(
                units: 2 + random.below(40), coders: coders, categories: 2 + random.below(5), missing: random.below(40))
        }

        func table(_ rows: [[Int?]], _ rating: (Int) -> Rating) throws -> ReliabilityTable {
            try ReliabilityTable(coderCount: rows.first?.count ?? coders, units: rows.map { $0.map { $0.map(rating) } })
        }
    }

    private func number(_ rating: Int) -> Rating { .number(Double(rating)) }

    /// Every measure that numbers from 0 allow.
    private func all(_ table: ReliabilityTable) -> [Coefficient] {
        RankWeights.allCases.flatMap { [table.cohenKappa($0), table.gwetAC($0)] }
            + [AlphaMetric.nominal, .ordinal, .interval, .ratio].map { table.krippendorffAlpha($0) }
            + [table.percentAgreement(), table.fleissKappa()]
    }

    private func expectEqual(_ left: [Coefficient], _ right: [Coefficient], _ comment: Comment) {
        for (left, right) in zip(left, right) {
            #expect(isClose(left.value, right.value), comment)
            if left.value == nil { #expect(left.outcome == right.outcome, comment) }
        }
    }

    @Test func theOrderOfCodersAndUnitsDoesNotMatter() throws {
        for seed in seeds(200) {
            var sample = Sample(seed)
            let table = try sample.table(sample.rows, number)
            let units = Array(0..<table.unitCount).shuffled(using: &sample.random)
            let coders = Array(0..<table.coderCount).shuffled(using: &sample.random)
            expectEqual(all(table), all(table.units(units)), rerun(seed))
            expectEqual(all(table), all(table.coders(coders)), rerun(seed))
        }
    }

    @Test func unitsThatNobodyRatedChangeNothingButTheirCount() throws {
        for seed in seeds(100) {
            let sample = Sample(seed)
            let table = try sample.table(sample.rows, number)
            let more = try sample.table(sample.rows + [.init(repeating: nil, count: sample.coders)], number)
            expectEqual(all(table), all(more), rerun(seed))
            #expect(
                more.krippendorffAlpha().counts.incomplete == table.krippendorffAlpha().counts.incomplete + 1,
                rerun(seed))
            #expect(more.rated == table.rated, rerun(seed))
        }
    }

    @Test func namesOfNominalCategoriesDoNotMatter() throws {
        for seed in seeds(100) {
            var sample = Sample(seed)
            let names = (0..<8).map { Category("code \($0)") }.shuffled(using: &sample.random)
            let table = try sample.table(sample.rows, number)
            let renamed = try sample.table(sample.rows) { .code(names[$0]) }
            func nominal(_ table: ReliabilityTable) -> [Coefficient] {
                [
                    table.percentAgreement(), table.cohenKappa(), table.fleissKappa(), table.gwetAC(),
                    table.krippendorffAlpha(),
                ]
            }
            expectEqual(nominal(table), nominal(renamed), rerun(seed))
        }
    }

    @Test func eachMetricIgnoresWhatItsScaleLeavesOpen() throws {
        for seed in seeds(100) {
            var sample = Sample(seed)
            let (factor, offset) = (0.25 + Double(sample.random.below(40)), Double(sample.random.below(200) - 100))
            let table = try sample.table(sample.rows, number)
            let affine = try sample.table(sample.rows) { .number(offset - factor * Double($0)) }
            let scaled = try sample.table(sample.rows) { .number(factor * Double($0)) }
            let monotone = try sample.table(sample.rows) { .number(offset + Double($0 * $0 * $0)) }
            func equal(_ metric: AlphaMetric, _ other: ReliabilityTable) {
                expectEqual(
                    [table.krippendorffAlpha(metric)], [other.krippendorffAlpha(metric)],
                    "\(metric) \(rerun(seed, "eachMetricIgnoresWhatItsScaleLeavesOpen"))")
            }
            equal(.interval, affine)
            equal(.ordinal, affine)
            equal(.ratio, scaled)
            equal(.ordinal, monotone)
        }
    }

    @Test func aCoderWhoRepeatsAnotherAgreesFully() throws {
        for seed in seeds(100) {
            let sample = Sample(seed)
            let twice = try sample.table(sample.rows.map { [$0[0], $0[0]] }, number)
            for coefficient in all(twice) {
                // Exactly 1, or nothing to compare.
                #expect(coefficient.value == nil || coefficient.value == 1, rerun(seed))
            }
        }
    }

    @Test func setsStandInTheOrderOfRatings() throws {
        for seed in seeds(50) {
            var random = SplitMix64(seed: seed)
            let units: [[Rating?]] = (0..<30).map { _ in
                (0..<2).map { _ in
                    .codes(
                        Set(
                            (0..<random.below(4)).map { _ in
                                Category("\(random.pick(["ä", "z", "code"]))\(random.below(12))")
                            }))
                }
            }
            let table = try ReliabilityTable(coderCount: 2, units: units)
            #expect(table.ratings == table.ratings.sorted(), rerun(seed))
        }
    }

    @Test func setsOfOneCodeAreCodes() throws {
        for seed in seeds(50) {
            let sample = Sample(seed)
            let one = try sample.table(sample.rows) { .code(Category("\($0)")) }
            let sets = try sample.table(sample.rows) { .codes([Category("\($0)")]) }
            for metric in [AlphaMetric.jaccard, .masi] {
                expectEqual([one.krippendorffAlpha()], [sets.krippendorffAlpha(metric)], rerun(seed))
            }
            for code in one.codes {
                #expect(one.presence(of: code) == sets.presence(of: code), rerun(seed))
            }
        }
    }
}
