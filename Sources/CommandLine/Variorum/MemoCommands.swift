import AnnotationModel
import Interchange
import LocalStore

extension Command {
    static let memo = Command(
        "memo", summary: "write longer notes, on a record or on the project", [memoAdd, memoList])

    private static let memoAdd = Command(
        CommandSpecification(
            "add", summary: "write a memo",
            discussion: """
                Memos go to your personal layer: everybody reads it, you write it. With --private only you read it. Those about a \
                document that is yours to code in a round, and about what is marked in it, go to your coding layer of that round.
                """,
            options: [
                .value("title", "t", "title", "Headline"),
                .value("about", "a", "record", "What it is about, if not the project"),
                .flag("private", nil, "For your eyes only"),
            ] + RoundPlacement.options,
            positionals: [PositionalSpecification("text", "The text, or - to read it from standard input")],
            examples: [
                CommandExample(
                    "variorum memo add - --title \"Open questions\" < questions.md", "Write a memo on the project")
            ]),
        json: "the memo"
    ) { context in
        let arguments = context.arguments
        let text = try context.text(arguments.positional("text") ?? "")
        if text.allSatisfy(\.isWhitespace) { throw CommandFailure(.dataError, "a memo must not be empty") }
        let store = try context.openStore()
        let isPrivate = arguments.flag("private")
        let (target, place) = try store.read { (reader) throws -> (RecordInfo?, RoundPlacement.Place) in
            let names = try RecordNames(reading: reader)
            let target = try arguments.value("about").map { try reader.record(named: $0, names) }
            guard !isPrivate, let target, let document = try reader.document(of: target) else {
                return (target, isPrivate ? .private : .personal)
            }
            let placement = RoundPlacement(reader, names, arguments)
            let round = names.layer(target.layer)?.round
            return (target, try placement.place(for: document, preferred: round, seals: false))
        }
        let id = try store.write { transaction in
            var values: [(Field, Value)] = [(Field.Memo.body, .text(text))]
            if let target { values.append((Field.Memo.target, .identifier(target.id))) }
            if let title = arguments.value("title") { values.append((Field.Memo.title, .text(title))) }
            return try transaction.create(
                .memo, in: try place.layer(transaction.reader), values)
        }
        if context.isJSON {
            try context.write(
                try store.read { reader in
                    let names = try RecordNames(reading: reader)
                    return try reader.memos().first { $0.info.id == id }.map(names.json) ?? .null
                })
        } else {
            try context.writeLine(printable("written  \(id.short)  \(excerpt(arguments.value("title") ?? text))"))
        }
        return .success
    }

    private static let memoList = Command(
        CommandSpecification(
            "list", summary: "show memos",
            options: [.value("about", "a", "record", "Only those about this record")],
            examples: [CommandExample("variorum memo list", "Read everybody's memos")]),
        json: "`{memos: [memo]}`"
    ) { context in
        let (names, memos, labels) = try context.openStore().read { reader in
            let names = try RecordNames(reading: reader)
            let target = try context.arguments.value("about").map { try reader.record(named: $0, names).id }
            let memos = try reader.memos().filter { target == nil || $0.target == target }
            var labels: [RecordID: String] = [:]
            for target in memos.compactMap(\.target) where labels[target] == nil {
                labels[target] = try reader.find("\(target)").first.map { try reader.label(of: $0, names) }
            }
            return (names, memos, labels)
        }
        if context.isJSON {
            try context.write(["memos": .array(memos.map(names.json))])
            return .success
        }
        if memos.isEmpty { context.remark("no memos; 'variorum memo add TEXT' writes one") }
        var lines: [String] = []
        let width = min(context.terminal.width, 100)
        for memo in memos {
            if !lines.isEmpty { lines.append("") }
            let about = memo.target.map { " · on \(labels[$0] ?? $0.short)" } ?? ""
            let head =
                "\(memo.info.id.short)  \(memo.title ?? "memo") · \(names.name(of: memo.info.author)), \(localTime(memo.info.createdAt))\(about)"
            lines += wrap(printable(head.split(whereSeparator: \.isNewline).joined(separator: " ")), width: width)
                .map { context.style($0, .heading) }
            lines += wrap(printable(memo.body), width: width, indent: 2)
        }
        if !lines.isEmpty { try context.show(lines.joined(separator: "\n") + "\n") }
        return .success
    }
}
