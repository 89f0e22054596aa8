import AnnotationModel
import ChangeLog
import Interchange
import LocalStore

extension Command {
    static let resolve = Command(
        CommandSpecification(
            "resolve", summary: "settle a conflict",
            discussion: """
                Settling is a change like any other: it reaches everybody, and can be undone. The values that were not kept stay \
                in the history. 'variorum conflicts' lists what there is and numbers the values.
                """,
            options: [
                .value("keep", "k", "number", "Keep this one of the values"),
                .value("value", nil, "text", "Write another value in place of all"),
                .flag("restore", nil, "Keep a record that was deleted and edited at once"),
                .flag("delete", nil, "Delete it after all"),
                .value("merge", nil, "record", "Let this code or entity …"),
                .value("into", nil, "record", "… be represented by that one"),
            ],
            positionals: [
                PositionalSpecification("record", "Id, or the name of a document, code or entity", isOptional: true),
                PositionalSpecification(
                    "field", "The field in conflict; may be left out if there is one", isOptional: true),
            ],
            examples: [
                CommandExample("variorum resolve 3f9c21aa note --keep 2", "Keep the second note"),
                CommandExample("variorum resolve 3f9c21aa note --value \"Both are right\"", "Write a new one"),
                CommandExample("variorum resolve 3f9c21aa --delete", "Delete it after all"),
                CommandExample("variorum resolve --merge 77aa01bc --into 3f9c21aa", "Join two codes of one name"),
            ]),
        json: "the record; for --delete `{deleted: [{id, kind}]}`"
    ) { context in
        let arguments = context.arguments
        let ways = [
            arguments.value("keep") != nil, arguments.value("value") != nil, arguments.flag("restore"),
            arguments.flag("delete"), arguments.value("merge") != nil,
        ].filter { $0 }.count
        guard ways == 1 else {
            throw context.usage("say how, in one way: --keep, --value, --restore, --delete or --merge")
        }
        if let merged = arguments.value("merge") {
            guard let target = arguments.value("into") else { throw context.usage("--merge needs --into") }
            return try Merge.either(context, merged, into: target)
        }
        guard let text = arguments.positional("record") else { throw context.usage("which record?") }
        return try Resolution(context, text).perform()
    }
}

private struct Resolution {
    private let context: CommandContext
    private let store: LocalStore
    private let names: RecordNames
    private let info: RecordInfo
    private let conflicts: [Conflict]

    init(_ context: CommandContext, _ text: String) throws {
        self.context = context
        store = try context.openStore()
        (names, info, conflicts) = try store.read { reader in
            let names = try RecordNames(reading: reader)
            let info = try reader.record(named: text, names)
            return (names, info, try reader.state(of: info.id, in: info.layer)?.conflicts ?? [])
        }
    }

    func perform() throws -> ExitCode {
        if context.arguments.flag("restore") || context.arguments.flag("delete") { return try settleDeletion() }
        let (field, entries) = try contested()
        let value: Value
        if let number = try context.arguments.integer("keep", in: 1...Int.max) {
            guard let entry = entries.element(numbered: number) else {
                throw CommandFailure(
                    .dataError, "there are values 1 to \(entries.count); 'variorum conflicts' shows them")
            }
            value = entry.value
        } else {
            guard let kind = Model.definition(of: info.kind), let known = kind.definition(of: field) else {
                throw CommandFailure(.configuration, "only a newer version of Variorum knows this field; use --keep")
            }
            let text = context.arguments.value("value") ?? ""
            value = try FieldInput(names: names).value(
                known.type == .text ? context.text(text) : text, for: known, of: kind)
        }
        var edits = RecordEdits(info)
        edits.set(field, value)
        let words = names.words(for: value, of: Model.definition(of: field, in: info.kind))
        edits.sentence = "settled  \(info.id.short)  \(names.fieldName(field, of: info.kind)) = \(words)"
        try edits.perform(in: store, context)
        return .success
    }

    /// The field in conflict that is meant, and its values, the one that shows first.
    private func contested() throws -> (Field, [RecordState.RegisterEntry]) {
        let all = conflicts.compactMap { conflict -> (Field, [RecordState.RegisterEntry])? in
            if case .contested(let field, let entries) = conflict { (field, entries) } else { nil }
        }
        let listed = all.map { names.fieldName($0.0, of: info.kind) }
        if let name = context.arguments.positional("field") {
            if let place = listed.firstIndex(of: name) { return all[place] }
            throw CommandFailure(
                .noInput,
                "\(name) of record \(info.id.short) is not in conflict"
                    + (listed.isEmpty ? "" : "; \(listed.joined(separator: ", ")) \(listed.count == 1 ? "is" : "are")"))
        }
        guard all.count == 1 else {
            throw CommandFailure(
                all.isEmpty ? .noInput : .dataError,
                all.isEmpty
                    ? "record \(info.id.short) has no values in conflict"
                    : "say which field: \(listed.joined(separator: ", ")) are in conflict")
        }
        return all[0]
    }

    private func settleDeletion() throws -> ExitCode {
        let isDeletedAndEdited = conflicts.contains { if case .deletedAndEdited = $0 { true } else { false } }
        guard isDeletedAndEdited else {
            throw CommandFailure(.noInput, "record \(info.id.short) was not deleted and edited at once")
        }
        if context.arguments.flag("delete") {
            try Deletion([info]).perform(in: store, names, context)
            return .success
        }
        try store.write { transaction in
            _ =
                info.kind == .document
                ? try transaction.restoreDocument(info.id, in: info.layer)
                : try transaction.restore(info.id, in: info.layer)
        }
        try store.read { (reader) throws in
            if context.isJSON {
                try context.write(try reader.json(info, names))
            } else {
                try context.writeLine(
                    printable("settled  \(info.id.short)  \(try reader.label(of: info, names)) stays"))
            }
        }
        return .success
    }
}
