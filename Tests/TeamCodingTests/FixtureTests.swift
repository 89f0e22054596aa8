import AnnotationModel
import TeamCoding
import Testing

/// Figures of independent implementations: Tests/Fixtures/agreement names them with their versions.
@Suite struct FixtureTests {
    private func expect(_ ours: Coefficient, _ theirs: Any?, _ what: String) {
        let theirs = theirs as? Double
        #expect(isClose(ours.value, theirs), "\(what): \(ours.outcome), others say \(String(describing: theirs))")
    }

    @Test func alphaOfNumbersIsThatOfTheKrippendorffPackage() throws {
        for one in try fixture("ratings") {
            let table = try table(one)
            for metric in [AlphaMetric.nominal, .ordinal, .interval, .ratio] {
                expect(
                    table.krippendorffAlpha(metric), one["alpha \(metric.rawValue)"], "\(one["seed"] ?? "") \(metric)")
            }
        }
    }

    @Test func kappasAreThoseOfScikitLearnAndStatsmodels() throws {
        for one in try fixture("ratings") {
            let table = try table(one)
            for weights in RankWeights.allCases where table.coderCount == 2 {
                expect(table.cohenKappa(weights), one["cohen \(weights.rawValue)"], "\(one["seed"] ?? "") \(weights)")
            }
            expect(table.fleissKappa(), one["fleiss"], "\(one["seed"] ?? "") Fleiss")
        }
    }

    @Test func acIsThatOfIrrCAC() throws {
        for one in try fixture("ratings") {
            let table = try table(one)
            for weights in RankWeights.allCases {
                let coefficient = table.gwetAC(weights)
                let comment: Comment = "\(one["seed"] ?? "") \(weights) \(coefficient)"
                guard let theirs = one["gwet \(weights.rawValue)"] as? Double else {
                    // irrCAC gives up on some tables; a figure of ours is then not checked here.
                    continue
                }
                #expect(isClose(coefficient.value, theirs), comment)
                #expect(isClose(coefficient.observed, one["agreement \(weights.rawValue)"] as? Double), comment)
            }
        }
    }

    @Test func alphaOfSetsIsThatOfNLTK() throws {
        for one in try fixture("sets") {
            let rows = try #require(one["rows"] as? [[Any]])
            let units = rows.map { $0.map { ($0 as? [String]).map { Rating.codes(Set($0.map { Category($0) })) } } }
            let table = try ReliabilityTable(coderCount: units[0].count, units: units)
            for metric in [AlphaMetric.jaccard, .masi] {
                let alpha = table.krippendorffAlpha(metric)
                let theirs = one["alpha \(metric.rawValue)"]
                // NLTK calls it 1 if nothing varies.
                if alpha.outcome == .undefined(.noVariation), theirs as? Double == 1 { continue }
                expect(alpha, theirs, "\(one["seed"] ?? "") \(metric)")
            }
        }
    }

    @Test func unitizingAlphaIsThatOfItsDefinition() throws {
        for one in try fixture("spans") {
            let coefficient = try spans(one).unitizingAlpha()
            expect(coefficient, one["unitizingAlpha"], "\(one["seed"] ?? "")")
            if one["unitizingAlpha"] is Double == false {
                #expect(coefficient.outcome == .undefined(.overlappingSpans))
            }
        }
    }

    @Test func gammaIsThatOfPygammaAgreement() throws {
        for one in try fixture("spans") {
            let comment: Comment = "\(one["seed"] ?? "")"
            let parameters = GammaParameters(
                alpha: try #require(one["alpha"] as? Double), beta: try #require(one["beta"] as? Double),
                deltaEmpty: try #require(one["deltaEmpty"] as? Double), samples: 60, precisionPercent: 0, seed: 11)
            let gamma = try spans(one).gamma(parameters)
            let observed = try #require(gamma.observed)
            let theirs = try #require(one["observed"] as? Double)
            // Single precision may make the package choose an alignment that is a hair worse; ours is never worse.
            #expect(observed <= theirs + 1e-9, comment)
            #expect(isClose(observed, theirs, 1e-5), comment)
            // Two independent means of samples: five standard errors of their difference.
            let error = try #require(one["expectedError"] as? Double)
            let samples = try #require(one["samples"] as? Int)
            let ours = error * (Double(samples) / 60).squareRoot()
            let difference = try #require(gamma.expected) - (try #require(one["expected"] as? Double))
            #expect(
                abs(difference) < 5 * (error * error + ours * ours).squareRoot(), "\(comment) \(difference) \(error)")
        }
    }

    private func table(_ one: [String: Any]) throws -> ReliabilityTable {
        let rows = try #require(one["rows"] as? [[Any]])
        return try numbers(rows.map { $0.map { $0 as? Double } }, scale: try #require(one["scale"] as? [Double]))
    }

    private func spans(_ one: [String: Any]) throws -> SpanTable {
        let coders = try #require(one["spans"] as? [[[Any]]])
        let spans: [[Span]] = try coders.map { coder in
            try coder.map { span in
                Span(
                    try #require(span[0] as? Int), try #require(span[1] as? Int),
                    Category(try #require(span[2] as? String)))
            }
        }
        let length = try #require(one["length"] as? Int)
        return try SpanTable(coderCount: spans.count, documents: [SpanDocument(length: length, spans: spans)])
    }
}
