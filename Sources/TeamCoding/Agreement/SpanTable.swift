/// A passage that a coder marked, in code points of its document: [start, end).
public struct Span: Hashable, Sendable {
    public let start: Int
    public let end: Int
    public let category: Category

    public init(_ start: Int, _ end: Int, _ category: Category) {
        self.start = start
        self.end = end
        self.category = category
    }

    var length: Int { end - start }
}

extension Span: Comparable {
    public static func < (left: Span, right: Span) -> Bool {
        if left.start != right.start { return left.start < right.start }
        if left.end != right.end { return left.end < right.end }
        return left.category < right.category
    }
}

/// The continuum of one document: its length in code points and what each coder marked in it.
public struct SpanDocument: Hashable, Sendable {
    public let length: Int
    /// For each coder the spans, ascending; `nil` for a coder who did not code the document, which is not the same as
    /// to find nothing in it.
    public let spans: [[Span]?]

    public init(length: Int, spans: [[Span]?]) {
        self.length = length
        self.spans = spans.map { $0?.sorted() }
    }

    var isComplete: Bool { spans.allSatisfy { $0 != nil } }
}

/// What several coders marked in one or more documents. The order of documents and coders is the caller's, as in
/// `ReliabilityTable`.
public struct SpanTable: Equatable, Sendable {
    public let coderCount: Int
    public let documents: [SpanDocument]

    /// - Throws: `AgreementInputError` if a document has not one place for each coder, or a span is empty or not
    ///   within its document.
    public init(coderCount: Int, documents: [SpanDocument]) throws(AgreementInputError) {
        guard (0...ReliabilityTable.coderMax).contains(coderCount) else { throw .tooManyCoders }
        for (index, document) in documents.enumerated() {
            guard document.spans.count == coderCount else { throw .rowLength(unit: index) }
            // Squares and cubes of lengths must be exact in the sums below.
            guard (0...Self.lengthMax).contains(document.length) else { throw .spanOutside(document: index) }
            for case let spans? in document.spans {
                for span in spans where span.start < 0 || span.end <= span.start || span.end > document.length {
                    throw .spanOutside(document: index)
                }
            }
        }
        self.init(coders: coderCount, documents)
    }

    private init(coders: Int, _ documents: [SpanDocument]) {
        coderCount = coders
        self.documents = documents
    }

    /// Code points of the longest document that is measured.
    public static let lengthMax = 1 << 30

    /// The documents at `indices`, in that order; one may come several times.
    public func documents(_ indices: some Collection<Int>) -> SpanTable {
        SpanTable(coders: coderCount, indices.map { documents[$0] })
    }

    /// The coders at `indices`, in that order.
    public func coders(_ indices: [Int]) -> SpanTable {
        SpanTable(
            coders: indices.count,
            documents.map { document in
                SpanDocument(length: document.length, spans: indices.map { document.spans[$0] })
            })
    }

    /// Only the spans of one category.
    public func only(_ category: Category) -> SpanTable {
        SpanTable(
            coders: coderCount,
            documents.map { document in
                SpanDocument(
                    length: document.length, spans: document.spans.map { $0?.filter { $0.category == category } })
            })
    }

    /// Each two coders, once.
    public var pairs: [(Int, Int)] { pairsOfIndices(coderCount) }

    /// Every category that occurs, ascending.
    public var categories: [Category] {
        Set(documents.flatMap { $0.spans.flatMap { ($0 ?? []).map(\.category) } }).sorted()
    }

    func counts(_ isUsed: (SpanDocument) -> Bool) -> UnitCounts {
        let used = documents.filter(isUsed)
        return UnitCounts(
            units: documents.count, incomplete: documents.count { !$0.isComplete }, used: used.count,
            pairableValues: used.reduce(0) { $0 + $1.spans.reduce(0) { $0 + ($1?.count ?? 0) } })
    }

    func lack(_ counts: UnitCounts) -> Outcome.Reason? {
        if coderCount < 2 { return .singleCoder }
        if documents.isEmpty { return .nothingCoded }
        if counts.used == 0 { return .nothingPairable }
        return counts.pairableValues == 0 ? .nothingCoded : nil
    }
}
