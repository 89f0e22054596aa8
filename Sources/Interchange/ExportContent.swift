public import AnnotationModel
import DocumentText
public import LocalStore

/// Everything that an export is made of, read from one unchanging view of a store.
///
/// Exports are functions of this value alone: the same content gives the same bytes.
public struct ExportContent: Sendable {
    public let names: RecordNames
    public let documents: [DocumentItem]
    public let captures: [CaptureItem]
    public let annotations: [AnnotationItem]
    public let comments: [CommentItem]
    public let statements: [StatementItem]
    public let memos: [MemoItem]
    /// With a document alone those that it is coded in.
    public let rounds: [RoundItem]
    public let assignments: [AssignmentItem]
    public let submissions: [SubmissionItem]
    public let decisions: [DecisionItem]
    /// With a document alone none: they are of rounds as wholes.
    public let agreementRuns: [AgreementRunItem]
    public let conflicts: [ConflictItem]
    /// Texts of versions, by version; those that have not arrived are missing.
    public let texts: [RecordID: [UInt8]]
    /// Corrected annotations, by id: the selectors of the passage as it was corrected.
    let correctedSelectors: [RecordID: PassageSelectors]

    /// Reads a store.
    ///
    /// - Parameters:
    ///   - includesPrivate: Whether records of layers are taken too that not every member may read: drafts, and rounds that
    ///     are not revealed or published. An export is given away, so a caller asks first.
    ///   - document: Only this document and what hangs on it; codes and entities are always all there.
    public init(reading reader: StoreReader, includesPrivate: Bool = false, document: RecordID? = nil) throws {
        names = try RecordNames(reading: reader, includesPrivate: includesPrivate)
        let hidden = Set(
            names.layers.filter { !$0.isOpen && !includesPrivate }.map(\.id))
        func isShown(_ info: RecordInfo) -> Bool { !hidden.contains(info.layer) }
        documents = names.documents.filter { document == nil || $0.info.id == document }
        let versions = Set(documents.flatMap(\.versions).map(\.info.id))
        captures = try names.layers.filter { !hidden.contains($0.id) }
            .flatMap { try CaptureItem.all(in: $0.id, reading: reader) }.filter { versions.contains($0.version) }
        annotations = try reader.annotations(on: document).filter { isShown($0.info) }
        let marks = Set(annotations.map(\.info.id))
        statements = try reader.statements().filter {
            isShown($0.info) && (document == nil || marks.contains($0.annotation))
        }
        let about = marks.union(statements.map(\.info.id) + documents.map(\.info.id))
        comments = try reader.comments().filter { isShown($0.info) && (document == nil || about.contains($0.target)) }
        memos = try reader.memos().filter { memo in
            isShown(memo.info) && (document == nil || memo.target.map(about.contains) ?? false)
        }
        let assignments = try reader.assignments().filter {
            isShown($0.info) && (document == nil || $0.document == document)
        }
        let (assigned, coded) = (Set(assignments.map(\.info.id)), Set(assignments.map(\.round)))
        rounds = try reader.rounds().filter { isShown($0.info) && (document == nil || coded.contains($0.info.id)) }
        submissions = try reader.submissions().filter {
            isShown($0.info) && (document == nil || assigned.contains($0.assignment))
        }
        decisions = try reader.decisions().filter {
            isShown($0.info) && (document == nil || $0.document == document)
        }
        agreementRuns = try reader.agreementRuns().filter { isShown($0.info) && document == nil }
        self.assignments = assignments
        let work = rounds.map(\.info.id) + submissions.map(\.info.id) + decisions.map(\.info.id)
        let all = about.union(comments.map(\.info.id) + memos.map(\.info.id)).union(assigned).union(work)
        conflicts = try reader.conflicts().filter {
            !hidden.contains($0.layer) && (document == nil || all.contains($0.record))
        }
        var texts: [RecordID: [UInt8]] = [:]
        for version in documents.flatMap(\.versions) { texts[version.info.id] = try reader.text(of: version.info.id) }
        self.texts = texts
        correctedSelectors = Self.correctedSelectors(annotations, texts)
    }

    private static func correctedSelectors(
        _ annotations: [AnnotationItem], _ texts: [RecordID: [UInt8]]
    ) -> [RecordID: PassageSelectors] {
        var indexes: [RecordID: TextIndex] = [:]
        var result: [RecordID: PassageSelectors] = [:]
        for annotation in annotations where annotation.isCorrected {
            if indexes[annotation.version] == nil, let bytes = texts[annotation.version],
                let text = try? CanonicalText(canonical: bytes)
            {
                indexes[annotation.version] = TextIndex(text)
            }
            guard let index = indexes[annotation.version], let range = annotation.position.range else { continue }
            result[annotation.info.id] = try? index.selectors(forCodePoints: range)
        }
        return result
    }

    /// Notes what an export without places for rounds leaves out.
    func addRounds(to losses: inout LossReport, _ reason: String) {
        losses.add(rounds.count, "rounds", reason)
        losses.add(assignments.count + submissions.count, "assignments and submissions", reason)
        losses.add(decisions.count, "decisions", reason)
        losses.add(agreementRuns.count, "computations of agreement", reason)
    }
}
