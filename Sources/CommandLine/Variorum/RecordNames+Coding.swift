import AnnotationModel
import ChangeLog
import Cryptography
import Interchange
import LocalStore
import TeamCoding

/// What applying a code takes.
extension RecordNames {
    /// The state of the codebook that a coding made now is made under.
    ///
    /// - Parameter made: Codes that are made together with the coding.
    func codebookStamp(with made: [CodeRecord] = []) -> Value {
        .bytes(codebook.replacing(made).revision(using: OpenSSLCryptography()).bytes)
    }

    /// - Throws: `dataError` for a heading.
    func checkCodable(_ code: CodeItem) throws {
        if code.isCodable { return }
        throw CommandFailure(
            .dataError,
            "code '\(code.name)' is a heading that no passage carries; "
                + "'variorum code edit \(code.info.id.short) --codable yes' changes that")
    }

    /// - Throws: `noInput` if there is none, `dataError` if several are meant.
    func statementType(named text: String) throws -> StatementTypeItem {
        let lowered = text.lowercased()
        var found = statementTypes.filter { $0.name.lowercased() == lowered }
        if found.isEmpty, text.count >= Self.idDigitsMin {
            found = statementTypes.filter { $0.info.id.matches(text) }
        }
        if found.count == 1 { return found[0] }
        if found.count > 1 {
            let list = found.map { "  \($0.info.id.short)  \($0.name)" }.joined(separator: "\n")
            throw CommandFailure(.dataError, "'\(text)' could be several statement types:\n\(list)\nUse the id.")
        }
        let hint = suggestion(for: text, among: statementTypes.map(\.name)).map { " Did you mean '\($0)'?" } ?? ""
        throw CommandFailure(
            .noInput,
            "there is no statement type '\(text)'.\(hint) 'variorum statement type list' shows them all, "
                + "'variorum statement type add \(shellWord(text))' makes it")
    }

    /// A built-in variable by its name, or one that a statement type defines by name or id.
    ///
    /// - Throws: `noInput` if there is none, `dataError` if several are meant.
    func statementVariable(named text: String) throws -> StatementVariable {
        let lowered = text.lowercased()
        if let builtIn = StatementVariable.BuiltIn(rawValue: lowered) { return .builtIn(builtIn) }
        let all = statementTypes.flatMap { type in type.variables.map { (type: type, variable: $0) } }
        var found = all.filter { $0.variable.name.lowercased() == lowered }
        if found.isEmpty, text.count >= Self.idDigitsMin {
            found = all.filter { $0.variable.info.id.matches(text) }
        }
        let ids = Set(found.map(\.variable.info.id))
        if ids.count == 1, let id = ids.first { return .defined(id) }
        if ids.count > 1 {
            let list = found.map { "  \($0.variable.info.id.short)  \($0.variable.name) of \($0.type.name)" }
            throw CommandFailure(
                .dataError, "'\(text)' could be several variables:\n\(list.joined(separator: "\n"))\nUse the id.")
        }
        let known = StatementVariable.BuiltIn.allCases.map(\.rawValue) + all.map(\.variable.name)
        let hint = suggestion(for: text, among: known).map { " Did you mean '\($0)'?" } ?? ""
        throw CommandFailure(
            .noInput,
            "there is no variable '\(text)'.\(hint) 'variorum statement type list' shows those that types define")
    }

    /// The names of the questions that a statement of its type must answer and does not.
    func unanswered(_ statement: StatementItem) -> [String] {
        let answered = Set(statement.values.map(\.variable))
        let variables = statement.type.flatMap(statementType)?.variables ?? []
        return variables.filter { $0.isRequired && !answered.contains($0.info.id) }.map(\.name)
    }
}
