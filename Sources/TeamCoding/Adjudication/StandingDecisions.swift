import AnnotationModel

/// A decision that no later one replaces.
public struct StandingDecision: Sendable, Hashable {
    public let decision: RoundDecision
    /// What it replaces, latest first, as far as it has arrived.
    public let superseded: [RoundDecision]
    /// Decisions of one of its codings, or that replace the same decision, which say something else or judge more, and
    /// which this one does not replace; ascending by order. This one shows, because it is the last of them in the order of
    /// writes; the others are a conflict until somebody supersedes or deletes them.
    public let rivals: [RoundDecision]
}

extension RoundMaterial {
    /// The decisions that stand, ascending by document, range and id.
    ///
    /// A decision counts as superseded only by a later one in the order of writes: who has seen a decision writes after
    /// it. So no circle of records, however made, can hide a decision.
    ///
    /// - Complexity: O(*n* log *n*) in the number of decisions and their inputs, and for each that stands the length of
    ///   what it supersedes.
    public func standingDecisions() -> [StandingDecision] {
        let byID = Dictionary(decisions.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        func earlier(_ decision: RoundDecision) -> RoundDecision? {
            guard let earlier = decision.supersedes.flatMap({ byID[$0] }), earlier.order < decision.order else {
                return nil
            }
            return earlier
        }
        let superseded = Set(decisions.compactMap { earlier($0)?.id })
        let heads = decisions.filter { !superseded.contains($0.id) }  // ascending by order

        // Heads that judged one coding, or grew from one decision, are joined: a head takes the group's number.
        var group = Array(heads.indices)
        func root(_ index: Int) -> Int {
            var index = index
            while group[index] != index {
                group[index] = group[group[index]]
                index = group[index]
            }
            return index
        }
        var chains: [[RoundDecision]] = []
        var headOfInput: [RecordID: Int] = [:]
        var headOfChain: [RecordID: Int] = [:]
        for (index, head) in heads.enumerated() {
            for input in head.inputs {
                if let other = headOfInput[input] {
                    group[root(other)] = root(index)
                } else {
                    headOfInput[input] = index
                }
            }
            var chain: [RoundDecision] = []
            var next = earlier(head)
            while let decision = next {
                chain.append(decision)
                if let other = headOfChain[decision.id] {
                    group[root(other)] = root(index)
                } else {
                    headOfChain[decision.id] = index
                }
                next = earlier(decision)
            }
            chains.append(chain)
        }
        let groups = Dictionary(grouping: heads.indices, by: root)
        var result: [StandingDecision] = []
        for members in groups.values {
            guard let last = members.max() else { continue }  // heads ascend by order
            let shown = heads[last]
            let rivals = members.filter { index in
                let head = heads[index]
                return index != last
                    && (head.outcome != shown.outcome || head.result != shown.result
                        || !Set(head.inputs).isSubset(of: shown.inputs))
            }
            result.append(
                StandingDecision(
                    decision: shown, superseded: chains[last], rivals: rivals.sorted().map { heads[$0] }))
        }
        return result.sorted { Self.precedes($0.decision, $1.decision) }
    }

    static func precedes(_ left: RoundDecision, _ right: RoundDecision) -> Bool {
        if left.document != right.document { return left.document < right.document }
        if left.range != right.range {
            return (left.range.lowerBound, left.range.upperBound) < (right.range.lowerBound, right.range.upperBound)
        }
        return left.id < right.id
    }
}
