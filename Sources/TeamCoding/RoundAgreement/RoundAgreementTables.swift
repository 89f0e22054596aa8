public import AnnotationModel

/// A round as tables that coefficients are computed from. What came late is left out: it was not made blind.
///
/// *Ratings*: a unit is a cluster, that is a passage that somebody marked, and each coder's rating is the set of codes that he or she
/// applied there. A coder who coded the document to the end and marked nothing there has said "no code"; who has not
/// finished it, and marked nothing there, has no rating.
///
/// *Variables* of statements have tables of their own: `table(of:level:)`.
///
/// *Spans*: each code that somebody applied is a span. A coder who has not finished a document has not coded it. Documents
/// whose text has not arrived are left out, since gaps count.
public struct RoundAgreementTables: Sendable {
    /// The columns of both tables, ascending.
    public let coders: [MemberID]
    /// Rows ascend by document, range and first coding.
    public let ratings: ReliabilityTable
    /// The document of each row of `ratings`.
    public let unitDocuments: [RecordID]
    /// Rows ascend by document.
    public let spans: SpanTable
    /// The document of each row of `spans`.
    public let spanDocuments: [RecordID]
    /// Every code that somebody applied in time, ascending.
    public let codes: [RecordID]
    /// Every variable for which somebody said something in time, ascending.
    public let variables: [StatementVariable]
    /// The types of the statements that say something for each of `variables`; `nil` is the built-in type.
    let variableTypes: [StatementVariable: Set<RecordID?>]
    /// The clusters with statements, in the order of `ratings`.
    let statementUnits: [StatementUnit]
    /// Codings that count nowhere because they came late.
    public let lateCount: Int
    /// Empty passages with codes, which are no spans.
    public let emptySpanCount: Int

    /// - Parameter thresholdPercent: As for `RoundMaterial.clusters`.
    /// - Throws: `AgreementInputError` if there is more than can be compared.
    /// - Complexity: That of `RoundMaterial.clusters`.
    public init(_ material: RoundMaterial, thresholdPercent: Int = 50) throws(AgreementInputError) {
        let inTime = material.codings.filter { !$0.isLate }
        let coders = material.coders.map(\.id)
        var place: [MemberID: Int] = [:]
        for (index, coder) in coders.enumerated() { place[coder] = index }
        self.coders = coders
        lateCount = material.codings.count - inTime.count
        var categories: [RecordID: Category] = [:]
        for code in Set(inTime.flatMap(\.codes)) { categories[code] = Self.category(code) }
        codes = categories.keys.sorted()

        let finished = Dictionary(
            material.documents.map { ($0.id, $0.coders) }, uniquingKeysWith: { first, _ in first })
        var rows: [[Rating?]] = []
        var unitDocuments: [RecordID] = []
        var statementUnits: [StatementUnit] = []
        for cluster in material.clusters(of: inTime, thresholdPercent: thresholdPercent) {
            var sets = [Set<Category>?](repeating: nil, count: coders.count)
            for coder in finished[cluster.document] ?? [] { if let index = place[coder] { sets[index] = [] } }
            for coding in cluster.codings {
                guard let index = place[coding.coder] else { continue }
                sets[index] = (sets[index] ?? []).union(coding.codes.compactMap { categories[$0] })
            }
            rows.append(sets.map { $0.map { .codes($0) } })
            unitDocuments.append(cluster.document)
            if cluster.codings.contains(where: { !$0.statements.isEmpty }) {
                var statements = sets.map { $0.map { _ in [CodedStatement]() } }
                for coding in cluster.codings {
                    if let index = place[coding.coder] { statements[index]?.append(contentsOf: coding.statements) }
                }
                statementUnits.append(StatementUnit(document: cluster.document, statements: statements))
            }
        }
        var variableTypes: [StatementVariable: Set<RecordID?>] = [:]
        for statement in inTime.flatMap(\.statements) {
            for entry in statement.values { variableTypes[entry.variable, default: []].insert(statement.type) }
        }
        self.variableTypes = variableTypes
        variables = variableTypes.keys.sorted()
        self.statementUnits = statementUnits
        ratings = try ReliabilityTable(coderCount: coders.count, units: rows)
        self.unitDocuments = unitDocuments

        var empty = 0
        let byDocument = Dictionary(grouping: inTime, by: \.document)
        var continua: [SpanDocument] = []
        var spanDocuments: [RecordID] = []
        for document in material.documents {
            guard let length = document.length else { continue }
            var spans = [Set<Span>?](repeating: nil, count: coders.count)
            for coder in document.coders { if let index = place[coder] { spans[index] = [] } }
            for coding in byDocument[document.id] ?? [] {
                guard let index = place[coding.coder], spans[index] != nil else { continue }
                if coding.range.isEmpty, !coding.codes.isEmpty {
                    empty += 1
                    continue
                }
                for code in coding.codes {
                    guard let category = categories[code] else { continue }
                    spans[index]?.insert(Span(coding.range.lowerBound, coding.range.upperBound, category))
                }
            }
            continua.append(SpanDocument(length: length, spans: spans.map { $0.map { Array($0) } }))
            spanDocuments.append(document.id)
        }
        spans = try SpanTable(coderCount: coders.count, documents: continua)
        self.spanDocuments = spanDocuments
        emptySpanCount = empty
    }

    /// What a code is called in the tables: its id.
    public static func category(_ code: RecordID) -> Category { Category("\(code)") }
}
