import AnnotationModel
import Interchange
import LocalStore

extension Command {
    static let list = Command(
        CommandSpecification(
            "list", summary: "list annotations",
            options: [
                .value("document", "d", "document", "Only those on this document"),
                .values("code", "c", "code", "Only those with this code, or one that was merged into it"),
                .values("tag", "t", "word", "Only those with this tag"),
                .value("author", "a", "member", "Only those by this member"),
                .value("text", nil, "words", "Only those with these words in passage or note"),
                .flag("conflicts", nil, "Only those with a conflict"),
            ],
            examples: [
                CommandExample("variorum list --code sovereignty --author Nino", "What did Nino code as sovereignty?"),
                CommandExample("variorum list --json | jq '.annotations[].note'", "Take notes to another program"),
            ]),
        json: "`{annotations: [annotation]}`"
    ) { context in
        let (names, annotations) = try context.openStore().read { reader in
            let names = try RecordNames(reading: reader)
            let filter = try AnnotationFilter(context.arguments, names)
            return (names, try reader.annotations(on: filter.document).filter(filter.accepts))
        }
        if context.isJSON {
            try context.write(["annotations": .array(annotations.map(names.json))])
            return .success
        }
        if annotations.isEmpty {
            context.remark("no annotations; 'variorum annotate' makes one")
            return .success
        }
        var table = TextTable([
            .init("id"), .init("doc", alignment: .right), .init("passage", isFlexible: true),
            .init("codes", isFlexible: true), .init("tags", isFlexible: true), .init("note", isFlexible: true),
            .init("author"), .init("layer"), .init(""),
        ])
        let numbers = Dictionary(
            names.documents.enumerated().map { ($1.info.id, $0 + 1) }, uniquingKeysWith: { first, _ in first })
        for annotation in annotations {
            table.rows.append([
                annotation.info.id.short, numbers[annotation.document].map { "\($0)" } ?? "?",
                excerpt(annotation.quote.exact, width: 80),
                annotation.codes.map(names.codeName).joined(separator: ", "),
                annotation.tags.joined(separator: ", "), annotation.note.map { excerpt($0, width: 80) } ?? "",
                names.name(of: annotation.info.author), names.layerName(annotation.info.layer),
                annotation.hasConflict ? "conflict" : "",
            ])
        }
        try context.write(table)
        return .success
    }
}

/// What the options of `list` let through.
private struct AnnotationFilter {
    let document: RecordID?
    private let names: RecordNames
    private let codes: [RecordID]
    private let tags: [String]
    private let author: MemberID?
    private let words: [String]
    private let needsConflict: Bool

    init(_ arguments: ArgumentValues, _ names: RecordNames) throws {
        self.names = names
        document = try arguments.value("document").map { try names.document(named: $0).info.id }
        codes = try arguments.values("code").map { try names.code(named: $0).info.id }
        tags = arguments.values("tag")
        author = try arguments.value("author").map { try names.member(named: $0) }
        words = (arguments.value("text") ?? "").lowercased().split(whereSeparator: \.isWhitespace).map(String.init)
        needsConflict = arguments.flag("conflicts")
    }

    func accepts(_ annotation: AnnotationItem) -> Bool {
        if let author, annotation.info.author != author { return false }
        if needsConflict, !annotation.hasConflict { return false }
        let effective = annotation.codes.map { names.effectiveCode($0)?.info.id ?? $0 }
        guard codes.allSatisfy({ effective.contains($0) || annotation.codes.contains($0) }) else { return false }
        guard tags.allSatisfy(annotation.tags.contains) else { return false }
        if words.isEmpty { return true }
        let text = (annotation.quote.exact + " " + (annotation.note ?? "")).lowercased()
        return words.allSatisfy(text.contains)
    }
}
