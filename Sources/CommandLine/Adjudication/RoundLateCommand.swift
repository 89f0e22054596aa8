import AnnotationModel
import ChangeLog
import Interchange
import LocalStore

extension Command {
    static let roundLate = Command(
        CommandSpecification(
            "late", summary: "show what came too late for a round",
            discussion: """
                Record by record, oldest first: what is new, and what coders would still have changed or deleted of what they had \
                made in time. New codings are in the adjudicators' queue as well, marked as late; what was made in time stands as \
                it was. Whoever made it reads it, curators once the round is revealed, everybody once it is published.
                """,
            positionals: [PositionalSpecification("round", "Number, id or title")],
            examples: [CommandExample("variorum round late Pilot", "What did coders have to add?")]),
        json: """
            `{round, late: [{member, name, record, is_in_time, changes}]}`; `changes` are as in 'log', of that record alone; `is_in_time` \
            says whether it was made in time
            """
    ) { context in
        let (work, late) = try context.openStore().read { (reader) throws -> (RoundWork, [LateRecord]) in
            let work = try reader.roundWork(
                named: context.arguments.positional("round") ?? "", RecordNames(reading: reader))
            return (work, try LateRecord.all(of: work, reader))
        }
        if context.isJSON {
            try context.write([
                "round": .text("\(work.round.info.id)"), "late": .array(late.map { $0.json(work.names) }),
            ])
            return .success
        }
        for record in late {
            var head = "\(localTime(record.changes[0].stamp.wallTime))  \(work.names.name(of: record.coder))"
            if record.isInTime { head += "  made in time" }
            try context.writeLine(context.style(printable(head), .heading))
            for line in record.lines { try context.writeLine("  " + printable(line)) }
        }
        if late.isEmpty { context.remark("nothing that may be read here came too late for '\(work.round.title)'") }
        return .success
    }
}

/// A record that its coder made too late, or made in time and would still have changed.
struct LateRecord {
    let coder: MemberID
    let id: RecordID
    let isInTime: Bool
    /// What came too late, oldest first; never empty.
    let changes: [LogItem]
    let lines: [String]

    /// Those that may be read, oldest first.
    static func all(of work: RoundWork, _ reader: StoreReader) throws -> [LateRecord] {
        let text = LogText(work.names)
        var records: [LateRecord] = []
        for late in work.layers where late.kind == LayerKind.late.rawValue {
            guard let coder = late.owner else { continue }
            let coding = work.layer(.coding, of: coder)?.id
            // A layer does not say of a record that it has edits of alone what it is: the one where it was made does.
            let ids = try [late.id, coding].compactMap { $0 }.flatMap { try recordIDs(in: $0, reader) }
            for id in Set(ids) {
                guard let state = try reader.state(of: id, in: late.id) else { continue }
                let changes = Array(try reader.log(of: (id, late.id), limit: .max).reversed())
                if changes.isEmpty { continue }
                records.append(
                    LateRecord(
                        coder: coder, id: id, isInTime: state.creation == nil, changes: changes,
                        lines: try changes.flatMap { try text.operations(of: $0, reader, madeIn: coding) }))
            }
        }
        return records.sorted { left, right in
            left.changes[0].stamp == right.changes[0].stamp
                ? left.id < right.id : left.changes[0].stamp.precedes(right.changes[0].stamp)
        }
    }

    private static func recordIDs(in layer: LayerID, _ reader: StoreReader) throws -> [RecordID] {
        try Model.kinds.flatMap { try reader.log(touching: $0.kind, in: layer) }.flatMap(\.operations).map(\.record)
    }

    func json(_ names: RecordNames) -> JSON {
        [
            "member": .text("\(coder)"), "name": .optional(names.memberNames[coder]), "record": .text("\(id)"),
            "is_in_time": .boolean(isInTime), "changes": .array(changes.map(LogText(names).json)),
        ]
    }
}
