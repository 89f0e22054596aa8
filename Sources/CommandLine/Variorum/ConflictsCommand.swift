import AnnotationModel
import ChangeLog
import Interchange
import LocalStore

extension Command {
    static let conflicts = Command(
        CommandSpecification(
            "conflicts", summary: "list what several people wrote at once and somebody has to settle",
            discussion: """
                All values are kept until then; the one marked with > shows meanwhile. Also listed: records that were deleted \
                here and edited there, and codes and entities of one name.
                """,
            examples: [CommandExample("variorum conflicts", "What is there to settle?")]),
        json: """
            `{conflicts: [{record, record_kind, layer, type, field, values}], duplicate_names: [{kind, name, records: [id]}]}`; \
            `type` is contested, deleted-and-edited or created-twice; the first of `values` shows
            """
    ) { context in
        try context.openStore().read { (reader) throws -> ExitCode in
            let names = try RecordNames(reading: reader)
            let conflicts = try reader.conflicts()
            let duplicates = try reader.duplicateNames()
            if context.isJSON {
                try context.write([
                    "conflicts": .array(conflicts.map(names.json)),
                    "duplicate_names": .array(
                        duplicates.map {
                            [
                                "kind": .text(names.kindName($0.kind)), "name": .text($0.name),
                                "records": .texts($0.records.map { "\($0.id)" }),
                            ]
                        }),
                ])
                return .success
            }
            if conflicts.isEmpty, duplicates.isEmpty { context.remark("no conflicts") }
            for conflict in conflicts {
                for line in try lines(conflict, reader, names, context) { try context.writeLine(line) }
            }
            for duplicate in duplicates {
                for line in lines(duplicate, names, context) { try context.writeLine(line) }
            }
            return .success
        }
    }

    private static func lines(
        _ item: ConflictItem, _ reader: StoreReader, _ names: RecordNames, _ context: CommandContext
    ) throws -> [String] {
        let label = try reader.label(of: item.record, in: item.layer, kind: item.kind, names)
        func head(_ what: String) -> String {
            context.style(printable("\(item.record.short)  \(label) · \(what)"), .heading)
        }
        func who(_ stamp: Stamp) -> String { "\(names.name(of: stamp.author)), \(localTime(stamp.wallTime))" }
        switch item.conflict {
        case .contested(let field, let entries):
            let name = names.fieldName(field, of: item.kind)
            var lines = [head("\(name): \(entries.count) values")]
            for (number, entry) in entries.enumerated() {
                let value = names.words(for: entry.value, of: Model.definition(of: field, in: item.kind), width: 300)
                let mark = number == 0 ? ">" : " "
                let text = printable("\(mark) \(number + 1)  \(value)  (\(who(entry.stamp)))")
                lines += wrap(text, width: min(context.terminal.width, 100), indent: 2, hangingIndent: 7)
            }
            return lines + [
                "  settle: variorum resolve \(item.record.short) \(name) --keep NUMBER, or --value TEXT", "",
            ]
        case .deletedAndEdited(let deletions):
            return [
                head("deleted and edited at once"),
                printable(
                    "  deleted by \(deletions.map { who($0.stamp) }.joined(separator: "; ")); it stays because of an edit they had not seen"
                ),
                "  settle: variorum resolve \(item.record.short) --restore, or --delete", "",
            ]
        case .createdTwice(let creations):
            return [
                head("made twice, with different content"),
                printable(
                    "  by \(creations.map { who($0.stamp) }.joined(separator: "; ")); the first counts on every device"),
                "",
            ]
        }
    }

    private static func lines(_ duplicate: DuplicateName, _ names: RecordNames, _ context: CommandContext) -> [String] {
        let kind = names.kindName(duplicate.kind)
        var lines = [
            context.style(
                printable(
                    "\(counted(duplicate.records.count, kind, kind == "entity" ? "entities" : kind + "s")) called '\(duplicate.name)'"
                ), .heading)
        ]
        for record in duplicate.records {
            lines.append(
                printable("    \(record.id.short)  by \(names.name(of: record.author)), \(localTime(record.createdAt))")
            )
        }
        let (first, other) = (duplicate.records[0].id.short, duplicate.records[duplicate.records.count - 1].id.short)
        return lines + ["  settle: variorum resolve --merge \(other) --into \(first), or rename one", ""]
    }
}
