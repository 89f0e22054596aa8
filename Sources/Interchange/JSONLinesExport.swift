import AnnotationModel
import LocalStore

extension ExportContent {
    /// One record a line, with the texts of all versions and the values that are in conflict: all that the store
    /// shows, other than its history.
    ///
    /// UTF-8, LF; docs/cli.md describes the lines. The first is the workspace; then come documents, versions,
    /// codes, entities, annotations, statements, comments, memos and conflicts, each oldest first.
    public func jsonLines() -> Export {
        var lines: [JSON] = [
            [
                "kind": "workspace", "id": .text("\(workspace)"), "title": .text(title), "format": "variorum records 1",
            ]
        ]
        lines += documents.map(json)
        lines += documents.flatMap(\.versions).map { json($0, includesText: true) }
        lines += codes.map(json)
        lines += entities.map(json)
        lines += annotations.map(json)
        lines += statements.map(json)
        lines += comments.map(json)
        lines += memos.map(json)
        lines += conflicts.map { JSON.object([JSON.Member("kind", "conflict")] + json($0).members(exceptFor: "kind", as: "record_kind")) }
        var losses = LossReport()
        let missing = versionsByID.keys.filter { texts[$0] == nil }.count
        losses.add(missing, "texts of document versions", "they have not arrived in this store yet; sync and export again")
        return Export(bytes: lines.flatMap { $0.compact + [UInt8(ascii: "\n")] }, losses: losses)
    }
}

extension JSON {
    /// The members of an object, one of them under another name.
    fileprivate func members(exceptFor name: String, as newName: String) -> [Member] {
        guard case .object(let members) = self else { return [] }
        return members.map { $0.name == name ? Member(newName, $0.value) : $0 }
    }
}
