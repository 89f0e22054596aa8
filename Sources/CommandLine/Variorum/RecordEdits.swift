import AnnotationModel
import Interchange
import LocalStore

/// Changes to the fields of one record, made in one transaction.
struct RecordEdits {
    private enum Edit {
        case set(Field, Value)
        case add(Field, Value)
        case remove(Field, Value)
    }

    let info: RecordInfo
    private var edits: [Edit] = []
    /// What to say afterwards, in place of the usual.
    var sentence: String?

    init(_ info: RecordInfo) { self.info = info }

    var isEmpty: Bool { edits.isEmpty }

    /// Whether one of the edits is of this field.
    func touches(_ field: Field) -> Bool {
        edits.contains { edit in
            switch edit {
            case .set(let other, _), .add(let other, _), .remove(let other, _): other == field
            }
        }
    }

    mutating func set(_ field: Field, _ value: Value) { edits.append(.set(field, value)) }
    mutating func add(_ value: Value, to field: Field) { edits.append(.add(field, value)) }
    mutating func remove(_ value: Value, from field: Field) { edits.append(.remove(field, value)) }

    /// Makes the changes and tells about them.
    func perform(in store: LocalStore, _ context: CommandContext) throws {
        if edits.isEmpty { throw context.usage("say what to change") }
        let changed = try store.write { transaction in
            try checkWritable(transaction)
            var changed = false
            for edit in edits {
                switch edit {
                case .set(let field, let value):
                    if try transaction.set(field, of: info.id, in: info.layer, to: value) { changed = true }
                case .add(let field, let value):
                    if try transaction.add(value, to: field, of: info.id, in: info.layer) { changed = true }
                case .remove(let field, let value):
                    if try transaction.remove(value, from: field, of: info.id, in: info.layer) { changed = true }
                }
            }
            return changed
        }
        if changed, [.code, .entity, .statementType, .variable].contains(info.kind) {
            try RoundPlacement.remarkIfShown(info.layer, in: store, context)
        }
        try store.read { (reader) throws in
            let names = try RecordNames(reading: reader)
            if context.isJSON {
                try context.write(try reader.json(info, names))
            } else if !changed {
                try context.writeLine("nothing to change: it is so already")
            } else {
                try context.writeLine(
                    printable(try sentence ?? "changed  \(info.id.short)  \(reader.label(of: info, names))"))
            }
        }
    }

    private func checkWritable(_ transaction: WriteTransaction) throws {
        try transaction.reader.checkNotSubmitted(info, RecordNames(reading: transaction.reader))
        let layers = try transaction.reader.layers()
        guard let layer = layers.first(where: { $0.id == info.layer }), !layer.isWritable else { return }
        let names = try transaction.reader.memberNames()
        let owner = layer.owner.flatMap { names[$0] } ?? "somebody else"
        throw CommandFailure(
            .noPermission,
            "record \(info.id.short) is in a layer that \(owner) alone writes; 'variorum comment \(info.id.short) TEXT' says what you think of it"
        )
    }
}

extension StoreReader {
    /// A record that is alive, in the form of its kind; for other kinds what all records have.
    func json(_ info: RecordInfo, _ names: RecordNames) throws -> JSON {
        func isSame(_ other: RecordInfo) -> Bool { other.id == info.id && other.layer == info.layer }
        let json: JSON? =
            switch info.kind {
            case .document: names.documents.first { isSame($0.info) }.map(names.json)
            case .documentVersion: try versions().first { isSame($0.info) }.map(names.json)
            case .annotation: try annotations().first { isSame($0.info) }.map(names.json)
            case .comment: try comments().first { isSame($0.info) }.map(names.json)
            case .code: names.codes.first { isSame($0.info) }.map(names.json)
            case .entity: names.entities.first { isSame($0.info) }.map(names.json)
            case .statement: try statements().first { isSame($0.info) }.map(names.json)
            case .statementType: names.statementTypes.first { isSame($0.info) }.map(names.json)
            case .variable: names.statementTypes.flatMap(\.variables).first { isSame($0.info) }.map(names.json)
            case .memo: try memos().first { isSame($0.info) }.map(names.json)
            default: nil
            }
        return json ?? names.json(info, kind: names.kindName(info.kind))
    }
}
