import AnnotationModel
import Cryptography
import TeamCoding
import Testing

struct PreMergeTests {
    private func cluster(_ codings: [RoundCoding], coders: [UInt64] = [1, 2, 3]) throws -> CodingCluster {
        let clusters = try material(codings, coders: coders).clusters()
        try #require(clusters.count == 1)
        return clusters[0]
    }

    @Test func `Complete and agreeing asks everybody, incomplete only those who marked`() throws {
        let two = [coding(1, by: 1, 0..<10, codes: [5]), coding(2, by: 2, 0..<10, codes: [5])]
        #expect(PreMerge(.completeAndAgreeing).proposal(for: try cluster(two)) == nil)
        #expect(PreMerge(.incompleteAndAgreeing).proposal(for: try cluster(two))?.codes == [id(5)])
        let three = try cluster(two + [coding(3, by: 3, 1..<10, codes: [5])])
        let proposal = try #require(PreMerge(.completeAndAgreeing).proposal(for: three))
        #expect(proposal.outcome == .accept && proposal.range == 0..<10 && proposal.votes == 3)
        #expect(PreMerge(.completeAndAgreeing, isRangeCompared: true).proposal(for: three) == nil)
        let other = try cluster(two + [coding(3, by: 3, 0..<10, codes: [6])])
        #expect(PreMerge(.completeAndAgreeing).proposal(for: other) == nil)
        #expect(PreMerge(.incompleteAndAgreeing).proposal(for: other) == nil)
    }

    @Test func `A threshold counts users and votes, and nobody wins a tie`() throws {
        func codes(_ votes: [UInt64]) throws -> CodingCluster {
            try cluster(
                votes.enumerated().map { coding(UInt64($0), by: UInt64($0) + 1, 0..<10, codes: [$1]) },
                coders: [1, 2, 3, 4])
        }
        let half = PreMerge(.threshold(users: 2, confidencePercent: 50))
        #expect(half.proposal(for: try codes([5, 5, 6, 7]))?.codes == [id(5)])
        #expect(half.proposal(for: try codes([5, 5, 6, 6])) == nil)
        #expect(half.proposal(for: try codes([5])) == nil)
        let threeQuarters = PreMerge(.threshold(users: 2, confidencePercent: 75))
        #expect(threeQuarters.proposal(for: try codes([5, 5, 6])) == nil)
        #expect(threeQuarters.proposal(for: try codes([5, 5, 5, 6]))?.votesCast == 4)
        // Users are those who say it, not all who marked the passage; confidence is of all of these.
        let three = PreMerge(.threshold(users: 3, confidencePercent: 50))
        #expect(try three.proposal(for: codes([5, 5, 6])) == nil && three.proposal(for: codes([5, 5, 5, 6])) != nil)
        let sixty = PreMerge(.threshold(users: 2, confidencePercent: 60))
        #expect(try sixty.proposal(for: codes([5, 5, 6, 7])) == nil)
        let beyond = PreMerge(.threshold(users: .min, confidencePercent: .max))
        #expect(try beyond.proposal(for: codes([5, 5, 5, 6])) == nil && beyond.proposal(for: codes([5, 5])) != nil)
        #expect(threeQuarters.description == "threshold users=2 confidence=75 ranges=overlapping")
    }

    @Test func `What a coder said in two codings is replaced by one, not accepted`() throws {
        let split = try cluster([coding(1, by: 1, 0..<10, codes: [5]), coding(2, by: 1, 0..<10, codes: [6])])
        let proposal = try #require(PreMerge(.incompleteAndAgreeing).proposal(for: split))
        #expect(proposal.outcome == .replace && proposal.codes == [id(5), id(6)])
    }

    @Test func `Statements agree by what they say, not by their ids`() throws {
        func statement(_ number: UInt64, _ position: String) -> CodedStatement {
            CodedStatement(id: id(number), values: [VariableValues(.builtIn(.position), [.text(position)])])
        }
        func pair(_ position: String) throws -> CodingCluster {
            try cluster([
                coding(1, by: 1, 0..<10, statements: [statement(1, "support")]),
                coding(2, by: 2, 0..<10, statements: [statement(2, position)]),
            ])
        }
        #expect(PreMerge(.incompleteAndAgreeing).proposal(for: try pair("support")) != nil)
        #expect(PreMerge(.incompleteAndAgreeing).proposal(for: try pair("reject")) == nil)
    }
}

struct AdjudicationQueueTests {
    @Test func `Disagreement is the mean over pairs, silence included`() throws {
        func score(_ codings: [RoundCoding], coders: [UInt64]) throws -> Int? {
            try material(codings, coders: coders).clusters().first?.disagreement.millionths
        }
        let one = coding(1, by: 1, 0..<10, codes: [5])
        #expect(try score([one], coders: [1]) == 0)
        #expect(try score([one], coders: [1, 2]) == 1_000_000)
        #expect(try score([one], coders: [1, 2, 3]) == 666_666)
        #expect(try score([one, coding(2, by: 2, 0..<10, codes: [5])], coders: [1, 2]) == 0)
        #expect(try score([one, coding(2, by: 2, 0..<10, codes: [5, 6])], coders: [1, 2]) == 500_000)
        #expect(try score([one, coding(2, by: 2, 0..<20, codes: [5, 6])], coders: [1, 2]) == 750_000)
    }

    @Test func `The worst comes first, and what is decided is left out`() throws {
        let codings = [
            coding(1, by: 1, 0..<10, codes: [5]), coding(2, by: 2, 0..<10, codes: [5]),
            coding(3, by: 1, 50..<60, codes: [5]), coding(4, by: 2, 50..<60, codes: [6]),
            coding(5, by: 1, 90..<99),
        ]
        let open = AdjudicationQueue(try material(codings, coders: [1, 2]))
        #expect(open.entries.map(\.cluster.range.lowerBound) == [50, 90, 0])
        #expect(open.entries.allSatisfy { $0.reason == .undecided })
        let done = decision(1, on: open.entries[0].cluster, .unresolved, lamport: 1)
        let later = AdjudicationQueue(try material(codings, coders: [1, 2], decisions: [done]))
        #expect(later.entries.map(\.cluster.range.lowerBound) == [90, 0] && later.decidedCount == 1)
    }

    @Test(arguments: seeds(20)) func `Late work keeps earlier decisions and shows what it changed`(seed: UInt64) throws
    {
        var random = SplitMix64(seed: seed)
        let codings = random.codings(documents: 1, coders: 3, perCoder: 10, length: 400)
        let before = try material(codings)
        let clusters = before.clusters()
        let decisions = clusters.enumerated().map { decision(UInt64($0), on: $1, lamport: UInt64($0) + 1) }
        let decided = AdjudicationQueue(try material(codings, decisions: decisions))
        #expect(decided.entries.isEmpty && decided.decidedCount == clusters.count, rerun(seed))

        let late = coding(80_000, by: 3, clusters[random.below(clusters.count)].codings[0].range, codes: [509])
        let after = try material(codings + [late], decisions: random.shuffled(decisions))
        let queue = AdjudicationQueue(after)
        #expect(
            after.decisions == decided.decisions.map(\.standing.decision).sorted { $0.order < $1.order }, rerun(seed))
        #expect(
            queue.decisions.map(\.standing.decision) == decided.decisions.map(\.standing.decision), rerun(seed))
        #expect(!queue.entries.isEmpty, rerun(seed))
        // What is asked again is what the late coding touched, and nothing else.
        let untouched = Set(clusters.map(\.input)).intersection(after.clusters().map(\.input))
        #expect(queue.decidedCount == untouched.count, rerun(seed))
        #expect(queue.decisions.contains { $0.isChanged && $0.added == [late.id] }, rerun(seed))
    }

    @Test func `An edited, a vanished and an added coding are told apart`() throws {
        let codings = [coding(1, by: 1, 0..<10, codes: [5]), coding(2, by: 2, 0..<10, codes: [5])]
        let cluster = try #require(try material(codings).clusters().first)
        let made = [decision(1, on: cluster, lamport: 1)]
        func change(_ codings: [RoundCoding]) throws -> DecisionChange {
            try #require(AdjudicationQueue(try material(codings, decisions: made)).decisions.first)
        }
        #expect(try !change(codings).isChanged)
        #expect(try change([codings[0], coding(2, by: 2, 0..<10, codes: [6])]).isEdited)
        #expect(try change([codings[0]]).removed == [codings[1].id])
        #expect(try change([codings[0], coding(2, by: 2, 500..<510, codes: [5])]).clusterCount == 2)
        let gone = AdjudicationQueue(try material([], decisions: made))
        #expect(gone.withoutCodings.map(\.decision) == made)
    }

    @Test func `A chain of decisions ends in the last, and a circle hides none`() throws {
        let codings = [coding(1, by: 1, 0..<10), coding(2, by: 2, 0..<10)]
        let cluster = try #require(try material(codings).clusters().first)
        let chain = [
            decision(1, on: cluster, .reject, lamport: 1),
            decision(2, on: cluster, .unresolved, supersedes: 1, lamport: 2),
            decision(3, on: cluster, .accept, result: 1, supersedes: 2, lamport: 3),
        ]
        let standing = try material(codings, decisions: chain.reversed()).standingDecisions()
        #expect(standing.map(\.decision) == [chain[2]])
        #expect(standing.first?.superseded == [chain[1], chain[0]] && standing.first?.rivals == [])
        let circle = [
            decision(1, on: cluster, supersedes: 2, lamport: 5), decision(2, on: cluster, supersedes: 1, lamport: 4),
        ]
        #expect(try material(codings, decisions: circle).standingDecisions().map(\.decision) == [circle[0]])
    }

    @Test func `Two adjudicators who differ are a conflict until one is superseded`() throws {
        let codings = [coding(1, by: 1, 0..<10), coding(2, by: 2, 0..<10)]
        let cluster = try #require(try material(codings).clusters().first)
        let two = [decision(1, on: cluster, .reject, lamport: 4), decision(2, on: cluster, .unresolved, lamport: 4)]
        let queue = AdjudicationQueue(try material(codings, decisions: two))
        guard case .contested(let standing)? = queue.entries.first?.reason else {
            Issue.record("not contested")
            return
        }
        #expect(standing.first?.decision == two[1] && standing.first?.rivals == [two[0]])
        let settled = two + [decision(3, on: cluster, .unresolved, supersedes: 1, lamport: 5)]
        #expect(AdjudicationQueue(try material(codings, decisions: settled)).entries.isEmpty)
    }

    @Test func `Gold is what the decisions' results say`() throws {
        let codings = [
            coding(1, by: 1, 0..<10), coding(2, by: 1, 50..<60), coding(3, by: 1, 90..<99), coding(4, by: 1, 200..<210),
            coding(5, by: 1, 300..<310),
        ]
        let clusters = try material(codings).clusters()
        let gold = coding(77, by: 99, 0..<11, codes: [5])
        let decisions = [
            decision(1, on: clusters[0], .replace, result: 77, lamport: 1), decision(2, on: clusters[1], lamport: 2),
            decision(3, on: clusters[2], .accept, result: 78, lamport: 3),
            decision(4, on: clusters[3], .unresolved, lamport: 4),
        ]
        let round = try material(codings, gold: [gold], decisions: decisions)
        let result = GoldResult(round, queue: AdjudicationQueue(round))
        #expect(result.items.map(\.verdict) == [.stands(gold), .nothing, .missing, .unresolved])
        #expect(result.codings == [gold] && result.undecidedCount == 1)
    }

    @Test func `A gold annotation that two decisions name counts once`() throws {
        let clusters = try material([coding(1, by: 1, 0..<10), coding(2, by: 1, 50..<60)]).clusters()
        let decisions = [
            decision(1, on: clusters[0], .replace, result: 77, lamport: 1),
            decision(2, on: clusters[1], .replace, result: 77, lamport: 2),
        ]
        let round = try material([], gold: [coding(77, by: 99, 0..<60)], decisions: decisions)
        let result = GoldResult(round, queue: AdjudicationQueue(round))
        #expect(result.items.count == 2 && result.codings.count == 1)
    }

    @Test func `Letters are one order for a round, and another in another`() throws {
        let coders = (1...30).map { member(UInt64($0)) }
        let one = AnonymousCoders(round: id(1), coders: coders)
        #expect(one == AnonymousCoders(round: id(1), coders: coders.reversed()))
        #expect(one.order != AnonymousCoders(round: id(2), coders: coders).order)
        #expect(one.order != coders && one.order.sorted() == coders)
        #expect(one.name(of: one.order[0]) == "Coder A" && one.name(of: one.order[26]) == "Coder AA")
        #expect(one.name(of: member(99)) == "Coder ?")
    }

    @Test func `Fifty documents by five coders by a hundred codings are queued while one waits`() throws {
        var random = SplitMix64(seed: 1)
        let coders: [UInt64] = [1, 2, 3, 4, 5]
        let codings = random.codings(documents: 50, coders: 5, perCoder: 100, length: 20_000)
        let round = try material(
            codings, coders: coders, documents: (1...50).map { document($0, length: 20_000, coders: coders) })
        let clock = ContinuousClock()
        var queue: AdjudicationQueue?
        let taken = clock.measure { queue = AdjudicationQueue(round) }
        #expect(queue?.entries.flatMap(\.cluster.input.ids).count == 25_000)
        // A second in release is what is promised; tests are built without optimisation, on machines that are busy.
        #expect(taken < .seconds(30))
        print("queue of 25,000 codings: \(taken)")
    }
}
