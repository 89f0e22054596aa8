import AnnotationModel
import Interchange
import LocalStore
import TeamCoding

/// A code or entity that was named on the command line: one that exists, or one to make on the way.
enum NamedRecord: Hashable {
    case existing(RecordID)
    case newCode(String)
    case newEntity(String, type: String?)
}

/// Looks names up, before anything is written, so that a mistyped one leaves nothing behind.
struct NameResolver {
    let names: RecordNames
    /// Whether what does not exist is to be made (`--create`).
    let creates: Bool

    func code(_ text: String) throws -> NamedRecord {
        try checkName(text)
        if let code = try names.findCode(text) {
            if code.isRetired {
                throw CommandFailure(
                    .dataError,
                    "code '\(code.name)' is retired; 'variorum code edit \(code.info.id.short) --status active' takes it up again"
                )
            }
            try names.checkCodable(code)
            return .existing(code.info.id)
        }
        if creates { return .newCode(text) }
        throw unknown(text, "code", names.codes.map(\.name))
    }

    func entity(_ text: String, type: String?) throws -> NamedRecord {
        try checkName(text)
        if let entity = try names.findEntity(text) { return .existing(entity.info.id) }
        if creates { return .newEntity(text, type: type) }
        throw unknown(text, "entity", names.entities.map(\.name))
    }

    private func unknown(_ text: String, _ what: String, _ known: [String]) -> CommandFailure {
        let failure = names.unknown(text, what, among: known, listed: "variorum \(what) list")
        return CommandFailure(failure.exitCode, failure.description + ", and --create makes it on the way")
    }

    private func checkName(_ text: String) throws {
        if text.allSatisfy(\.isWhitespace) { throw CommandFailure(.dataError, "a name must not be empty") }
    }
}

/// Makes what has to be made within a transaction, each name once.
final class RecordMaker {
    private let transaction: WriteTransaction
    private let layer: LayerID
    private let isShared: Bool
    private var made: [NamedRecord: RecordID] = [:]
    /// The codes among them.
    private(set) var madeCodes: [CodeRecord] = []

    /// - Parameter layer: Where codes and entities go, if not to the shared layer.
    init(_ transaction: WriteTransaction, layer: LayerItem? = nil) throws {
        self.transaction = transaction
        self.layer = try layer?.id ?? transaction.reader.ownLayer(.shared)
        isShared = layer == nil || layer?.kind == LayerKind.shared.rawValue
    }

    func id(of record: NamedRecord) throws -> RecordID {
        if case .existing(let id) = record { return id }
        if let id = made[record] { return id }
        let id: RecordID
        switch record {
        case .existing(let existing): id = existing
        case .newCode(let name):
            id = try transaction.create(.code, in: layer, [(Field.Code.name, .text(name))])
            madeCodes.append(CodeRecord(id: id, name: name, isShared: isShared))
        case .newEntity(let name, let type):
            // One name in two places of a statement is one entity, whatever type each place suggests.
            if let same = made.first(where: { if case .newEntity(name, _) = $0.key { true } else { false } }) {
                return same.value
            }
            id = try transaction.create(
                .entity, in: layer,
                [(Field.Entity.name, .text(name)), (Field.Entity.type, type.map { .text($0) } ?? .null)])
        }
        made[record] = id
        return id
    }
}
