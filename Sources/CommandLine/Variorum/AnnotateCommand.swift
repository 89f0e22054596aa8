import AnnotationModel
import DocumentText
import Interchange
import LocalStore

extension Command {
    static let annotate = Command(
        CommandSpecification(
            "annotate", summary: "mark a passage, with a note, codes and tags",
            discussion: """
                The passage is named by its words or by its offsets in characters (Unicode code points, the end not included). \
                In words, any white space matches any other, and straight quotation marks match curly ones. Where they \
                occur several times, you are asked which place is meant, or say so with --occurrence.

                Annotations go to your personal layer: everybody reads it, you write it. With --private only you read it. \
                A document that is yours to code in a round is coded in the version that the round names, and goes to your \
                coding layer of that round, and so do codes that you make while you code blind.
                """,
            options: [
                .value("quote", "q", "text", "The passage in its own words"),
                .value("occurrence", nil, "number", "Which of several places, counted from 1"),
                .value("start", nil, "offset", "Where the passage begins"),
                .value("end", nil, "offset", "Where it ends: the offset after its last character"),
                .value("note", "n", "text", "What you say about it, or - to read that from standard input"),
                .values("code", "c", "code", "Apply a code"),
                .values("tag", "t", "word", "Add a free label"),
                .value("confidence", nil, "number", "How sure you are, 0 to 100"),
                .value("colour", nil, "#rrggbb", "Colour of the highlight"),
                .value("version", nil, "version", "Another version than the newest: its number or SHA-256"),
                .flag("create", nil, "Make codes that do not exist"),
                .flag("private", nil, "For your eyes only"),
                .value(
                    "layer", nil, "layer", "Where it goes, if not where the document's round says",
                    choices: [LayerKind.personal.name, LayerKind.private.name]),
            ] + RoundPlacement.options + [RoundPlacement.sharedOption],
            positionals: [PositionalSpecification("document", "Number, id or title")],
            examples: [
                CommandExample(
                    "variorum annotate 1 --quote \"territorial integrity\" --code sovereignty", "Code a passage"),
                CommandExample(
                    "variorum annotate 1 --start 120 --end 180 --note \"Who says so?\" --tag check", "Mark by offsets"),
            ]),
        json: "the annotation"
    ) { context in
        let arguments = context.arguments
        let confidence = try arguments.integer("confidence", in: 0...100)
        let colour = try arguments.value("colour").map { try FieldInput.colour($0) }
        let store = try context.openStore()
        let isPersonal = arguments.value("layer") == LayerKind.personal.name
        let isPrivate = arguments.flag("private") || arguments.value("layer") == LayerKind.private.name
        if isPersonal, arguments.flag("private") {
            throw context.usage("--layer personal and --private exclude each other")
        }
        let (names, document, version, index, place, namesLayer) = try store.read { reader in
            let names = try RecordNames(reading: reader)
            let document = try names.document(named: arguments.positional("document") ?? "")
            let placement = RoundPlacement(reader, names, arguments)
            let place = try placement.place(
                for: document.info.id, layer: isPrivate ? .private : isPersonal ? .personal : nil)
            let version = try versionToMark(document, names, place, arguments)
            return (
                names, document, version, try reader.textIndex(of: version), place,
                try placement.layerForNames(beside: place)
            )
        }
        let resolver = NameResolver(names: names, creates: arguments.flag("create"))
        let codes = try arguments.values("code").map { try resolver.code($0) }
        let range = try PassageChoice(context, index, document).range()
        let note = try arguments.value("note").map { try context.text($0) }
        let selectors: PassageSelectors
        do {
            selectors = try index.selectors(forCodePoints: range)
        } catch {
            throw CommandFailure(
                .dataError, "\(error); the text has \(index.codePointCount) characters")
        }
        let id = try store.write { transaction in
            let layer = try place.layer(transaction.reader)
            let maker = try RecordMaker(transaction, layer: namesLayer)
            var values: [(Field, Value)] = [
                (Field.Annotation.document, .identifier(document.info.id)),
                (Field.Annotation.version, .identifier(version.info.id)),
                (
                    Field.Annotation.position,
                    .list([.integer(Int64(selectors.position.start)), .integer(Int64(selectors.position.end))])
                ),
                (
                    Field.Annotation.quote,
                    .list([.text(selectors.quote.exact), .text(selectors.quote.prefix), .text(selectors.quote.suffix)])
                ),
            ]
            if let note { values.append((Field.Annotation.note, .text(note))) }
            for code in codes { values.append((Field.Annotation.codes, .identifier(try maker.id(of: code)))) }
            if !codes.isEmpty {
                values.append((Field.Annotation.codebookRevision, names.codebookStamp(with: maker.madeCodes)))
            }
            for tag in arguments.values("tag") { values.append((Field.Annotation.tags, .text(tag))) }
            if let confidence { values.append((Field.Annotation.confidence, .integer(Int64(confidence)))) }
            if let colour { values.append((Field.Annotation.colour, .text(colour))) }
            return try transaction.create(.annotation, in: layer, values)
        }
        if context.isJSON {
            try context.write(
                try store.read { reader in
                    let names = try RecordNames(reading: reader)
                    let item = try reader.annotations(on: document.info.id).first { $0.info.id == id }
                    return item.map(names.json) ?? .null
                })
        } else {
            try context.writeLine(
                printable("annotated  \(id.short)  “\(excerpt(selectors.quote.exact))” in \(excerpt(document.title))"))
        }
        return .success
    }

    /// The version that is annotated: the one that was named, else the round's, else the newest.
    private static func versionToMark(
        _ document: DocumentItem, _ names: RecordNames, _ place: RoundPlacement.Place, _ arguments: ArgumentValues
    ) throws -> VersionItem {
        let named = try arguments.value("version").map { try names.version(of: document, named: $0) }
        guard case .round(let work, _, let assignment) = place else {
            return try named ?? names.version(of: document, named: nil)
        }
        if let named, named.info.id != assignment.version {
            throw CommandFailure(
                .dataError,
                "round '\(work.round.title)' codes another version of '\(document.title)': \(assignment.version.short); "
                    + "leave --version away, or say --outside-round")
        }
        guard let version = document.versions.first(where: { $0.info.id == assignment.version }), version.isComplete
        else {
            throw CommandFailure(
                .noInput,
                "the version of '\(document.title)' that round '\(work.round.title)' codes has not arrived yet; sync")
        }
        return version
    }
}
