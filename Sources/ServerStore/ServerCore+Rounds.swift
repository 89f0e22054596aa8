import AnnotationModel
import ChangeLog
import SQLiteBinding

/// The rows of rounds, assignments and submissions.
extension ServerCore {
    private static let roundColumns =
        "SELECT num, id, is_blind, reveal_rule, reveal_at, state, opened_at, revealed_at, published_at FROM round"

    func round(_ id: RecordID, inWorkspace workspace: Int64) throws -> RoundRow? {
        let select = try db.statement(Self.roundColumns + " WHERE workspace = ?1 AND id = ?2")
        select.bind(workspace, at: 1)
        select.bind(id, at: 2)
        guard try select.step() else { return nil }
        defer { select.reset() }
        return try roundRow(select, from: 0)
    }

    /// - Parameter first: The column of `round.num`; the others follow as in the table.
    func roundRow(_ row: Statement, from first: Int32) throws -> RoundRow {
        func time(_ column: Int32) -> Int64? { row.isNull(first + column) ? nil : row.int64(first + column) }
        guard let id = RecordID(bytes: row.blob(first + 1)), let rule = RevealRule(rawValue: row.text(first + 3)),
            let state = RoundState(rawValue: UInt8(clamping: row.int64(first + 5)))
        else { throw ServerStoreError(.unavailable, "a round's row is damaged") }
        return RoundRow(
            num: row.int64(first), id: id, isBlind: row.bool(first + 2), rule: rule, revealAt: time(4), state: state,
            openedAt: time(6), revealedAt: time(7), publishedAt: time(8))
    }

    /// Writes down a round as its merged record stands; what it was created as stays.
    func save(_ draft: RoundDraft?, as id: RecordID, state: RecordState, inWorkspace workspace: Int64) throws {
        guard let draft else { return }
        let shown = state.shown(Field.Round.state)?.text.flatMap(RoundState.init(named:)) ?? .draft
        let insert = try db.statement(
            """
            INSERT INTO round (workspace, id, is_blind, reveal_rule, reveal_at, state) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT (workspace, id) DO UPDATE SET state = excluded.state
            """)
        insert.bind(workspace, at: 1)
        insert.bind(id, at: 2)
        insert.bind(draft.isBlind, at: 3)
        insert.bind(draft.rule.rawValue, at: 4)
        insert.bind(draft.revealAt, at: 5)
        // What was deleted takes nothing in, and shows nothing that it did not show before.
        insert.bind(Int64((state.isAlive ? shown : .closed).rawValue), at: 6)
        try insert.run()
    }

    func save(_ round: RoundRow) throws {
        let update = try db.statement(
            "UPDATE round SET opened_at = ?2, revealed_at = ?3, published_at = ?4 WHERE num = ?1")
        update.bind(round.num, at: 1)
        update.bind(round.openedAt, at: 2)
        update.bind(round.revealedAt, at: 3)
        update.bind(round.publishedAt, at: 4)
        try update.run()
    }

    func saveAssignment(_ record: RecordID, _ state: RecordState, inWorkspace workspace: Int64) throws {
        guard case .identifier(let round)? = state.writeOnce(Field.Assignment.round),
            case .identifier(let coder)? = state.writeOnce(Field.Assignment.coder)
        else { return }
        let insert = try db.statement(
            """
            INSERT INTO assignment (workspace, record, round, coder, is_alive) VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT (workspace, record) DO UPDATE SET is_alive = excluded.is_alive
            """)
        insert.bind(workspace, at: 1)
        insert.bind(record, at: 2)
        insert.bind(round, at: 3)
        insert.bind(coder, at: 4)
        insert.bind(state.isAlive, at: 5)
        try insert.run()
    }

    func saveSubmission(_ record: RecordID, _ state: RecordState, in layer: Int64) throws {
        guard case .identifier(let assignment)? = state.writeOnce(Field.Submission.assignment) else { return }
        let shown = state.shown(Field.Submission.state)?.text ?? SubmissionState.submitted.rawValue
        let insert = try db.statement(
            """
            INSERT INTO submission (layer, record, assignment, is_submitted) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (layer, record) DO UPDATE SET is_submitted = excluded.is_submitted
            """)
        insert.bind(layer, at: 1)
        insert.bind(record, at: 2)
        insert.bind(assignment, at: 3)
        insert.bind(state.isAlive && shown == SubmissionState.submitted.rawValue, at: 4)
        try insert.run()
    }

    /// How many assignments of a round a coder has not submitted.
    func unsubmittedCount(of round: RecordID, coder: MemberID, inWorkspace workspace: Int64) throws -> Int {
        let select = try db.statement(Self.unsubmitted + " AND assignment.coder = ?3")
        select.bind(workspace, at: 1)
        select.bind(round, at: 2)
        select.bind(coder, at: 3)
        defer { select.reset() }
        return try select.step() ? select.int(0) : 0
    }

    /// Whether a round has assignments, and every one is submitted by its coder.
    func isAllSubmitted(_ round: RecordID, inWorkspace workspace: Int64) throws -> Bool {
        let count = try db.statement(
            "SELECT count(*) FROM assignment WHERE workspace = ?1 AND round = ?2 AND is_alive = 1")
        count.bind(workspace, at: 1)
        count.bind(round, at: 2)
        defer { count.reset() }
        guard try count.step(), count.int(0) > 0 else { return false }
        let select = try db.statement(Self.unsubmitted)
        select.bind(workspace, at: 1)
        select.bind(round, at: 2)
        defer { select.reset() }
        return try select.step() && select.int(0) == 0
    }

    /// A submission counts in the layer of the assignment's own coder and round alone.
    private static let unsubmitted = """
        SELECT count(*) FROM assignment WHERE assignment.workspace = ?1 AND assignment.round = ?2 AND is_alive = 1
        AND NOT EXISTS (
            SELECT 1 FROM submission JOIN layer ON layer.num = submission.layer
            JOIN round ON round.num = layer.round JOIN user ON user.num = layer.owner
            WHERE submission.assignment = assignment.record AND submission.is_submitted = 1
            AND round.id = assignment.round AND layer.workspace = ?1 AND user.id = assignment.coder)
        """

    // MARK: Layers

    /// Makes what is missing of a round's layers: the coding and the late layer of every coder, and the gold layer.
    /// Assignments that were withdrawn count here: a server that was put back to before hears of the assignment and
    /// of its end at once, and the work that its coder has by then must find its place.
    func makeLayers(of round: RoundRow, inWorkspace workspace: Int64) throws {
        try makeLayer(.gold, of: round, owner: nil, inWorkspace: workspace)
        let select = try db.statement(
            """
            SELECT DISTINCT user.num, user.id FROM assignment JOIN user ON user.id = assignment.coder
            WHERE assignment.workspace = ?1 AND assignment.round = ?2 ORDER BY user.id
            """)
        select.bind(workspace, at: 1)
        select.bind(round.id, at: 2)
        var coders: [(num: Int64, id: MemberID)] = []
        while try select.step() {
            if let id = MemberID(select, 1) { coders.append((select.int64(0), id)) }
        }
        for coder in coders {
            for kind in [LayerKind.coding, .late] {
                try makeLayer(kind, of: round, owner: coder, inWorkspace: workspace)
            }
        }
    }

    /// The id follows from round, kind and coder, so that a server that was put back to before makes the same layer
    /// again, and everybody's work finds its place.
    private func makeLayer(
        _ kind: LayerKind, of round: RoundRow, owner: (num: Int64, id: MemberID)?, inWorkspace workspace: Int64
    ) throws {
        let exists = try db.statement(
            "SELECT 1 FROM layer WHERE round = ?1 AND kind = ?2 AND owner IS ?3")
        exists.bind(round.num, at: 1)
        exists.bind(Int64(kind.rawValue), at: 2)
        exists.bind(owner?.num, at: 3)
        let isThere = try exists.step()
        exists.reset()
        if isThere { return }
        let place = try db.statement("SELECT id FROM workspace WHERE num = ?1")
        place.bind(workspace, at: 1)
        guard try place.step() else { return }
        let name = place.blob(0)
        place.reset()
        let seed =
            [UInt8]("variorum layer of a round 1".utf8) + name + round.id.bytes + [kind.rawValue]
            + (owner?.id.bytes ?? [])
        let hash = cryptography.sha256(seed)
        try addLayer(
            kind, workspace: workspace, owner: owner?.num,
            ofRound: (round.num, LayerID(high: hash.words[0], low: hash.words[1])))
    }
}
