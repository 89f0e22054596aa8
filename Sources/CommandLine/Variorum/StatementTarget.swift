import AnnotationModel
import Interchange
import LocalStore

/// What a statement says, before it is written.
struct StatementDraft {
    var type: StatementTypeItem?
    var values: [(Field, Value)] = []
    var records: [(Field, NamedRecord)] = []
    var answers: [VariableAnswer] = []
    /// Answers that name an entity or a code.
    var recordAnswers: [(VariableItem, NamedRecord)] = []

    /// Whether it says nothing but its type, and not even that.
    var isEmpty: Bool {
        type == nil && values.isEmpty && records.isEmpty && answers.isEmpty && recordAnswers.isEmpty
    }
}

/// The passage that a statement is on, and where the statement goes.
struct StatementTarget {
    let names: RecordNames
    let annotation: RecordInfo
    private let place: RoundPlacement.Place
    private let namesLayer: LayerItem?

    /// - Parameter arguments: Of a command with the annotation as its argument and the options of `RoundPlacement`.
    init(reading reader: StoreReader, _ arguments: ArgumentValues) throws {
        names = try RecordNames(reading: reader)
        annotation = try reader.record(named: arguments.positional("annotation") ?? "", names, kinds: [.annotation])
        let layer = names.layer(annotation.layer)
        let placement = RoundPlacement(reader, names, arguments)
        place =
            if let document = try reader.document(of: annotation) {
                try placement.place(
                    for: document, layer: layer?.kind == LayerKind.private.rawValue ? .private : nil,
                    preferred: layer?.round)
            } else {
                .personal
            }
        namesLayer = try placement.layerForNames(beside: place)
    }

    /// Writes a statement and what has to be made for it.
    func write(_ draft: StatementDraft, in transaction: WriteTransaction) throws -> RecordID {
        let maker = try RecordMaker(transaction, layer: namesLayer)
        var values: [(Field, Value)] = [(Field.Statement.annotation, .identifier(annotation.id))] + draft.values
        if let type = draft.type { values.append((Field.Statement.type, .identifier(type.info.id))) }
        for (field, record) in draft.records { values.append((field, .identifier(try maker.id(of: record)))) }
        var answers = draft.answers
        for (variable, record) in draft.recordAnswers {
            answers.append(try VariableAnswer(variable, .identifier(try maker.id(of: record))))
        }
        if draft.records.contains(where: { $0.0 == Field.Statement.concept }) {
            values.append((Field.Statement.codebookRevision, names.codebookStamp(with: maker.madeCodes)))
        }
        let layer =
            if case .personal = place, names.layer(annotation.layer)?.isWritable == true {
                annotation.layer
            } else {
                try place.layer(transaction.reader)
            }
        let statement = try transaction.create(.statement, in: layer, values)
        for answer in answers { _ = try answer.write(to: statement, in: layer, transaction) }
        return statement
    }

    /// Shows what was written.
    static func tell(_ id: RecordID, in store: LocalStore, _ context: CommandContext) throws {
        try store.read { (reader) throws in
            let names = try RecordNames(reading: reader)
            guard let item = try reader.statements().first(where: { $0.info.id == id }) else { return }
            if context.isJSON {
                try context.write(names.json(item))
            } else {
                try context.writeLine(printable("recorded  \(id.short)  \(names.sentence(item))"))
                for variable in names.unanswered(item) {
                    context.remark(
                        "variorum: '\(variable)' is asked of a statement of this type, and has no answer yet")
                }
            }
        }
    }
}

extension RecordNames {
    /// The statement type that the option `--type` names, if it does.
    ///
    /// - Throws: `dataError` for one that takes no new statements.
    func statementType(toUse arguments: ArgumentValues) throws -> StatementTypeItem? {
        guard let type = try arguments.value("type").map({ try statementType(named: $0) }) else { return nil }
        guard type.isRetired else { return type }
        throw CommandFailure(
            .dataError,
            "statements of type '\(type.name)' are not made any more; 'variorum statement type edit \(shellWord(type.name)) --status active' brings it back"
        )
    }
}
