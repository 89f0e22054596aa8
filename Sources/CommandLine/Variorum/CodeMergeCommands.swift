import AnnotationModel
import Interchange
import LocalStore
import TeamCoding

/// Joining and dividing codes. Nothing that was coded is rewritten.
extension Command {
    static let codeMerge = Command(
        CommandSpecification(
            "merge", summary: "let one code stand for another",
            discussion: """
                The codings stay as they were made and show under the other code. 'variorum code unmerge' takes it back, \
                and so does 'variorum undo'.
                """,
            options: [.value("into", nil, "code", "The code that stays", isRequired: true)],
            positionals: [PositionalSpecification("code", "The code that is merged, by id or name")],
            examples: [CommandExample("variorum code merge 3f9c21aa --into sovereignty", "Join two codes of one name")]),
        json: "the merged code"
    ) { context in
        try Merge.codes(
            context, context.arguments.positional("code") ?? "", into: context.arguments.value("into") ?? "")
    }

    static let codeUnmerge = Command(
        CommandSpecification(
            "unmerge", summary: "let a merged code stand for itself again",
            discussion: "Whoever merged it. Its codings show under it again, as they were made.",
            positionals: [PositionalSpecification("code", "The code that was merged, by id or name")],
            examples: [CommandExample("variorum code unmerge 3f9c21aa", "Take a merge back")]),
        json: "the code"
    ) { context in
        let store = try context.openStore()
        let names = try store.read { try RecordNames(reading: $0) }
        let code = try merged(context.arguments.positional("code") ?? "", names)
        var edits = RecordEdits(code.info)
        edits.set(Field.Code.mergedInto, .null)
        edits.sentence = "unmerged  \(code.info.id.short)  \(code.name)"
        try edits.perform(in: store, context)
        return .success
    }

    /// The merged code of an id or a name.
    private static func merged(_ text: String, _ names: RecordNames) throws -> CodeItem {
        let lowered = text.lowercased()
        let all = names.codes.filter { $0.mergedInto != nil }
        let isLongEnough = text.count >= RecordNames.idDigitsMin
        let found = all.filter { $0.name.lowercased() == lowered || isLongEnough && $0.info.id.matches(text) }
        if found.count == 1 { return found[0] }
        if found.count > 1 {
            let list = found.map { "  \($0.info.id.short)  \($0.name)" }.joined(separator: "\n")
            throw CommandFailure(.dataError, "'\(text)' could be several merged codes:\n\(list)\nUse the id.")
        }
        if let code = try names.findCode(text) {
            throw CommandFailure(.dataError, "the code '\(code.name)' is not merged into another one")
        }
        throw CommandFailure(
            .noInput, "there is no merged code '\(text)'; 'variorum code list --all' shows them all")
    }

    static let codeSplit = Command(
        CommandSpecification(
            "split", summary: "divide a code into new ones",
            discussion: """
                The new codes stand beside it and say that they have taken a part of it; its codings stay with it until \
                somebody gives them one of the new codes: 'variorum codebook stale' lists them. 'variorum undo' takes it \
                back; parts that are not wanted any more can also be merged into it again.
                """,
            options: [.flag("retire", nil, "Do not apply the divided code any more")],
            positionals: [
                PositionalSpecification("code", "Id, name or path"),
                PositionalSpecification("name", "Names of the new codes", isRepeatable: true),
            ],
            examples: [
                CommandExample("variorum code split framing \"legal frame\" \"moral frame\" --retire", "Divide a code")
            ]),
        json: "`{codes: [code]}`: the new ones"
    ) { context in
        let store = try context.openStore()
        let names = try store.read { try RecordNames(reading: $0) }
        let code = try names.code(named: context.arguments.positional("code") ?? "")
        let parts = context.arguments.positionals("name")
        var seen: Set<String> = []
        for name in parts {
            try checkName(name)
            let same = names.codes.first { other in
                other.name.lowercased() == name.lowercased() && other.parent == code.parent && other.mergedInto == nil
            }
            if same != nil || !seen.insert(name.lowercased()).inserted {
                let id = same.map { " (\($0.info.id.short))" } ?? ""
                throw CommandFailure(.dataError, "there is a code '\(name)' here already\(id); nothing was divided")
            }
        }
        let ids = try store.write { transaction in
            let ids = try parts.map { name in
                var values: [(Field, Value)] = [
                    (Field.Code.name, .text(name)), (Field.Code.splitFrom, .identifier(code.info.id)),
                ]
                if let parent = code.parent { values.append((Field.Code.parent, .identifier(parent))) }
                return try transaction.create(.code, in: code.info.layer, values)
            }
            if context.arguments.flag("retire") {
                try transaction.set(
                    Field.Code.status, of: code.info.id, in: code.info.layer, to: .text(CodeRecord.retired))
            }
            return ids
        }
        try RoundPlacement.remarkIfShown(code.info.layer, in: store, context)
        let fresh = try store.read { try RecordNames(reading: $0) }
        if context.isJSON {
            try context.write(["codes": .array(ids.compactMap(fresh.code).map(fresh.json))])
        } else {
            for part in ids.compactMap(fresh.code) {
                try context.writeLine(printable("split  \(part.info.id.short)  \(part.name)  from  \(code.name)"))
            }
        }
        return .success
    }
}
