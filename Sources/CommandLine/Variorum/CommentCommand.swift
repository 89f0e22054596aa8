import AnnotationModel
import Interchange
import LocalStore

extension Command {
    static let comment = Command(
        CommandSpecification(
            "comment", summary: "say something about a record",
            discussion: """
                Comments are shared with everybody, other than those on a record of your private layer, which only you see. \
                A comment on a comment answers it. Those on a document that is yours to code in a round, and on what is marked in \
                it, go to your coding layer of that round.
                """,
            options: [.value("reply-to", "r", "comment", "The comment that this one answers")] + RoundPlacement.options,
            positionals: [
                PositionalSpecification(
                    "target", "What it is about: the id of a record, or the name of a document, code or entity"),
                PositionalSpecification("text", "What you say, or - to read that from standard input"),
            ],
            examples: [
                CommandExample(
                    "variorum comment 3f9c21aa \"Same words as in the first statement?\"", "Comment an annotation")
            ]),
        json: "the comment"
    ) { context in
        let arguments = context.arguments
        let text = try context.text(arguments.positional("text") ?? "")
        if text.allSatisfy(\.isWhitespace) { throw CommandFailure(.dataError, "a comment must not be empty") }
        let store = try context.openStore()
        let (info, answered, layer) = try store.read { reader in
            let names = try RecordNames(reading: reader)
            var info = try reader.record(named: arguments.positional("target") ?? "", names)
            var answered = try arguments.value("reply-to").map {
                try reader.record(named: $0, names, kinds: [.comment])
            }
            if info.kind == .comment, answered == nil { answered = info }
            if let comment = answered {
                guard let item = try reader.comments().first(where: { $0.info.id == comment.id }) else {
                    throw CommandFailure(.noInput, "there is no comment \(comment.id.short)")
                }
                if info.kind == .comment {
                    info = try reader.find("\(item.target)").first ?? info
                } else if item.target != info.id {
                    throw CommandFailure(.dataError, "comment \(comment.id.short) is about another record")
                }
            }
            let isPrivate = names.layer(info.layer)?.kind == LayerKind.private.rawValue
            var layer = try reader.ownLayer(isPrivate ? .private : .shared)
            // A draft is nobody's business; what is said of a document may be.
            if !isPrivate, let document = try reader.document(of: info),
                case .round(_, let coding, _) = try RoundPlacement(reader, names, arguments).place(
                    for: document, preferred: names.layer(info.layer)?.round, seals: false,
                    elsewhere: "the shared layer")
            {
                layer = coding.id
            }
            return (info, answered, layer)
        }
        let id = try store.write { transaction in
            var values: [(Field, Value)] = [
                (Field.Comment.target, .identifier(info.id)), (Field.Comment.body, .text(text)),
            ]
            if let answered { values.append((Field.Comment.replyTo, .identifier(answered.id))) }
            return try transaction.create(.comment, in: layer, values)
        }
        try store.read { (reader) throws in
            let names = try RecordNames(reading: reader)
            if context.isJSON {
                try context.write(try reader.comments(on: info.id).first { $0.info.id == id }.map(names.json) ?? .null)
            } else {
                try context.writeLine(
                    printable("commented  \(id.short)  on \(info.id.short) \(try reader.label(of: info, names))"))
            }
        }
        return .success
    }
}
