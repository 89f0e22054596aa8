import AnnotationModel
import ChangeLog
import Interchange
import LocalStore

extension Command {
    static let log = Command(
        CommandSpecification(
            "log", summary: "show what was changed, by whom and when",
            discussion: "Newest first. With a record: its whole history, deleted or not.",
            options: [.value("limit", "l", "number", "How many changes", defaultValue: "50")],
            positionals: [
                PositionalSpecification("record", "Id, or the name of a document, code or entity", isOptional: true)
            ],
            examples: [
                CommandExample("variorum log", "What happened lately?"),
                CommandExample("variorum log 3f9c21aa", "Who changed this annotation?"),
            ]),
        json: """
            `{changes: [{layer, replica, seq, author, author_name, at, hash, action, undoes, state, operations}]}`; `state` is \
            pending, acknowledged, withheld or compacted, an operation is `{record, kind, action, field, value}`
            """
    ) { context in
        let limit = try context.arguments.integer("limit", in: 1...1_000_000) ?? 50
        let store = try context.openStore()
        let (items, lines, missing) = try store.read { (reader) throws -> ([JSON], [String], UInt64) in
            let names = try RecordNames(reading: reader)
            let record = try context.arguments.positional("record").map {
                try reader.record(named: $0, names, includesDeleted: true)
            }
            let items = try reader.log(of: record.map { ($0.id, $0.layer) }, limit: limit)
            let text = LogText(names)
            let missing = names.layers.reduce(0) { $0 + $1.missingHistory }
            if context.isJSON { return (items.map(text.json), [], missing) }
            return ([], try items.flatMap { try text.lines($0, reader, context) }, missing)
        }
        if context.isJSON {
            try context.write(["changes": .array(items)])
        } else if lines.isEmpty {
            if missing == 0 { context.remark("nothing has happened yet") }
        } else {
            try context.show(lines.joined(separator: "\n") + "\n")
        }
        if missing > 0 {
            context.remark(
                "\(counted(Int(missing), "older change")) behind a snapshot not fetched yet; 'variorum sync' fetches them"
            )
        }
        return .success
    }
}

/// Changes of the log in words and as JSON.
struct LogText {
    private let names: RecordNames

    init(_ names: RecordNames) { self.names = names }

    /// How many operations of one change are shown.
    private static let operationsMax = 20

    func lines(_ item: LogItem, _ reader: StoreReader, _ context: CommandContext) throws -> [String] {
        var head =
            "\(localTime(item.stamp.wallTime))  \(names.name(of: item.stamp.author))  \(names.layerTitle(item.layer))"
        switch item.state {
        case .pending: head += "  not sent"
        case .acknowledged: break
        case .withheld(let reason):
            head += reason.isWithoutEffect ? "  without effect: \(reason.explanation)" : "  \(reason.explanation)"
        }
        if item.undoes != nil { head += "  (undo)" }
        return [context.style(printable(head), .heading)]
            + (try operations(of: item, reader).map { "  " + printable($0) })
    }

    /// One line per record, with all that was done to it.
    ///
    /// - Parameter other: The layer where records were made that this change's own layer has no more than edits of.
    func operations(of item: LogItem, _ reader: StoreReader, madeIn other: LayerID? = nil) throws -> [String] {
        var order: [RecordID] = []
        var words: [RecordID: [String]] = [:]
        for operation in item.operations.prefix(Self.operationsMax) {
            if words[operation.record] == nil {
                order.append(operation.record)
                var layer = item.layer
                if let other, try reader.state(of: operation.record, in: layer)?.creation == nil { layer = other }
                let label = try reader.label(of: operation.record, in: layer, kind: operation.kind, names)
                words[operation.record] = ["\(operation.record.short) \(label):"]
            }
            words[operation.record]?.append(names.words(for: operation))
        }
        var lines = order.compactMap { words[$0] }.map { $0[0] + " " + $0.dropFirst().joined(separator: ", ") }
        let more = item.operations.count - Self.operationsMax
        if more > 0 { lines.append("… and \(counted(more, "operation")) more") }
        return lines
    }

    func json(_ item: LogItem) -> JSON {
        let state =
            switch item.state {
            case .pending: "pending"
            case .acknowledged: "acknowledged"
            case .withheld(.compacted): "compacted"
            case .withheld: "withheld"
            }
        return [
            "layer": .text(names.layerName(item.layer)), "layer_id": .text("\(item.layer)"),
            "replica": .text("\(item.stamp.replica)"), "seq": .number(item.stamp.seq),
            "lamport": .number(item.stamp.lamport), "author": .text("\(item.stamp.author)"),
            "author_name": .optional(names.memberNames[item.stamp.author]),
            "at": .text(timestamp(ofMilliseconds: item.stamp.wallTime)), "hash": .text("\(item.hash)"),
            "action": .optional(item.action?.description), "undoes": .optional(item.undoes?.description),
            "state": .text(state), "operations": .array(item.operations.map(json)),
        ]
    }

    func json(_ operation: ChangeLog.Operation) -> JSON {
        func result(_ action: String, _ field: Field?, _ value: JSON) -> JSON {
            [
                "record": .text("\(operation.record)"), "kind": .text(names.kindName(operation.kind)),
                "action": .text(action), "field": .optional(field.map { names.fieldName($0, of: operation.kind) }),
                "value": value,
            ]
        }
        switch operation.action {
        case .create(let fields):
            return result(
                "create", nil,
                .object(fields.map { JSON.Member(names.fieldName($0.field, of: operation.kind), names.json($0.value)) })
            )
        case .write(let field, let value, _): return result("write", field, names.json(value))
        case .add(let field, let value): return result("add", field, names.json(value))
        case .remove(let field, let value): return result("remove", field, names.json(value))
        case .delete: return result("delete", nil, nil)
        case .restore: return result("restore", nil, nil)
        case .unknown: return result("unknown", nil, nil)
        }
    }
}
