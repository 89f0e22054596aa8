import AnnotationModel
import SQLiteBinding

/// What statements are asked beyond the built-in fields, and what is said of entities beyond theirs.
extension StoreReader {
    /// Statement types with their variables, oldest first.
    public func statementTypes() throws -> [StatementTypeItem] {
        let variables = try rows(
            "variable", "t.type, t.name, t.value_type, t.place, t.is_required, t.definition"
        ) { info, row in
            VariableItem(
                info: info, type: RecordID(row, 7) ?? info.id, name: row.optionalText(8) ?? "unnamed",
                valueType: row.text(9), choices: try texts("variable_choices", row.int64(6)),
                place: row.isNull(10) ? nil : row.int(10), isRequired: row.bool(11), definition: row.optionalText(12))
        }
        let byType = Dictionary(grouping: variables, by: \.type).mapValues { variables in
            variables.sorted { ($0.place ?? .max, $0.info.id) < ($1.place ?? .max, $1.info.id) }
        }
        return try rows("statement_type", "t.name, t.definition, t.colour, t.status") { info, row in
            StatementTypeItem(
                info: info, name: row.optionalText(7) ?? "unnamed", definition: row.optionalText(8),
                colour: row.optionalText(9), isRetired: row.optionalText(10) == "retired",
                variables: byType[info.id] ?? [])
        }
    }

    /// By entity, each by key. Of one key in two layers the older record counts.
    func attributes() throws -> [RecordID: [AttributeItem]] {
        var found: [RecordID: [AttributeItem]] = [:]
        let all = try rows("attribute", "t.target, t.key, t.value") { _, row in
            (target: RecordID(row, 7), key: row.text(8), value: row.optionalText(9))
        }
        for (target, key, value) in all {
            guard let target, let value, found[target]?.contains(where: { $0.key == key }) != true else { continue }
            found[target, default: []].append(AttributeItem(key: key, value: value))
        }
        return found.mapValues { $0.sorted { $0.key < $1.key } }
    }

    /// By statement, each by variable. Of one variable in two layers the older record counts.
    func variableValues() throws -> [RecordID: [VariableValueItem]] {
        var found: [RecordID: [VariableValueItem]] = [:]
        let all = try rows(
            "variable_value", "t.statement, t.variable, t.text, t.integer, t.boolean, t.date, t.reference"
        ) { _, row in
            let value: Value? =
                if let reference = RecordID(row, 13) {
                    .identifier(reference)
                } else if !row.isNull(10) {
                    .integer(row.int64(10))
                } else if !row.isNull(11) {
                    .boolean(row.bool(11))
                } else {
                    (row.optionalText(12) ?? row.optionalText(9)).map { .text($0) }
                }
            return (statement: RecordID(row, 7), variable: RecordID(row, 8), value: value)
        }
        for (statement, variable, value) in all {
            guard let statement, let variable, let value,
                found[statement]?.contains(where: { $0.variable == variable }) != true
            else { continue }
            found[statement, default: []].append(VariableValueItem(variable: variable, value: value))
        }
        return found.mapValues { $0.sorted { $0.variable < $1.variable } }
    }
}
