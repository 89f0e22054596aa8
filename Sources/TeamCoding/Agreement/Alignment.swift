/// The best alignment of several coders' spans: the partition of all of them into unitary alignments, with at most one
/// span of each coder, whose disorders have the least sum (Mathet, Widlöcher and Métivier 2015).
///
/// Exact: every unitary alignment that can be part of a best alignment is listed, and of these the cheapest exact cover
/// is found by `CheapestCover`. Where there are more than can be looked at, that is said instead of a guess.
struct Alignment {
    /// The sum of the disorders of the unitary alignments, not yet divided by the mean number of spans.
    let disorder: Double

    struct TooMany: Error {}

    /// - Complexity: Linear in spans where they compete with few others; exponential in how many compete with each other.
    init(of spans: [[Span]], _ parameters: GammaParameters) throws(TooMany) {
        let candidates = try UnitaryAlignments(spans, parameters)
        var sum = 0.0
        for component in candidates.components { sum += try component.cheapestCover() }
        disorder = sum
    }
}

/// The unitary alignments that may be worth it.
///
/// The disorder of one with spans S, of n coders, is (Σ of dissimilarities in S + (pairs of coders − pairs in S) Δ_∅) /
/// pairs of coders, so that one span alone costs Δ_∅. If one span of S is dearer with the others than alone, S is in no
/// best alignment. That holds when its dissimilarities to the others add up to more than Δ_∅ (pairs of coders + |S| −
/// 1), and since they are not negative, whole branches fall away with it. (The paper's own criterion, section 5.1.1,
/// compares with all spans alone and keeps more.)
private struct UnitaryAlignments {
    private let spans: [(span: Span, coder: Int)]
    private let parameters: GammaParameters
    private let coders: Int
    private let coderPairs: Double
    /// For each span the later ones of other coders that are near enough.
    private var near: [[(span: Int, dissimilarity: Double)]] = []
    private var found = CoverColumns()
    private var steps = 0

    /// How many partial alignments are looked at.
    private static let stepMax = 20_000_000
    private static let columnMax = 2_000_000

    init(_ perCoder: [[Span]], _ parameters: GammaParameters) throws(Alignment.TooMany) {
        spans = perCoder.enumerated().flatMap { coder, spans in spans.map { ($0, coder) } }
            .sorted { ($0.0, $0.1) < ($1.0, $1.1) }
        self.parameters = parameters
        coders = perCoder.count
        coderPairs = Double(coders * (coders - 1) / 2)
        findNear()
        for span in spans.indices {
            try extend([span], [0], 0, near[span])
        }
    }

    /// What the dissimilarities of one span to the others of an alignment of `size` spans may add up to.
    private func limit(_ size: Int) -> Double { parameters.deltaEmpty * (coderPairs + Double(size - 1)) }

    private mutating func findNear() {
        let limit = limit(coders)
        let longest = spans.map(\.span.length).max() ?? 0
        // Dissimilarity is at least α Δ_∅ (difference of starts / sum of lengths)².
        let ratio = parameters.alpha > 0 ? (limit / (parameters.alpha * parameters.deltaEmpty)).squareRoot() : .infinity
        for (index, (span, coder)) in spans.enumerated() {
            let reach = ratio * Double(span.length + longest)
            var list: [(span: Int, dissimilarity: Double)] = []
            for other in index + 1..<max(index + 1, spans.count) {
                if Double(spans[other].span.start - span.start) > reach { break }
                if spans[other].coder == coder { continue }
                let dissimilarity = parameters.dissimilarity(span, spans[other].span)
                if dissimilarity <= limit { list.append((other, dissimilarity)) }
            }
            near.append(list)
        }
    }

    /// - Parameters:
    ///   - members: Spans aligned so far, ascending.
    ///   - sums: For each of them its dissimilarities to the others.
    ///   - total: Of all pairs.
    ///   - candidates: Later spans, with their dissimilarity to the first member.
    private mutating func extend(
        _ members: [Int], _ sums: [Double], _ total: Double, _ candidates: [(span: Int, dissimilarity: Double)]
    ) throws(Alignment.TooMany) {
        steps += 1
        let size = members.count
        if sums.allSatisfy({ $0 <= limit(size) }) {
            let pairs = Double(size * (size - 1) / 2)
            found.append(members, (total + (coderPairs - pairs) * parameters.deltaEmpty) / coderPairs)
        }
        if steps > Self.stepMax || found.count > Self.columnMax { throw Alignment.TooMany() }
        if size == coders { return }
        for (place, candidate) in candidates.enumerated() {
            guard !members.contains(where: { spans[$0].coder == spans[candidate.span].coder }) else { continue }
            var newSums = sums
            newSums.append(0)
            for (index, member) in members.enumerated() {
                let dissimilarity =
                    index == 0
                    ? candidate.dissimilarity : parameters.dissimilarity(spans[member].span, spans[candidate.span].span)
                newSums[index] += dissimilarity
                newSums[size] += dissimilarity
            }
            if newSums.contains(where: { $0 > limit(coders) }) { continue }
            try extend(members + [candidate.span], newSums, total + newSums[size], Array(candidates[(place + 1)...]))
        }
    }

    /// Groups of spans that no candidate crosses: each is a problem of its own.
    var components: [CoverColumns] { found.components(spans.count) }
}
