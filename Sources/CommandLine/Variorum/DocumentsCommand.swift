import AnnotationModel
import Interchange
import LocalStore

extension Command {
    static let documents = Command(
        CommandSpecification(
            "documents", summary: "list the documents",
            discussion:
                "The number before a document names it in other commands, on this device and until one is added or removed.",
            examples: [CommandExample("variorum documents", "List all documents")]),
        json: "`{documents: [document]}`, each with its `number` and `versions: [document_version]`"
    ) { context in
        let names = try context.openStore().read { try RecordNames(reading: $0) }
        if context.isJSON {
            let documents = names.documents.enumerated().map { number, document in
                names.json(document).withMember("versions", .array(document.versions.map(names.json)))
                    .adding(["number": .number(number + 1)])
            }
            try context.write(["documents": .array(documents)])
            return .success
        }
        if names.documents.isEmpty {
            context.remark("no documents yet; 'variorum import FILE' takes one in")
            return .success
        }
        var table = TextTable([
            .init("#", alignment: .right), .init("id"), .init("title", isFlexible: true),
            .init("versions", alignment: .right), .init("size", alignment: .right),
            .init("annotations", alignment: .right), .init("imported by"), .init("on"),
        ])
        for (number, document) in names.documents.enumerated() {
            let last = document.versions.last
            table.rows.append([
                "\(number + 1)", document.info.id.short, document.title, "\(document.versions.count)",
                last.map { $0.isComplete ? size($0.bytes) : "not here" } ?? "not here", "\(document.annotationCount)",
                names.name(of: document.info.author), localTime(document.info.createdAt),
            ])
        }
        try context.write(table)
        return .success
    }
}
