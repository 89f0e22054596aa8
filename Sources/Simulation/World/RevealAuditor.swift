import AnnotationModel
import ChangeLog
import SQLiteBinding

/// Holds the moments at which a server reveals rounds to their rules, by the definitions of the feeds' content alone.
struct RevealAuditor {
    struct Round {
        let id: RecordID
        let isBlind: Bool
        let rule: RevealRule
        let revealAt: Int64?
        let isOpened: Bool
        let isRevealed: Bool
    }

    /// How far each feed stood when it was looked at last.
    private var positions: [LayerID: UInt64] = [:]
    private var revealed: Set<RecordID> = []
    /// What the server's clock said then. Before the first look nothing is known about when something was revealed.
    private var clock: Int64?

    /// - Parameter now: What the server's clock says.
    /// - Returns: What was revealed since the last look without reason, `nil` for nothing.
    mutating func audit(_ server: Connection, at now: Int64) throws -> String? {
        let layers = try Audit.layers(server)
        var problem: String?
        for round in try Self.rounds(server) where round.isRevealed && revealed.insert(round.id).inserted {
            guard let clock, round.isBlind else { continue }
            let isDue =
                switch round.rule {
                case .date: round.revealAt.map { $0 <= max(clock, now) } ?? false
                case .hand, .all: try Self.wasDue(round, in: server, layers, after: positions)
                }
            if !isDue { problem = "round \(round.id.short) was revealed too early (\(round.rule.rawValue))" }
        }
        for layer in layers { positions[layer.id] = layer.position }
        clock = now
        return problem
    }

    /// - Returns: What should have been revealed and is not, `nil` for nothing.
    static func overdue(_ server: Connection) throws -> String? {
        let layers = try Audit.layers(server)
        let ends = Dictionary(uniqueKeysWithValues: layers.map { ($0.id, $0.position) })
        for round in try rounds(server) where round.isOpened && !round.isRevealed {
            let isDue = round.rule == .date ? !round.isBlind : try wasDue(round, in: server, layers, after: ends)
            if !round.isBlind || isDue { return "round \(round.id.short) is due and not revealed" }
        }
        return nil
    }

    /// Whether the rule was fulfilled at some place of the feeds from `positions` on.
    private static func wasDue(
        _ round: Round, in server: Connection, _ layers: [Audit.ServerLayer], after positions: [LayerID: UInt64]
    ) throws -> Bool {
        guard let shared = layers.first(where: { $0.kind == LayerKind.shared.rawValue }) else { return false }
        let feed = try Audit.feed(server, layer: shared, after: 0).map(\.1)
        for length in min(Int(positions[shared.id] ?? 0), feed.count)...feed.count {
            let state = OracleState(feed.prefix(length).map { ($0.stamp, $0.operations) })
            if round.rule == .hand {
                let record = state.state(of: round.id)
                let shown = record.shown(Field.Round.state)?.text.flatMap(RoundState.init(named:))
                if record.isAlive && shown ?? .draft >= .revealed { return true }
                continue
            }
            let assignments = state.records.filter {
                let record = state.state(of: $0)
                return record.kind == .assignment && record.isAlive
                    && record.writeOnce(Field.Assignment.round) == .identifier(round.id)
            }
            let isAllSubmitted = try assignments.allSatisfy {
                guard case .identifier(let coder)? = state.state(of: $0).writeOnce(Field.Assignment.coder) else {
                    return false
                }
                return try wasSubmitted(
                    $0, by: MemberID(high: coder.high, low: coder.low), of: round.id, in: server, layers,
                    after: positions)
            }
            if !assignments.isEmpty && isAllSubmitted { return true }
        }
        return false
    }

    private static func wasSubmitted(
        _ assignment: RecordID, by coder: MemberID, of round: RecordID, in server: Connection,
        _ layers: [Audit.ServerLayer], after positions: [LayerID: UInt64]
    ) throws -> Bool {
        for layer in layers where layer.kind == LayerKind.coding.rawValue && layer.owner == coder {
            guard layer.round == round else { continue }
            let feed = try Audit.feed(server, layer: layer, after: 0).map(\.1)
            for length in min(Int(positions[layer.id] ?? 0), feed.count)...feed.count {
                let state = OracleState(feed.prefix(length).map { ($0.stamp, $0.operations) })
                let isSubmitted = state.records.contains {
                    let record = state.state(of: $0)
                    let shown = record.shown(Field.Submission.state)?.text ?? SubmissionState.submitted.rawValue
                    return record.kind == .submission && record.isAlive
                        && record.writeOnce(Field.Submission.assignment) == .identifier(assignment)
                        && shown == SubmissionState.submitted.rawValue
                }
                if isSubmitted { return true }
            }
        }
        return false
    }

    private static func rounds(_ server: Connection) throws -> [Round] {
        let select = try server.statement(
            """
            SELECT id, is_blind, reveal_rule, reveal_at, opened_at IS NOT NULL, revealed_at IS NOT NULL FROM round
            ORDER BY num
            """)
        var rounds: [Round] = []
        while try select.step() {
            guard let id = RecordID(bytes: select.blob(0)), let rule = RevealRule(rawValue: select.text(2)) else {
                continue
            }
            rounds.append(
                Round(
                    id: id, isBlind: select.bool(1), rule: rule, revealAt: select.isNull(3) ? nil : select.int64(3),
                    isOpened: select.bool(4), isRevealed: select.bool(5)))
        }
        return rounds
    }
}

extension World {
    func auditReveals() throws {
        guard plan.hasRounds, server.isUp else { return }
        let problem = try auditServer { try reveals.audit($0, at: server.now) }
        if let problem { violate(.reveal, problem) }
    }

    /// At the end.
    func checkReveals() throws {
        guard plan.hasRounds else { return }
        if let problem = try auditServer({ try RevealAuditor.overdue($0) }) { violate(.reveal, problem) }
    }
}
