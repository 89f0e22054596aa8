import AnnotationModel
import Foundation
import Testing

/// docs/data-model.md prints the model's table; `VARIORUM_RECORD=1` writes it anew.
@Suite struct ModelDocumentTests {
    private var table: String {
        var text = ""
        for kind in Model.kinds {
            text += "### \(kind.name) (\(kind.kind.rawValue))\n\n\(kind.meaning)\n\n"
            text += "| field | number | rule | type | meaning |\n| --- | ---: | --- | --- | --- |\n"
            for field in kind.fields {
                let required = field.isRequired ? ", required" : ""
                text += "| `\(field.name)` | \(field.field.rawValue) | \(field.rule.rawValue)\(required) | "
                text += "\(field.type.rawValue) | \(field.meaning) |\n"
            }
            text += "\n"
        }
        return text
    }

    @Test func theDocumentPrintsTheTable() throws {
        let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "docs/data-model.md")
        let text = try String(contentsOf: page, encoding: .utf8)
        let (begin, end) = ("a test compares. -->\n", "<!-- End of the table. -->")
        let start = try #require(text.range(of: begin)).upperBound
        let stop = try #require(text.range(of: end)).lowerBound
        if ProcessInfo.processInfo.environment["VARIORUM_RECORD"] == "1" {
            let fresh = text[..<start] + table + text[stop...]
            try String(fresh).write(to: page, atomically: true, encoding: .utf8)
            return
        }
        #expect(String(text[start..<stop]) == table)
    }
}
