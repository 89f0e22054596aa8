import AnnotationModel
import ChangeLog
import Cryptography
import DocumentText
import Interchange
import LocalStore
import TeamCoding

/// Writes decisions and the annotations that stand by them into a round's gold layer.
final class DecisionWriter {
    private let round: RevealedRound
    private let gold: LayerID
    private let documents: [RecordID: RoundDocument]
    private var indexes: [RecordID: TextIndex] = [:]

    /// - Throws: `noPermission` for who may not decide.
    init(_ round: RevealedRound) throws {
        self.round = round
        gold = try round.goldLayer()
        documents = Dictionary(round.material.documents.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Writes one decision with its result.
    ///
    /// - Returns: The decision's record; where it replaces several, one of each, ascending by what they replace.
    /// - Throws: `noInput` if the text of the document has not arrived: the result quotes it.
    func write(_ draft: DecisionDraft, in transaction: WriteTransaction) throws -> [RecordID] {
        guard let document = documents[draft.document] else {
            throw CommandFailure(.noInput, "the document \(draft.document.short) is not here")
        }
        let result = try draft.result.map { try annotate($0, document, transaction) }
        let replaced: [RecordID?] = draft.supersedes.isEmpty ? [nil] : draft.supersedes
        return try replaced.map { earlier in
            var values: [(Field, Value)] = [
                (Field.Decision.round, .identifier(round.id)), (Field.Decision.document, .identifier(document.id)),
                (Field.Decision.version, .identifier(document.version)),
                (Field.Decision.range, Self.value(draft.range)),
                (Field.Decision.inputs, Value(bytes: draft.input.ids.flatMap(\.bytes))),
                (Field.Decision.inputHash, .bytes(draft.input.hash(OpenSSLCryptography()).bytes)),
                (Field.Decision.outcome, .text(draft.outcome.rawValue)),
            ]
            if let result { values.append((Field.Decision.result, .identifier(result))) }
            if !draft.rationale.isEmpty { values.append((Field.Decision.rationale, .text(draft.rationale))) }
            if let earlier { values.append((Field.Decision.supersedes, .identifier(earlier))) }
            if let strategy = draft.strategy { values.append((Field.Decision.strategy, .text(strategy))) }
            return try transaction.create(.decision, in: gold, values)
        }
    }

    private static func value(_ range: Range<Int>) -> Value {
        .list([.integer(Int64(range.lowerBound)), .integer(Int64(range.upperBound))])
    }

    private func annotate(
        _ result: DecisionDraft.Result, _ document: RoundDocument, _ transaction: WriteTransaction
    ) throws -> RecordID {
        let selectors = try index(of: document).selectors(forCodePoints: result.range)
        var values: [(Field, Value)] = [
            (Field.Annotation.document, .identifier(document.id)),
            (Field.Annotation.version, .identifier(document.version)),
            (Field.Annotation.position, Self.value(result.range)),
            (
                Field.Annotation.quote,
                .list([.text(selectors.quote.exact), .text(selectors.quote.prefix), .text(selectors.quote.suffix)])
            ),
        ]
        for code in result.codes { values.append((Field.Annotation.codes, .identifier(code))) }
        if !result.codes.isEmpty {
            values.append((Field.Annotation.codebookRevision, round.names.codebookStamp()))
        }
        let annotation = try transaction.create(.annotation, in: gold, values)
        for statement in result.statements { try write(statement, of: annotation, transaction) }
        return annotation
    }

    private func index(of document: RoundDocument) throws -> TextIndex {
        if let index = indexes[document.id] { return index }
        guard let text = document.text else {
            throw CommandFailure(
                .noInput, "the text of '\(document.title)' has not arrived yet; sync, or read a bundle that has it")
        }
        let index = TextIndex(try CanonicalText(canonical: Array(text.utf8)))
        indexes[document.id] = index
        return index
    }

    private func write(
        _ statement: Ballot.StatementContent, of annotation: RecordID, _ transaction: WriteTransaction
    ) throws {
        var values: [(Field, Value)] = [(Field.Statement.annotation, .identifier(annotation))]
        if let type = statement.type { values.append((Field.Statement.type, .identifier(type))) }
        var answers: [(variable: RecordID, value: CodedValue)] = []
        for entry in statement.values {
            switch entry.variable {
            case .builtIn(let variable):
                let field = Self.field(variable)
                let coded = variable == .instruments ? entry.values : Array(entry.values.prefix(1))
                values += coded.map { (field, Self.value($0)) }
            case .defined(let variable): answers += entry.values.prefix(1).map { (variable, $0) }
            }
        }
        if statement.values.contains(where: { $0.variable == .builtIn(.concept) }) {
            values.append((Field.Statement.codebookRevision, round.names.codebookStamp()))
        }
        let id = try transaction.create(.statement, in: gold, values)
        for answer in answers {
            let field =
                switch answer.value {
                case .boolean: Field.VariableValue.boolean
                case .integer: Field.VariableValue.integer
                case .text: Field.VariableValue.text
                case .date: Field.VariableValue.date
                case .record: Field.VariableValue.reference
                }
            _ = try transaction.put(
                .variableValue, of: [id.bytes, answer.variable.bytes], in: gold,
                [
                    (Field.VariableValue.statement, .identifier(id)),
                    (Field.VariableValue.variable, .identifier(answer.variable)),
                ], field, Self.value(answer.value))
        }
    }

    private static func field(_ variable: StatementVariable.BuiltIn) -> Field {
        switch variable {
        case .speaker: Field.Statement.speaker
        case .organisation: Field.Statement.organisation
        case .concept: Field.Statement.concept
        case .position: Field.Statement.position
        case .date: Field.Statement.date
        case .addressee: Field.Statement.addressee
        case .directness: Field.Statement.directness
        case .instruments: Field.Statement.instruments
        }
    }

    private static func value(_ coded: CodedValue) -> Value {
        switch coded {
        case .boolean(let flag): .boolean(flag)
        case .integer(let number): .integer(number)
        case .text(let text), .date(let text): .text(text)
        case .record(let id): .identifier(id)
        }
    }
}
