import AnnotationModel
import ChangeLog
import SQLiteBinding
import WireFormat

/// Takes down what changes say about rounds, and opens and reveals their layers accordingly, inside the caller's
/// transaction. docs/rounds.md says by which rules.
struct RoundKeeper {
    private let core: ServerCore

    init(_ core: ServerCore) { self.core = core }

    // MARK: The shared layer

    /// Takes over what a change of the shared layer says about rounds and assignments, or says why not; nothing is
    /// written then.
    func take(
        _ operations: [ChangeLog.Operation], stamp: Stamp, by author: MemberID, in layer: ServerCore.LayerRow
    ) throws -> String? {
        let records = operations.filter { $0.kind == .round || $0.kind == .assignment }
        guard !records.isEmpty else { return nil }
        var rounds: [RecordID: RoundDraft] = [:]
        let states = try core.merged(operations, of: [.round, .assignment], stamp: stamp, in: layer)
        for (record, state) in states where state.kind == .round {
            if let known = try core.round(record, inWorkspace: layer.workspace) {
                rounds[record] = RoundDraft(known)
            } else if let creation = state.creation {
                guard let draft = RoundDraft(creation.fields) else {
                    return "it describes a round that this server cannot keep: an unknown rule, or no day for `date`"
                }
                rounds[record] = draft
            }
        }
        for operation in operations where operation.kind == .round {
            guard case .write(Field.Round.state, let value, _) = operation.action else { continue }
            guard let state = value.text.flatMap(RoundState.init(named:)) else {
                return "it names a state of a round that this server does not know"
            }
            if let objection = try objection(to: state, of: operation.record, rounds[operation.record], author, layer) {
                return objection
            }
        }
        for (record, state) in states {
            try core.save(state, ofMember: record, in: layer.num)
            if state.kind == .round {
                try core.save(rounds[record], as: record, state: state, inWorkspace: layer.workspace)
            } else {
                try core.saveAssignment(record, state, inWorkspace: layer.workspace)
            }
        }
        let touched = Set(
            states.compactMap { record, state in
                state.kind == .round ? record : state.writeOnce(Field.Assignment.round)?.identifier
            })
        for round in touched.sorted() { try settle(round, inWorkspace: layer.workspace) }
        return nil
    }

    /// Why somebody may not bring a round into a state.
    private func objection(
        to state: RoundState, of round: RecordID, _ draft: RoundDraft?, _ author: MemberID, _ layer: ServerCore.LayerRow
    ) throws -> String? {
        guard state >= .revealed, draft?.row?.stage(at: layer.now) ?? .hidden < .revealed else { return nil }
        switch draft?.rule {
        case .all: return "this round is revealed when all of its assignments are submitted, and not before"
        case .date: return "this round is revealed on its day, and not before"
        case .hand, nil: break
        }
        guard draft?.isBlind == true else { return nil }
        let own = try core.unsubmittedCount(of: round, coder: author, inWorkspace: layer.workspace)
        return own == 0 ? nil : "whoever reveals a round has nothing left to submit in it"
    }

    // MARK: Coding layers

    /// Takes over what a change of a coding layer says about submissions.
    func takeSubmissions(
        _ operations: [ChangeLog.Operation], stamp: Stamp, in layer: ServerCore.LayerRow
    ) throws {
        let states = try core.merged(operations, of: [.submission], stamp: stamp, in: layer)
        guard !states.isEmpty, let round = layer.round else { return }
        for (record, state) in states {
            try core.save(state, ofMember: record, in: layer.num)
            try core.saveSubmission(record, state, in: layer.num)
        }
        try settle(round.id, inWorkspace: layer.workspace)
    }

    // MARK: Opening and revealing

    /// Makes the layers of a round that is open, and reveals and publishes it once its rule says so.
    private func settle(_ id: RecordID, inWorkspace workspace: Int64) throws {
        guard var round = try core.round(id, inWorkspace: workspace) else { return }
        let now = core.clock()
        if round.openedAt == nil {
            guard round.state >= .open else { return }
            round.openedAt = now
        }
        try core.makeLayers(of: round, inWorkspace: workspace)
        if round.revealedAt == nil, try isRevealed(round, at: now, inWorkspace: workspace) {
            round.revealedAt = now
            try core.audit("reveal round", round.id.description)
        }
        if round.publishedAt == nil, round.revealedAt != nil, round.state == .published {
            round.publishedAt = now
            try core.audit("publish round", round.id.description)
        }
        try core.save(round)
    }

    private func isRevealed(_ round: RoundRow, at now: Int64, inWorkspace workspace: Int64) throws -> Bool {
        if !round.isBlind { return true }
        switch round.rule {
        case .all: return try core.isAllSubmitted(round.id, inWorkspace: workspace)
        case .date: return round.stage(at: now) >= .revealed
        case .hand: return round.state >= .revealed
        }
    }
}

/// What a round's creation says, checked.
struct RoundDraft {
    let isBlind: Bool
    let rule: RevealRule
    let revealAt: Int64?
    /// `nil` for one that is new.
    let row: RoundRow?

    init(_ row: RoundRow) {
        isBlind = row.isBlind
        rule = row.rule
        revealAt = row.revealAt
        self.row = row
    }

    init?(_ fields: [FieldValue]) {
        func value(_ field: Field) -> Value? { fields.first { $0.field == field }?.value }
        guard case .boolean(let isBlind)? = value(Field.Round.isBlind),
            let rule = value(Field.Round.revealRule)?.text.flatMap(RevealRule.init)
        else { return nil }
        self.isBlind = isBlind
        self.rule = rule
        revealAt = value(Field.Round.revealOn)?.text.flatMap(Self.midnight)
        row = nil
        if rule == .date, revealAt == nil { return nil }
    }

    /// The beginning of a day `YYYY-MM-DD` in UTC, in milliseconds since 1970: the days of the proleptic Gregorian calendar
    /// by Howard Hinnant's `days_from_civil`.
    static func midnight(_ day: String) -> Int64? {
        let parts = day.split(separator: "-", omittingEmptySubsequences: false).map { Int64($0) }
        guard ValueType.date.accepts(.text(day)), parts.count == 3, let year = parts[0], let month = parts[1],
            let date = parts[2]
        else { return nil }
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + date - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return (era * 146_097 + dayOfEra - 719_468) * 86_400_000
    }
}
