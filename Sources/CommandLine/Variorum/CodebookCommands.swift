import AnnotationModel
import ChangeLog
import Cryptography
import Interchange
import LocalStore
import TeamCoding

/// The codebook as a whole: its state, what was coded under older ones, and files.
extension Command {
    static let codebook = Command(
        "codebook", summary: "name the codebook's state, find codings of older ones, export and import codebooks",
        [codebookRevision, codebookStale, codebookExport, codebookImport])

    private static let codebookRevision = Command(
        CommandSpecification(
            "revision", summary: "show the hash that names the codebook's state",
            discussion: """
                The SHA-256 of the shared codes with everything that bears on how they are applied. Who has the same codebook \
                has the same revision; codings carry the one that they were made under. docs/codebook.md says over what it is.
                """,
            examples: [CommandExample("variorum codebook revision", "Show it")]),
        json: "`{revision, codes}`: `codes` counts the shared ones"
    ) { context in
        let names = try context.openStore().read { try RecordNames(reading: $0) }
        let revision = names.codebookRevision(using: OpenSSLCryptography())
        let count = names.codebook.codes.count(where: \.isShared)
        if context.isJSON {
            try context.write(["revision": .text("\(revision)"), "codes": .number(count)])
        } else {
            try context.writeLine("\(revision)  \(counted(count, "code"))")
        }
        return .success
    }

    private static let codebookStale = Command(
        CommandSpecification(
            "stale", summary: "list codings that were made under another state of the codebook",
            discussion: """
                Only codings whose own codes have changed are listed, and those of which it is not known under what they were made. \
                What changed is said where the older state is known: where this store has the changes that led to it. \
                To apply a code again, 'variorum edit ID --add-code CODE', says that it holds under the codebook of now.
                """,
            options: [
                .flag("all", "a", "List those whose own codes are what they were, too"),
                .flag("mine", "m", "Only your own codings"),
            ],
            examples: [CommandExample("variorum codebook stale --mine", "What must I look at again?")]),
        json: """
            `{revision, codings: [{id, kind, author, author_name, codebook_revision, is_known, codes, changes: [{code, name, \
            nature, fields, parts, counts_as}]}]}`: `nature` is added, removed or changed; `parts` are codes that have taken a \
            part of it since, `counts_as` the code that stands for it now and did not then
            """
    ) { context in
        let arguments = context.arguments
        let cryptography = OpenSSLCryptography()
        let (names, annotations, statements, history) = try context.openStore().read { reader in
            let shared = try reader.ownLayer(.shared)
            return (
                try RecordNames(reading: reader), try reader.annotations(), try reader.statements(),
                try reader.log(touching: .code, in: shared)
            )
        }
        func isMeant(_ info: RecordInfo) -> Bool { !arguments.flag("mine") || info.author == names.ownMember }
        let codings = names.codings(
            annotations.filter { isMeant($0.info) }, statements.filter { isMeant($0.info) })
        let revision = names.codebookRevision(using: cryptography)
        let older = CodebookHistory(history.map { ($0.stamp, $0.operations) })
            .codebooks(of: Set(codings.compactMap(\.revision)).subtracting([revision]), using: cryptography)
        let list = names.codebook.worklist(
            of: codings, revision: revision, older: older, includesUnaffected: arguments.flag("all"))
        let words = StaleWords(names, annotations, statements, older)
        if context.isJSON {
            try context.write(["revision": .text("\(revision)"), "codings": .array(list.compactMap(words.json))])
            return .success
        }
        if list.isEmpty {
            context.remark("no coding is of an older codebook")
            return .success
        }
        var table = TextTable([
            .init("id"), .init("coding", isFlexible: true), .init("by"), .init("made under"),
            .init("what changed since", isFlexible: true),
        ])
        for stale in list { if let row = words.row(stale) { table.rows.append(row) } }
        try context.write(table)
        return .success
    }

    private static let codebookExport = Command(
        CommandSpecification(
            "export", summary: "write the codebook to a file",
            discussion: """
                qdc is a REFI-QDA codebook, which NVivo, ATLAS.ti, MAXQDA, Taguette and others read; csv has every field of \
                every code. What a format cannot hold is reported on standard error.
                """,
            options: [
                .value("format", "f", "format", "The format (default: by the file's name)", choices: ["qdc", "csv"]),
                .value("output", "o", "file", "Write to this file, not to standard output"),
                .flag("include-private", nil, "Take codes of private layers too, and of blind rounds"),
            ],
            examples: [CommandExample("variorum codebook export -o codebook.qdc", "For another program")]),
        json: "with --output: `{format, output, bytes, losses: [{what, count, reason}]}`"
    ) { context in
        let output = context.arguments.value("output")
        let format = try codebookFormat(context, of: output)
        if context.isJSON, output == nil {
            throw context.usage("--json tells about a file, so that it needs --output; the export itself is \(format)")
        }
        let codebook = try context.openStore().read {
            try RecordNames(reading: $0, includesPrivate: context.arguments.flag("include-private")).codebook
        }
        let export = format == "csv" ? codebook.commaSeparated() : codebook.refiQDA(origin: "Variorum")
        guard let export else {
            throw CommandFailure(.dataError, "there are no codes yet, and a REFI-QDA codebook has one at least")
        }
        if let output {
            try Files.replace(context.surroundings.absolute(output), with: export.bytes)
        } else {
            try context.surroundings.output.write(export.bytes)
        }
        if context.isJSON {
            try context.write([
                "format": .text(format), "output": .optional(output), "bytes": .number(export.bytes.count),
                "losses": losses(export.losses),
            ])
        } else {
            if let output { try context.writeLine("wrote \(printable(output)), \(size(export.bytes.count))") }
            for loss in export.losses.losses {
                context.remark("not in this format: \(loss.what) (\(loss.count)); \(loss.reason)")
            }
        }
        return .success
    }

    private static let codebookImport = Command(
        CommandSpecification(
            "import", summary: "take codes in from a file, or a ready codebook",
            discussion: """
                Takes REFI-QDA codebooks (.qdc, and the project.qde of a project) and CSV with a header, in which 'name' alone \
                is needed. 'plover' is a ready codebook: the event types of PLOVER. A code keeps its GUID as its id, so that \
                importing a file again makes nothing twice; codes that are here stay as they are, unless --update is given.
                """,
            options: [
                .value("format", "f", "format", "The format (default: by the file's name)", choices: ["qdc", "csv"]),
                .flag("update", "u", "Give codes that are here the values of the file"),
            ],
            positionals: [PositionalSpecification("source", "A file, - for standard input, or plover")],
            examples: [
                CommandExample("variorum codebook import codebook.qdc", "Take another program's codebook"),
                CommandExample("variorum codebook import plover", "Begin with the event types of PLOVER"),
            ]),
        json:
            "`{added, updated, known, deleted, losses: [{what, count, reason}]}`: numbers of codes; `deleted` ones were deleted here and stay so"
    ) { context in
        let store = try context.openStore()
        let (names, shared) = try store.read { (try RecordNames(reading: $0), try $0.ownLayer(.shared)) }
        let file = try codebookFile(context, names)
        var importing = CodebookImporting(file.codes, into: shared, updates: context.arguments.flag("update"))
        try importing.perform(in: store)
        let counts = importing.counts
        if counts.added + counts.updated > 0 { try RoundPlacement.remarkIfShown(shared, in: store, context) }
        if context.isJSON {
            try context.write([
                "added": .number(counts.added), "updated": .number(counts.updated), "known": .number(counts.known),
                "deleted": .number(counts.deleted), "losses": losses(file.losses),
            ])
            return .success
        }
        var parts = ["\(counted(counts.added, "code")) added"]
        if counts.updated > 0 { parts.append("\(counts.updated) updated") }
        if counts.known > 0 { parts.append("\(counts.known) here already") }
        try context.writeLine(parts.joined(separator: ", "))
        if counts.deleted > 0 {
            context.remark("\(counted(counts.deleted, "code")) of the file were deleted here, and stay so")
        }
        for loss in file.losses.losses { context.remark("not taken: \(loss.what) (\(loss.count)); \(loss.reason)") }
        return .success
    }

    private static func codebookFile(_ context: CommandContext, _ names: RecordNames) throws -> CodebookFile {
        let cryptography = OpenSSLCryptography()
        let source = context.arguments.positional("source") ?? ""
        if source == "plover" { return try CodebookFile.plover(using: cryptography) }
        let format = try codebookFormat(context, of: source)
        let bytes =
            source == "-"
            ? try context.surroundings.input.readAll(atMost: CodebookFile.bytesMax)
            : try Files.read(context.surroundings.absolute(source), atMost: CodebookFile.bytesMax)
        do {
            return format == "csv"
                ? try CodebookFile(commaSeparated: bytes, known: names.codebook, using: cryptography)
                : try CodebookFile(refiQDA: bytes)
        } catch { throw CommandFailure(.dataError, "\(source): \(error)") }
    }

    private static func codebookFormat(_ context: CommandContext, of file: String?) throws -> String {
        if let format = context.arguments.value("format") { return format }
        switch file.map(Files.suffix) {
        case "qdc", "qde": return "qdc"
        case "csv": return "csv"
        default: throw context.usage("say with --format whether it is qdc or csv")
        }
    }

    private static func losses(_ report: LossReport) -> JSON {
        .array(report.losses.map { ["what": .text($0.what), "count": .number($0.count), "reason": .text($0.reason)] })
    }
}

/// How the worklist tells about codings.
private struct StaleWords {
    private let names: RecordNames
    private let annotations: [RecordID: AnnotationItem]
    private let statements: [RecordID: StatementItem]
    private let older: [Digest: Codebook]

    init(
        _ names: RecordNames, _ annotations: [AnnotationItem], _ statements: [StatementItem],
        _ older: [Digest: Codebook]
    ) {
        self.names = names
        self.annotations = Dictionary(annotations.map { ($0.info.id, $0) }, uniquingKeysWith: { first, _ in first })
        self.statements = Dictionary(statements.map { ($0.info.id, $0) }, uniquingKeysWith: { first, _ in first })
        self.older = older
    }

    func row(_ stale: StaleCoding) -> [String]? {
        let coding = stale.coding
        guard let info = annotations[coding.id]?.info ?? statements[coding.id]?.info else { return nil }
        let what =
            annotations[coding.id].map { "“\(excerpt($0.quote.exact))”" }
            ?? statements[coding.id].map(names.sentence) ?? ""
        let changes =
            stale.differences.map { differences in
                differences.isEmpty ? "none of its codes" : differences.map(sentence).joined(separator: "; ")
            } ?? (coding.revision == nil ? "nobody noted the codebook" : "another codebook, which is not known here")
        return [
            info.id.short, what, names.name(of: info.author), coding.revision.map { String("\($0)".prefix(8)) } ?? "",
            changes,
        ]
    }

    private func sentence(_ difference: CodeDifference) -> String {
        var parts: [String] = []
        switch difference.nature {
        case .added: parts.append("was made since")
        case .removed: parts.append("was deleted")
        case .changed: break
        }
        if let id = difference.countsAs {
            parts.append(id == difference.code ? "stands for itself again" : "counts as \(names.codeName(id))")
        }
        if !difference.parts.isEmpty {
            parts.append("divided: \(difference.parts.map(names.codeName).joined(separator: ", "))")
        }
        if !difference.fields.isEmpty { parts.append(fieldNames(difference).joined(separator: ", ")) }
        return "\(name(difference.code)): \(parts.joined(separator: ", "))"
    }

    /// The code's own name, now or before it was deleted.
    private func name(_ id: RecordID) -> String {
        if let code = names.code(id) { return code.name }
        return older.sorted { $0.key < $1.key }.lazy.compactMap { $0.value.code(id)?.name }.first ?? id.short
    }

    private func fieldNames(_ difference: CodeDifference) -> [String] {
        difference.fields.map { Model.definition(of: $0, in: .code)?.name ?? "\($0.rawValue)" }
    }

    func json(_ stale: StaleCoding) -> JSON? {
        let coding = stale.coding
        guard let info = annotations[coding.id]?.info ?? statements[coding.id]?.info else { return nil }
        return [
            "id": .text("\(info.id)"), "kind": .text(names.kindName(info.kind)), "author": .text("\(info.author)"),
            "author_name": .optional(names.memberNames[info.author]),
            "codebook_revision": .optional(coding.revision?.description),
            "is_known": .boolean(stale.differences != nil), "codes": .texts(coding.codes.map(\.description)),
            "changes": .array(
                (stale.differences ?? []).map { difference in
                    [
                        "code": .text("\(difference.code)"), "name": .text(name(difference.code)),
                        "nature": .text("\(difference.nature)"), "fields": .texts(fieldNames(difference)),
                        "parts": .texts(difference.parts.map(\.description)),
                        "counts_as": .optional(difference.countsAs?.description),
                    ]
                }),
        ]
    }
}
