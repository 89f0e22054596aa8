public import AnnotationModel

/// Decides what nobody needs to look at. After the merge strategies of INCEpTION (Klie et al., COLING 2018): what they call a
/// position is a cluster here, what they call a configuration a ballot.
public struct PreMerge: Sendable, Hashable {
    public enum Strategy: Sendable, Hashable {
        /// Everybody who had a say has marked the passage, and all say the same of it.
        case completeAndAgreeing
        /// All who marked the passage say the same of it, be it one alone.
        case incompleteAndAgreeing
        /// What most say of it, if at least `users` say it, and they are at least `confidencePercent` of all who marked the
        /// passage. Two ballots with the same number of votes are a tie, which nobody wins.
        ///
        /// INCEpTION leaves ballots of fewer than `users` out of the number that the percentage is of; here all votes count.
        case threshold(users: Int, confidencePercent: Int)
    }

    public let strategy: Strategy
    /// Whether coders agree only if they marked the same boundaries, too.
    public let isRangeCompared: Bool

    public init(_ strategy: Strategy, isRangeCompared: Bool = false) {
        self.strategy = strategy
        self.isRangeCompared = isRangeCompared
    }

    /// What stands in a decision's `strategy`: "threshold users=2 confidence=75 ranges=overlapping".
    public var description: String {
        let name =
            switch strategy {
            case .completeAndAgreeing: "complete-agreeing"
            case .incompleteAndAgreeing: "incomplete-agreeing"
            case .threshold(let users, let confidence): "threshold users=\(users) confidence=\(confidence)"
            }
        return name + (isRangeCompared ? " ranges=equal" : " ranges=overlapping")
    }

    /// What the strategy decides of a cluster; `nil` if it leaves it to a person.
    ///
    /// The outcome is to accept a coding where one says all that the winning ballot says; else to replace.
    /// The passage is, of those that the winners marked, the one most like all of them: the one with the greatest sum of IoUs, one for each
    /// winning coding; of several the shortest, then the first.
    public func proposal(for cluster: CodingCluster) -> PreMergeProposal? {
        let votes = Dictionary(grouping: cluster.codings, by: \.coder)
            .mapValues { Ballot($0, isRangeCompared: isRangeCompared) }
        var counts: [Ballot: Int] = [:]
        for ballot in votes.values { counts[ballot, default: 0] += 1 }
        guard let most = counts.values.max() else { return nil }
        let leaders = counts.filter { $0.value == most }
        guard leaders.count == 1, let winner = leaders.first?.key else { return nil }
        switch strategy {
        case .completeAndAgreeing: guard cluster.isComplete && counts.count == 1 else { return nil }
        case .incompleteAndAgreeing: guard counts.count == 1 else { return nil }
        case .threshold(let users, let confidencePercent):
            // Whoever asks for more than all asks for all.
            let confidence = min(100, max(0, confidencePercent))
            guard most >= users && most * 100 >= confidence * votes.count else { return nil }
        }
        let winning = cluster.codings.filter { votes[$0.coder] == winner }
        let range = Self.centre(of: winning.map(\.range))
        // Ascending by range and id: the first is the same for everybody.
        let accepted = winning.first { $0.range == range && Ballot([$0], isRangeCompared: isRangeCompared) == winner }
        return PreMergeProposal(
            document: cluster.document, range: range, input: cluster.input, codes: winner.codes,
            statements: winner.statements, accepted: accepted?.id, votes: most, votesCast: votes.count,
            strategy: description)
    }

    static func centre(of ranges: [Range<Int>]) -> Range<Int> {
        let clustering = OverlapClustering(thresholdPercent: 1)
        let counts = Dictionary(ranges.map { ($0, 1) }, uniquingKeysWith: +)
        // In a fixed order, so that sums are the same everywhere.
        let distinct = counts.keys.sorted { ($0.count, $0.lowerBound) < ($1.count, $1.lowerBound) }
        var best = distinct[0]
        var bestSum = -1.0
        for candidate in distinct {
            let sum = distinct.reduce(0.0) { sum, other in
                let likeness = candidate == other ? 1 : max(0, clustering.likeness(candidate, other))
                return sum + likeness * Double(counts[other] ?? 0)
            }
            if sum > bestSum { (best, bestSum) = (candidate, sum) }
        }
        return best
    }
}

extension PreMerge: CustomStringConvertible {}

/// A decision that a strategy would make, with all that its record needs.
public struct PreMergeProposal: Sendable, Hashable {
    public let document: RecordID
    /// What the result marks, in code points.
    public let range: Range<Int>
    /// What it is decided from.
    public let input: ClusterInput
    /// What the result says.
    public let codes: [RecordID]
    public let statements: [Ballot.StatementContent]
    /// The coding that says just that; `nil` if it takes several.
    public let accepted: RecordID?
    /// How many coders cast the winning ballot.
    public let votes: Int
    /// How many coders marked the passage.
    public let votesCast: Int
    /// `PreMerge.description`.
    public let strategy: String

    public var outcome: DecisionOutcome { accepted == nil ? .replace : .accept }
}
