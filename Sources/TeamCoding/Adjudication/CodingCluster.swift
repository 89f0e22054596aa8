public import AnnotationModel

/// Codings of one document that mark the same passage: what one decision answers.
public struct CodingCluster: Sendable, Hashable {
    public let document: RecordID
    /// From the first start to the last end, in code points.
    public let range: Range<Int>
    /// Ascending by range and id.
    public let codings: [RoundCoding]
    public let input: ClusterInput
    /// Who had a say: those who marked something here, and those who coded the document to the end; ascending.
    public let voters: [MemberID]
    /// Whether everybody who had a say has marked something here.
    public let isComplete: Bool
    public let disagreement: Disagreement

    init(_ document: RoundDocument, _ codings: [RoundCoding]) {
        precondition(!codings.isEmpty, "a cluster of codings")
        self.document = document.id
        self.codings = codings.sorted()
        range = codings.map(\.range.lowerBound).min()!..<codings.map(\.range.upperBound).max()!
        input = ClusterInput(codings)
        let here = Set(codings.map(\.coder))
        voters = here.union(document.coders).sorted()
        isComplete = here.count == voters.count
        disagreement = Disagreement(codings: self.codings, voters: voters)
    }

    /// The codings of one coder here.
    public func codings(of coder: MemberID) -> [RoundCoding] { codings.filter { $0.coder == coder } }
}

extension CodingCluster: Comparable {
    /// By document, range, and first coding.
    public static func < (left: Self, right: Self) -> Bool {
        if left.document != right.document { return left.document < right.document }
        if left.range != right.range {
            return (left.range.lowerBound, left.range.upperBound) < (right.range.lowerBound, right.range.upperBound)
        }
        return left.codings[0] < right.codings[0]
    }
}

extension RoundMaterial {
    /// The clusters of all documents, ascending. Every coding is in exactly one.
    ///
    /// They depend on the codings alone: not on the order or names of coders, and not on what was decided.
    ///
    /// - Parameter thresholdPercent: How much two codings of one cluster overlap at least: the intersection by the union,
    ///   in percent, 1 to 100. Numbers outside are taken as the nearest one.
    /// - Complexity: For each document as `OverlapClustering.clusters`; there are at most as many clusters as codings.
    public func clusters(thresholdPercent: Int = 50) -> [CodingCluster] {
        clusters(of: codings, thresholdPercent: thresholdPercent)
    }

    /// The clusters of some of the codings.
    func clusters(of codings: [RoundCoding], thresholdPercent: Int) -> [CodingCluster] {
        let clustering = OverlapClustering(thresholdPercent: min(100, max(1, thresholdPercent)))
        let byDocument = Dictionary(grouping: codings, by: \.document)
        var result: [CodingCluster] = []
        for document in documents {
            guard let codings = byDocument[document.id] else { continue }
            let byRange = Dictionary(grouping: codings, by: \.range)
            for ranges in clustering.clusters(byRange.keys) {
                result.append(CodingCluster(document, ranges.flatMap { byRange[$0] ?? [] }))
            }
        }
        return result.sorted()
    }
}
