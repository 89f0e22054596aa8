import AnnotationModel
import ChangeLog
import Interchange
import LocalStore
import WireFormat

extension Command {
    static let refused = Command(
        CommandSpecification(
            "refused", summary: "list your changes that the server refused, and decide what becomes of them",
            discussion: """
                A refused change has no effect for others, and its content stays on this device until you decide: make it \
                again in a layer where you may write, keep it in a file, or dismiss it. Changes that were set aside (from a \
                second life of a store, or of people who have not connected) are listed too, and exported.

                What came too late for a round is kept for those who adjudicate it by the next sync; --keep-late does it at once.
                """,
            options: [
                .value("reapply", nil, "number", "Make this change again"),
                .value(
                    "layer", nil, "layer", "In this layer: shared, personal, private, or an id",
                    defaultValue: "personal"),
                .flag("keep-late", nil, "Keep all that came too late for a round for its adjudicators"),
                .value("dismiss", nil, "number", "Take this change off the list"),
                .value("export", nil, "file", "Write all of them to a file, as JSON lines"),
            ],
            examples: [
                CommandExample("variorum refused", "What was refused, and why?"),
                CommandExample("variorum refused --reapply 1 --layer private", "Keep the work in the private layer"),
                CommandExample("variorum refused --keep-late", "Let the adjudicators have what came too late"),
            ]),
        json: """
            `{refused: [{number, reason, noticed_at, change}], set_aside: [{number, reason, noticed_at, layer, replica, \
            first_seq, last_seq, author, changes}]}`, `change` and `changes` as in 'log'; with --reapply \
            `{reapplied, layer, operations}`, with --keep-late `{kept, operations}`, with --dismiss `{dismissed}`, with --export `{output, lines}`
            """
    ) { context in
        let ways = ["reapply", "dismiss", "export"].filter { context.arguments.value($0) != nil }
        if ways.count + (context.arguments.flag("keep-late") ? 1 : 0) > 1 {
            throw context.usage("do one thing at a time: --reapply, --keep-late, --dismiss or --export")
        }
        let store = try context.openStore()
        let refusals = try store.read { try Refusals($0) }
        if let number = try context.arguments.integer("reapply", in: 1...Int.max) {
            let item = try refusals.item(number)
            let layer = try refusals.names.layer(named: context.arguments.value("layer") ?? "personal")
            let count = try store.reapply(item.change, in: layer.id)
            if context.isJSON {
                try context.write([
                    "reapplied": .number(number), "layer": .text("\(layer.id)"), "operations": .number(count),
                ])
            } else {
                try context.writeLine("made again in the \(layer.kindName) layer: \(counted(count, "operation"))")
            }
            return .success
        }
        if context.arguments.flag("keep-late") {
            let late = try refusals.late()
            var operations = 0
            for (change, layer) in late { operations += try store.reapply(change, in: layer) }
            if context.isJSON {
                try context.write(["kept": .number(late.count), "operations": .number(operations)])
            } else if late.isEmpty {
                context.remark("nothing came too late for a round")
            } else {
                try context.writeLine("kept for the adjudicators: \(counted(late.count, "change"))")
            }
            return .success
        }
        if let number = try context.arguments.integer("dismiss", in: 1...Int.max) {
            try store.dismiss(try refusals.item(number).change)
            if context.isJSON {
                try context.write(["dismissed": .number(number)])
            } else {
                try context.writeLine("dismissed \(number)")
            }
            return .success
        }
        if let file = context.arguments.value("export") {
            let lines = refusals.exportLines
            try Files.replace(
                context.surroundings.absolute(file), with: lines.flatMap { $0.compact + [UInt8(ascii: "\n")] })
            if context.isJSON {
                try context.write(["output": .text(file), "lines": .number(lines.count)])
            } else {
                try context.writeLine(printable("wrote \(file), \(counted(lines.count, "line"))"))
            }
            return .success
        }
        if context.isJSON {
            try context.write(refusals.json)
            return .success
        }
        if refusals.isEmpty { context.remark("nothing was refused") }
        try store.read { (reader) throws in
            for line in try refusals.lines(reader, context) { try context.writeLine(line) }
        }
        return .success
    }
}

/// What was refused or set aside.
private struct Refusals {
    let names: RecordNames
    private let refused: [RefusedItem]
    private let setAside: [SetAsideItem]

    init(_ reader: StoreReader) throws {
        names = try RecordNames(reading: reader)
        refused = try reader.refused()
        setAside = try reader.setAside()
    }

    var isEmpty: Bool { refused.isEmpty && setAside.isEmpty }

    /// - Parameter number: As listed, counted from 1.
    func item(_ number: Int) throws -> RefusedItem {
        guard let item = refused.element(numbered: number) else {
            throw CommandFailure(
                .noInput, refused.isEmpty ? "nothing was refused" : "there are refused changes 1 to \(refused.count)")
        }
        return item
    }

    /// What came too late for a round, with the layer that keeps it.
    ///
    /// - Throws: `temporaryFailure` where that layer has not come yet.
    func late() throws -> [(change: Int64, layer: LayerID)] {
        try LateWork(refused, names).changes.map { change in
            guard let layer = change.layer else {
                throw CommandFailure(
                    .temporaryFailure,
                    "the layer for late work of the round has not come yet; run 'variorum sync' first")
            }
            return (change.key, layer)
        }
    }

    func lines(_ reader: StoreReader, _ context: CommandContext) throws -> [String] {
        let text = LogText(names)
        var lines: [String] = []
        for (number, item) in refused.enumerated() {
            lines.append(
                context.style(
                    printable(
                        "\(number + 1)  \(names.layerTitle(item.log.layer)), noticed \(localTime(item.noticedAt)): \(item.explanation ?? item.reason.explanation)"
                    ),
                    .heading))
            lines += try text.operations(of: item.log, reader).map { "    " + printable($0) }
        }
        if !refused.isEmpty {
            lines.append(
                "  decide: variorum refused --reapply NUMBER --layer LAYER, --export FILE, or --dismiss NUMBER")
        }
        if refused.contains(where: { LateWork.round(of: $0, names) != nil }) {
            lines.append("  what came too late for a round: variorum refused --keep-late lets its adjudicators have it")
        }
        for item in setAside {
            let segment = item.segment
            lines.append(
                printable(
                    "set aside \(localTime(item.noticedAt)): \(counted(segment.entries.count, "change")) by \(names.name(of: segment.author)): \(item.reason)"
                ))
        }
        if !setAside.isEmpty { lines.append("  variorum refused --export FILE writes them out") }
        return lines
    }

    var json: JSON {
        ["refused": .array(refusedJSON), "set_aside": .array(setAside.map(json))]
    }

    /// One refused change or one run of changes set aside a line.
    var exportLines: [JSON] {
        refusedJSON.map { JSON.object([JSON.Member("type", "refused")]).adding($0) }
            + setAside.map { JSON.object([JSON.Member("type", "set-aside")]).adding(json($0)) }
    }

    private var refusedJSON: [JSON] {
        refused.enumerated().map { number, item in
            [
                "number": .number(number + 1), "reason": .text(item.explanation ?? item.reason.explanation),
                "noticed_at": .text(timestamp(ofMilliseconds: item.noticedAt)), "change": LogText(names).json(item.log),
            ]
        }
    }

    private func json(_ item: SetAsideItem) -> JSON {
        let segment = item.segment
        let changes = segment.entries.enumerated().map { offset, entry -> JSON in
            var operations: JSON = .null
            if case .payload(let bytes) = entry.body, let payload = try? Payload(decoding: bytes, by: segment.replica) {
                operations = .array(payload.operations.map(LogText(names).json))
            }
            return [
                "seq": .number(segment.firstSeq + UInt64(offset)), "lamport": .number(entry.lamport),
                "at": .text(timestamp(ofMilliseconds: entry.wallTime)), "operations": operations,
            ]
        }
        return [
            "number": .integer(item.number), "reason": .text(item.reason),
            "noticed_at": .text(timestamp(ofMilliseconds: item.noticedAt)), "layer_id": .text("\(segment.layer)"),
            "replica": .text("\(segment.replica)"), "first_seq": .number(segment.firstSeq),
            "last_seq": .number(segment.lastSeq), "author": .text("\(segment.author)"), "changes": .array(changes),
        ]
    }
}
