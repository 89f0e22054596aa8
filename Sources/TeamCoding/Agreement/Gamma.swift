import AnnotationModel

extension SpanTable {
    /// Gamma: how well coders agree both on where units are and on what they are.
    ///
    /// Mathet, Widlöcher and Métivier, "The unified and holistic method gamma (γ) for inter-annotator agreement measure
    /// and alignment", Computational Linguistics 41 (2015): 1 − observed / expected disorder. The observed disorder is
    /// that of the best alignment of all coders' spans, found by `Alignment`; the expected one is the
    /// mean over sampled continua, each made by shifting a randomly chosen coder's spans around the text (section 5.2),
    /// until it is known to the precision that was asked for (section 5.3).
    ///
    /// Several documents: each is aligned and sampled by itself, and disorders are added up before they are divided by
    /// the mean number of spans a coder. Documents that not all coders coded are left out. Undefined if nobody marked
    /// anything, if no sample has any disorder, or if there are too many ways to align.
    ///
    /// - Complexity: `samples` times that of `Alignment`, which is quick for spans that are short against their text
    ///   and grows with the number of spans that compete for a place.
    public func gamma(_ parameters: GammaParameters) -> Coefficient {
        GammaDisorders(self, parameters).coefficient
    }
}

/// The disorders of each document and each of its samples: what gamma is computed from, for any selection of documents.
struct GammaDisorders {
    private let table: SpanTable
    private let parameters: GammaParameters
    private let counts: UnitCounts
    /// Of each document; `nil` where it is left out.
    private var observed: [Disorder?] = []
    /// Of each sample, of each document.
    private var samples: [[Disorder?]] = []
    private var failure: Outcome.Reason?

    /// The disorders of unitary alignments added up, and the spans aligned.
    private struct Disorder {
        var sum = 0.0
        var spans = 0

        static func + (left: Disorder, right: Disorder) -> Disorder {
            Disorder(sum: left.sum + right.sum, spans: left.spans + right.spans)
        }

        func mean(_ coders: Int) -> Double { spans == 0 ? 0 : sum * Double(coders) / Double(spans) }
    }

    init(_ table: SpanTable, _ parameters: GammaParameters) {
        self.table = table
        self.parameters = parameters
        counts = table.counts(\.isComplete)
        failure = table.lack(counts)
        if failure != nil { return }
        do {
            observed = try table.documents.map { document in
                document.isComplete ? try Self.disorder(document.spans.map { $0 ?? [] }, parameters) : nil
            }
            try sample()
        } catch {
            failure = .tooManyAlignments
        }
    }

    private static func disorder(_ spans: [[Span]], _ parameters: GammaParameters) throws(Alignment.TooMany) -> Disorder
    {
        Disorder(sum: try Alignment(of: spans, parameters).disorder, spans: spans.reduce(0) { $0 + $1.count })
    }

    private mutating func sample() throws(Alignment.TooMany) {
        var random = SplitMix64(seed: parameters.seed)
        while samples.count < parameters.samples { try addSample(&random) }
        guard parameters.precisionPercent > 0 else { return }
        // Section 5.3: from the variation of the first batch, how many are needed for the precision.
        let all = Array(table.documents.indices)
        let disorders = samples.map { pooled($0, all) }
        let mean = disorders.reduce(0, +) / Double(disorders.count)
        guard mean > 0, disorders.count > 1 else { return }
        let variance = disorders.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(disorders.count - 1)
        let needed =
            variance / (mean * mean) * (1.96 * 100 / Double(parameters.precisionPercent))
            * (1.96 * 100 / Double(parameters.precisionPercent))
        let count = Int(min(needed.rounded(.up), Double(GammaParameters.sampleMax)))
        while samples.count < count { try addSample(&random) }
    }

    private mutating func addSample(_ random: inout SplitMix64) throws(Alignment.TooMany) {
        var sample: [Disorder?] = []
        for document in table.documents {
            guard document.isComplete else {
                sample.append(nil)
                continue
            }
            sample.append(try Self.disorder(shuffled(document, &random), parameters))
        }
        samples.append(sample)
    }

    private func pooled(_ disorders: [Disorder?], _ documents: [Int]) -> Double {
        documents.reduce(Disorder()) { $0 + (disorders[$1] ?? Disorder()) }.mean(table.coderCount)
    }

    /// Gamma of all documents.
    var coefficient: Coefficient { coefficient(of: Array(table.documents.indices), counts) }

    /// Gamma of a selection of documents, of which each may come several times.
    func outcome(of documents: [Int]) -> Outcome { coefficient(of: documents, counts).outcome }

    private func coefficient(of documents: [Int], _ counts: UnitCounts) -> Coefficient {
        if let failure { return Coefficient(.undefined(failure), counts: counts) }
        let observed = pooled(observed, documents)
        let expected = samples.reduce(0) { $0 + pooled($1, documents) } / Double(samples.count)
        return Coefficient(
            expected > 0 ? .value(1 - observed / expected) : .undefined(.noVariation),
            observed: observed, expected: expected, counts: counts)
    }
}

/// A continuum as coders without any common ground could have made it: section 5.2 of the paper.
///
/// Each new coder is one of the real ones, drawn with replacement, whose spans are shifted around the text by a random
/// distance. The distances keep at least half a mean span's length from each other while there is room for that. A span
/// that is shifted across the end stays whole.
private func shuffled(_ document: SpanDocument, _ random: inout SplitMix64) -> [[Span]] {
    let real = document.spans.map { $0 ?? [] }
    let count = real.reduce(0) { $0 + $1.count }
    if count == 0 { return real }
    let distance = real.reduce(0) { $0 + $1.reduce(0) { $0 + $1.length } } / (2 * count)
    while true {
        var free = [0..<document.length]
        var sample: [[Span]] = []
        for _ in real {
            let shift = draw(from: &free, keeping: distance, document.length, &random)
            sample.append(
                random.pick(real).map { span in
                    let start = (span.start + shift) % document.length
                    return Span(start, start + span.length, span.category)
                })
        }
        // Only those who marked nothing were drawn: no continuum to compare.
        if sample.contains(where: { !$0.isEmpty }) { return sample }
    }
}

/// A distance from the ranges that are free, or from all if none is; takes its surroundings out of them.
private func draw(
    from free: inout [Range<Int>], keeping distance: Int, _ length: Int, _ random: inout SplitMix64
) -> Int {
    let room = free.reduce(0) { $0 + $1.count }
    if room == 0 { return random.below(length) }
    var place = random.below(room)
    var shift = 0
    for range in free {
        if place < range.count {
            shift = range.lowerBound + place
            break
        }
        place -= range.count
    }
    free = free.flatMap { range in
        [
            range.lowerBound..<max(range.lowerBound, min(range.upperBound, shift - distance)),
            min(range.upperBound, max(range.lowerBound, shift + distance + 1))..<range.upperBound,
        ].filter { !$0.isEmpty }
    }
    return shift
}
