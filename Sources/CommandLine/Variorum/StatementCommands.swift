import AnnotationModel
import Interchange
import LocalStore

extension Command {
    static let statement = Command(
        "statement", summary: "record who said what, about what, for or against",
        discussion: "'variorum statement ANNOTATION …' is short for 'variorum statement add ANNOTATION …'.",
        defaultSubcommand: "add", [statementAdd, statementEnter, statementList, statementSet, statementType])

    private static let statementAdd = Command(
        CommandSpecification(
            "add", summary: "record a statement on an annotated passage",
            discussion: """
                Speaker, organisation, addressee and instruments are entities, the concept is a code. With --create, those \
                that do not exist are made. The statement goes to the annotation's layer if you may write it, else to your \
                personal layer. On a document that is yours to code in a round it goes to your coding layer of that round, and \
                so does what you make while you code blind.
                """,
            options: [
                .value("speaker", "s", "entity", "Who says it"),
                .value("organisation", "o", "entity", "For whom"),
                .value("concept", "c", "code", "About what"),
                .value("position", "p", "position", "For or against it", choices: FieldInput.positions),
                .value("date", "d", "date", "When it was said: YYYY, YYYY-MM or YYYY-MM-DD"),
                .value("addressee", nil, "entity", "To whom"),
                .value(
                    "directness", nil, "how", "In the speaker's words or in others'", choices: FieldInput.directness),
                .values("instrument", "i", "entity", "A legal instrument that it refers to"),
                .value("type", "t", "type", "The statement type, if not the built-in one: id or name"),
                .values("value", nil, "variable=value", "An answer to a question of the type"),
                .flag("create", nil, "Make entities and codes that do not exist"),
            ] + RoundPlacement.options + [RoundPlacement.sharedOption],
            positionals: [PositionalSpecification("annotation", "Id of the annotation")],
            examples: [
                CommandExample(
                    "variorum statement 3f9c21aa --speaker \"Jen Psaki\" --organisation \"United States\" --concept treaty --position reject --date 2015-03-17",
                    "Record a statement")
            ]),
        json: "the statement"
    ) { context in
        let arguments = context.arguments
        let store = try context.openStore()
        let target = try store.read { try StatementTarget(reading: $0, arguments) }
        let names = target.names
        let resolver = NameResolver(names: names, creates: arguments.flag("create"))
        var draft = StatementDraft()
        func take(_ option: String, _ field: Field, type: String?) throws {
            if let text = arguments.value(option) {
                draft.records.append((field, try resolver.entity(text, type: type)))
            }
        }
        try take("speaker", Field.Statement.speaker, type: nil)
        try take("organisation", Field.Statement.organisation, type: "organisation")
        try take("addressee", Field.Statement.addressee, type: nil)
        if let concept = arguments.value("concept") {
            draft.records.append((Field.Statement.concept, try resolver.code(concept)))
        }
        for text in arguments.values("instrument") {
            draft.records.append((Field.Statement.instruments, try resolver.entity(text, type: "instrument")))
        }
        if let position = arguments.value("position") {
            draft.values.append((Field.Statement.position, .text(position)))
        }
        if let date = arguments.value("date") {
            draft.values.append((Field.Statement.date, try FieldInput.date(date)))
        }
        if let how = arguments.value("directness") { draft.values.append((Field.Statement.directness, .text(how))) }
        draft.type = try names.statementType(toUse: arguments)
        draft.answers = try VariableAnswer.all(arguments.values("value"), of: draft.type, names, context)
        if draft.isEmpty {
            throw context.usage("say at least one thing about the statement, such as --speaker or --position")
        }
        let id = try store.write { try target.write(draft, in: $0) }
        try StatementTarget.tell(id, in: store, context)
        return .success
    }

    private static let statementList = Command(
        CommandSpecification(
            "list", summary: "list statements",
            options: [
                .value("document", "d", "document", "Only those on this document"),
                .value("speaker", "s", "entity", "Only those by this speaker or organisation"),
                .value("concept", "c", "code", "Only those on this concept"),
            ],
            examples: [CommandExample("variorum statement list --concept treaty", "Who says what on the treaty?")]),
        json: "`{statements: [statement]}`"
    ) { context in
        let arguments = context.arguments
        let (names, statements, annotations) = try context.openStore().read { reader in
            let names = try RecordNames(reading: reader)
            let document = try arguments.value("document").map { try names.document(named: $0).info.id }
            let speaker = try arguments.value("speaker").map { try names.entity(named: $0).info.id }
            let concept = try arguments.value("concept").map { try names.code(named: $0).info.id }
            let annotations = Dictionary(
                try reader.annotations(on: document).map { ($0.info.id, $0) }, uniquingKeysWith: { first, _ in first })
            let statements = try reader.statements().filter { statement in
                if document != nil, annotations[statement.annotation] == nil { return false }
                if let concept, statement.concept.flatMap({ names.effectiveCode($0)?.info.id }) != concept {
                    return false
                }
                if let speaker {
                    let speakers = [statement.speaker, statement.organisation].compactMap { $0 }
                    if !speakers.contains(where: { names.effectiveEntity($0)?.info.id == speaker }) { return false }
                }
                return true
            }
            return (names, statements, annotations)
        }
        if context.isJSON {
            try context.write(["statements": .array(statements.map(names.json))])
            return .success
        }
        if statements.isEmpty {
            context.remark("no statements; 'variorum statement ANNOTATION' records one")
            return .success
        }
        var table = TextTable([
            .init("id"), .init("speaker", isFlexible: true), .init("organisation", isFlexible: true),
            .init("concept", isFlexible: true), .init("position"), .init("date"),
            .init("instruments", isFlexible: true), .init("type"), .init("values", isFlexible: true),
            .init("passage", isFlexible: true), .init("coded by"),
        ])
        for statement in statements {
            table.rows.append([
                statement.info.id.short, statement.speaker.map(names.entityName) ?? "",
                statement.organisation.map(names.entityName) ?? "", statement.concept.map(names.codeName) ?? "",
                statement.position ?? "", statement.date ?? "",
                statement.instruments.map(names.entityName).joined(separator: ", "),
                statement.type.map { names.statementType($0)?.name ?? "not here" } ?? "",
                statement.values.map { "\(names.variable($0.variable)?.name ?? "?")=\(names.text(of: $0))" }
                    .joined(separator: ", "),
                annotations[statement.annotation].map { "“\(excerpt($0.quote.exact))”" } ?? "not here",
                names.name(of: statement.info.author),
            ])
        }
        try context.write(table)
        return .success
    }
}
