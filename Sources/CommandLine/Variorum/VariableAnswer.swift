import AnnotationModel
import Interchange
import LocalStore

/// What somebody answers to a question of a statement type.
struct VariableAnswer {
    let variable: VariableItem
    /// Null to take an answer away.
    let value: Value
    private let field: Field

    static let valueTypes = ["entity", "code", "choice", "boolean", "integer", "date", "text"]

    /// Reads `variable=value` words.
    static func all(
        _ words: [String], of type: StatementTypeItem?, _ names: RecordNames, _ context: CommandContext
    ) throws -> [VariableAnswer] {
        if words.isEmpty { return [] }
        guard let type else {
            throw context.usage("--value answers a question of a statement type; say which with --type")
        }
        return try words.map { word in
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2 else { throw context.usage("'\(word)' is not VARIABLE=VALUE") }
            return try VariableAnswer(parts[0], context.text(parts[1]), of: type, names)
        }
    }

    private init(_ name: String, _ text: String, of type: StatementTypeItem, _ names: RecordNames) throws {
        let found = type.variables.filter { $0.name.lowercased() == name.lowercased() || "\($0.info.id)" == name }
        guard let variable = found.first else {
            let known = type.variables.map(\.name)
            let hint = suggestion(for: name, among: known).map { " Did you mean '\($0)'?" } ?? ""
            throw CommandFailure(
                .dataError,
                "a statement of type '\(type.name)' is not asked '\(name)'; it is asked \(known.joined(separator: ", ")).\(hint)"
            )
        }
        guard found.count == 1 else {
            throw CommandFailure(.dataError, "'\(type.name)' has several variables '\(name)'; use the whole id")
        }
        func wrong(_ wanted: String) -> CommandFailure {
            CommandFailure(.dataError, "\(variable.name) cannot be '\(text)'; it must be \(wanted)")
        }
        self.variable = variable
        let (field, read): (Field, (String) throws -> Value) =
            switch variable.valueType {
            case "entity": (Field.VariableValue.reference, { .identifier(try names.entity(named: $0).info.id) })
            case "code":
                (
                    Field.VariableValue.reference,
                    {
                        let code = try names.code(named: $0)
                        try names.checkCodable(code)
                        return .identifier(code.info.id)
                    }
                )
            case "choice":
                (
                    Field.VariableValue.text,
                    {
                        guard variable.choices.contains($0) else {
                            throw wrong("one of \(variable.choices.joined(separator: ", "))")
                        }
                        return .text($0)
                    }
                )
            case "boolean":
                (
                    Field.VariableValue.boolean,
                    {
                        switch $0.lowercased() {
                        case "yes", "true": return .boolean(true)
                        case "no", "false": return .boolean(false)
                        default: throw wrong("yes or no")
                        }
                    }
                )
            case "integer":
                (
                    Field.VariableValue.integer,
                    {
                        guard let number = Int64($0) else { throw wrong("a whole number") }
                        return .integer(number)
                    }
                )
            case "date": (Field.VariableValue.date, { try FieldInput.date($0) })
            case "text": (Field.VariableValue.text, { .text($0) })
            default:
                throw CommandFailure(
                    .configuration,
                    "the variable '\(variable.name)' was made by a newer version of Variorum, which alone can answer it"
                )
            }
        self.field = field
        value = text.isEmpty ? .null : try read(text)
    }

    /// - Returns: Whether anything changed.
    func write(to statement: RecordID, in layer: LayerID, _ transaction: WriteTransaction) throws -> Bool {
        let variable = variable.info.id
        return try transaction.put(
            .variableValue, of: [statement.bytes, variable.bytes], in: layer,
            [
                (Field.VariableValue.statement, .identifier(statement)),
                (Field.VariableValue.variable, .identifier(variable)),
            ], field, value)
    }
}
