import TeamCoding
import Testing

/// Worked examples of the papers, with the figures that these print.
@Suite struct PublishedExampleTests {
    /// Units × coders from how often each combination of two coders' categories occurs.
    private func crossed(_ counts: [[Int]]) throws -> ReliabilityTable {
        var units: [[Rating?]] = []
        for (first, row) in counts.enumerated() {
            for (second, count) in row.enumerated() {
                for _ in 0..<count { units.append([.code(Category("\(first)")), .code(Category("\(second)"))]) }
            }
        }
        return try ReliabilityTable(coderCount: 2, units: units)
    }

    /// Cohen (1960): two hundred subjects, proportions .44 .07 .09 / .05 .20 .05 / .01 .03 .06.
    @Test func cohen1960() throws {
        let kappa = try crossed([[88, 14, 18], [10, 40, 10], [2, 6, 12]]).cohenKappa()
        #expect(isClose(kappa.observed, 0.70))
        #expect(isClose(kappa.expected, 0.41))
        #expect(isClose(kappa.value, 0.492, 5e-4))
        #expect(kappa.counts == UnitCounts(units: 200, incomplete: 0, used: 200, pairableValues: 400))
    }

    /// Fleiss (1971), table 1: thirty patients, six psychiatrists each, five categories.
    @Test func fleiss1971() throws {
        let patients = [
            "444444", "222555", "233335", "555555", "222444", "113333", "333355", "113334", "114444", "555555",
            "144444", "124444", "222333", "144444", "224445", "333335", "111455", "111112", "224444", "133555",
            "555555", "244444", "224555", "114444", "144445", "222224", "111155", "224444", "133333", "555555",
        ]
        let units = patients.map { $0.map { Rating?.some(.code(Category(String($0)))) } }
        let kappa = try ReliabilityTable(coderCount: 6, units: units).fleissKappa()
        #expect(isClose(kappa.observed, 0.5556, 5e-4))
        #expect(isClose(kappa.expected, 0.2201, 5e-4))
        #expect(isClose(kappa.value, 0.430, 5e-4))
    }

    /// Krippendorff, Content Analysis (1980; 2004, section 11.3.1): two observers, ten units, binary.
    @Test func krippendorff1980() throws {
        let alpha = try codes("0100000010", "1110010000").krippendorffAlpha()
        #expect(isClose(alpha.value, 0.095, 5e-4))
    }

    /// Krippendorff (2011): two observers, twelve units, five categories.
    @Test func krippendorff2011Nominal() throws {
        #expect(isClose(try codes("aabbdcccedda", "babbbccceddd").krippendorffAlpha().value, 0.692, 5e-4))
    }

    /// Krippendorff (2011; also Content Analysis, 2004): four observers, twelve units, gaps.
    private func fourObservers() throws -> ReliabilityTable {
        let coders: [[Double?]] = [
            [1, 2, 3, 3, 2, 1, 4, 1, 2, nil, nil, nil], [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, nil, 3],
            [nil, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, nil], [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, nil],
        ]
        return try numbers((0..<12).map { unit in coders.map { $0[unit] } })
    }

    @Test func krippendorff2011WithGaps() throws {
        let table = try fourObservers()
        #expect(isClose(table.krippendorffAlpha(.nominal).value, 0.743, 5e-4))
        #expect(isClose(table.krippendorffAlpha(.ordinal).value, 0.815, 5e-4))
        #expect(isClose(table.krippendorffAlpha(.interval).value, 0.849, 5e-4))
        #expect(isClose(table.krippendorffAlpha(.ratio).value, 0.797, 5e-4))
        let counts = table.krippendorffAlpha().counts
        #expect(counts == UnitCounts(units: 12, incomplete: 4, used: 11, pairableValues: 40))
    }

    /// Gwet, Handbook (2014), on the same data.
    @Test func gwet2014WithGaps() throws {
        #expect(isClose(try fourObservers().gwetAC().value, 0.77544, 5e-6))
    }

    /// Gwet (2008): 125 subjects, nearly all positive. Kappa is below 0 at an agreement of 94 %.
    @Test func gwet2008() throws {
        let table = try crossed([[118, 5], [2, 0]])
        #expect(isClose(table.percentAgreement().value, 0.944))
        #expect(isClose(table.cohenKappa().value, -0.0234, 5e-5))
        #expect(isClose(table.gwetAC().value, 0.9408, 5e-5))
    }

    /// Hayes and Krippendorff (2007), table 1: five observers, forty newspaper articles, tone from 0 to 3.
    @Test func hayesAndKrippendorff2007() throws {
        let articles = """
            112.2 1101. 2333. .00.0 000.0 000.0 102.1 1.20. 222.2 2111. .100. 0000. 1222. 33223 111.1 111.1 212.2 1233. 1101. 000.0
            0011. 00.00 2333. 0000. 12.22 0111. 00010 1212. 1122. 112.2 110.0 2121. 22.22 3222. 222.2 223.2 222.2 22.12 2222. 111.1
            """.split { $0 == " " || $0 == "\n" }.map { $0.map { $0.wholeNumberValue.map(Double.init) } }
        #expect(articles.count == 40)
        let table = try numbers(articles)
        #expect(isClose(table.krippendorffAlpha(.ordinal).value, 0.7598, 5e-5))
        #expect(isClose(table.krippendorffAlpha(.nominal).value, 0.4765, 5e-5))
        #expect(isClose(table.krippendorffAlpha(.interval).value, 0.7574, 5e-5))
    }

    /// Krippendorff (2004), "Measuring the reliability of qualitative text analysis data", table 1 and following: two observers,
    /// sections from 150 to 450 for two categories. The paper rounds D_o and D_e to four digits before it divides.
    @Test func krippendorff2004Unitizing() throws {
        let shift = 150
        func span(_ offset: Int, _ length: Int, _ category: Category) -> Span {
            Span(offset - shift, offset - shift + length, category)
        }
        let both = [span(180, 60, "k"), span(300, 50, "k")]
        let document = SpanDocument(
            length: 300,
            spans: [
                both + [span(225, 70, "c"), span(370, 30, "c")],
                both + [span(220, 80, "c"), span(355, 20, "c"), span(400, 20, "c")],
            ])
        let table = try SpanTable(coderCount: 2, documents: [document])
        let c = table.unitizingAlpha(of: "c")
        #expect(isClose(c.observed, 0.0144, 5e-5))
        #expect(isClose(c.expected, 0.0532, 5e-5))
        #expect(isClose(c.value, 0.7285, 1e-4))
        let k = table.unitizingAlpha(of: "k")
        #expect(k.observed == 0)
        #expect(isClose(k.expected, 0.0490, 5e-5))
        #expect(k.value == 1)
        #expect(isClose(table.unitizingAlpha().value, 0.8587, 1e-4))
    }

    /// Passonneau (2006): {a} and {a, b} share half, and one holds the other.
    @Test func masiDistance() throws {
        let sets = try ReliabilityTable(
            coderCount: 2, units: [[.codes(["a"]), .codes(["a", "b"])], [.codes(["a", "c"]), .codes(["b", "c"])]])
        // Observed: 1 − 1/2 · 2/3 and 1 − 1/3 · 1/3.
        #expect(isClose(sets.krippendorffAlpha(.masi).observed, (2.0 / 3 + 8.0 / 9) / 2))
        #expect(isClose(sets.krippendorffAlpha(.jaccard).observed, (1.0 / 2 + 2.0 / 3) / 2))
    }
}
