import AnnotationModel
import ChangeLog
import Cryptography
import DocumentText
import Foundation
import LocalStore
import TestSupport

@testable import CommandLine

/// A team whose round is revealed: Ana and Ben have coded one document, Cora decides.
final class RevealedTeam {
    static let text = """
        The minister said that the treaty violates the sovereignty of Georgia.
        Observers called for mediation, and both sides agreed to meet in Geneva in autumn.
        Nobody spoke of the border.
        """

    let team: Team
    let cora: Device
    let ana: Device
    let ben: Device
    let round: RecordID
    let document: RecordID
    let version: RecordID
    let sovereignty: RecordID
    let mediation: RecordID
    let minister: RecordID
    /// A type of statements that is asked one variable, "certainty".
    private(set) var claim: (type: RecordID, variable: RecordID)?
    private let index: TextIndex

    /// - Parameters:
    ///   - isRevealed: Whether the round has come so far; else it is open, and Ana and Ben have submitted.
    ///   - certainties: What Ana and Ben say in statements of a type of its own about each of the two passages that both
    ///     mark, in the order of the text.
    init(isRevealed: Bool = true, certainties: [(ana: Int64, ben: Int64)] = []) async throws {
        team = try await Team(members: ["cora", "ana", "ben"])
        cora = try await team.device("cora", of: "cora")
        ana = try await team.device("ana", of: "ana")
        ben = try await team.device("ben", of: "ben")
        let text = try CanonicalText(importing: Array(Self.text.utf8))
        index = TextIndex(text)
        let imported = try cora.store.importDocument(
            text, title: "Treaty", source: "a.txt", rawBytes: text.utf8, importer: "test")
        (document, version) = (imported.document, imported.version)
        let shared = try cora.layer(.shared)
        let members = try [ana, ben].map { device in try device.store.read { try $0.ownMember() } }
        let (document, version) = (document, version)
        (round, sovereignty, mediation, minister) = try cora.store.write { transaction in
            func code(_ name: String) throws -> RecordID {
                try transaction.create(.code, in: shared, [(Field.Code.name, .text(name))])
            }
            let made = (
                try code("sovereignty"), try code("mediation"),
                try transaction.create(
                    .entity, in: shared,
                    [(Field.Entity.name, .text("Minister")), (Field.Entity.type, .text("person"))])
            )
            let round = try transaction.create(
                .round, in: shared,
                [
                    (Field.Round.isBlind, .boolean(true)), (Field.Round.revealRule, .text("hand")),
                    (Field.Round.title, .text("First round")), (Field.Round.state, .text("open")),
                ])
            for member in members {
                _ = try transaction.create(
                    .assignment, in: shared,
                    [
                        (Field.Assignment.round, .identifier(round)),
                        (Field.Assignment.document, .identifier(document)),
                        (Field.Assignment.version, .identifier(version)),
                        (Field.Assignment.coder, .identifier(RecordID(high: member.high, low: member.low))),
                    ])
            }
            return (round, made.0, made.1, made.2)
        }
        try await syncAll()
        let said = try annotate(ana, "the treaty violates the sovereignty of Georgia", [sovereignty])
        try state(ana, about: said)
        let alike = try annotate(ben, "treaty violates the sovereignty of Georgia", [sovereignty, mediation])
        let both = [
            (said, alike),
            (
                try annotate(ana, "Observers called for mediation", [mediation]),
                try annotate(ben, "Observers called for mediation", [mediation])
            ),
        ]
        if !certainties.isEmpty {
            claim = try addCertainty()
            try await syncAll()
            for (passage, certainty) in zip(both, certainties) {
                try state(ana, about: passage.0, certainty: certainty.ana)
                try state(ben, about: passage.1, certainty: certainty.ben)
            }
        }
        _ = try annotate(ben, "Nobody spoke of the border", [])
        for device in [ana, ben] { try submit(device) }
        try await syncAll()
        guard isRevealed else { return }
        try cora.store.write { [round] in
            _ = try $0.set(Field.Round.state, of: round, in: shared, to: .text("revealed"))
        }
        try await syncAll()
        try await syncAll()
    }

    func syncAll() async throws { for device in [cora, ana, ben] { try await device.sync() } }

    /// A desk at the folder of a device.
    func desk(_ name: String = "cora") -> Desk {
        Desk.alongside(URL(fileURLWithPath: team.folder.path + "/" + name))
    }

    private func coding(_ device: Device) throws -> LayerID {
        try device.store.read { [round] in try $0.ownLayer(.coding, of: round) }
    }

    @discardableResult
    func annotate(
        _ device: Device, _ words: String, _ codes: [RecordID], in layer: LayerID? = nil
    ) throws -> RecordID {
        let layer = try layer ?? coding(device)
        let bytes = Array(Self.text.unicodeScalars)
        let wanted = Array(words.unicodeScalars)
        let start = (0...bytes.count - wanted.count).first { Array(bytes[$0..<$0 + wanted.count]) == wanted } ?? 0
        let selectors = try index.selectors(forCodePoints: start..<start + wanted.count)
        return try device.store.write { transaction in
            try transaction.create(
                .annotation, in: layer,
                [
                    (Field.Annotation.document, .identifier(document)),
                    (Field.Annotation.version, .identifier(version)),
                    (
                        Field.Annotation.position,
                        .list([.integer(Int64(selectors.position.start)), .integer(Int64(selectors.position.end))])
                    ),
                    (
                        Field.Annotation.quote,
                        .list([
                            .text(selectors.quote.exact), .text(selectors.quote.prefix), .text(selectors.quote.suffix),
                        ])
                    ),
                ] + codes.map { (Field.Annotation.codes, .identifier($0)) })
        }
    }

    private func state(_ device: Device, about annotation: RecordID) throws {
        let layer = try coding(device)
        _ = try device.store.write { transaction in
            try transaction.create(
                .statement, in: layer,
                [
                    (Field.Statement.annotation, .identifier(annotation)),
                    (Field.Statement.speaker, .identifier(minister)),
                    (Field.Statement.concept, .identifier(sovereignty)), (Field.Statement.position, .text("support")),
                ])
        }
    }

    /// A type of statements with the variable "certainty".
    private func addCertainty() throws -> (type: RecordID, variable: RecordID) {
        let shared = try cora.layer(.shared)
        return try cora.store.write { transaction in
            let type = try transaction.create(.statementType, in: shared, [(Field.StatementType.name, .text("claim"))])
            let variable = try transaction.create(
                .variable, in: shared,
                [
                    (Field.Variable.type, .identifier(type)), (Field.Variable.name, .text("certainty")),
                    (Field.Variable.valueType, .text("integer")),
                ])
            return (type, variable)
        }
    }

    private func state(_ device: Device, about annotation: RecordID, certainty: Int64) throws {
        let layer = try coding(device)
        guard let (type, variable) = claim else { return }
        try device.store.write { transaction in
            let statement = try transaction.create(
                .statement, in: layer,
                [(Field.Statement.annotation, .identifier(annotation)), (Field.Statement.type, .identifier(type))])
            _ = try transaction.put(
                .variableValue, of: [statement.bytes, variable.bytes], in: layer,
                [
                    (Field.VariableValue.statement, .identifier(statement)),
                    (Field.VariableValue.variable, .identifier(variable)),
                ], Field.VariableValue.integer, .integer(certainty))
        }
    }

    private func submit(_ device: Device) throws {
        let layer = try coding(device)
        let own = try device.store.read { try $0.ownMember() }
        let assignments = try device.store.read { [round] in try $0.assignments(of: round) }.filter { $0.coder == own }
        try device.store.write { [round] transaction in
            for assignment in assignments {
                _ = try transaction.create(
                    .submission, in: layer,
                    [
                        (Field.Submission.round, .identifier(round)),
                        (Field.Submission.assignment, .identifier(assignment.info.id)),
                        (Field.Submission.seal, .bytes([1])), (Field.Submission.codings, .integer(1)),
                    ])
            }
        }
    }
}
