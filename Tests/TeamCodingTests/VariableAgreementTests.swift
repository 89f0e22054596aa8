import AnnotationModel
import TeamCoding
import Testing

/// Agreement of what coders say for a variable of their statements.
@Suite struct VariableAgreementTests {
    private static let position = StatementVariable.builtIn(.position)
    private static let date = StatementVariable.builtIn(.date)
    private static let instruments = StatementVariable.builtIn(.instruments)
    private static let certainty = StatementVariable.defined(id(21))
    private static let claim = id(31)

    /// Passages that lie apart, so that each is a cluster; a statement for each list of values, `nil` where the coder marked
    /// nothing.
    private struct Builder {
        var codings: [RoundCoding] = []
        var statementCount: UInt64 = 0

        mutating func add(
            _ passage: Int, by coder: UInt64, _ statements: [(type: RecordID?, values: [VariableValues])],
            document: UInt64 = 1
        ) {
            var made: [CodedStatement] = []
            for statement in statements {
                statementCount += 1
                made.append(
                    CodedStatement(id: id(statementCount + 5_000_000), type: statement.type, values: statement.values))
            }
            codings.append(
                coding(
                    UInt64(codings.count + 1), by: coder, passage * 20..<passage * 20 + 10, statements: made,
                    document: document))
        }

        mutating func add(_ passage: Int, by coder: UInt64, _ variable: StatementVariable, _ values: [CodedValue]) {
            let type: RecordID? = if case .defined = variable { VariableAgreementTests.claim } else { nil }
            add(passage, by: coder, [(type, [VariableValues(variable, values)])])
        }
    }

    private func tables(_ builder: Builder, coders: [UInt64], finished: [UInt64]) throws -> RoundAgreementTables {
        try RoundAgreementTables(
            material(builder.codings, coders: coders, documents: [document(coders: finished)]))
    }

    @Test func aRatingIsAllThatACoderSaysForTheVariable() throws {
        var builder = Builder()
        // One says two values in two statements, two says one of them, three marks the passage without a statement.
        builder.add(
            0, by: 1,
            [
                (nil, [VariableValues(Self.position, [.text("a")])]),
                (nil, [VariableValues(Self.position, [.text("b")])]),
            ])
        builder.add(0, by: 2, Self.position, [.text("a")])
        builder.add(0, by: 3, [])
        // Only codes and marks: no unit.
        builder.add(1, by: 1, [])
        // A statement of another type: no unit of the position.
        builder.add(2, by: 1, Self.certainty, [.integer(3)])
        // A statement without a position is asked for it.
        builder.add(3, by: 1, [(nil, [VariableValues(Self.date, [.date("2008-08-08")])])])
        let tables = try tables(builder, coders: [1, 2, 3, 4], finished: [1, 2])
        #expect(tables.variables == [Self.position, Self.date, Self.certainty])
        let table = try tables.table(of: Self.position)
        #expect(table.ratings.unitCount == 2 && table.unitDocuments == [id(1), id(1)] && table.leftOut == 0)
        #expect(
            (0..<4).map { table.ratings[0, $0] } == [
                .codes(["text a", "text b"]), .codes(["text a"]), .codes([]), nil,
            ])
        // Silence of those who have finished is a rating, as it is for codes.
        #expect((0..<4).map { table.ratings[1, $0] } == [.codes([]), .codes([]), nil, nil])
        #expect(table.ratings.krippendorffAlpha(.masi).counts.incomplete == 2)
        #expect(try tables.table(of: Self.certainty).ratings.unitCount == 1)
        #expect(try tables.table(of: .defined(id(99))).ratings.unitCount == 0)
    }

    /// By hand: units (a, a), (a, b), (b, b), (b, nothing). Coincidences: D_o = 4/8; values a 3, b 4, nothing 1 of 8:
    /// D_e = (3·5 + 4·4 + 1·7)/(8·7) = 38/56. α = 1 − (1/2)/(38/56) = 5/19.
    @Test func nominalByHand() throws {
        var builder = Builder()
        for (passage, pair) in [["a", "a"], ["a", "b"], ["b", "b"], ["b", ""]].enumerated() {
            for (coder, text) in pair.enumerated() where !text.isEmpty {
                builder.add(passage, by: UInt64(coder + 1), Self.position, [.text(text)])
            }
        }
        let tables = try tables(builder, coders: [1, 2], finished: [1, 2])
        for level in [AlphaMetric.nominal, .masi, .jaccard] {
            let alpha = try tables.table(of: Self.position, level: level).ratings.krippendorffAlpha(level)
            #expect(isClose(alpha.value, 5.0 / 19), "\(level)")
        }
        // Who has not finished has not said "nothing": units (a, a), (a, b), (b, b), and one of a single rating.
        // D_o = 2/6, D_e = (3·3 + 3·3)/(6·5) = 18/30, α = 1 − (1/3)/(3/5) = 4/9.
        let open = try self.tables(builder, coders: [1, 2], finished: [])
        let alpha = try open.table(of: Self.position).ratings.krippendorffAlpha(.masi)
        #expect(isClose(alpha.value, 4.0 / 9))
        #expect(alpha.counts == UnitCounts(units: 4, incomplete: 1, used: 3, pairableValues: 6))
    }

    /// By hand: {1, 2} and {2}: likeness 1/2 × 2/3; {3} and {3}. Values {1,2}, {2}, {3}, {3}. D_o = 2·(2/3)/4 = 1/3.
    /// D_e = 2·(2/3 + 2 + 2)/(4·3) = 7/9. α = 1 − (1/3)/(7/9) = 4/7.
    @Test func setsByHand() throws {
        var builder = Builder()
        func entities(_ numbers: UInt64...) -> [CodedValue] { numbers.map { .record(id($0)) } }
        builder.add(0, by: 1, Self.instruments, entities(1, 2))
        builder.add(0, by: 2, Self.instruments, entities(2))
        builder.add(1, by: 1, Self.instruments, entities(3))
        builder.add(1, by: 2, Self.instruments, entities(3))
        let tables = try tables(builder, coders: [1, 2], finished: [1, 2])
        #expect(isClose(try tables.table(of: Self.instruments).ratings.krippendorffAlpha(.masi).value, 4.0 / 7))
    }

    /// By hand, two coders, units (1, 1), (2, 3), (4, 4). Interval: D_o = 2·1/6; over pairs of 1 1 2 3 4 4 the squares sum to
    /// 2·(2·(1 + 4 + 9·2) + 1 + 2·4 + 2·1)/30 = 2·57/30. α = 1 − (1/3)/(57/15) = 52/57.
    @Test func numbersByHand() throws {
        var builder = Builder()
        for (passage, pair) in [[1, 1], [2, 3], [4, 4]].enumerated() {
            for (coder, number) in pair.enumerated() {
                builder.add(passage, by: UInt64(coder + 1), Self.certainty, [.integer(Int64(number))])
            }
        }
        // Neither is a number: nothing, and two numbers at once.
        builder.add(3, by: 1, [(Self.claim, [])])
        builder.add(3, by: 2, Self.certainty, [.integer(1), .integer(2)])
        builder.add(4, by: 1, Self.certainty, [.integer((1 << 53) + 1)])
        let table = try tables(builder, coders: [1, 2], finished: [1, 2]).table(of: Self.certainty, level: .interval)
        let alpha = table.ratings.krippendorffAlpha(.interval)
        #expect(isClose(alpha.value, 52.0 / 57))
        #expect(table.leftOut == 2)
        #expect(alpha.counts == UnitCounts(units: 5, incomplete: 2, used: 3, pairableValues: 6))
    }

    /// By hand: days 0 and 0, 1 and 3 across the end of a leap February, with a year and a month that are no days.
    /// D_o = 2·4/4, squares over 0 0 1 3: 2·(2·1 + 2·9 + 4)/12 = 4. α = 1 − 2/4.
    @Test func datesAreComparedByDay() throws {
        var builder = Builder()
        let pairs = [
            ["2008-02-27", "2008-02-27"], ["2008-02-28", "2008-03-01"], ["2008", "2008-02-27"],
            ["2008-02-30", "2008-02"],
        ]
        for (passage, pair) in pairs.enumerated() {
            for (coder, day) in pair.enumerated() {
                builder.add(passage, by: UInt64(coder + 1), Self.date, [.date(day)])
            }
        }
        let tables = try tables(builder, coders: [1, 2], finished: [1, 2])
        let table = try tables.table(of: Self.date, level: .interval)
        let alpha = table.ratings.krippendorffAlpha(.interval)
        #expect(isClose(alpha.value, 0.5))
        #expect(table.leftOut == 3)
        #expect(alpha.counts == UnitCounts(units: 4, incomplete: 2, used: 2, pairableValues: 4))
        // As what was written they all count.
        #expect(try tables.table(of: Self.date).ratings.krippendorffAlpha(.masi).counts.incomplete == 0)
    }

    @Test func aLevelNeedsValuesOfItsScale() throws {
        var builder = Builder()
        let flag = StatementVariable.defined(id(22))
        builder.add(0, by: 1, Self.position, [.text("a")])
        builder.add(1, by: 1, flag, [.boolean(true)])
        builder.add(2, by: 1, Self.date, [.date("2008-08-08")])
        builder.add(3, by: 1, Self.certainty, [.integer(-1)])
        builder.add(3, by: 2, Self.certainty, [.integer(2)])
        let tables = try tables(builder, coders: [1, 2], finished: [1, 2])
        for level in [AlphaMetric.ordinal, .interval, .ratio] {
            for variable in [Self.position, flag, .builtIn(.speaker)] {
                #expect(throws: VariableTableError.noSuchOrder(level)) { try tables.table(of: variable, level: level) }
            }
        }
        #expect(throws: VariableTableError.noSuchOrder(.ratio)) { try tables.table(of: Self.date, level: .ratio) }
        #expect(
            try tables.table(of: Self.certainty, level: .ratio).ratings.krippendorffAlpha(.ratio).outcome
                == .undefined(.negativeNumber))
        // One coder's day is nothing to compare; nobody's speaker never varies.
        #expect(
            try tables.table(of: Self.date, level: .ordinal).ratings.krippendorffAlpha(.ordinal).outcome
                == .undefined(.nothingPairable))
        #expect(
            try tables.table(of: .builtIn(.speaker)).ratings.krippendorffAlpha(.masi).outcome
                == .undefined(.noVariation))
        #expect(
            try tables.table(of: .defined(id(99))).ratings.krippendorffAlpha(.masi).outcome == .undefined(.nothingCoded)
        )
    }

    // MARK: Properties

    /// A round with statements, in which the numbers of coders and documents are given by permutations.
    private struct Sample {
        let coderCount: Int
        let documentCount: Int
        let finished: [Set<Int>]
        /// Document, passage, coder, values of position, certainty.
        let said: [(document: Int, passage: Int, coder: Int, statements: [(String?, Int64?)])]

        init(_ random: inout SplitMix64) {
            coderCount = 2 + random.below(3)
            documentCount = 1 + random.below(3)
            var finished: [Set<Int>] = []
            var said: [(document: Int, passage: Int, coder: Int, statements: [(String?, Int64?)])] = []
            for document in 0..<documentCount {
                var here: Set<Int> = []
                for coder in 0..<coderCount where random.chance(3, in: 5) { here.insert(coder) }
                finished.append(here)
                for passage in 0..<2 + random.below(8) {
                    for coder in 0..<coderCount where random.chance(4, in: 5) {
                        let statements = (0..<random.below(3)).map { _ -> (String?, Int64?) in
                            random.chance(1, in: 2)
                                ? (random.pick(["support", "reject", "neutral"]), nil)
                                : (nil, Int64(1 + random.below(4)))
                        }
                        said.append((document, passage, coder, statements))
                    }
                }
            }
            self.finished = finished
            self.said = said
        }

        /// - Parameters:
        ///   - coders: The number of each coder, from 1.
        ///   - documents: The number of each document, from 1.
        ///   - order: In which order statements and codings are made.
        func tables(coders: [Int], documents: [Int], order: [Int]) throws -> RoundAgreementTables {
            var builder = Builder()
            for place in order {
                let (document, passage, coder, statements) = said[place]
                builder.add(
                    passage, by: UInt64(coders[coder]),
                    statements.map { position, number in
                        if let position {
                            (nil, [VariableValues(VariableAgreementTests.position, [.text(position)])])
                        } else {
                            (
                                VariableAgreementTests.claim,
                                [VariableValues(VariableAgreementTests.certainty, [.integer(number ?? 0)])]
                            )
                        }
                    }, document: UInt64(documents[document]))
            }
            return try RoundAgreementTables(
                material(
                    builder.codings, coders: (1...coderCount).map { UInt64($0) },
                    documents: finished.enumerated().map { place, finished in
                        document(
                            UInt64(documents[place]), coders: finished.sorted().map { UInt64(coders[$0]) })
                    }))
        }
    }

    private func all(_ tables: RoundAgreementTables) throws -> [Coefficient] {
        var result: [Coefficient] = []
        for level in [AlphaMetric.nominal, .jaccard, .masi] {
            for variable in [Self.position, Self.certainty] {
                let table = try tables.table(of: variable, level: level).ratings
                result += [
                    table.krippendorffAlpha(level), table.percentAgreement(), table.fleissKappa(), table.gwetAC(),
                ]
            }
        }
        for level in [AlphaMetric.ordinal, .interval, .ratio] {
            result.append(try tables.table(of: Self.certainty, level: level).ratings.krippendorffAlpha(level))
        }
        return result
    }

    @Test func theOrderOfCodersStatementsAndDocumentsDoesNotMatter() throws {
        for seed in seeds(60) {
            var random = SplitMix64(seed: seed)
            let sample = Sample(&random)
            let (coders, documents) = (Array(1...sample.coderCount), Array(1...sample.documentCount))
            let order = Array(sample.said.indices)
            let plain = try all(sample.tables(coders: coders, documents: documents, order: order))
            let shuffled = try all(
                sample.tables(
                    coders: random.shuffled(coders), documents: random.shuffled(documents),
                    order: random.shuffled(order)))
            for (one, other) in zip(plain, shuffled) {
                #expect(isClose(one.value, other.value) && one.counts == other.counts, rerun(seed))
                if one.value == nil { #expect(one.outcome == other.outcome, rerun(seed)) }
            }
        }
    }

    @Test func aUnitThatNobodyRatedLeavesAlpha() throws {
        for seed in seeds(60) {
            var random = SplitMix64(seed: seed)
            let sample = Sample(&random)
            let tables = try sample.tables(
                coders: Array(1...sample.coderCount), documents: Array(1...sample.documentCount),
                order: Array(sample.said.indices))
            for (variable, level) in [
                (Self.position, AlphaMetric.masi), (Self.certainty, .nominal), (Self.certainty, .ordinal),
            ] {
                let table = try tables.table(of: variable, level: level).ratings
                let rows = (0..<table.unitCount).map { unit in (0..<table.coderCount).map { table[unit, $0] } }
                let none = [Rating?](repeating: nil, count: table.coderCount)
                let more = try ReliabilityTable(coderCount: table.coderCount, units: rows + [none])
                let (alpha, again) = (table.krippendorffAlpha(level), more.krippendorffAlpha(level))
                // Without any unit there is nothing coded; with one that nobody rated nothing to compare.
                #expect(alpha.value == again.value, rerun(seed))
                #expect(again.counts.incomplete == alpha.counts.incomplete + 1, rerun(seed))
            }
        }
    }

    /// Against packages for Python, which read the same rounds by rules written anew in scripts/lib/agreement_fixtures.py.
    @Test func variablesOfRoundsAreThoseOfIndependentPrograms() throws {
        var compared = 0
        for one in try fixture("variables") {
            let comment: Comment = "\(one["seed"] ?? "")"
            let coders = try #require(one["coders"] as? Int)
            var builder = Builder()
            var documents: [RoundDocument] = []
            for (place, item) in try #require(one["documents"] as? [[String: Any]]).enumerated() {
                let number = UInt64(place + 1)
                let finished = try #require(item["finished"] as? [Int])
                documents.append(document(number, coders: finished.map { UInt64($0 + 1) }))
                for (passage, row) in try #require(item["passages"] as? [[Any]]).enumerated() {
                    for (coder, coded) in row.enumerated() {
                        guard let coded = coded as? [[String: Any]] else { continue }
                        builder.add(
                            passage, by: UInt64(coder + 1), coded.map(Self.statement), document: number)
                    }
                }
            }
            let tables = try RoundAgreementTables(
                material(builder.codings, coders: (1...coders).map { UInt64($0) }, documents: documents))
            for (name, variable) in [
                ("position", Self.position), ("instruments", Self.instruments), ("date", Self.date),
                ("certainty", Self.certainty),
            ] {
                for level in AlphaMetric.allCases {
                    let key = "\(name) \(level.rawValue)"
                    guard let theirs = one[key] else { continue }
                    let alpha = try tables.table(of: variable, level: level).ratings.krippendorffAlpha(level)
                    #expect(alpha.counts.units == one["units \(name)"] as? Int, comment)
                    if level.rawValue == "masi" {
                        #expect(alpha.counts.incomplete == one["incomplete \(name)"] as? Int, comment)
                    }
                    // NLTK calls it 1 if nothing varies.
                    if alpha.outcome == .undefined(.noVariation), theirs as? Double == 1 { continue }
                    #expect(isClose(alpha.value, theirs as? Double), "\(comment) \(key) \(alpha)")
                    if alpha.value != nil { compared += 1 }
                }
            }
        }
        #expect(compared > 250)
    }

    private static func statement(_ item: [String: Any]) -> (type: RecordID?, values: [VariableValues]) {
        func values<Element>(_ name: String, _ value: (Element) -> CodedValue) -> [CodedValue] {
            (item[name] as? [Element] ?? []).map(value)
        }
        return (
            item["type"] as? String == "claim" ? claim : nil,
            [
                VariableValues(position, values("position") { .text($0) }),
                VariableValues(date, values("date") { .date($0) }),
                VariableValues(instruments, values("instruments") { (number: Int) in .record(id(UInt64(number))) }),
                VariableValues(certainty, values("certainty") { (number: Int) in .integer(Int64(number)) }),
            ]
        )
    }
}
