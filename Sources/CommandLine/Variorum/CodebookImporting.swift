import AnnotationModel
import ChangeLog
import LocalStore
import TeamCoding

/// Takes the codes of a file into a layer.
struct CodebookImporting {
    /// How many codes were dealt with in which way.
    struct Counts {
        var added = 0
        var updated = 0
        var known = 0
        /// They were deleted here, and stay so.
        var deleted = 0
    }

    private let codes: [CodeRecord]
    private let layer: LayerID
    private let updates: Bool
    private(set) var counts = Counts()

    init(_ codes: [CodeRecord], into layer: LayerID, updates: Bool) {
        self.codes = codes
        self.layer = layer
        self.updates = updates
    }

    /// More would not fit one change; each bunch is an action of its own for 'undo'.
    private static let codesInTransactionMax = 500

    mutating func perform(in store: LocalStore) throws {
        var rest = codes[...]
        while !rest.isEmpty {
            let bunch = rest.prefix(Self.codesInTransactionMax)
            rest = rest.dropFirst(bunch.count)
            counts = try store.write { [counts] transaction in
                var counts = counts
                for code in bunch { try take(code, transaction, &counts) }
                return counts
            }
        }
    }

    private func take(_ code: CodeRecord, _ transaction: WriteTransaction, _ counts: inout Counts) throws {
        let state = try transaction.state(of: code.id, in: layer)
        guard let kind = state.kind else {
            try transaction.create(.code, in: layer, id: code.id, Self.values(of: code))
            counts.added += 1
            return
        }
        guard kind == .code else {
            throw CommandFailure(
                .dataError, "the code '\(code.name)' has the id of a record here that is no code: \(code.id.short)")
        }
        guard state.isAlive else {
            counts.deleted += 1
            return
        }
        var isChanged = false
        if updates {
            for (field, value) in Self.registers(of: code)
            where try transaction.set(field, of: code.id, in: layer, to: value) { isChanged = true }
            for (field, value) in Self.elements(of: code)
            where try transaction.add(value, to: field, of: code.id, in: layer) { isChanged = true }
        }
        if isChanged { counts.updated += 1 } else { counts.known += 1 }
    }

    private static func values(of code: CodeRecord) -> [(Field, Value)] {
        registers(of: code).filter { !$0.1.isNull } + elements(of: code)
    }

    /// What a file does not say of a code is left as it is.
    private static func registers(of code: CodeRecord) -> [(Field, Value)] {
        var values: [(Field, Value)] = [
            (Field.Code.name, .text(code.name)), (Field.Code.parent, code.parent.map { .identifier($0) } ?? .null),
            (Field.Code.isCodable, code.isCodable ? .null : .boolean(false)),
        ]
        let texts = [
            (Field.Code.definition, code.definition), (Field.Code.include, code.include),
            (Field.Code.exclude, code.exclude), (Field.Code.colour, code.colour), (Field.Code.shortcut, code.shortcut),
        ]
        for (field, text) in texts { if let text { values.append((field, .text(text))) } }
        if code.isRetired { values.append((Field.Code.status, .text(CodeRecord.retired))) }
        if let target = code.mergedInto { values.append((Field.Code.mergedInto, .identifier(target))) }
        return values
    }

    private static func elements(of code: CodeRecord) -> [(Field, Value)] {
        code.splitFrom.map { (Field.Code.splitFrom, .identifier($0)) }
            + code.standsFor.map { (Field.Code.standsFor, .identifier($0)) }
    }
}
