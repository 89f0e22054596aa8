import AnnotationModel
import TeamCoding
import Testing

@Suite struct RoundPlanTests {
    private func plan(
        _ documents: [UInt64], _ coders: [UInt64], _ count: Int, _ order: RoundPlan.Order = .fixed
    ) throws -> RoundPlan {
        try RoundPlan(
            documents: documents.map(id), coders: coders.map(member), codingsPerDocument: count, order: order)
    }

    private func shown(_ plan: RoundPlan) -> [String] {
        plan.assignments.map { "\($0.document.low)-\($0.coder.low)" }
    }

    @Test func fixedOrderGoesRound() throws {
        #expect(
            try shown(plan([9, 8, 7], [3, 1, 2], 2)) == ["9-1", "9-3", "8-2", "8-3", "7-1", "7-2"])
        #expect(try shown(plan([1, 1, 2], [5, 5], 1)) == ["1-5", "2-5"], "what is named twice counts once")
    }

    @Test func whatCannotBeDividedIsRefused() {
        #expect(throws: RoundPlanError.noDocuments) { try plan([], [1], 1) }
        #expect(throws: RoundPlanError.noCoders) { try plan([1], [], 1) }
        #expect(throws: RoundPlanError.codingsOutOfRange(3, coders: 2)) { try plan([1], [1, 2], 3) }
        #expect(throws: RoundPlanError.codingsOutOfRange(0, coders: 2)) { try plan([1], [1, 2], 0) }
        #expect(throws: RoundPlanError.tooManyCoders(65)) { try plan([1], Array(1...65), 1) }
    }

    /// What was announced with a seed can be had again on any machine and with any later version.
    @Test func aSeedIsAPromise() throws {
        #expect(
            try shown(plan([1, 2, 3, 4], [1, 2, 3], 2, .random(seed: 2015)))
                == ["1-1", "1-2", "2-1", "2-3", "3-2", "3-3", "4-1", "4-2"])
    }

    @Test(arguments: 0..<60 as Range<UInt64>)
    func workIsSpreadEvenly(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let coders = Array(1...UInt64(1 + random.below(9)))
        let documents = Array(1...UInt64(1 + random.below(50)))
        let count = 1 + random.below(coders.count)
        for order in [RoundPlan.Order.fixed, .random(seed: seed)] {
            let plan = try plan(documents, coders, count, order)
            #expect(plan.assignments.count == documents.count * count)
            #expect(Set(plan.assignments).count == plan.assignments.count, "nobody gets one document twice")
            let loads = coders.map { coder in plan.assignments.filter { $0.coder == member(coder) }.count }
            #expect(loads.max()! - loads.min()! <= 1, "seed \(seed), \(order): \(loads)")
            for document in documents {
                #expect(plan.assignments.filter { $0.document == id(document) }.count == count)
            }
        }
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func theOrderOfNamesDoesNotMatterToChance(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let documents: [UInt64] = Array(1...20)
        let coders: [UInt64] = Array(1...5)
        let first = try plan(documents, coders, 2, .random(seed: seed))
        let mixed = documents.map { ($0, random.next()) }.sorted { $0.1 < $1.1 }.map(\.0)
        let second = try plan(mixed, coders.reversed(), 2, .random(seed: seed))
        #expect(Set(first.assignments) == Set(second.assignments))
        #expect(Set(first.assignments) != Set(try plan(documents, coders, 2, .random(seed: seed + 1)).assignments))
    }

    /// Six pairs of four coders: each meets as often as any other.
    @Test(arguments: 0..<40 as Range<UInt64>)
    func pairsMeetEquallyOften(seed: UInt64) throws {
        let plan = try plan(Array(1...60), [1, 2, 3, 4], 2, .random(seed: seed))
        let pairs = Dictionary(grouping: plan.assignments, by: \.document).values.map { Set($0.map(\.coder)) }
        let counts = Dictionary(grouping: pairs) { $0 }.mapValues(\.count)
        #expect(counts.count == 6 && counts.values.max()! - counts.values.min()! <= 2, "\(counts.values.sorted())")
    }
}
