import AnnotationModel
import ChangeLog
import Interchange
import LocalStore

extension Command {
    static let check = Command(
        CommandSpecification(
            "check", summary: "verify the whole store",
            discussion: """
                Verifies that every table equals the replay of the log, and that hashes, chains and signatures hold. Nothing is \
                changed. Two stores that hold the same changes of a layer show the same state hash.
                """,
            examples: [
                CommandExample("variorum check", "Is all well?"),
                CommandExample("variorum check --json | jq '.layers[].state_hash'", "Compare two stores"),
            ]),
        json: """
            `{is_clean, problems: [text], signatures, unsigned, layers: [{id, kind, changes, records, vector, state_hash}]}`; \
            `vector` maps replica to seq
            """
    ) { context in
        let progress = context.progressLine()
        let store = try context.openStore()
        let report = try store.check { progress.update("Checking \($0)", completed: 0, total: nil) }
        progress.finish()
        if context.isJSON {
            try context.write(json(report))
        } else {
            let names = try store.read { try RecordNames(reading: $0) }
            for problem in report.problems { try context.writeLine(printable("problem: \(problem)")) }
            var table = TextTable([
                .init("layer"), .init("changes", alignment: .right), .init("records", alignment: .right),
                .init("state"),
            ])
            for layer in report.layers {
                table.rows.append([
                    names.layerTitle(layer.layer), "\(layer.changeCount)", "\(layer.recordCount)",
                    "\("\(layer.stateHash)".prefix(16))",
                ])
            }
            try context.write(table)
            try context.writeLine(
                "\(counted(report.signatureCount, "signature")) verified, \(counted(report.unsignedCount, "change")) not signed before being sent"
            )
            try context.writeLine(
                report.isClean
                    ? "no problems"
                    : "\(counted(report.problems.count, "problem")); if only tables differ, 'variorum rebuild' makes them anew"
            )
        }
        return report.isClean ? .success : .failure
    }

    private static func json(_ report: CheckReport) -> JSON {
        [
            "is_clean": .boolean(report.isClean), "problems": .texts(report.problems),
            "signatures": .number(report.signatureCount), "unsigned": .number(report.unsignedCount),
            "layers": .array(
                report.layers.map { layer in
                    [
                        "id": .text("\(layer.layer)"),
                        "kind": .text(LayerKind(rawValue: layer.kind)?.name ?? "\(layer.kind)"),
                        "changes": .number(layer.changeCount), "records": .number(layer.recordCount),
                        "vector": .object(layer.vector.sorted.map { JSON.Member("\($0.replica)", .number($0.seq)) }),
                        "state_hash": .text("\(layer.stateHash)"),
                    ]
                }),
        ]
    }

    static let rebuild = Command(
        CommandSpecification(
            "rebuild", summary: "make every table anew from the log",
            discussion: "The log is the truth; all else follows from it. Nothing is lost by rebuilding.",
            examples: [CommandExample("variorum rebuild", "After 'variorum check' found that tables differ")]),
        json: "`{changes}`: how many were replayed"
    ) { context in
        let progress = context.progressLine()
        let count = try context.openStore().rebuild { progress.update("Replaying", completed: $0, total: $1) }
        progress.finish()
        if context.isJSON {
            try context.write(["changes": .number(count)])
        } else {
            try context.writeLine("replayed \(counted(count, "change"))")
        }
        return .success
    }
}
