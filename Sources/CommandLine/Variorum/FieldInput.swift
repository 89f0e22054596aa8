import AnnotationModel
import Interchange
import LocalStore

/// Reading a field's value from what somebody typed.
struct FieldInput {
    let names: RecordNames

    /// What a field may hold beyond its type, where the model leaves the words to its meaning.
    static func choices(of field: Field, in kind: Kind) -> [String] {
        switch (kind, field) {
        case (.statement, Field.Statement.position): positions
        case (.statement, Field.Statement.directness): directness
        case (.code, Field.Code.status), (.statementType, Field.StatementType.status): statuses
        default: []
        }
    }

    static let positions = ["support", "reject", "neutral", "unclear"]
    static let directness = ["direct", "indirect", "reported"]
    static let statuses = ["active", "retired"]

    /// - Parameter text: The value; empty to clear a register.
    /// - Throws: `dataError` with what the field wants.
    func value(_ text: String, for field: FieldDefinition, of kind: KindDefinition) throws -> Value {
        if text.isEmpty, field.rule != .addWinsSet { return .null }
        let choices = Self.choices(of: field.field, in: kind.kind)
        if !choices.isEmpty, !choices.contains(text) {
            throw wrong(text, field, "one of \(choices.joined(separator: ", "))", suggestion(for: text, among: choices))
        }
        switch field.type {
        case .text:
            if field.name == "colour" { return .text(try Self.colour(text)) }
            return .text(text)
        case .integer:
            guard let number = Int64(text) else { throw wrong(text, field, "a whole number") }
            if field.name == "confidence", !(0...100).contains(number) {
                throw wrong(text, field, "a number from 0 to 100")
            }
            return .integer(number)
        case .boolean:
            switch text.lowercased() {
            case "true", "yes": return true.value
            case "false", "no": return false.value
            default: throw wrong(text, field, "yes or no")
            }
        case .date:
            guard field.type.accepts(.text(text)) else { throw wrong(text, field, Self.dateForm) }
            return .text(text)
        case .range:
            let ends = text.split(separator: text.contains("..") ? ".." : "-").map { Int64($0) }
            guard ends.count == 2, let start = ends[0], let end = ends[1], start >= 0, start < end else {
                throw wrong(text, field, "two offsets in characters (code points) such as 120-145")
            }
            return .list([.integer(start), .integer(end)])
        case .record: return .identifier(try record(text, field, kind))
        case .name, .bytes, .quote:
            throw CommandFailure(.dataError, "the \(field.name) of a \(kind.name) cannot be typed")
        }
    }

    static let dateForm = "a date as YYYY, YYYY-MM or YYYY-MM-DD"

    /// A date that the calendar has.
    static func date(_ text: String) throws -> Value {
        guard ValueType.date.accepts(.text(text)) else {
            throw CommandFailure(.dataError, "'\(text)' is no date; it must be \(dateForm)")
        }
        return .text(text)
    }

    static func colour(_ text: String) throws -> String {
        guard text.utf8.count == 7, text.first == "#", text.dropFirst().allSatisfy({ $0.isASCII && $0.isHexDigit })
        else {
            throw CommandFailure(
                .dataError,
                "'\(text)' is no colour; it must be like #ffcc00 (quote it: the shell takes # for a comment)")
        }
        return text.lowercased()
    }

    private func record(_ text: String, _ field: FieldDefinition, _ kind: KindDefinition) throws -> RecordID {
        switch (kind.kind, field.field) {
        case (.code, _), (.statement, Field.Statement.concept), (.annotation, Field.Annotation.codes):
            try names.code(named: text).info.id
        case (.statement, Field.Statement.type): try names.statementType(named: text).info.id
        case (.entity, _), (.statement, _): try names.entity(named: text).info.id
        default: throw CommandFailure(.dataError, "the \(field.name) of a \(kind.name) cannot be typed")
        }
    }

    private func wrong(_ text: String, _ field: FieldDefinition, _ wanted: String, _ suggestion: String? = nil)
        -> CommandFailure
    {
        let hint = suggestion.map { " Did you mean '\($0)'?" } ?? ""
        return CommandFailure(.dataError, "\(field.name) cannot be '\(text)'; it must be \(wanted).\(hint)")
    }
}

extension Bool {
    fileprivate var value: Value { .boolean(self) }
}
