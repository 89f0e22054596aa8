import AnnotationModel
import DocumentText
import LocalStore

extension ExportContent {
    /// One row per annotation and code, for spreadsheets, R and pandas; an annotation without codes has one row.
    ///
    /// RFC 4180: CRLF, quotes where needed, a header. UTF-8 without byte order mark. Offsets count code points of the
    /// version that `version_sha256` names. Several tags stand in one cell, separated by "; ".
    public func commaSeparated() -> Export {
        var rows = [
            [
                "annotation", "document", "document_title", "version_sha256", "start", "end", "exact", "prefix",
                "suffix", "code", "code_path", "coded_as", "tags", "note", "confidence", "author", "author_name",
                "layer", "created", "modified", "has_conflict",
            ]
        ]
        let titles = Dictionary(documents.map { ($0.info.id, $0.title) }, uniquingKeysWith: { first, _ in first })
        for annotation in annotations {
            let selectors = correctedSelectors[annotation.info.id]
            let quote = selectors?.quote ?? annotation.quote
            for code in annotation.codes.isEmpty ? [nil] : annotation.codes.map({ RecordID?.some($0) }) {
                let effective = code.flatMap(names.effectiveCode)
                rows.append([
                    "\(annotation.info.id)", "\(annotation.document)", titles[annotation.document] ?? "",
                    names.version(annotation.version).map { hexadecimal($0.sha256) } ?? "",
                    "\(annotation.position.start)", "\(annotation.position.end)", quote.exact, quote.prefix,
                    quote.suffix, (effective?.info.id ?? code)?.description ?? "",
                    effective.map { names.path(of: $0).joined(separator: " > ") } ?? "", code?.description ?? "",
                    annotation.tags.joined(separator: "; "), annotation.note ?? "",
                    annotation.confidence.map { "\($0)" } ?? "", "\(annotation.info.author)",
                    names.memberNames[annotation.info.author] ?? "", names.layerName(annotation.info.layer),
                    timestamp(ofMilliseconds: annotation.info.createdAt),
                    timestamp(ofMilliseconds: annotation.info.modifiedAt), annotation.hasConflict ? "true" : "false",
                ])
            }
        }
        return Export(bytes: CommaSeparatedRows.bytes(of: rows), losses: lossesOfRows)
    }

    private var lossesOfRows: LossReport {
        let elsewhere = "one row holds an annotation and a code; the JSON lines export has them"
        var losses = LossReport()
        losses.add(statements.count, "statements", elsewhere)
        losses.add(comments.count, "comments", elsewhere)
        losses.add(memos.count, "memos", elsewhere)
        losses.add(names.entities.count, "entities", elsewhere)
        losses.add(names.statementTypes.count, "statement types", elsewhere)
        losses.add(names.codes.filter { $0.definition != nil }.count, "code definitions", elsewhere)
        addRounds(to: &losses, elsewhere)
        losses.add(conflicts.count, "conflicts: the values that do not show", elsewhere)
        losses.add(
            annotations.filter { annotation in annotation.tags.contains { $0.contains("; ") } }.count,
            "annotations with a tag that holds the separator \"; \"", "their tags cannot be told apart in one cell")
        losses.add(documents.flatMap(\.versions).count, "texts of document versions", elsewhere)
        return losses
    }
}
