import AnnotationModel
import DocumentText
import Interchange
import LocalStore

extension Command {
    static let importing = Command(
        CommandSpecification(
            "import", summary: "take texts in as documents",
            discussion: """
                Takes UTF-8 text and Markdown files. Of a folder, all files below it whose names end in .txt, .text, .md or \
                .markdown are taken, other than hidden ones. Nothing in a text is changed but line ends (CRLF becomes LF) \
                and a byte order mark.

                A text that is here already is not imported twice: that it was found again is noted. A file that \
                cannot be imported does not stop the others.

                The title is the first heading of a Markdown file, the first line of standard input, else the file's name.
                """,
            options: [
                .value("title", "t", "title", "Title of the document, for a single text"),
                .value("version-of", nil, "document", "Import a single text as a further version of this document"),
            ],
            positionals: [
                PositionalSpecification("path", "A file, a folder, or - for standard input", isRepeatable: true)
            ],
            examples: [
                CommandExample("variorum import reports/", "Import a folder"),
                CommandExample(
                    "curl -s https://example.org/a.txt | variorum import - --title \"A\"",
                    "Import what a program writes"),
                CommandExample("variorum import treaty-2.txt --version-of 1", "Import a corrected text of document 1"),
            ]),
        json: """
            `{imported: [{source, document, version, title, is_new}], failed: [{source, message, exit_code}], skipped}`: \
            `is_new` is false where the text was here already, `skipped` counts files of a folder that are of other types
            """
    ) { context in
        var run = ImportRun(context)
        return try run.run()
    }
}

/// One run of `import`.
private struct ImportRun {
    let context: CommandContext
    private var isSingle = false

    init(_ context: CommandContext) { self.context = context }

    private static let suffixes: Set<String> = ["txt", "text", "md", "markdown"]
    /// CRLF may take twice the room of what a document holds.
    private static let fileBytesMax = CanonicalText.sizeInBytesMax * 2

    private struct Failure {
        let source: String
        let failure: CommandFailure
    }

    mutating func run() throws -> ExitCode {
        let store = try context.openStore()
        let names = try store.read { try RecordNames(reading: $0) }
        let versionOf = try context.arguments.value("version-of").map { try names.document(named: $0) }
        var failures: [Failure] = []
        let (sources, skipped) = expand(context.arguments.positionals("path"), &failures)
        isSingle = sources.count + failures.count == 1
        if (context.arguments.value("title") != nil || versionOf != nil), sources.count != 1 {
            throw context.usage("--title and --version-of are for a single text, and here are \(sources.count)")
        }
        if sources.filter({ $0 == "-" }).count > 1 { throw context.usage("standard input can be read once only") }

        var imported: [JSON] = []
        let progress = context.progressLine()
        for (number, source) in sources.enumerated() {
            if sources.count > 1 { progress.update("Importing", completed: number, total: sources.count) }
            do {
                let (result, title) = try importOne(source, into: store, versionOf)
                imported.append([
                    "source": .text(source), "document": .text("\(result.document)"),
                    "version": .text("\(result.version)"), "title": .text(title), "is_new": .boolean(result.isNew),
                ])
                if !context.isJSON {
                    progress.finish()
                    let word = result.isNew ? "imported" : "known   "
                    try context.writeLine("\(word)  \(result.document.short)  \(printable(excerpt(title, width: 100)))")
                }
            } catch {
                let failure = CommandFailure(translating: error)
                // Where the disk is full or the output is gone, the next file will fare no better.
                if [.inputOutput, .noPermission].contains(failure.exitCode), error is StoreError { throw failure }
                if error is OutputError { throw failure }
                progress.finish()
                failures.append(Failure(source: source, failure: failure))
            }
        }
        progress.finish()
        return try report(imported, failures, skipped)
    }

    private func report(_ imported: [JSON], _ failures: [Failure], _ skipped: Int) throws -> ExitCode {
        if context.isJSON {
            try context.write([
                "imported": .array(imported),
                "failed": .array(
                    failures.map {
                        [
                            "source": .text($0.source), "message": .text($0.failure.description),
                            "exit_code": .integer(Int64($0.failure.exitCode.rawValue)),
                        ]
                    }),
                "skipped": .number(skipped),
            ])
        } else {
            for failure in failures { context.remark("variorum: not imported: \(message(of: failure))") }
            if skipped > 0 { context.remark("\(counted(skipped, "file")) of other types left out") }
            if imported.isEmpty, failures.isEmpty { context.remark("there is nothing to import") }
        }
        guard let first = failures.first else { return imported.isEmpty ? .noInput : .success }
        return isSingle ? first.failure.exitCode : .failure
    }

    private func message(of failure: Failure) -> String {
        let text = failure.failure.description
        return text.hasPrefix(failure.source) ? text : "\(failure.source): \(text)"
    }

    /// The files that the paths stand for, and how many files of folders are of other types.
    private func expand(_ paths: [String], _ failures: inout [Failure]) -> (sources: [String], skipped: Int) {
        var sources: [String] = []
        var skipped = 0
        for path in paths {
            guard path != "-", Files.isFolder(context.surroundings.absolute(path)) else {
                sources.append(path)
                continue
            }
            do {
                let absolute = context.surroundings.absolute(path)
                for file in try Files.walk(absolute) {
                    // Named as the folder was, not by its absolute path.
                    let name = path + file.dropFirst(absolute.count)
                    if Self.suffixes.contains(Files.suffix(of: file)) { sources.append(name) } else { skipped += 1 }
                }
            } catch {
                failures.append(Failure(source: path, failure: CommandFailure(translating: error)))
            }
        }
        return (sources, skipped)
    }

    private func importOne(
        _ source: String, into store: LocalStore, _ versionOf: DocumentItem?
    ) throws -> (ImportedDocument, title: String) {
        let raw =
            source == "-"
            ? try context.surroundings.input.readAll(atMost: Self.fileBytesMax)
            : try Files.read(context.surroundings.absolute(source), atMost: Self.fileBytesMax)
        let text = try CanonicalText(importing: raw)
        if text.utf8.isEmpty { throw CommandFailure(.dataError, "the text is empty") }
        let title = context.arguments.value("title") ?? Self.title(of: text, source)
        let isMarkdown = ["md", "markdown"].contains(Files.suffix(of: source))
        let result = try store.importDocument(
            text, title: title, source: source, rawBytes: raw,
            importer: "variorum \(VariorumCommand.version) \(isMarkdown ? "markdown" : "text")",
            asVersionOf: versionOf?.info.id)
        if let versionOf, result.document != versionOf.info.id {
            throw CommandFailure(
                .dataError,
                "this text is a version of another document already (\(result.document.short)); it stays there")
        }
        return (result, versionOf?.title ?? title)
    }

    private static func title(of text: CanonicalText, _ source: String) -> String {
        let start = String(decoding: text.utf8.prefix(64 * 1024), as: UTF8.self)
        let lines = start.split(separator: "\n").lazy.map(trimmed).filter { !$0.isEmpty }
        if source == "-" { return lines.first.map { excerpt($0, width: 120) } ?? "standard input" }
        if ["md", "markdown"].contains(Files.suffix(of: source)),
            let heading = lines.first(where: { $0.hasPrefix("# ") })
        {
            return excerpt(trimmed(heading.dropFirst(2)), width: 200)
        }
        return Files.stem(of: source)
    }

    private static func trimmed(_ line: Substring) -> String { trimmed(String(line)) }

    private static func trimmed(_ line: String) -> String {
        var line = line[...]
        while line.first?.isWhitespace == true { line.removeFirst() }
        while line.last?.isWhitespace == true { line.removeLast() }
        return String(line)
    }
}
