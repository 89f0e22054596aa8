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

    /// The names of the questions that a statement of its type must answer and does not.
    func unanswered(_ statement: StatementItem) -> [String] {
        let answered = Set(statement.values.map(\.variable))
        let variables = statement.type.flatMap(statementType)?.variables ?? []
        return variables.filter { $0.isRequired && !answered.contains($0.info.id) }.map(\.name)
    }
}
