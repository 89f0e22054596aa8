import AnnotationModel
import Interchange
import LocalStore

/// Statements with questions of a team's own.
extension Command {
    static let statementSet = Command(
        CommandSpecification(
            "set", summary: "answer the questions of a statement's type",
            discussion: "An empty value takes an answer away. The built-in fields are changed with 'variorum edit'.",
            positionals: [
                PositionalSpecification("statement", "Id of the statement"),
                PositionalSpecification("variable=value", "A question and its answer", isRepeatable: true),
            ],
            examples: [
                CommandExample("variorum statement set 3f9c21aa frame=legal certain=yes", "Answer two questions")
            ]),
        json: "the statement"
    ) { context in
        let store = try context.openStore()
        let (names, item) = try store.read { reader in
            let names = try RecordNames(reading: reader)
            let info = try reader.record(
                named: context.arguments.positional("statement") ?? "", names, kinds: [.statement])
            return (names, try reader.statements().first { $0.info.id == info.id && $0.info.layer == info.layer })
        }
        guard let item else { throw CommandFailure(.noInput, "the statement is not here") }
        guard let typeID = item.type else {
            throw CommandFailure(
                .dataError, "statement \(item.info.id.short) is of the built-in type, which has no questions of its own"
            )
        }
        guard let type = names.statementType(typeID) else {
            throw CommandFailure(.noInput, "the type of statement \(item.info.id.short) has not arrived yet")
        }
        let answers = try VariableAnswer.all(context.arguments.positionals("variable=value"), of: type, names, context)
        let isChanged = try store.write { transaction in
            var isChanged = false
            for answer in answers where try answer.write(to: item.info.id, in: item.info.layer, transaction) {
                isChanged = true
            }
            return isChanged
        }
        try store.read { (reader) throws in
            let names = try RecordNames(reading: reader)
            if context.isJSON { return try context.write(try reader.json(item.info, names)) }
            guard isChanged else { return try context.writeLine("nothing to change: it is so already") }
            let fresh = try reader.statements().first { $0.info.id == item.info.id }
            try context.writeLine(
                printable("changed  \(item.info.id.short)  \(fresh.map(names.sentence) ?? "statement")"))
        }
        return .success
    }

    static let statementType = Command(
        "type", summary: "keep statement types: what statements of some sort are asked",
        [statementTypeAdd, statementTypeEdit, statementTypeEditVariable, statementTypeList])

    private static let statementTypeAdd = Command(
        CommandSpecification(
            "add", summary: "add a statement type with its variables",
            discussion: """
                A variable is NAME:TYPE, where TYPE is \(VariableAnswer.valueTypes.joined(separator: ", ")); the choices of \
                a choice follow after another colon, with | between them. To a type that is there, variables are added.
                """,
            options: [
                .values("variable", "v", "name:type", "A question, in the order given"),
                .values("required", "r", "name", "A variable without which a statement counts as incomplete"),
                .value("definition", nil, "text", "When to use it, or - to read that from standard input"),
                .value("colour", nil, "#rrggbb", "Colour"),
            ],
            positionals: [PositionalSpecification("name", "Name shown")],
            examples: [
                CommandExample(
                    "variorum statement type add claim -v \"frame:choice:legal|moral\" -v certain:boolean -r frame",
                    "Ask two questions of each claim")
            ]),
        json: "the statement type"
    ) { context in
        let arguments = context.arguments
        let name = arguments.positional("name") ?? ""
        try checkName(name)
        let definition = try arguments.value("definition").map { try context.text($0) }
        let colour = try arguments.value("colour").map { try FieldInput.colour($0) }
        let variables = try arguments.values("variable").map { try VariableSpecification($0, context) }
        let store = try context.openStore()
        let names = try store.read { try RecordNames(reading: $0) }
        let known = names.statementTypes.first { $0.name.lowercased() == name.lowercased() }
        var seen = Set((known?.variables ?? []).map { $0.name.lowercased() })
        for variable in variables where !seen.insert(variable.name.lowercased()).inserted {
            throw CommandFailure(.dataError, "'\(name)' asks '\(variable.name)' already; nothing was added")
        }
        let required = Set(arguments.values("required").map { $0.lowercased() })
        if let missing = required.subtracting(variables.map { $0.name.lowercased() }).min() {
            throw context.usage("--required \(missing) names none of the variables that are added")
        }
        if known != nil, variables.isEmpty {
            throw CommandFailure(.dataError, "there is a statement type '\(name)' here already; nothing was added")
        }
        let id = try store.write { transaction in
            let layer = try known?.info.layer ?? transaction.reader.ownLayer(.shared)
            let type: RecordID
            if let known {
                type = known.info.id
            } else {
                type = try transaction.create(
                    .statementType, in: layer,
                    [
                        (Field.StatementType.name, .text(name)),
                        (Field.StatementType.definition, definition.map { .text($0) } ?? .null),
                        (Field.StatementType.colour, colour.map { .text($0) } ?? .null),
                    ])
            }
            let first = (known?.variables.compactMap(\.place).max() ?? 0) + 1
            for (place, variable) in variables.enumerated() {
                let isRequired = required.contains(variable.name.lowercased())
                try transaction.create(
                    .variable, in: layer,
                    [
                        (Field.Variable.type, .identifier(type)), (Field.Variable.name, .text(variable.name)),
                        (Field.Variable.valueType, .text(variable.type)),
                        (Field.Variable.place, .integer(Int64(first + place))),
                        (Field.Variable.isRequired, isRequired ? .boolean(true) : .null),
                    ] + variable.choices.map { (Field.Variable.choices, .text($0)) })
            }
            return type
        }
        try RoundPlacement.remarkIfShown(store.read { try $0.ownLayer(.shared) }, in: store, context)
        let fresh = try store.read { try RecordNames(reading: $0) }
        if context.isJSON {
            try context.write(fresh.statementType(id).map(fresh.json) ?? .null)
        } else {
            try context.writeLine(
                printable("added  \(id.short)  \(name)  (\(counted(variables.count, "variable")))"))
        }
        return .success
    }

    private static let statementTypeList = Command(
        CommandSpecification(
            "list", summary: "list the statement types and what they ask",
            examples: [CommandExample("variorum statement type list", "What can be asked?")]),
        json: "`{statement_types: [statement_type]}`"
    ) { context in
        let names = try context.openStore().read { try RecordNames(reading: $0) }
        if context.isJSON {
            try context.write(["statement_types": .array(names.statementTypes.map(names.json))])
            return .success
        }
        if names.statementTypes.isEmpty {
            context.remark("no statement types but the built-in one; 'variorum statement type add NAME' makes one")
            return .success
        }
        var table = TextTable([
            .init("id"), .init("type"), .init("variable"), .init("asks for", isFlexible: true), .init(""),
        ])
        for type in names.statementTypes {
            let mark = type.isRetired ? "retired" : ""
            table.rows.append([type.info.id.short, type.name, "", type.definition.map { excerpt($0) } ?? "", mark])
            for variable in type.variables {
                let choices = variable.choices.isEmpty ? "" : ": " + variable.choices.joined(separator: ", ")
                table.rows.append([
                    "", "", variable.name, variable.valueType + choices, variable.isRequired ? "required" : "",
                ])
            }
        }
        try context.write(table)
        return .success
    }
}

/// A variable as it is typed: `name:type` or `name:choice:one|other`.
private struct VariableSpecification {
    let name: String
    let type: String
    let choices: [String]

    init(_ text: String, _ context: CommandContext) throws {
        let parts = text.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 2, !parts[0].allSatisfy(\.isWhitespace), !parts[0].contains("=") else {
            throw context.usage("'\(text)' is not NAME:TYPE")
        }
        (name, type) = (parts[0], parts[1])
        guard VariableAnswer.valueTypes.contains(type) else {
            throw context.usage(
                "the type of '\(name)' cannot be '\(type)'; it must be one of \(VariableAnswer.valueTypes.joined(separator: ", "))",
                suggestion: suggestion(for: type, among: VariableAnswer.valueTypes).map { "'\($0)'" })
        }
        choices = parts.count == 3 ? parts[2].split(separator: "|").map(String.init) : []
        if type == "choice", choices.isEmpty {
            throw context.usage("'\(name)' is a choice without choices; write \(name):choice:one|other")
        }
        if type != "choice", parts.count == 3 {
            throw context.usage("only a choice has choices, and '\(name)' is a \(type)")
        }
    }
}
