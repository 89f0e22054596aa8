import Interchange
import LocalStore

extension Command {
    static let export = Command(
        CommandSpecification(
            "export", summary: "write annotations in an open format",
            discussion: """
                jsonld is a W3C Web Annotation collection, csv has one row per annotation and code, jsonl has every record with \
                all its fields, one a line. The same content gives the same bytes. What a format cannot hold is reported on \
                standard error. Private layers, and those of rounds that are not revealed \
                or published, are left out unless asked for. docs/export.md describes the files.
                """,
            options: [
                .value("format", "f", "format", "The format", isRequired: true, choices: ["jsonld", "csv", "jsonl"]),
                .value("output", "o", "file", "Write to this file, not to standard output"),
                .value("document", "d", "document", "Only what is on this document"),
                .flag(
                    "include-private", nil,
                    "Take private layers too, and those of rounds that are still closed to others"),
            ],
            examples: [
                CommandExample(
                    "variorum export --format jsonld --output annotations.jsonld", "For other annotation tools"),
                CommandExample("variorum export -f csv > codings.csv", "For a spreadsheet, R or pandas"),
            ]),
        json: "with --output: `{format, output, bytes, losses: [{what, count, reason}]}`"
    ) { context in
        let format = context.arguments.value("format") ?? ""
        let output = context.arguments.value("output")
        if context.isJSON, output == nil {
            throw context.usage("--json tells about a file, so that it needs --output; the export itself is \(format)")
        }
        let content = try context.openStore().read { reader in
            let document = try context.arguments.value("document").map {
                try RecordNames(reading: reader).document(named: $0).info.id
            }
            return try ExportContent(
                reading: reader, includesPrivate: context.arguments.flag("include-private"), document: document)
        }
        let export =
            switch format {
            case "csv": content.commaSeparated()
            case "jsonl": content.jsonLines()
            default: content.webAnnotations()
            }
        if let output {
            try Files.replace(context.surroundings.absolute(output), with: export.bytes)
        } else {
            try context.surroundings.output.write(export.bytes)
        }
        if context.isJSON {
            try context.write([
                "format": .text(format), "output": .optional(output), "bytes": .number(export.bytes.count),
                "losses": .array(
                    export.losses.losses.map {
                        ["what": .text($0.what), "count": .number($0.count), "reason": .text($0.reason)]
                    }),
            ])
        } else {
            if let output { try context.writeLine("wrote \(printable(output)), \(size(export.bytes.count))") }
            for loss in export.losses.losses {
                context.remark("not in this format: \(loss.what) (\(loss.count)); \(loss.reason)")
            }
        }
        return .success
    }
}
