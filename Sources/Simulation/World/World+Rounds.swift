import AnnotationModel
import ChangeLog
import LocalStore

/// Rounds: made, coded, submitted, closed and revealed, also by those who may not, and offline.
extension World {
    func makeRound(_ device: SimulatedDevice, _ random: inout SplitMix64) throws {
        guard let store = running(device) else { return }
        tolerating(device) {
            let members = try store.read { try $0.members() }.filter(\.isListed).map(\.member)
            let coders = members.filter { _ in random.chance(2, in: 3) }
            let shared = try store.read { try $0.ownLayer(.shared) }
            let (isBlind, rule) = (random.chance(7, in: 8), random.pick([RevealRule.all, .all, .hand]))
            let state = random.chance(3, in: 4) ? RoundState.open : .draft
            note("\(device.name) makes a round for \(coders.count), revealed by \(rule.rawValue)")
            try store.write { transaction in
                let round = try transaction.create(
                    .round, in: shared,
                    [
                        (Field.Round.isBlind, .boolean(isBlind)), (Field.Round.revealRule, .text(rule.rawValue)),
                        (Field.Round.state, .text(state.name)),
                    ])
                for coder in coders {
                    _ = try transaction.create(
                        .assignment, in: shared,
                        [
                            (Field.Assignment.round, .identifier(round)),
                            (Field.Assignment.document, .identifier(RecordID(high: 1, low: 1))),
                            (Field.Assignment.version, .identifier(RecordID(high: 1, low: 2))),
                            (Field.Assignment.coder, .identifier(RecordID(high: coder.high, low: coder.low))),
                        ])
                }
            }
        }
        try takeDownWork(of: device)
    }

    /// Brings a round into another state, or withdraws an assignment.
    func moveRound(_ device: SimulatedDevice, _ random: inout SplitMix64) throws {
        guard let store = running(device) else { return }
        tolerating(device) {
            let rounds = try store.read { try $0.rounds() }
            guard !rounds.isEmpty else { return }
            let round = random.pick(rounds)
            let assignments = try store.read { try $0.assignments(of: round.info.id) }
            if !assignments.isEmpty, random.chance(1, in: 5) {
                let assignment = random.pick(assignments)
                note("\(device.name) withdraws an assignment")
                try store.write { try $0.delete(assignment.info.id, in: assignment.info.layer) }
            } else {
                let state = random.pick([RoundState.open, .open, .closed, .revealed, .revealed, .published])
                note("\(device.name) brings \(round.info.id.short) to \(state.name)")
                try store.write {
                    try $0.set(Field.Round.state, of: round.info.id, in: round.info.layer, to: .text(state.name))
                }
            }
        }
        try takeDownWork(of: device)
    }

    /// Submits one of the device's own assignments, or takes a submission back.
    func submit(_ device: SimulatedDevice, _ random: inout SplitMix64) throws {
        guard let store = running(device) else { return }
        tolerating(device) {
            let (own, all) = try store.read { (try $0.ownMember(), try $0.assignments()) }
            let assignments = all.filter { $0.coder == own }
            guard !assignments.isEmpty else { return }
            let assignment = random.pick(assignments)
            let layer = try store.read { try $0.ownLayer(.coding, of: assignment.round) }
            let submitted = try store.read { try $0.submissions(of: assignment.round) }
                .first { $0.assignment == assignment.info.id && !$0.isReopened }
            try store.write { transaction in
                if let submitted {
                    note("\(device.name) takes a submission back")
                    try transaction.set(
                        Field.Submission.state, of: submitted.info.id, in: submitted.info.layer,
                        to: .text(SubmissionState.reopened.rawValue))
                } else {
                    note("\(device.name) submits")
                    _ = try transaction.create(
                        .submission, in: layer,
                        [
                            (Field.Submission.round, .identifier(assignment.round)),
                            (Field.Submission.assignment, .identifier(assignment.info.id)),
                            (Field.Submission.seal, .bytes([1])), (Field.Submission.codings, .integer(0)),
                        ])
                }
            }
        }
        try takeDownWork(of: device)
    }
}
