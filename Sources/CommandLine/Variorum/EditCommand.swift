import AnnotationModel
import DocumentText
import Interchange
import LocalStore

extension Command {
    static let edit = Command(
        CommandSpecification(
            "edit", summary: "change the fields of any record",
            discussion: """
                FIELD=VALUE writes a field in place of every value that it has now; an empty value clears it. Sets (codes, \
                tags, aliases, …) are added to and removed from. docs/data-model.md lists the fields of each kind.

                A passage's boundaries are moved with corrected_range=START-END, in characters; the ones it was made with stay \
                beside them.
                """,
            options: [
                .values("add", nil, "field=value", "Add to a set"),
                .values("remove", nil, "field=value", "Remove from a set"),
                .values("add-tag", nil, "word", "Add a tag"),
                .values("remove-tag", nil, "word", "Remove a tag"),
                .values("add-code", nil, "code", "Apply a code"),
                .values("remove-code", nil, "code", "Take a code away"),
            ],
            positionals: [
                PositionalSpecification("record", "Id, or the name of a document, code or entity"),
                PositionalSpecification(
                    "field=value", "A field and its new value", isOptional: true, isRepeatable: true),
            ],
            examples: [
                CommandExample("variorum edit 3f9c21aa note=\"Not so sure\" confidence=40", "Change two fields"),
                CommandExample("variorum edit 3f9c21aa --add-code sovereignty --remove-tag check", "Change sets"),
                CommandExample(
                    "variorum edit 1 title=\"On the treaty\" --add uris=https://example.org/treaty",
                    "Describe a document"),
            ]),
        json: "the record"
    ) { context in
        let store = try context.openStore()
        let (names, info) = try store.read { reader in
            let names = try RecordNames(reading: reader)
            return (names, try reader.record(named: context.arguments.positional("record") ?? "", names))
        }
        let edits = try EditReader(context, names, info).edits()
        try edits.perform(in: store, context)
        return .success
    }
}

/// Reads the fields and values of `edit`.
private struct EditReader {
    private let context: CommandContext
    private let names: RecordNames
    private let info: RecordInfo
    private let definition: KindDefinition

    init(_ context: CommandContext, _ names: RecordNames, _ info: RecordInfo) throws {
        guard let definition = Model.definition(of: info.kind) else {
            throw CommandFailure(
                .configuration,
                "record \(info.id.short) was made by a newer version of Variorum, which alone can edit it")
        }
        self.context = context
        self.names = names
        self.info = info
        self.definition = definition
    }

    func edits() throws -> RecordEdits {
        let input = FieldInput(names: names)
        var edits = RecordEdits(info)
        for word in context.arguments.positionals("field=value") {
            let (field, text) = try split(word)
            if field.rule == .addWinsSet {
                throw context.usage("\(field.name) is a set; use --add \(field.name)=… and --remove \(field.name)=…")
            }
            if field.rule == .writeOnce { throw CommandFailure(.dataError, stays(field)) }
            let value = try input.value(field.type == .text ? context.text(text) : text, for: field, of: definition)
            if info.kind == .annotation, field.field == Field.Annotation.correctedRange { try checkRange(value) }
            if info.kind == .statement, field.field == Field.Statement.concept { try checkCodable(value) }
            edits.set(field.field, value)
        }
        for (option, adds) in [("add", true), ("remove", false)] {
            for word in context.arguments.values(option) {
                let (field, text) = try split(word)
                try change(field, text, adds, &edits)
            }
            for tag in context.arguments.values("\(option)-tag") { try change(try set("tags"), tag, adds, &edits) }
            for code in context.arguments.values("\(option)-code") { try change(try set("codes"), code, adds, &edits) }
        }
        // What was coded now was coded with the codebook of now.
        if info.kind == .annotation, edits.touches(Field.Annotation.codes) {
            edits.set(Field.Annotation.codebookRevision, names.codebookStamp())
        }
        if info.kind == .statement, edits.touches(Field.Statement.concept) {
            edits.set(Field.Statement.codebookRevision, names.codebookStamp())
        }
        return edits
    }

    private func change(_ field: FieldDefinition, _ text: String, _ adds: Bool, _ edits: inout RecordEdits) throws {
        guard field.rule == .addWinsSet else {
            throw context.usage("\(field.name) is no set; write \(field.name)=VALUE")
        }
        if text.isEmpty { throw CommandFailure(.dataError, "an element of \(field.name) must not be empty") }
        let value = try FieldInput(names: names).value(text, for: field, of: definition)
        guard adds else {
            // What was merged into the code or entity that was named goes too: it shows under the same name.
            for element in elements(like: value) { edits.remove(element, from: field.field) }
            return
        }
        if info.kind == .annotation, field.field == Field.Annotation.codes { try checkCodable(value) }
        edits.add(value, to: field.field)
    }

    private func checkCodable(_ value: Value) throws {
        if let code = value.identifier.flatMap(names.code) { try names.checkCodable(code) }
    }

    private func elements(like value: Value) -> [Value] {
        guard let id = value.identifier else { return [value] }
        let merged =
            names.codes.map(\.info.id).filter { $0 != id && names.effectiveCode($0)?.info.id == id }
            + names.entities.map(\.info.id).filter { $0 != id && names.effectiveEntity($0)?.info.id == id }
        return [value] + merged.map { .identifier($0) }
    }

    /// A correction must lie within the text, as far as the text is here.
    private func checkRange(_ value: Value) throws {
        guard case .list(let ends) = value, let end = ends.last?.integer else { return }
        let count = try context.openStore().read { reader -> Int? in
            guard let annotation = try reader.annotations().first(where: { $0.info.id == info.id }),
                let version = names.version(annotation.version), version.isComplete
            else { return nil }
            return try reader.textIndex(of: version).codePointCount
        }
        if let count, end > count {
            throw CommandFailure(.dataError, "the passage cannot end at \(end); the text has \(count) characters")
        }
    }

    private func split(_ word: String) throws -> (FieldDefinition, String) {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else { throw context.usage("'\(word)' is not FIELD=VALUE") }
        return (try set(parts[0]), parts[1])
    }

    /// The field of a name.
    private func set(_ name: String) throws -> FieldDefinition {
        if let field = definition.fields.first(where: { $0.name == name }) { return field }
        let known = definition.fields.filter { $0.rule != .writeOnce }.map(\.name)
        throw context.usage(
            "a \(definition.name) has no field '\(name)'; it has \(known.joined(separator: ", "))",
            suggestion: suggestion(for: name, among: known).map { "'\($0)'" })
    }

    private func stays(_ field: FieldDefinition) -> String {
        let hint =
            info.kind == .annotation && [Field.Annotation.position, Field.Annotation.quote].contains(field.field)
            ? "; corrected_range=START-END moves the boundaries" : ""
        return "the \(field.name) of a \(definition.name) is set at its making and stays\(hint)"
    }
}
