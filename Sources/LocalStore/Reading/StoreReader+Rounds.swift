public import AnnotationModel
import SQLiteBinding

/// Rounds and what belongs to them.
extension StoreReader {
    public func rounds() throws -> [RoundItem] {
        try rows(
            "round",
            """
            t.title, t.state, t.is_blind, t.reveal_rule, t.reveal_on, t.codebook_revision, t.codings_per_document, t.seed,
            t.instructions
            """
        ) { info, row in
            RoundItem(
                info: info, title: row.optionalText(7) ?? "untitled",
                state: row.optionalText(8).flatMap(RoundState.init(named:)) ?? .draft, isBlind: row.bool(9),
                rule: row.optionalText(10).flatMap(RevealRule.init), revealOn: row.optionalText(11),
                codebookRevision: row.optionalBlob(12), codingsPerDocument: row.isNull(13) ? nil : row.int(13),
                seed: row.isNull(14) ? nil : row.int64(14), instructions: row.optionalText(15))
        }
    }

    /// - Parameter round: Only those of this one.
    public func assignments(of round: RecordID? = nil) throws -> [AssignmentItem] {
        try rows(
            "assignment", "t.round, t.document, t.version, t.coder", where: Self.filter(round), bind: Self.binder(round)
        ) {
            info, row in
            AssignmentItem(
                info: info, round: RecordID(row, 7) ?? info.id, document: RecordID(row, 8) ?? info.id,
                version: RecordID(row, 9) ?? info.id, coder: MemberID(row, 10) ?? info.author)
        }
    }

    /// - Parameter round: Only those of this one.
    public func submissions(of round: RecordID? = nil) throws -> [SubmissionItem] {
        try rows(
            "submission", "t.round, t.assignment, t.seal, t.codings, t.state", where: Self.filter(round),
            bind: Self.binder(round)
        ) { info, row in
            SubmissionItem(
                info: info, round: RecordID(row, 7) ?? info.id, assignment: RecordID(row, 8) ?? info.id,
                seal: row.blob(9),
                codings: row.int(10), isReopened: row.optionalText(11) == SubmissionState.reopened.rawValue)
        }
    }

    /// - Parameter round: Only those of this one.
    public func decisions(of round: RecordID? = nil) throws -> [DecisionItem] {
        try rows(
            "decision",
            """
            t.round, t.document, t.version, t.range_start, t.range_end, t.inputs, t.input_hash, t.outcome, t.result,
            t.rationale, t.supersedes, t.strategy
            """, where: Self.filter(round), bind: Self.binder(round)
        ) { info, row in
            let range = TextPositionSelector(start: row.int(10), end: row.int(11))
            let inputs = Self.ids(in: row.blob(12))
            return DecisionItem(
                info: info, round: RecordID(row, 7) ?? info.id, document: RecordID(row, 8) ?? info.id,
                version: RecordID(row, 9) ?? info.id,
                range: range, inputs: inputs,
                inputHash: row.blob(13), outcome: row.text(14), result: RecordID(row, 15),
                rationale: row.optionalText(16),
                supersedes: RecordID(row, 17), strategy: row.optionalText(18))
        }
    }

    /// - Parameter round: Only those of this one.
    public func agreementRuns(of round: RecordID? = nil) throws -> [AgreementRunItem] {
        try rows(
            "agreement_run",
            "t.round, t.measure, t.parameters, t.seed, t.input_hash, t.value, t.interval, t.units, t.incomplete",
            where: Self.filter(round), bind: Self.binder(round)
        ) { info, row in
            AgreementRunItem(
                info: info, round: RecordID(row, 7) ?? info.id, measure: row.text(8), parameters: row.text(9),
                seed: row.isNull(10) ? nil : row.int64(10), inputHash: row.blob(11), value: row.optionalText(12),
                interval: row.optionalText(13), units: row.int(14), incomplete: row.int(15))
        }
    }

    private static func filter(_ round: RecordID?) -> String { round == nil ? "1" : "t.round = ?1" }

    private static func binder(_ round: RecordID?) -> (Statement) -> Void {
        { if let round { $0.bind(round, at: 1) } }
    }

    /// Ids that stand one behind the other; an incomplete one at the end counts for nothing.
    private static func ids(in bytes: [UInt8]) -> [RecordID] {
        stride(from: 0, to: bytes.count - bytes.count % 16, by: 16).compactMap {
            RecordID(bytes: Array(bytes[$0..<$0 + 16]))
        }
    }
}
