import AnnotationModel
import ChangeLog
import Interchange
import LocalStore

/// Values and operations in words.
extension RecordNames {
    /// A field's value as people read it, on one line.
    func words(for value: Value, of field: FieldDefinition?, width: Int = 60) -> String {
        switch value {
        case .null: "nothing"
        case .boolean(let flag): flag ? "yes" : "no"
        case .integer(let number): "\(number)"
        case .text(let text): "“\(excerpt(text, width: width))”"
        case .bytes(let bytes): "\(bytes.count) bytes"
        case .identifier(let id): words(for: id)
        case .list(let items):
            if field?.type == .quote, let exact = items.first?.text {
                "“\(excerpt(exact, width: width))”"
            } else {
                items.map { words(for: $0, of: nil, width: width) }.joined(separator: " to ")
            }
        }
    }

    private func words(for id: RecordID) -> String {
        code(id).map { "'\($0.name)'" } ?? entity(id).map { "'\($0.name)'" } ?? document(id).map {
            "'\(excerpt($0.title))'"
        }
            ?? id.short
    }

    func fieldName(_ field: Field, of kind: Kind) -> String {
        Model.definition(of: field, in: kind)?.name ?? "field \(field.rawValue)"
    }

    /// What an operation did, without saying to which record.
    func words(for operation: ChangeLog.Operation) -> String {
        func value(_ value: Value, _ field: Field) -> String {
            words(for: value, of: Model.definition(of: field, in: operation.kind))
        }
        func name(_ field: Field) -> String { fieldName(field, of: operation.kind) }
        switch operation.action {
        case .create: return "made"
        case .write(let field, .null, _): return "\(name(field)) cleared"
        case .write(let field, let new, _): return "\(name(field)) = \(value(new, field))"
        case .add(let field, let element): return "\(name(field)) + \(value(element, field))"
        case .remove(let field, let element): return "\(name(field)) - \(value(element, field))"
        case .delete: return "deleted"
        case .restore: return "restored"
        case .unknown: return "something that a newer version of Variorum made"
        }
    }

    func kindName(_ kind: Kind) -> String { Model.definition(of: kind)?.name ?? "record of kind \(kind.rawValue)" }
}

/// "1 document", "2 documents".
func counted(_ count: Int, _ singular: String, _ plural: String? = nil) -> String {
    "\(count) \(count == 1 ? singular : plural ?? singular + "s")"
}

/// A size for people: "4.0 KB".
func size(_ bytes: Int) -> String {
    if bytes < 1000 { return "\(bytes) B" }
    var value = bytes
    for unit in ["KB", "MB"] {
        if value < 1_000_000 || unit == "MB" { return "\(value / 1000).\(value % 1000 / 100) \(unit)" }
        value /= 1000
    }
    return "\(value) MB"
}
