import AnnotationModel
import LocalStore

extension ExportContent {
    /// One record a line, with the texts of all versions and the values that are in conflict: all that the store
    /// shows, other than its history.
    ///
    /// UTF-8, LF; docs/cli.md describes the lines. The first is the workspace; then come members by id, documents, versions,
    /// captures, codes, entities, statement types, annotations, statements, comments, memos, rounds, assignments, submissions, decisions,
    /// agreement runs and conflicts, each oldest first.
    public func jsonLines() -> Export {
        var lines: [JSON] = [
            [
                "kind": "workspace", "id": .text("\(names.workspace)"), "title": .text(names.title),
                "format": "variorum records 1",
            ]
        ]
        let versions = documents.flatMap(\.versions)
        lines += names.memberNames.sorted { $0.key < $1.key }.map { member, name in
            ["kind": "member", "id": .text("\(member)"), "name": .text(name)]
        }
        lines += documents.map(names.json)
        lines += versions.map { version in
            let text = texts[version.info.id].map { String(decoding: $0, as: UTF8.self) }
            return names.json(version).adding(["text": .optional(text)])
        }
        lines += captures.map(names.json)
        lines += names.codes.map(names.json)
        lines += names.entities.map(names.json)
        lines += names.statementTypes.map(names.json)
        lines += annotations.map(names.json)
        lines += statements.map(names.json)
        lines += comments.map(names.json)
        lines += memos.map(names.json)
        lines += rounds.map(names.json)
        lines += assignments.map(names.json)
        lines += submissions.map(names.json)
        lines += decisions.map(names.json)
        lines += agreementRuns.map(names.json)
        lines += conflicts.map { JSON.object([JSON.Member("kind", "conflict")]).adding(names.json($0)) }
        var losses = LossReport()
        losses.add(
            versions.filter { texts[$0.info.id] == nil }.count, "texts of document versions",
            "they have not arrived in this store yet; sync and export again")
        return Export(bytes: lines.flatMap { $0.compact + [UInt8(ascii: "\n")] }, losses: losses)
    }
}
