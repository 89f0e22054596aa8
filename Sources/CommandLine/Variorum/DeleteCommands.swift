import AnnotationModel
import ChangeLog
import Interchange
import LocalStore

extension Command {
    static let delete = Command(
        CommandSpecification(
            "delete", summary: "delete records",
            discussion: """
                Nothing is lost: 'variorum restore' and 'variorum undo' bring a record back, and an edit that somebody made \
                meanwhile elsewhere does too, as a conflict. Annotations take the statements on them along.
                """,
            options: [.flag("force", nil, "Delete documents that have annotations, and codes in use")],
            positionals: [
                PositionalSpecification("record", "Id, or the name of a document, code or entity", isRepeatable: true)
            ],
            examples: [CommandExample("variorum delete 3f9c21aa", "Delete an annotation")]),
        json: "`{deleted: [{id, kind}]}`"
    ) { context in
        let store = try context.openStore()
        let (names, records) = try store.read { reader in
            let names = try RecordNames(reading: reader)
            return (names, try context.arguments.positionals("record").map { try reader.record(named: $0, names) })
        }
        if !context.arguments.flag("force") {
            for record in records {
                let uses = names.document(record.id)?.annotationCount ?? names.code(record.id)?.useCount ?? 0
                if uses > 0 {
                    throw CommandFailure(
                        .dataError,
                        "\(names.kindName(record.kind)) \(record.id.short) is used by \(counted(uses, "annotation")), which would stay without it; --force deletes it all the same"
                    )
                }
            }
        }
        var seen: Set<RecordID> = []
        try Deletion(records.filter { seen.insert($0.id).inserted }).perform(in: store, names, context)
        return .success
    }

    static let restore = Command(
        CommandSpecification(
            "restore", summary: "bring a deleted record back",
            positionals: [PositionalSpecification("record", "Id of the record", isRepeatable: true)],
            examples: [CommandExample("variorum restore 3f9c21aa", "Bring an annotation back")]),
        json: "`{restored: [{id, kind}]}`"
    ) { context in
        let store = try context.openStore()
        let (names, records) = try store.read { reader in
            let names = try RecordNames(reading: reader)
            return (
                names,
                try context.arguments.positionals("record").map {
                    try reader.record(named: $0, names, includesDeleted: true)
                }
            )
        }
        let restored = try store.write { transaction in
            try records.filter { record in
                record.kind == .document
                    ? try transaction.restoreDocument(record.id, in: record.layer)
                    : try transaction.restore(record.id, in: record.layer)
            }
        }
        if context.isJSON {
            try context.write([
                "restored": .array(
                    restored.map { ["id": .text("\($0.id)"), "kind": .text(names.kindName($0.kind))] })
            ])
        } else {
            try store.read { (reader) throws in
                for record in restored {
                    try context.writeLine(
                        printable("restored  \(record.id.short)  \(try reader.label(of: record, names))"))
                }
                for record in records where !restored.contains(record) {
                    context.remark("\(record.id.short) is not deleted")
                }
            }
        }
        return restored.isEmpty ? .failure : .success
    }

    static let undo = Command(
        CommandSpecification(
            "undo", summary: "take your last action back",
            discussion: """
                The newest action of yours on this device that is not taken back yet is reversed by a new change. What others \
                have written over it since stays. Called again, it goes on with the one before.
                """,
            examples: [CommandExample("variorum undo", "Take the last command back")]),
        json: "`{action, changes: [change]}`: what was done to take it back; `action` is null if there was nothing"
    ) { context in
        let store = try context.openStore()
        let action = try store.undo()
        let (names, items) = try store.read { reader in
            (
                try RecordNames(reading: reader),
                try reader.log(limit: 20).filter { $0.undoes == action && action != nil }
            )
        }
        if context.isJSON {
            try context.write([
                "action": .optional(action?.description), "changes": .array(items.map { LogText(names).json($0) }),
            ])
            return action == nil ? .failure : .success
        }
        guard action != nil else {
            context.remark("there is nothing to undo")
            return .failure
        }
        try context.writeLine(
            items.isEmpty ? "undone: others have changed all of it since, so nothing was left to take back" : "undone:")
        try store.read { (reader) throws in
            for item in items {
                for line in try LogText(names).operations(of: item, reader) {
                    try context.writeLine(printable("  " + line))
                }
            }
        }
        return .success
    }
}
