import AnnotationModel
import Interchange
import LocalStore
import TeamCoding

/// Finding what somebody named on the command line.
///
/// A name counts before an id, as names are what people type; upper and lower case are alike unless only case tells
/// two names apart. An id may be cut down to four digits.
extension RecordNames {
    static let idDigitsMin = 4

    /// - Throws: `noInput` if there is none, `dataError` if several are meant.
    func document(named text: String) throws -> DocumentItem {
        if let found = try findDocument(text) { return found }
        let hint = suggestion(for: text, among: documents.map(\.title)).map { " Did you mean '\($0)'?" } ?? ""
        throw CommandFailure(
            .noInput, "there is no document '\(text)' here.\(hint) 'variorum documents' lists them all")
    }

    func findDocument(_ text: String) throws -> DocumentItem? {
        if let found = Int(text).flatMap(documents.element(numbered:)) { return found }
        return try one(of: documents, text, "documents", names: { [$0.title] }, info: \.info)
    }

    /// A version of a document by its number, oldest first, or the beginning of its id or SHA-256; the newest whole
    /// one when nothing is named.
    func version(of document: DocumentItem, named text: String?) throws -> VersionItem {
        guard let text else {
            if let version = document.versions.last(where: \.isComplete) { return version }
            throw CommandFailure(
                .noInput, "the text of '\(document.title)' has not arrived yet; sync, or read a bundle that has it")
        }
        let found: [VersionItem]
        if let version = Int(text).flatMap(document.versions.element(numbered:)) {
            found = [version]
        } else {
            let lowered = text.lowercased()
            found = document.versions.filter { version in
                lowered.count >= Self.idDigitsMin
                    && (version.info.id.matches(lowered) || Self.hexadecimal(version.sha256).hasPrefix(lowered))
            }
        }
        guard found.count == 1 else {
            throw CommandFailure(
                found.isEmpty ? .noInput : .dataError,
                "'\(document.title)' has \(found.isEmpty ? "no" : "more than one") version '\(text)'; it has versions 1 to \(document.versions.count)"
            )
        }
        guard found[0].isComplete else {
            throw CommandFailure(.noInput, "the text of that version of '\(document.title)' has not arrived yet")
        }
        return found[0]
    }

    /// The code that is meant, after merges; nil if there is none.
    func findCode(_ text: String) throws -> CodeItem? {
        let active = codes.filter { !codebook.isRedirected($0.info.id) && !$0.isRetired }
        let found =
            try one(of: active, text, "codes", names: { [$0.name, path(of: $0).joined(separator: "/")] }, info: \.info)
            ?? one(of: codes, text, "codes", names: { [$0.name] }, info: \.info)
        return found.map { effectiveCode($0.info.id) ?? $0 }
    }

    /// - Throws: `noInput` if there is none, `dataError` if several are meant.
    func code(named text: String) throws -> CodeItem {
        if let code = try findCode(text) { return code }
        throw unknown(text, "code", among: codes.map(\.name), listed: "variorum code list")
    }

    /// The entity that is meant, after merges; nil if there is none. Aliases count as names, and so do the names and aliases of
    /// those that it stands for.
    func findEntity(_ text: String) throws -> EntityItem? {
        let active = entities.filter { !isRedirectedEntity($0.info.id) }
        let found =
            try one(of: active, text, "entities", names: { [$0.name] }, info: \.info)
            ?? one(of: active, text, "entities", names: \.aliases, info: \.info)
            ?? one(of: active, text, "entities", names: { joinedEntity($0.info.id)?.aliases ?? [] }, info: \.info)
            ?? one(of: entities, text, "entities", names: { [$0.name] }, info: \.info)
        return found.map { effectiveEntity($0.info.id) ?? $0 }
    }

    func entity(named text: String) throws -> EntityItem {
        if let entity = try findEntity(text) { return entity }
        throw unknown(text, "entity", among: entities.map(\.name), listed: "variorum entity list")
    }

    func member(named text: String) throws -> MemberID {
        let everybody = memberNames.sorted { $0.key < $1.key }
        var found = everybody.filter { $0.value.lowercased() == text.lowercased() }.map(\.key)
        if found.isEmpty, text.count >= Self.idDigitsMin {
            found = everybody.map(\.key).filter { "\($0)".hasPrefix(text.lowercased()) }
        }
        if found.count == 1 { return found[0] }
        if found.count > 1 {
            throw CommandFailure(
                .dataError,
                "'\(text)' could be several members:\n"
                    + found.map { "  \("\($0)".prefix(8))  \(name(of: $0))" }.joined(separator: "\n") + "\nUse the id.")
        }
        throw CommandFailure(
            .noInput,
            "there is no member '\(text)'; known are \(everybody.map(\.value).joined(separator: ", "))")
    }

    /// One's own layer of a kind, or any by its id.
    func layer(named text: String) throws -> LayerItem {
        let own = layers.filter { $0.kindName == text && ($0.owner == nil || $0.owner == ownMember) }
        let found =
            own.isEmpty && text.count >= Self.idDigitsMin
            ? layers.filter { "\($0.id)".hasPrefix(text.lowercased()) } : own
        guard found.count == 1 else {
            throw CommandFailure(
                found.isEmpty ? .noInput : .dataError,
                "there is \(found.isEmpty ? "no" : "more than one") layer '\(text)'; use shared, personal, private, or an id that 'variorum status --json' gives"
            )
        }
        return found[0]
    }

    /// What a layer is called among several people's.
    func layerTitle(_ id: LayerID) -> String {
        guard let layer = layer(id) else { return "unknown" }
        guard let owner = layer.owner, owner != ownMember else { return layer.kindName }
        return "\(layer.kindName) (\(name(of: owner)))"
    }

    /// What is not there, what may have been meant, and the commands that list or make it.
    func unknown(_ text: String, _ what: String, among names: [String], listed: String) -> CommandFailure {
        let hint = suggestion(for: text, among: names).map { " Did you mean '\($0)'?" } ?? ""
        return CommandFailure(
            .noInput,
            "there is no \(what) '\(text)'.\(hint) '\(listed)' shows them all, "
                + "'variorum \(what) add \(shellWord(text))' makes it")
    }

    /// The item that a text names by one of its names or by its id; nil if there is none.
    private func one<Item>(
        of items: [Item], _ text: String, _ what: String, names: (Item) -> [String], info: (Item) -> RecordInfo
    ) throws -> Item? {
        let lowered = text.lowercased()
        var found = items.filter { names($0).contains { $0.lowercased() == lowered } }
        if found.count > 1 {
            let exact = found.filter { names($0).contains(text) }
            if exact.count == 1 { return exact[0] }
        }
        if found.isEmpty, text.count >= Self.idDigitsMin { found = items.filter { info($0).id.matches(text) } }
        if found.count <= 1 { return found.first }
        let list = found.map { item in
            "  \(info(item).id.short)  \(names(item).last ?? "")  (by \(name(of: info(item).author)), \(localTime(info(item).createdAt)))"
        }
        let hint =
            what == "documents"
            ? ""
            : ", or join them with 'variorum resolve --merge \(info(found[1]).id.short) --into \(info(found[0]).id.short)'"
        throw CommandFailure(
            .dataError, "'\(text)' could be several \(what):\n\(list.joined(separator: "\n"))\nUse the id\(hint).")
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
