import AnnotationModel
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

    @Test func theDocumentPrintsTheTable() throws { try expectPrinted(table, in: "data-model.md") }
}
