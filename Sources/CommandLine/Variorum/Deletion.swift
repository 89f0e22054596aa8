import AnnotationModel
import Interchange
import LocalStore

/// Deleting records, each with what is nothing without it.
struct Deletion {
    private let records: [RecordInfo]

    init(_ records: [RecordInfo]) { self.records = records }

    func perform(in store: LocalStore, _ names: RecordNames, _ context: CommandContext) throws {
        let (labels, deleted) = try store.write { transaction in
            var labels: [String] = []
            var deleted: [(RecordID, Kind)] = []
            for info in records {
                try transaction.reader.checkNotSubmitted(info, names)
                if names.layer(info.layer)?.isWritable == false {
                    throw CommandFailure(
                        .noPermission,
                        "record \(info.id.short) is in a layer that you may not write; only its owner can delete it")
                }
                labels.append("\(info.id.short)  \(try transaction.reader.label(of: info, names))")
                if info.kind == .document {
                    try transaction.deleteDocument(info.id, in: info.layer)
                } else {
                    try transaction.delete(info.id, in: info.layer)
                }
                deleted.append((info.id, info.kind))
                // A statement says something about a passage; without the passage it says nothing.
                guard info.kind == .annotation else { continue }
                for statement in try transaction.reader.statements()
                where statement.annotation == info.id && statement.info.layer == info.layer
                    && !deleted.contains(where: { $0.0 == statement.info.id })
                {
                    labels.append(
                        "\(statement.info.id.short)  its \(try transaction.reader.label(of: statement.info, names))")
                    try transaction.delete(statement.info.id, in: info.layer)
                    deleted.append((statement.info.id, .statement))
                }
            }
            return (labels, deleted)
        }
        if context.isJSON {
            try context.write([
                "deleted": .array(deleted.map { ["id": .text("\($0.0)"), "kind": .text(names.kindName($0.1))] })
            ])
        } else {
            for label in labels { try context.writeLine(printable("deleted  \(label)")) }
            context.remark("'variorum undo' brings back what the last command deleted")
        }
    }
}
