/// Why a value does not fit its field.
public struct ModelError: Error, Sendable, Hashable, CustomStringConvertible {
    public struct Code: Sendable, Hashable {
        enum Base: Sendable { case wrongType, missingField, writeOnce, unknownField, tooLong, wrongRule }
        let base: Base
        public static let wrongType = Code(base: .wrongType)
        public static let missingField = Code(base: .missingField)
        public static let writeOnce = Code(base: .writeOnce)
        public static let unknownField = Code(base: .unknownField)
        public static let tooLong = Code(base: .tooLong)
        public static let wrongRule = Code(base: .wrongRule)
    }

    public let code: Code
    /// A sentence that can be shown to anyone.
    public let description: String
}

extension ValueType {
    /// Whether `value` has this type. `null` fits every register; the caller decides whether it may stand.
    public func accepts(_ value: Value) -> Bool {
        switch (self, value) {
        case (.text, .text), (.integer, .integer), (.boolean, .boolean), (.record, .identifier), (.name, .identifier),
            (.bytes, .bytes), (.bytes, .identifier):
            return true
        case (.date, .text(let text)):
            return Self.isDate(text)
        case (.range, .list(let items)):
            guard items.count == 2, let start = items[0].integer, let end = items[1].integer else { return false }
            return start >= 0 && start < end
        case (.quote, .list(let items)):
            return items.count == 3 && items.allSatisfy { $0.text != nil }
        default:
            return false
        }
    }

    /// `YYYY`, `YYYY-MM` or `YYYY-MM-DD` with a day that the calendar has (ISO 8601, reduced precision).
    static func isDate(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        let lengths = [4, 2, 2]
        guard (1...3).contains(parts.count), zip(parts, lengths).allSatisfy({ $0.count == $1 }) else { return false }
        var numbers: [Int] = []
        for part in parts {
            guard part.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(String(part) ?? "") else {
                return false
            }
            numbers.append(number)
        }
        if numbers.count > 1, !(1...12).contains(numbers[1]) { return false }
        if numbers.count > 2 {
            let (year, month) = (numbers[0], numbers[1])
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
            if !(1...days).contains(numbers[2]) { return false }
        }
        return true
    }
}

extension Model {
    /// Longest text of a register or a set element, in UTF-8 bytes; a part of a document is bounded by it too.
    public static var textBytesMax: Int { 256 * 1024 }

    /// Checks a creation: known fields only, each of its type, none missing.
    ///
    /// - Throws: `missingField`, `unknownField`, `wrongType`, `wrongRule`, `tooLong`.
    public static func checkCreation(_ kind: Kind, _ fields: [(Field, Value)]) throws(ModelError) {
        guard let definition = definition(of: kind) else {
            throw ModelError(
                code: .unknownField, description: "There is no kind of record with number \(kind.rawValue).")
        }
        for (field, value) in fields {
            try check(value, for: field, of: definition, rule: .writeOnce)
        }
        for required in definition.fields where required.isRequired {
            guard fields.contains(where: { $0.0 == required.field }) else {
                throw ModelError(code: .missingField, description: "A \(definition.name) needs a \(required.name).")
            }
        }
    }

    /// Checks one write of a register or set field.
    ///
    /// - Throws: `writeOnce`, `unknownField`, `wrongType`, `wrongRule`, `tooLong`.
    public static func check(
        _ value: Value, for field: Field, of definition: KindDefinition, rule expected: MergeRule
    ) throws(ModelError) {
        guard let known = definition.definition(of: field) else {
            throw ModelError(
                code: .unknownField, description: "A \(definition.name) has no field number \(field.rawValue).")
        }
        if known.rule == .writeOnce && expected != .writeOnce {
            throw ModelError(
                code: .writeOnce,
                description: "The \(known.name) of a \(definition.name) is set at its creation and stays.")
        }
        guard known.rule == expected else {
            throw ModelError(
                code: .wrongRule,
                description: "The \(known.name) of a \(definition.name) is a \(known.rule.rawValue) field.")
        }
        let mayBeNull = expected == .register || expected == .contested
        guard known.type.accepts(value) || (mayBeNull && value.isNull) else {
            throw ModelError(
                code: .wrongType,
                description: "The \(known.name) of a \(definition.name) must be a \(known.type.rawValue).")
        }
        if let text = value.text, text.utf8.count > textBytesMax {
            throw ModelError(
                code: .tooLong,
                description: "The \(known.name) is \(text.utf8.count) bytes long; at most \(textBytesMax) are allowed.")
        }
    }
}
