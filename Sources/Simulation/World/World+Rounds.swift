import AnnotationModel
import ChangeLog
import LocalStore

/// Rounds: made, coded, submitted, closed and revealed, also by those who may not, and offline.
extension World {
    func makeRound(_ someone: SimulatedDevice, _ random: inout SplitMix64) throws {
        let device = random.chance(5, in: 6) ? ofTeam(someone, &random) : someone
        guard let store = running(device) else { return }
        tolerating(device) {
            let members = try store.read { try $0.members() }.filter(\.isListed).map(\.member)
            let coders = members.filter { _ in random.chance(2, in: 3) }
            let shared = try store.read { try $0.ownLayer(.shared) }
            let (isBlind, rule) = (random.chance(7, in: 8), random.pick([RevealRule.all, .all, .hand, .date]))
            let day = random.pick(Self.days)
            let state = random.chance(3, in: 4) ? RoundState.open : .draft
            note("\(device.name) makes a round for \(coders.count), revealed by \(rule.rawValue)")
            try store.write { transaction in
                let round = try transaction.create(
                    .round, in: shared,
                    [
                        (Field.Round.isBlind, .boolean(isBlind)), (Field.Round.revealRule, .text(rule.rawValue)),
                        (Field.Round.state, .text(state.name)),
                    ] + (rule == .date ? [(Field.Round.revealOn, .text(day))] : []))
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
        // Mostly people are told of it, and look.
        if random.chance(4, in: 5) { gather(device, &random) }
    }

    /// A device that knows the team, the one that was asked for if it does.
    private func ofTeam(_ device: SimulatedDevice, _ random: inout SplitMix64) -> SimulatedDevice {
        let others = present.filter(\.isConnected)
        return device.isConnected || others.isEmpty ? device : random.pick(others)
    }

    /// One device syncs, and then the others.
    private func gather(_ first: SimulatedDevice, _ random: inout SplitMix64) {
        let others = present.filter { $0 !== first }
        for device in [first] + others {
            guard device === first || random.chance(3, in: 4) else { continue }
            sync(device, &random)
            scheduler.run(for: Int64(random.below(4000)))
        }
    }

    /// The evening on which histories begin, the next day, and one that comes with a clock that is put forward.
    private static let days = ["2023-11-14", "2023-11-15", "2023-11-15", "2030-01-01"]

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
    func submit(_ someone: SimulatedDevice, _ random: inout SplitMix64) throws {
        let coders = present.filter { !((try? codingTasks(of: $0)) ?? []).isEmpty }
        let device = coders.isEmpty || random.chance(1, in: 8) ? someone : random.pick(coders)
        guard let store = running(device) else { return }
        let tasks = tolerating(device) { try codingTasks(of: device) } ?? []
        guard !tasks.isEmpty else {
            return sync(device, &random)
        }
        tolerating(device) {
            let (assignment, layer) = random.pick(tasks)
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
        if random.chance(1, in: 2) {
            sync(device, &random)
        }
    }

    /// What is assigned to the device's member and has its coding layer here.
    private func codingTasks(of device: SimulatedDevice) throws -> [(assignment: AssignmentItem, layer: LayerID)] {
        guard device.isConnected, let store = device.store, !device.machine.process.isDead else { return [] }
        return try device.machine.faults.suspended {
            try store.read { reader in
                let own = try reader.ownMember()
                return try reader.assignments().filter { $0.coder == own }.compactMap { assignment in
                    (try? reader.ownLayer(.coding, of: assignment.round)).map { (assignment, $0) }
                }
            }
        }
    }
}
