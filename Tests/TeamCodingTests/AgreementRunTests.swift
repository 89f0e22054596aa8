import AnnotationModel
import ChangeLog
import Cryptography
import TeamCoding
import Testing

/// A run is recomputed to the digit from its table, parameters and seed.
@Suite struct AgreementRunTests {
    private let cryptography = OpenSSLCryptography()

    private func table(_ seed: UInt64, units: Int = 40) throws -> ReliabilityTable {
        var random = SplitMix64(seed: seed)
        let rows = random.ratings(units: units, coders: 3, categories: 3, missing: 10)
        return try numbers(rows.map { $0.map { $0.map(Double.init) } })
    }

    @Test func theGeneratorGivesWhatItsPaperSays() {
        // The reference implementation's first numbers from seed 1234567.
        var random = SplitMix64(seed: 1_234_567)
        #expect(random.next() == 6_457_827_717_110_365_317)
        #expect(random.next() == 3_203_168_211_198_807_973)
        #expect(random.next() == 9_817_491_932_198_370_423)
    }

    @Test func anybodyRecomputesARunToTheDigit() throws {
        let table = try table(5)
        for measure in [
            RatingMeasure.percentAgreement, .fleissKappa, .krippendorffAlpha(.ordinal), .gwetAC(.linear),
            .cohenKappa(.unweighted),
        ] {
            let run = AgreementRun(
                measure, of: table, bootstrap: Bootstrap(resamples: 200, seed: 9), cryptography: cryptography)
            #expect(run.isReproduced(by: table, cryptography: cryptography), "\(measure)")
            #expect(!run.isReproduced(by: table.units((0..<40).reversed()), cryptography: cryptography), "\(measure)")
            if let value = run.coefficient.value, case .between(let low, let high, let undefined)? = run.interval {
                #expect(low <= value && value <= high && low < high && undefined == 0, "\(measure)")
            } else {
                #expect(measure == .cohenKappa(.unweighted))
                #expect(run.interval == .undefined(.noValue))
            }
        }
    }

    /// Figures that must never change: whoever published them from this seed must find them again.
    @Test func aRunIsWhatItWas() throws {
        let run = AgreementRun(
            .krippendorffAlpha(.interval), of: try table(5), bootstrap: Bootstrap(resamples: 200, seed: 9),
            cryptography: cryptography)
        #expect(run.inputHash.description == "832acc949bff1c29c0a515725f200f4892d49ab4a43af5b0def7813b231f8c20")
        #expect(run.coefficient.value == 0.4532065050629026)
        #expect(run.interval == .between(0.23742894621775257, 0.6630286493860846, undefinedResamples: 0))
    }

    @Test func aRunOfSpansIsRecomputedToo() throws {
        var random = SplitMix64(seed: 4)
        let documents = (0..<6).map { _ in random.document(coders: 2, length: 150, spans: 6) }
        let table = try SpanTable(coderCount: 2, documents: documents)
        for measure in [
            SpanMeasure.exactF1, .overlapF1, .unitizingAlpha,
            .gamma(GammaParameters(samples: 10, precisionPercent: 0, seed: 2)),
        ] {
            let run = AgreementRun(
                measure, of: table, bootstrap: Bootstrap(resamples: 100, seed: 1), cryptography: cryptography)
            #expect(run.isReproduced(by: table, cryptography: cryptography), "\(measure)")
            #expect(
                !run.isReproduced(by: table.documents([1, 0, 2, 3, 4, 5]), cryptography: cryptography), "\(measure)")
            if let value = run.coefficient.value, case .between(let low, let high, _)? = run.interval {
                #expect(low <= value && value <= high, "\(measure)")
            }
        }
    }

    @Test func anIntervalFromTooFewUnitsOrTooManyGapsIsUndefined() throws {
        let bootstrap = Bootstrap(resamples: 100, seed: 1)
        let one = try numbers([[1, 2]])
        #expect(
            AgreementRun(.percentAgreement, of: one, bootstrap: bootstrap, cryptography: cryptography).interval
                == .undefined(.tooFewUnits))
        // One unit in which anything varies: most resamples miss it.
        let rare = try codes("aab", "aab")
        let run = AgreementRun(.krippendorffAlpha(.nominal), of: rare, bootstrap: bootstrap, cryptography: cryptography)
        #expect(run.coefficient.value == 1)
        #expect(run.interval == .undefined(.undefinedResamples))
    }

    @Test func percentilesAreRanks() {
        // The coefficient of a resample is the index that it begins with.
        let interval = Bootstrap(resamples: 1000, percent: 90, seed: 1).interval(units: 100) { .value(Double($0[0])) }
        var random = SplitMix64(seed: 1)
        let values = (0..<1000).map { _ in (0..<100).map { _ in Double(random.below(100)) }[0] }.sorted()
        #expect(interval == .between(values[49], values[950], undefinedResamples: 0))
    }

    @Test func differentTablesHaveDifferentBytes() throws {
        #expect(try codes("ab", "ba").canonicalBytes != codes("ba", "ab").canonicalBytes)
        #expect(try numbers([[1, nil]]).canonicalBytes != numbers([[nil, 1]]).canonicalBytes)
        #expect(try numbers([[1, 2]]).canonicalBytes != numbers([[1, 2]], scale: [3]).canonicalBytes)
        #expect(try numbers([[0, 1]]).canonicalBytes == numbers([[-0.0, 1]]).canonicalBytes)
        let none = try SpanTable(coderCount: 1, documents: [SpanDocument(length: 9, spans: [nil])])
        let nothing = try SpanTable(coderCount: 1, documents: [SpanDocument(length: 9, spans: [[]])])
        #expect(none.canonicalBytes != nothing.canonicalBytes)
    }

    @Test func alphaOfAHundredThousandUnitsIsQuick() throws {
        let table = try table(1, units: 100_000)
        let five = table.coders([0, 1, 2, 0, 1])
        for metric in [AlphaMetric.nominal, .ordinal, .interval, .ratio] {
            let duration = ContinuousClock().measure { _ = five.krippendorffAlpha(metric) }
            // Debug code is many times slower than what people run.
            #expect(duration < .seconds(20), "\(metric) took \(duration)")
        }
    }
}
