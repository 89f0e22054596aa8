import AnnotationModel
import TeamCoding
import Testing

/// Never a number from nothing.
@Suite struct UndefinedTests {
    private func all(_ table: ReliabilityTable) -> [Coefficient] {
        [
            table.percentAgreement(), table.cohenKappa(), table.fleissKappa(), table.krippendorffAlpha(),
            table.gwetAC(),
        ]
    }

    @Test func withoutUnitsCodersOrPairsThereIsNoCoefficient() throws {
        for coefficient in all(try ReliabilityTable(coderCount: 2, units: [])) {
            #expect(coefficient.outcome == .undefined(.nothingCoded))
        }
        for coders in [0, 1] {
            let units = [[Rating?]](repeating: .init(repeating: .code("a"), count: coders), count: 3)
            for coefficient in all(try ReliabilityTable(coderCount: coders, units: units)) {
                #expect(coefficient.outcome == .undefined(.singleCoder))
            }
        }
        for coefficient in all(try codes("a.b", ".a.")) {
            #expect(coefficient.outcome == .undefined(.nothingPairable))
            #expect(coefficient.counts == UnitCounts(units: 3, incomplete: 3, used: 0, pairableValues: 0))
        }
    }

    @Test func agreementBeyondChanceHasNoMeaningWhereNothingVaries() throws {
        let table = try codes("aaaa", "aa.a")
        #expect(table.percentAgreement().value == 1)
        #expect(table.cohenKappa().outcome == .undefined(.noVariation))
        #expect(table.fleissKappa().outcome == .undefined(.noVariation))
        #expect(table.krippendorffAlpha().outcome == .undefined(.noVariation))
        #expect(table.gwetAC().outcome == .undefined(.noVariation))
        // A second category that nobody chose was still to be had: to Gwet that is agreement.
        let scale = try ReliabilityTable(
            coderCount: 2, units: [[.code("a"), .code("a")]], scale: [.code("a"), .code("b")])
        #expect(scale.gwetAC().value == 1)
        #expect(scale.cohenKappa().outcome == .undefined(.noVariation))
        // Two empty sets agree, and do not vary.
        let empty = try ReliabilityTable(coderCount: 2, units: [[.codes([]), .codes([])]])
        #expect(empty.krippendorffAlpha(.masi).outcome == .undefined(.noVariation))
        #expect(empty.percentAgreement().value == 1)
        #expect(try numbers([[2, 2], [2, 2]]).krippendorffAlpha(.interval).outcome == .undefined(.noVariation))
    }

    @Test func emptySetsAreRatings() throws {
        let table = try ReliabilityTable(
            coderCount: 2,
            units: [[.codes([]), .codes(["a"])], [.codes(["a"]), .codes(["a"])], [.codes([]), .codes([])]])
        // Jaccard of two kinds of set that share nothing is nominal alpha.
        #expect(isClose(table.krippendorffAlpha(.jaccard).value, table.krippendorffAlpha(.nominal).value))
    }

    @Test func measuresRefuseRatingsThatTheyAreNotFor() throws {
        let codes = try codes("ab", "ba")
        for metric in [AlphaMetric.ordinal, .interval, .ratio, .jaccard, .masi] {
            #expect(codes.krippendorffAlpha(metric).outcome == .undefined(.wrongKind))
        }
        #expect(codes.cohenKappa(.linear).outcome == .undefined(.wrongKind))
        #expect(codes.gwetAC(.quadratic).outcome == .undefined(.wrongKind))
        #expect(try numbers([[1, 2], [3, 1]]).krippendorffAlpha(.masi).outcome == .undefined(.wrongKind))
        #expect(try numbers([[-1, 2], [3, 1]]).krippendorffAlpha(.ratio).outcome == .undefined(.negativeNumber))
        #expect(try numbers([[1, 2, 1]]).cohenKappa().outcome == .undefined(.notTwoCoders))
    }

    @Test func spansWithoutAnythingToCompareAreUndefined() throws {
        func all(_ table: SpanTable) -> [Outcome] {
            [
                table.unitizingAlpha(), table.gamma(GammaParameters(seed: 1)), table.exactF1(), table.overlapF1(),
            ].map(\.outcome)
        }
        func table(_ spans: [[Span]?], coders: Int = 2) throws -> SpanTable {
            try SpanTable(coderCount: coders, documents: [SpanDocument(length: 50, spans: spans)])
        }
        let span = Span(3, 9, "a")
        #expect(
            all(try SpanTable(coderCount: 2, documents: [])) == .init(repeating: .undefined(.nothingCoded), count: 4))
        #expect(all(try table([[], []])) == .init(repeating: .undefined(.nothingCoded), count: 4))
        #expect(all(try table([[span]], coders: 1)) == .init(repeating: .undefined(.singleCoder), count: 4))
        #expect(all(try table([[span], nil])) == .init(repeating: .undefined(.nothingPairable), count: 4))
        #expect(try table([[span], []]).exactF1().value == 0)
        #expect(
            try table([[span, Span(5, 12, "a")], [span]]).unitizingAlpha().outcome == .undefined(.overlappingSpans))
        #expect(try table([[span, Span(5, 12, "b")], [span]]).unitizingAlpha().value != nil)
        // Everybody marks the whole text alike, and so does every shifted continuum.
        let whole = Span(0, 50, "a")
        let parameters = GammaParameters(alpha: 0, samples: 5, seed: 1)
        #expect(try table([[whole], [whole]]).gamma(parameters).outcome == .undefined(.noVariation))
        #expect(try table([[whole], [whole]]).unitizingAlpha().value == 1)
    }

    @Test func tablesThatAreNoneAreRefused() {
        #expect(throws: AgreementInputError.rowLength(unit: 1)) { try numbers([[1, 2], [1]]) }
        #expect(throws: AgreementInputError.numberNotFinite) { try numbers([[1, .nan]]) }
        #expect(throws: AgreementInputError.mixedKinds) {
            try ReliabilityTable(coderCount: 2, units: [[.number(1), .code("1")]])
        }
        for span in [Span(-1, 2, "a"), Span(4, 4, "a"), Span(5, 4, "a"), Span(0, 11, "a")] {
            #expect(throws: AgreementInputError.spanOutside(document: 0)) {
                try SpanTable(coderCount: 1, documents: [SpanDocument(length: 10, spans: [[span]])])
            }
        }
    }
}
