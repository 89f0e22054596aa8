import AnnotationModel
import Interchange
import LocalStore
import TeamCoding

/// The shape of the codebook.
extension Command {
    static let codeTree = Command(
        CommandSpecification(
            "tree", summary: "draw the codebook as a tree",
            options: [.value("below", nil, "code", "Only this code and those below it")],
            examples: [CommandExample("variorum code tree --below framing", "Draw a part of the codebook")]),
        json: "`{codes: [code]}` with `children`, each a code with its own; merged ones are left out"
    ) { context in
        let names = try context.openStore().read { try RecordNames(reading: $0) }
        let top = try context.arguments.value("below").map { try names.code(named: $0).info.id }
        let rows = names.codebook.tree().filter { row in top.map { names.codebook.isWithin(row.code.id, $0) } ?? true }
        if context.isJSON {
            try context.write(["codes": .array(nested(rows, names))])
            return .success
        }
        if rows.isEmpty { context.remark("no codes yet; 'variorum code add NAME' makes one") }
        for line in drawn(rows) { try context.writeLine(printable(line)) }
        return .success
    }

    /// Each code with its children, from rows in the order of the tree.
    private static func nested(_ rows: [Codebook.Row], _ names: RecordNames) -> [JSON] {
        var levels: [[JSON]] = [[]]
        var open: [JSON] = []
        func close(to depth: Int) {
            while open.count > depth, let code = open.popLast(), let children = levels.popLast() {
                levels[levels.count - 1].append(code.adding(["children": .array(children)]))
            }
        }
        let start = rows.first?.depth ?? 0
        for row in rows {
            close(to: row.depth - start)
            open.append(names.code(row.code.id).map(names.json) ?? .object([]))
            levels.append([])
        }
        close(to: 0)
        return levels[0]
    }

    private static func drawn(_ rows: [Codebook.Row]) -> [String] {
        let start = rows.first?.depth ?? 0
        // Whether a code has a later one beside it, from the last row up.
        var isLast = rows.map { _ in true }
        var hasLater: [Bool] = []
        for place in rows.indices.reversed() {
            let depth = rows[place].depth - start
            while hasLater.count <= depth { hasLater.append(false) }
            isLast[place] = !hasLater[depth]
            hasLater[depth] = true
            hasLater.removeSubrange((depth + 1)...)
        }
        var bars: [String] = []
        return rows.indices.map { place in
            let depth = rows[place].depth - start
            bars.removeSubrange(min(depth, bars.count)...)
            let code = rows[place].code
            let marks = [code.isRetired ? "retired" : nil, code.isCodable ? nil : "heading"].compactMap { $0 }
            let lead = depth == 0 ? "" : bars.dropFirst().joined() + (isLast[place] ? "└ " : "├ ")
            bars.append(isLast[place] ? "  " : "│ ")
            return lead + code.name + (marks.isEmpty ? "" : " (\(marks.joined(separator: ", ")))")
        }
    }

    static let codeRename = Command(
        CommandSpecification(
            "rename", summary: "give a code another name",
            positionals: [
                PositionalSpecification("code", "Id, name or path"), PositionalSpecification("name", "New name"),
            ],
            examples: [CommandExample("variorum code rename framing frames", "Rename a code")]),
        json: "the code"
    ) { context in
        let (store, names, code) = try named(context)
        let name = context.arguments.positional("name") ?? ""
        try checkName(name)
        let other = names.codes.first { other in
            other.info.id != code.info.id && other.parent == code.parent && other.mergedInto == nil
                && other.name.lowercased() == name.lowercased()
        }
        if let other {
            throw CommandFailure(
                .dataError,
                "there is a code '\(other.name)' here already (\(other.info.id.short)); "
                    + "'variorum code merge \(code.info.id.short) --into \(other.info.id.short)' joins them")
        }
        var edits = RecordEdits(code.info)
        edits.set(Field.Code.name, .text(name))
        edits.sentence = "renamed  \(code.info.id.short)  \(code.name)  to  \(name)"
        try edits.perform(in: store, context)
        return .success
    }

    static let codeMove = Command(
        CommandSpecification(
            "move", summary: "put a code under another one",
            options: [
                .value("under", "u", "code", "The code it stands under from now on"),
                .flag("top", nil, "Take it to the top"),
            ],
            positionals: [PositionalSpecification("code", "Id, name or path")],
            examples: [
                CommandExample("variorum code move praising --under framing/evaluation", "Move a code"),
                CommandExample("variorum code move framing --top", "Take a code to the top"),
            ]),
        json: "the code"
    ) { context in
        let (store, names, code) = try named(context)
        let under = context.arguments.value("under")
        guard (under != nil) != context.arguments.flag("top") else {
            throw context.usage("say either --under CODE or --top")
        }
        let parent = try under.map { try names.code(named: $0) }
        if let parent { try checkParent(parent, of: code, names) }
        var edits = RecordEdits(code.info)
        edits.set(Field.Code.parent, parent.map { .identifier($0.info.id) } ?? .null)
        edits.sentence =
            "moved  \(code.info.id.short)  \(code.name)  \(parent.map { "under  \($0.name)" } ?? "to the top")"
        try edits.perform(in: store, context)
        return .success
    }

    static let codeRetire = Command(
        CommandSpecification(
            "retire", summary: "let a code not be applied any more",
            discussion: "Its codings stay. 'variorum code edit CODE --status active' takes it up again.",
            positionals: [PositionalSpecification("code", "Id, name or path")],
            examples: [CommandExample("variorum code retire framing", "Do not apply it any more")]),
        json: "the code"
    ) { context in
        let (store, _, code) = try named(context)
        var edits = RecordEdits(code.info)
        edits.set(Field.Code.status, .text(CodeRecord.retired))
        edits.sentence = "retired  \(code.info.id.short)  \(code.name)"
        try edits.perform(in: store, context)
        return .success
    }

    private static func named(_ context: CommandContext) throws -> (LocalStore, RecordNames, CodeItem) {
        let store = try context.openStore()
        let names = try store.read { try RecordNames(reading: $0) }
        return (store, names, try names.code(named: context.arguments.positional("code") ?? ""))
    }
}
