import AnnotationModel
import Interchange
import LocalStore

/// Changing what statements are asked.
extension Command {
    static let statementTypeEdit = Command(
        CommandSpecification(
            "edit", summary: "change a statement type",
            discussion: """
                Statements that were made stay as they are. A retired type takes no new statements; those that it has can be \
                read and changed. An empty value clears a field.
                """,
            options: [
                .value("name", "n", "name", "New name"),
                .value("definition", nil, "text", "When to use it, or - to read that from standard input"),
                .value("colour", nil, "#rrggbb", "Colour"),
                .value(
                    "status", nil, "status", "Whether it is for new statements",
                    choices: ["active", "retired"]),
            ],
            positionals: [PositionalSpecification("type", "Id or name")],
            examples: [
                CommandExample("variorum statement type edit claim --name assertion", "Rename a type"),
                CommandExample("variorum statement type edit claim --status retired", "Do not use it any more"),
            ]),
        json: "the statement type"
    ) { context in
        let arguments = context.arguments
        let store = try context.openStore()
        let names = try store.read { try RecordNames(reading: $0) }
        let type = try names.statementType(named: arguments.positional("type") ?? "")
        var edits = RecordEdits(type.info)
        if let name = arguments.value("name") {
            try checkName(name)
            if names.statementTypes.contains(where: {
                $0.info.id != type.info.id && $0.name.lowercased() == name.lowercased()
            }) {
                throw CommandFailure(.dataError, "there is a statement type '\(name)' here already")
            }
            edits.set(Field.StatementType.name, .text(name))
        }
        if let text = arguments.value("definition") {
            edits.set(Field.StatementType.definition, text.isEmpty ? .null : .text(try context.text(text)))
        }
        if let colour = arguments.value("colour") {
            edits.set(Field.StatementType.colour, colour.isEmpty ? .null : .text(try FieldInput.colour(colour)))
        }
        if let status = arguments.value("status") { edits.set(Field.StatementType.status, .text(status)) }
        try edits.perform(in: store, context)
        return .success
    }

    static let statementTypeEditVariable = Command(
        CommandSpecification(
            "edit-variable", summary: "change a question of a statement type",
            discussion: """
                What a variable asks for cannot be changed: answers could not be read any more. Add another one instead. A choice \
                that is taken away stays where it was answered. An empty definition clears it.
                """,
            options: [
                .value("name", "n", "name", "New name"),
                .value("definition", nil, "text", "What is meant, or - to read that from standard input"),
                .value(
                    "required", nil, "yes|no", "Whether a statement without it counts as incomplete",
                    choices: ["yes", "no"]),
                .value("place", nil, "number", "Where it stands among the type's"),
                .values("add-choice", nil, "choice", "Something more that may be chosen"),
                .values("remove-choice", nil, "choice", "What may not be chosen any more"),
            ],
            positionals: [
                PositionalSpecification("type", "Id or name of the type"),
                PositionalSpecification("variable", "Id or name of the question"),
            ],
            examples: [
                CommandExample(
                    "variorum statement type edit-variable claim frame --add-choice economic", "Offer one choice more")
            ]),
        json: "the variable"
    ) { context in
        let arguments = context.arguments
        let store = try context.openStore()
        let names = try store.read { try RecordNames(reading: $0) }
        let type = try names.statementType(named: arguments.positional("type") ?? "")
        let variable = try variable(arguments.positional("variable") ?? "", of: type)
        var edits = RecordEdits(variable.info)
        if let name = arguments.value("name") {
            try checkName(name)
            if name.contains("=") || name.contains(":") {
                throw CommandFailure(.dataError, "the name of a question must not have = or : in it")
            }
            if type.variables.contains(where: {
                $0.info.id != variable.info.id && $0.name.lowercased() == name.lowercased()
            }) {
                throw CommandFailure(.dataError, "'\(type.name)' asks '\(name)' already")
            }
            edits.set(Field.Variable.name, .text(name))
        }
        if let text = arguments.value("definition") {
            edits.set(Field.Variable.definition, text.isEmpty ? .null : .text(try context.text(text)))
        }
        if let answer = arguments.value("required") {
            edits.set(Field.Variable.isRequired, .boolean(answer == "yes"))
        }
        if let place = try arguments.integer("place", in: 1...1_000_000) {
            edits.set(Field.Variable.place, .integer(Int64(place)))
        }
        let (added, removed) = (arguments.values("add-choice"), arguments.values("remove-choice"))
        if !(added + removed).isEmpty {
            try checkChoices(of: variable, adding: added, removing: removed)
            for choice in added { edits.add(.text(choice), to: Field.Variable.choices) }
            for choice in removed { edits.remove(.text(choice), from: Field.Variable.choices) }
        }
        try edits.perform(in: store, context)
        return .success
    }

    private static func checkChoices(
        of variable: VariableItem, adding added: [String], removing removed: [String]
    ) throws {
        guard variable.valueType == "choice" else {
            throw CommandFailure(
                .dataError, "only a choice has choices, and '\(variable.name)' is a \(variable.valueType)")
        }
        for choice in added where choice.allSatisfy(\.isWhitespace) || choice.contains("|") {
            throw CommandFailure(.dataError, "a choice must not be empty or have | in it")
        }
        if let unknown = removed.first(where: { !variable.choices.contains($0) }) {
            throw CommandFailure(
                .dataError,
                "'\(variable.name)' has no choice '\(unknown)'; it has \(variable.choices.joined(separator: ", "))")
        }
        if Set(variable.choices).union(added).subtracting(removed).isEmpty {
            throw CommandFailure(.dataError, "'\(variable.name)' would be a choice without choices")
        }
    }

    /// - Throws: `noInput` if there is none, `dataError` if several are meant.
    private static func variable(_ text: String, of type: StatementTypeItem) throws -> VariableItem {
        let lowered = text.lowercased()
        var found = type.variables.filter { $0.name.lowercased() == lowered }
        if found.isEmpty, text.count >= RecordNames.idDigitsMin {
            found = type.variables.filter { $0.info.id.matches(text) }
        }
        if found.count == 1 { return found[0] }
        if found.count > 1 {
            let list = found.map { "  \($0.info.id.short)  \($0.name)" }.joined(separator: "\n")
            throw CommandFailure(.dataError, "'\(type.name)' has several variables '\(text)':\n\(list)\nUse the id.")
        }
        let known = type.variables.map(\.name)
        let hint = suggestion(for: text, among: known).map { " Did you mean '\($0)'?" } ?? ""
        throw CommandFailure(
            .noInput,
            "'\(type.name)' is not asked '\(text)'; it is asked \(known.joined(separator: ", ")).\(hint)")
    }
}
