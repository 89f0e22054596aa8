import AnnotationModel
import Interchange
import LocalStore

extension Command {
    static let statementEnter = Command(
        CommandSpecification(
            "enter", summary: "record a statement question by question, with completion",
            discussion: """
                Goes through the questions of a statement one by one: the built-in ones, then those of its type. Entities and \
                codes are completed as you type, by the beginning of any word of their names and aliases, what you use most \
                and last first. Enter takes an answer, an empty one leaves the question out or keeps what stands in brackets, \
                and - leaves that out too. Keys: Tab completes, ↓ and ↑ choose, Shift-Tab goes back, Control-U empties the \
                line, Escape and Control-C leave without writing. An entity that does not exist is made, after a question, \
                together with the statement. Where the statement goes is as with 'variorum statement add'.

                Without a terminal it reads one line for each question in the same order, and for the instruments one for each \
                up to an empty line. A name must then be whole; one that means nothing or several things ends it, and nothing \
                is recorded.
                """,
            options: [
                .value("type", "t", "type", "The statement type, if not the built-in one: id or name"),
                .flag("repeat", "r", "Then another one on the same passage, until you leave or the lines end"),
                .flag("create", nil, "Codes may be made, too; without a terminal, make entities and codes unasked"),
            ] + RoundPlacement.options + [RoundPlacement.sharedOption],
            positionals: [PositionalSpecification("annotation", "Id of the annotation")],
            examples: [
                CommandExample("variorum statement enter 3f9c21aa", "Be asked what it says"),
                CommandExample(
                    "variorum statement enter 3f9c21aa --type claim --repeat < answers.txt",
                    "Record statements that stand in a file"),
            ]),
        json: "the statement; with --repeat one after the other"
    ) { context in
        try StatementEntry(context).run()
    }
}

/// What `statement enter` does.
private struct StatementEntry {
    let context: CommandContext
    let store: LocalStore

    init(_ context: CommandContext) throws {
        self.context = context
        store = try context.openStore()
    }

    private var repeats: Bool { context.arguments.flag("repeat") }

    func run() throws -> ExitCode {
        var count = 0
        while let id = try enterOne(isFirst: count == 0) {
            count += 1
            try StatementTarget.tell(id, in: store, context)
            if !repeats { break }
        }
        if count == 0 {
            context.remark("nothing was recorded")
            return .failure
        }
        return .success
    }

    /// - Returns: The statement; `nil` if somebody left, or no line is left.
    private func enterOne(isFirst: Bool) throws -> RecordID? {
        // Read again for each, as the one before may have made names.
        let (material, type) = try store.read { reader in
            let target = try StatementTarget(reading: reader, context.arguments)
            let type = try target.names.statementType(toUse: context.arguments)
            let makesCodes = context.arguments.flag("create")
            return (try EntryMaterial(reading: reader, target, type, makesCodes: makesCodes), type)
        }
        if let output = screen { return try enter(material, type, on: output) }
        var form = material.form
        let makesNames = context.arguments.flag("create")
        let isRead = try form.read(makesNames: makesNames) { try context.surroundings.input.readLine() }
        guard isRead else {
            if isFirst { throw CommandFailure(.dataError, "there are no answers; nothing was recorded") }
            return nil
        }
        while !repeats, let more = try context.surroundings.input.readLine() {
            guard more.allSatisfy(\.isWhitespace) else {
                throw CommandFailure(
                    .dataError, "there are more answers than questions, from '\(excerpt(more))'; nothing was recorded")
            }
        }
        return try write(form, type)
    }

    /// What to show pictures on: somebody must type there, and see it.
    private var screen: FileOutput? {
        let surroundings = context.surroundings
        guard surroundings.input.isTerminal else { return nil }
        if surroundings.terminal.isTerminal { return surroundings.output }
        return surroundings.errorTerminal.isTerminal ? surroundings.errorOutput : nil
    }

    private func enter(_ material: EntryMaterial, _ type: StatementTypeItem?, on output: FileOutput) throws -> RecordID?
    {
        var id: RecordID?
        _ = try KeyScreen.run(
            EntrySession(material.form, passage: material.passage, title: material.title),
            input: context.surroundings.input.fileDescriptor, output: output,
            environment: context.surroundings.environment, picture: EntryScreen.picture
        ) { session, key in
            switch session.press(key) {
            case .none: return true
            case .leave: return false
            case .write:
                do { id = try write(session.form, type) } catch {
                    session.failed(CommandFailure(translating: error).description)
                }
                return id == nil
            }
        }
        return id
    }

    /// Writes what was answered and what is new in it in one transaction.
    ///
    /// Where it goes is found out now: the round may have gone on while somebody typed.
    private func write(_ form: EntryForm, _ type: StatementTypeItem?) throws -> RecordID {
        let target = try store.read { try StatementTarget(reading: $0, context.arguments) }
        let draft = try form.draft(type)
        return try store.write { try target.write(draft, in: $0) }
    }
}
