import AnnotationModel
import ChangeLog
import Interchange
import LocalStore

extension Command {
    /// What people call the kinds that are searched.
    private static let searchKinds: [(name: String, kind: Kind)] = [
        ("text", .documentPart), ("document", .document), ("annotation", .annotation), ("comment", .comment),
        ("code", .code), ("entity", .entity), ("memo", .memo),
    ]

    static let search = Command(
        CommandSpecification(
            "search", summary: "find words in texts, titles, quotes, notes, comments, codes, entities and memos",
            discussion: "Every word must occur; the last may be unfinished. Case and accents do not count. Best first.",
            options: [
                .values("kind", "k", "kind", "Only records of this kind", choices: searchKinds.map(\.name)),
                .value("limit", "l", "number", "How many hits", defaultValue: "50"),
            ],
            positionals: [PositionalSpecification("word", "What to find", isRepeatable: true)],
            examples: [
                CommandExample("variorum search ceasefire agreement", "Where is it mentioned?"),
                CommandExample("variorum search treaty --kind annotation --kind memo", "Only in one's own words"),
            ]),
        json:
            "`{hits: [{kind, record, document, snippet}]}`; hits stand between U+0002 and U+0003 in `snippet`, `document` is null for records without one"
    ) { context in
        let wanted = Set(
            context.arguments.values("kind").compactMap { name in searchKinds.first { $0.name == name }?.kind })
        let limit = try context.arguments.integer("limit", in: 1...10_000) ?? 50
        let words = context.arguments.positionals("word").flatMap {
            $0.split(whereSeparator: \.isWhitespace).map(String.init)
        }
        let (names, hits) = try context.openStore().read { reader in
            let hits = try reader.search(words, kinds: wanted, limit: limit)
            return (try RecordNames(reading: reader), try hits.map { ($0, try reader.document(of: $0)) })
        }
        if context.isJSON {
            try context.write([
                "hits": .array(
                    hits.map { hit, document in
                        [
                            "kind": .text(searchKinds.first { $0.kind == hit.kind }?.name ?? names.kindName(hit.kind)),
                            "record": .text("\(hit.record)"), "document": .optional(document?.description),
                            "snippet": .text(hit.snippet),
                        ]
                    })
            ])
            return hits.isEmpty ? .failure : .success
        }
        if hits.isEmpty {
            context.remark("nothing found")
            return .failure
        }
        for (hit, document) in hits {
            let kind = searchKinds.first { $0.kind == hit.kind }?.name ?? names.kindName(hit.kind)
            let place = document.flatMap { id in
                names.documents.firstIndex { $0.info.id == id }.map {
                    "\($0 + 1) \(excerpt(names.documents[$0].title, width: 40))"
                }
            }
            let id = hit.kind == .documentPart ? document?.short ?? hit.record.short : hit.record.short
            let head = printable([id, kind, place.map { "in \($0)" }].compactMap { $0 }.joined(separator: "  "))
            try context.writeLine(context.style(head, .heading))
            for line in wrap(printable(unmarked(hit.snippet)), width: min(context.terminal.width, 100), indent: 4) {
                try context.writeLine(emphasised(line, context))
            }
        }
        return .success
    }

    /// The snippet's marks as characters that `printable` lets through and no text is likely to hold.
    private static func unmarked(_ snippet: String) -> String {
        let line = snippet.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return String(line.map { $0 == "\u{2}" ? start : $0 == "\u{3}" ? end : $0 })
    }

    private static let (start, end): (Character, Character) = ("\u{F0002}", "\u{F0003}")

    /// Hits in bold; without styles between ⟦ and ⟧. A hit that was wrapped goes on in the next line without.
    private static func emphasised(_ line: String, _ context: CommandContext) -> String {
        guard context.terminal.isStyled else {
            return String(line.map { $0 == start ? "⟦" : $0 == end ? "⟧" : $0 })
        }
        var result = ""
        var hit: String?
        for character in line {
            if character == start {
                hit = ""
            } else if character == end {
                result += TextStyle.heading.apply(to: hit ?? "")
                hit = nil
            } else if hit != nil {
                hit?.append(character)
            } else {
                result.append(character)
            }
        }
        return result + TextStyle.heading.apply(to: hit ?? "")
    }
}

extension StoreReader {
    /// The document that a found record is of or on, if it is of one.
    fileprivate func document(of hit: SearchHit) throws -> RecordID? {
        switch hit.kind {
        case .document: return hit.record
        case .annotation:
            return try state(of: hit.record, in: hit.layer)?.writeOnce(Field.Annotation.document)?.identifier
        case .documentPart:
            guard
                let version = try state(of: hit.record, in: hit.layer)?.writeOnce(Field.DocumentPart.version)?
                    .identifier
            else { return nil }
            return try state(of: version, in: hit.layer)?.writeOnce(Field.DocumentVersion.document)?.identifier
        default: return nil
        }
    }
}
