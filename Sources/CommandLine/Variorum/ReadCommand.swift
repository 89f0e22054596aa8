import Interchange
import LocalStore

extension Command {
    static let read = Command(
        CommandSpecification(
            "read", summary: "show a document with everybody's annotations",
            discussion: """
                Highlights are in their authors' colours, with codes, tags, notes, statements and comments beside the text, or \
                below each paragraph on a narrow terminal. Annotations made on another version are looked for by their words: \
                'moved' stands elsewhere now; what occurs in several places or not at all is listed at the end.
                """,
            options: [.value("version", nil, "version", "Another version than the newest: its number or SHA-256")],
            positionals: [PositionalSpecification("document", "Number, id or title")],
            examples: [
                CommandExample("variorum read 1", "Read the first document"),
                CommandExample("NO_COLOR=1 variorum read 1 --no-pager > annotated.txt", "Write the view to a file"),
            ]),
        json: """
            `{document, version, version_number, text, annotations, comments, memos}`; an annotation has also `resolution` \
            (exact, moved, ambiguous, orphan), `shown_start` and `shown_end` in code points of `text`, `candidates`, \
            `statements` and `comments`
            """
    ) { context in
        let store = try context.openStore()
        let (content, number) = try store.read { reader in
            let names = try RecordNames(reading: reader)
            let document = try names.document(named: context.arguments.positional("document") ?? "")
            let version = try names.version(of: document, named: context.arguments.value("version"))
            let number = (document.versions.firstIndex(of: version) ?? 0) + 1
            return (try ReadingContent(reader, names, document, version), number)
        }
        if context.isJSON {
            try context.write(content.json(number: number))
            return .success
        }
        let terminal = context.terminal
        var lines = content.view().lines(width: terminal.width, isStyled: terminal.isStyled)
        lines += content.remarksOnDocument(width: min(terminal.width, 100))
        if content.document.versions.count > 1 {
            lines += ["", "Version \(number) of \(content.document.versions.count)."]
        }
        try context.show(lines.joined(separator: "\n") + "\n")
        return .success
    }
}
