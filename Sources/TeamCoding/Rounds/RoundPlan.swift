public import AnnotationModel

/// Who codes what in a round: each document by the same number of coders, and no coder with more than one document more
/// than another.
///
/// A function of its arguments alone. docs/rounds.md describes both ways of dividing the work.
public struct RoundPlan: Sendable, Hashable {
    /// One document for one coder.
    public struct Assignment: Sendable, Hashable {
        public let document: RecordID
        public let coder: MemberID
    }

    /// The order in which documents are given to coders.
    public enum Order: Sendable, Hashable {
        /// As documents and coders are given: the first document to the first coders, the next one to those who follow.
        case fixed
        /// By chance, and the same for one seed, in whatever order documents and coders are given.
        case random(seed: UInt64)
    }

    /// By document as they were given, each one's coders ascending.
    public let assignments: [Assignment]

    /// Coders of a round at most.
    public static let coderMax = RoundMaterial.coderMax

    /// Divides documents among coders.
    ///
    /// - Parameters:
    ///   - documents: Each once; repeated ones count once.
    ///   - coders: Each once; repeated ones count once.
    ///   - codingsPerDocument: How many coders each document has, from 1.
    /// - Throws: `RoundPlanError`.
    /// - Complexity: O(d·k·c), d = documents, k = codings per document, c = coders.
    public init(
        documents: [RecordID], coders: [MemberID], codingsPerDocument: Int, order: Order
    ) throws(RoundPlanError) {
        let documents = Self.unique(documents)
        var coders = Self.unique(coders)
        guard !documents.isEmpty else { throw .noDocuments }
        guard !coders.isEmpty else { throw .noCoders }
        guard coders.count <= Self.coderMax else { throw .tooManyCoders(coders.count) }
        guard (1...coders.count).contains(codingsPerDocument) else {
            throw .codingsOutOfRange(codingsPerDocument, coders: coders.count)
        }
        var chosen: [RecordID: [Int]] = [:]
        switch order {
        case .fixed:
            var next = 0
            for document in documents {
                chosen[document] = (0..<codingsPerDocument).map { (next + $0) % coders.count }
                next = (next + codingsPerDocument) % coders.count
            }
        case .random(let seed):
            var random = SplitMix64(seed: seed)
            coders.sort()
            var shuffled = documents.sorted()
            Self.shuffle(&shuffled, &random)
            var draw = CoderDraw(coderCount: coders.count)
            for document in shuffled { chosen[document] = draw.next(codingsPerDocument, &random) }
        }
        assignments = documents.flatMap { document in
            (chosen[document] ?? []).map { coders[$0] }.sorted().map { Assignment(document: document, coder: $0) }
        }
    }

    private static func unique<T: Hashable>(_ items: [T]) -> [T] {
        var seen: Set<T> = []
        return items.filter { seen.insert($0).inserted }
    }

    /// Fisher and Yates, in the form of Durstenfeld: "Algorithm 235", Communications of the ACM 7, 1964. Not the standard
    /// library's: what it draws from a seed is not promised.
    private static func shuffle<T>(_ items: inout [T], _ random: inout SplitMix64) {
        for last in items.indices.dropFirst().reversed() { items.swapAt(last, random.below(last + 1)) }
    }
}

/// Draws coders for one document after the other: of those with the least to do, those who have met least in earlier documents.
private struct CoderDraw {
    private var loads: [Int]
    /// How many documents two coders share, both ways.
    private var meetings: [[Int]]

    init(coderCount: Int) {
        loads = Array(repeating: 0, count: coderCount)
        meetings = Array(repeating: Array(repeating: 0, count: coderCount), count: coderCount)
    }

    /// As loads differ by one at most before, and all of the lower ones are taken before any of the higher, they do after.
    mutating func next(_ count: Int, _ random: inout SplitMix64) -> [Int] {
        var chosen: [Int] = []
        var isFree = Array(repeating: true, count: loads.count)
        /// How often each coder has met those who are chosen.
        var met = Array(repeating: 0, count: loads.count)
        while chosen.count < count {
            var best: [Int] = []
            for coder in loads.indices where isFree[coder] {
                guard let first = best.first else {
                    best = [coder]
                    continue
                }
                let (here, there) = ((loads[coder], met[coder]), (loads[first], met[first]))
                if here < there { best = [coder] } else if here == there { best.append(coder) }
            }
            let coder = random.pick(best)
            chosen.append(coder)
            isFree[coder] = false
            for other in loads.indices { met[other] += meetings[coder][other] }
        }
        for coder in chosen {
            loads[coder] += 1
            for other in chosen where other != coder { meetings[coder][other] += 1 }
        }
        return chosen
    }
}

/// Why work cannot be divided.
public enum RoundPlanError: Error, Hashable, Sendable, CustomStringConvertible {
    case noDocuments
    case noCoders
    /// More than `RoundPlan.coderMax`.
    case tooManyCoders(Int)
    case codingsOutOfRange(Int, coders: Int)

    public var description: String {
        switch self {
        case .noDocuments: "a round needs a document"
        case .noCoders: "a round needs a coder"
        case .tooManyCoders(let count): "a round has \(RoundPlan.coderMax) coders at most, not \(count)"
        case .codingsOutOfRange(let count, let coders):
            "each document can have 1 to \(coders) coders, as there are \(coders), not \(count)"
        }
    }
}
