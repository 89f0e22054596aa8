import AnnotationModel
import ChangeLog
import DocumentText
import Interchange
import LocalStore

/// Finding records and their texts.
extension StoreReader {
    /// The record that somebody means by an id, a short id, or the name of a document, code or entity.
    ///
    /// - Parameters:
    ///   - kinds: Which kinds may be meant; any when empty.
    ///   - includesDeleted: Whether deleted records count.
    /// - Throws: `noInput` if there is none, `dataError` if several are meant.
    func record(
        named text: String, _ names: RecordNames, kinds: Set<Kind> = [], includesDeleted: Bool = false
    ) throws -> RecordInfo {
        let isLongEnough = text.count >= RecordNames.idDigitsMin
        var found = isLongEnough ? try find(text, includesDeleted: includesDeleted) : []
        found = found.filter { kinds.isEmpty || kinds.contains($0.kind) }
        if Set(found.map(\.id)).count > 1 {
            let exact = found.filter { $0.id.short == text.lowercased() }
            if Set(exact.map(\.id)).count == 1 { found = exact }
        }
        if Set(found.map(\.id)).count == 1 {
            // One id in two layers: work that was re-applied elsewhere. The one that can be changed is meant.
            return found.first { names.layer($0.layer)?.isWritable == true } ?? found[0]
        }
        if found.count > 1 {
            let list = try found.prefix(20).map { "  \($0.id.short)  \(try label(of: $0, names))" }
            throw CommandFailure(
                .dataError, "'\(text)' could be several records:\n\(list.joined(separator: "\n"))\nGive more of the id."
            )
        }
        if kinds.isEmpty || kinds.contains(.document), let document = try names.findDocument(text) {
            return document.info
        }
        if kinds.isEmpty || kinds.contains(.code), let code = try names.findCode(text) { return code.info }
        if kinds.isEmpty || kinds.contains(.entity), let entity = try names.findEntity(text) { return entity.info }
        throw missing(
            text, kinds,
            wasDeleted: isLongEnough && !includesDeleted ? try !find(text, includesDeleted: true).isEmpty : false)
    }

    private func missing(_ text: String, _ kinds: Set<Kind>, wasDeleted: Bool) -> CommandFailure {
        let what = kinds.count == 1 ? Model.definition(of: kinds.first ?? .annotation)?.name ?? "record" : "record"
        if wasDeleted {
            return CommandFailure(
                .noInput,
                "\(what) \(text) was deleted, or is of another kind; 'variorum restore \(text)' brings a deleted record back"
            )
        }
        return CommandFailure(.noInput, "there is no \(what) '\(text)'; 'variorum list' and 'variorum search' find ids")
    }

    /// A record in a few words: its kind, and what people would recognise it by.
    func label(of info: RecordInfo, _ names: RecordNames) throws -> String {
        try label(of: info.id, in: info.layer, kind: info.kind, names)
    }

    func label(of id: RecordID, in layer: LayerID, kind: Kind, _ names: RecordNames) throws -> String {
        let name = Model.definition(of: kind)?.name ?? "record of kind \(kind.rawValue)"
        guard let state = try state(of: id, in: layer), let words = words(of: state, kind, names), !words.isEmpty else {
            return name
        }
        return "\(name) \(words)"
    }

    private func words(of state: RecordState, _ kind: Kind, _ names: RecordNames) -> String? {
        func quoted(_ text: String?) -> String? { text.map { "“\(excerpt($0))”" } }
        switch kind {
        case .annotation:
            guard case .list(let parts)? = state.writeOnce(Field.Annotation.quote) else { return nil }
            return quoted(parts.first?.text)
        case .document: return quoted(state.shown(Field.Document.title)?.text)
        case .comment: return quoted(state.shown(Field.Comment.body)?.text)
        case .code: return quoted(state.shown(Field.Code.name)?.text)
        case .entity: return quoted(state.shown(Field.Entity.name)?.text)
        case .statementType: return quoted(state.shown(Field.StatementType.name)?.text)
        case .variable: return quoted(state.shown(Field.Variable.name)?.text)
        case .attribute: return state.writeOnce(Field.Attribute.key)?.text.map { excerpt($0) }
        case .memo: return quoted(state.shown(Field.Memo.title)?.text ?? state.shown(Field.Memo.body)?.text)
        case .documentPart: return nil
        case .capture: return state.writeOnce(Field.Capture.source)?.text.map { excerpt($0) }
        case .statement:
            let speaker = state.shown(Field.Statement.speaker)?.identifier.map(names.entityName)
            let position = state.shown(Field.Statement.position)?.text
            return [speaker, position].compactMap { $0 }.joined(separator: ": ")
        default: return nil
        }
    }

    /// The text of a version, indexed.
    func textIndex(of version: VersionItem) throws -> TextIndex {
        guard let bytes = try text(of: version.info.id) else {
            throw CommandFailure(.noInput, "the text of version \(version.info.id.short) has not arrived yet")
        }
        return TextIndex(try CanonicalText(canonical: bytes))
    }
}

/// The beginning of a text on one line.
func excerpt(_ text: String, width: Int = 60) -> String {
    // More than enough characters, so that a long document is not walked to its end.
    let start = text.unicodeScalars.prefix(width * 8)
    let line = String(String.UnicodeScalarView(start)).split(whereSeparator: \.isWhitespace).joined(separator: " ")
    let cut = truncated(line, to: width)
    return cut.count == line.count && start.count < text.unicodeScalars.count ? cut + "…" : cut
}
