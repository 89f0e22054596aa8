import AnnotationModel
import Interchange
import LocalStore
import TeamCoding

extension Command {
    static let code = Command(
        "code", summary: "keep the codes of the codebook",
        [
            codeAdd, codeList, codeTree, codeEdit, codeRename, codeMove, codeRetire, codeDelete, codeMerge, codeUnmerge,
            codeSplit,
        ])

    private static let codeAdd = Command(
        CommandSpecification(
            "add", summary: "add codes to the codebook",
            discussion: """
                While you code a blind round, they go to your coding layer of that round, and are joined with the others' when it is \
                revealed: the shared codebook must not tell what you are coding.
                """,
            options: [
                .value("parent", "p", "code", "The code they stand under: id, name or path such as framing/frames"),
                .value("definition", nil, "text", "When to apply it, or - to read that from standard input"),
                .value("include", nil, "text", "Examples of what it is for"),
                .value("exclude", nil, "text", "Examples of what it is not for"),
                .value("colour", nil, "#rrggbb", "Colour"),
                .value("shortcut", nil, "key", "Key that applies it"),
                .flag("heading", nil, "A heading alone: no passage may carry it"),
                .flag("private", nil, "For your eyes only"),
                .value("round", nil, "round", "The blind round it is for, where you code in several"),
                RoundPlacement.sharedOption,
            ],
            positionals: [PositionalSpecification("name", "Short name", isRepeatable: true)],
            examples: [
                CommandExample(
                    "variorum code add framing --definition \"How the text presents the matter\"", "Add a code"),
                CommandExample("variorum code add delegitimising praising --parent framing", "Add two below it"),
            ]),
        json: "`{codes: [code]}`: those that were added"
    ) { context in
        let arguments = context.arguments
        let store = try context.openStore()
        let (names, codingLayer) = try store.read { reader in
            let names = try RecordNames(reading: reader)
            let isPrivate = arguments.flag("private")
            return (names, isPrivate ? nil : try RoundPlacement(reader, names, arguments).layerForNames())
        }
        let parent = try arguments.value("parent").map { try names.code(named: $0).info.id }
        let definition = try arguments.value("definition").map { try context.text($0) }
        let colour = try arguments.value("colour").map { try FieldInput.colour($0) }
        var seen: Set<String> = []
        for name in arguments.positionals("name") {
            try checkName(name)
            let same = names.codes.first { code in
                code.name.lowercased() == name.lowercased() && code.parent == parent && code.mergedInto == nil
            }
            if same != nil || !seen.insert(name.lowercased()).inserted {
                let id = same.map { " (\($0.info.id.short))" } ?? ""
                throw CommandFailure(.dataError, "there is a code '\(name)' here already\(id); nothing was added")
            }
        }
        let ids = try store.write { transaction in
            let layer =
                try codingLayer?.id ?? transaction.reader.ownLayer(arguments.flag("private") ? .private : .shared)
            return try arguments.positionals("name").map { name in
                var values: [(Field, Value)] = [(Field.Code.name, .text(name))]
                if let parent { values.append((Field.Code.parent, .identifier(parent))) }
                if let definition { values.append((Field.Code.definition, .text(definition))) }
                if let colour { values.append((Field.Code.colour, .text(colour))) }
                for (option, field) in textOptions {
                    if let text = arguments.value(option) { values.append((field, .text(text))) }
                }
                if arguments.flag("heading") { values.append((Field.Code.isCodable, .boolean(false))) }
                return try transaction.create(.code, in: layer, values)
            }
        }
        let fresh = try store.read { try RecordNames(reading: $0) }
        if context.isJSON {
            try context.write(["codes": .array(ids.compactMap(fresh.code).map(fresh.json))])
        } else {
            for code in ids.compactMap(fresh.code) {
                try context.writeLine(printable("added  \(code.info.id.short)  \(code.name)"))
            }
        }
        return .success
    }

    private static let codeList = Command(
        CommandSpecification(
            "list", summary: "show the codebook as a tree",
            discussion: "The number of uses counts annotations with the code or with one that was merged into it.",
            options: [.flag("all", "a", "Show merged codes too")],
            examples: [CommandExample("variorum code list", "Show the codebook")]),
        json: "`{codes: [code]}`, merged ones too"
    ) { context in
        let names = try context.openStore().read { try RecordNames(reading: $0) }
        if context.isJSON {
            try context.write(["codes": .array(names.codes.map(names.json))])
            return .success
        }
        if names.codes.isEmpty {
            context.remark("no codes yet; 'variorum code add NAME' makes one")
            return .success
        }
        var table = TextTable([
            .init("id"), .init("code"), .init("uses", alignment: .right), .init("definition", isFlexible: true),
            .init("by"), .init(""),
        ])
        var useCounts: [RecordID: Int] = [:]
        for code in names.codes { useCounts[names.codebook.effective(code.info.id), default: 0] += code.useCount }
        for row in names.codebook.tree(includesRedirected: context.arguments.flag("all")) {
            guard let code = names.code(row.code.id) else { continue }
            let depth = row.depth
            let uses = useCounts[code.info.id] ?? 0
            var remarks: [String] = []
            if code.isRetired { remarks.append("retired") }
            if !code.isCodable { remarks.append("heading") }
            if let target = code.mergedInto {
                remarks.append("merged into \(names.code(target)?.name ?? target.short)")
            } else if names.codebook.isRedirected(code.info.id) {
                remarks.append("counts as \(names.codeName(code.info.id))")
            }
            if names.layerName(code.info.layer) != "shared" { remarks.append(names.layerTitle(code.info.layer)) }
            table.rows.append([
                code.info.id.short, String(repeating: "  ", count: depth) + code.name, "\(uses)",
                code.definition.map { excerpt($0, width: 200) } ?? "", names.name(of: code.info.author),
                remarks.joined(separator: ", "),
            ])
        }
        try context.write(table)
        return .success
    }

    private static let codeEdit = Command(
        CommandSpecification(
            "edit", summary: "change a code",
            discussion: "An empty value clears a field: --parent '' takes a code to the top.",
            options: [
                .value("name", "n", "name", "New name"),
                .value("parent", "p", "code", "The code it stands under"),
                .value("definition", nil, "text", "When to apply it, or - to read that from standard input"),
                .value("include", nil, "text", "Examples of what it is for"),
                .value("exclude", nil, "text", "Examples of what it is not for"),
                .value("colour", nil, "#rrggbb", "Colour"),
                .value("shortcut", nil, "key", "Key that applies it"),
                .value(
                    "codable", nil, "yes|no", "Whether passages may carry it, or it is a heading alone",
                    choices: ["yes", "no"]),
                .value(
                    "status", nil, "status", "Retired codes stay where they are and are not applied any more",
                    choices: FieldInput.statuses),
            ],
            positionals: [PositionalSpecification("code", "Id or name")],
            examples: [
                CommandExample("variorum code edit framing --name frames", "Rename a code"),
                CommandExample("variorum code edit framing --status retired", "Do not apply it any more"),
            ]),
        json: "the code"
    ) { context in
        let arguments = context.arguments
        let store = try context.openStore()
        let names = try store.read { try RecordNames(reading: $0) }
        let code = try names.code(named: arguments.positional("code") ?? "")
        var edits = RecordEdits(code.info)
        if let name = arguments.value("name") {
            try checkName(name)
            edits.set(Field.Code.name, .text(name))
        }
        if let text = arguments.value("parent") {
            let parent = text.isEmpty ? nil : try names.code(named: text)
            if let parent { try checkParent(parent, of: code, names) }
            edits.set(Field.Code.parent, parent.map { .identifier($0.info.id) } ?? .null)
        }
        if let text = arguments.value("definition") {
            edits.set(Field.Code.definition, text.isEmpty ? .null : .text(try context.text(text)))
        }
        if let colour = arguments.value("colour") {
            edits.set(Field.Code.colour, colour.isEmpty ? .null : .text(try FieldInput.colour(colour)))
        }
        for (option, field) in textOptions {
            if let text = arguments.value(option) { edits.set(field, text.isEmpty ? .null : .text(text)) }
        }
        if let codable = arguments.value("codable") { edits.set(Field.Code.isCodable, .boolean(codable == "yes")) }
        if let status = arguments.value("status") { edits.set(Field.Code.status, .text(status)) }
        try edits.perform(in: store, context)
        return .success
    }

    private static let codeDelete = Command(
        CommandSpecification(
            "delete", summary: "delete a code",
            discussion: """
                A code that is applied somewhere, or has codes below it, is not deleted without --force: retiring it or \
                merging it into another keeps the codings readable.
                """,
            options: [.flag("force", nil, "Delete it although it is in use")],
            positionals: [PositionalSpecification("code", "Id or name")],
            examples: [CommandExample("variorum code delete typo", "Delete a code that nobody used")]),
        json: "`{deleted: [{id, kind}]}`"
    ) { context in
        let store = try context.openStore()
        let names = try store.read { try RecordNames(reading: $0) }
        let code = try namedItself(context.arguments.positional("code") ?? "", names)
        let children = names.codes.filter { $0.parent == code.info.id }
        if !context.arguments.flag("force"), code.useCount > 0 || !children.isEmpty {
            throw CommandFailure(
                .dataError,
                "code '\(code.name)' is used by \(counted(code.useCount, "annotation")) and \(counted(children.count, "code")) below it; "
                    + "'variorum code edit \(code.info.id.short) --status retired' or 'variorum code merge' keep the codings readable, --force deletes it"
            )
        }
        try Deletion([code.info]).perform(in: store, names, context)
        return .success
    }

    private static let textOptions = [
        ("include", Field.Code.include), ("exclude", Field.Code.exclude), ("shortcut", Field.Code.shortcut),
    ]

    static func checkName(_ name: String) throws {
        if name.allSatisfy(\.isWhitespace) { throw CommandFailure(.dataError, "a name must not be empty") }
    }

    /// The code of this id or name itself, not the one that it was merged into.
    private static func namedItself(_ text: String, _ names: RecordNames) throws -> CodeItem {
        if text.count >= RecordNames.idDigitsMin {
            let exact = names.codes.filter { $0.info.id.matches(text) }
            if exact.count == 1 { return exact[0] }
        }
        return try names.code(named: text)
    }

    /// - Throws: `dataError` where `parent` is the code or stands below it.
    static func checkParent(_ parent: CodeItem, of code: CodeItem, _ names: RecordNames) throws {
        if names.codebook.isWithin(parent.info.id, code.info.id) {
            throw CommandFailure(
                .dataError, "'\(code.name)' cannot stand under '\(parent.name)', which stands under it")
        }
    }
}
