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
        func read() throws -> Value {
            switch variable.valueType {
            case "entity": return .identifier(try names.entity(named: text).info.id)
            case "code":
                let code = try names.code(named: text)
                try names.checkCodable(code)
                return .identifier(code.info.id)
            case "choice":
                guard variable.choices.contains(text) else {
                    throw wrong("one of \(variable.choices.joined(separator: ", "))")
                }
                return .text(text)
            case "boolean":
                switch text.lowercased() {
                case "yes", "true": return .boolean(true)
                case "no", "false": return .boolean(false)
                default: throw wrong("yes or no")
                }
            case "integer":
                guard let number = Int64(text) else { throw wrong("a whole number") }
                return .integer(number)
            case "date": return try FieldInput.date(text)
            case "text": return .text(text)
            default: throw Self.newer(variable)
            }
        }
        try self.init(variable, text.isEmpty ? .null : read())
    }

    /// - Parameter value: Of the variable's type, or null.
    /// - Throws: `configuration` for a variable of a newer version.
    init(_ variable: VariableItem, _ value: Value) throws {
        field =
            switch variable.valueType {
            case "entity", "code": Field.VariableValue.reference
            case "choice", "text": Field.VariableValue.text
            case "boolean": Field.VariableValue.boolean
            case "integer": Field.VariableValue.integer
            case "date": Field.VariableValue.date
            default: throw Self.newer(variable)
            }
        (self.variable, self.value) = (variable, value)
    }

    /// Why a variable of a newer version cannot be answered.
    static func newer(_ variable: VariableItem) -> CommandFailure {
        CommandFailure(
            .configuration,
            "the variable '\(variable.name)' was made by a newer version of Variorum, which alone can answer it")
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
