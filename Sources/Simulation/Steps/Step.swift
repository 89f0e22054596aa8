import AnnotationModel

/// Something that happens in a simulated team.
///
/// What it does exactly follows from its own seed and from the world as it finds it, so that a history from which
/// steps were taken out still makes sense.
struct Step: Sendable {
    enum Kind: Int, CaseIterable, Sendable {
        case write, sync, pause, settle, refusals
        case addDevice, bundle, foreignDevice
        case joinTeam, leaveTeam, setRole
        case snapshot, restore, restoreDatabase, copyDevice, loseDevice
        case kill, cutPower, restart, secondProcess
        case diskFault, diskFull, crashAtCall
        case cutLine, clockJump
        case serverSnapshot, serverRestore, serverKill, serverCutPower, serverDiskFault, serverDiskFull
        case serverCrashAtCall
        case check
        case watch, endWatch, sleepDevice, restartServer
        case invite, join, revokeDevice, password
        case quota, liftQuota
        case makeRound, moveRound, submit
        case buildSnapshots
    }

    let kind: Kind
    let seed: UInt64
}

extension Step.Kind {
    /// Of live updates.
    static let live: [Step.Kind] = [.watch, .watch, .endWatch, .sleepDevice, .restartServer]
    static let identity: [Step.Kind] = [.invite, .join, .join, .revokeDevice, .password]
    static let quotas: [Step.Kind] = [.quota, .liftQuota]
    static let rounds: [Step.Kind] = [.makeRound, .submit, .submit, .moveRound]
    /// What some histories have besides.
    static let ofSome = Set(live + identity + quotas + rounds + [.buildSnapshots])
    /// Of snapshots. What is refused, and what comes by hand, makes records anew where one stands for their history.
    static let snapshots: [Step.Kind] = [
        .buildSnapshots, .buildSnapshots, .addDevice, .sync, .sync, .sync, .joinTeam, .bundle, .write, .write,
    ]
}

/// A whole history: how the team begins, and what happens. Follows from a seed and a scale alone.
public struct Plan: Sendable {
    /// How large histories are.
    public struct Scale: Sendable {
        public var devicesMax: Int
        public var stepsMax: Int
        public static let small = Scale(devicesMax: 7, stepsMax: 160)
        public init(devicesMax: Int, stepsMax: Int) {
            self.devicesMax = devicesMax
            self.stepsMax = stepsMax
        }
    }

    public let seed: UInt64
    let members: Int
    /// By member; one of them is an owner.
    let roles: [Role]
    let devices: Int
    let devicesMax: Int
    /// 0 for a network without faults.
    let networkSeverity: Int
    /// Milliseconds between steps, at most.
    let gapMax: Int
    let usesIdealSignatures: Bool
    /// Whether those who left are taken back before the end.
    let readmitsAll: Bool
    /// Payload bytes asked for in one pull.
    let pullBytes: UInt64
    /// How many changes a layer has that new replicas begin from a snapshot of; none does when `max`.
    let snapshotsFrom: UInt64
    let steps: [Step]

    public var stepCount: Int { steps.count }

    /// Swarm testing (Groce et al., ISSTA 2012): every history leaves some kinds of step out and has much of others.
    public init(seed: UInt64, scale: Scale = .small) {
        var random = SplitMix64(seed: seed &* 0x9E37_79B9 &+ 0x1234_5678)
        self.seed = seed
        devicesMax = scale.devicesMax
        // Most histories are short: what can go wrong mostly does so between few, soon.
        // Who asks for more than the usual gets it.
        let isLarge = random.chance(1, in: 10) || scale.stepsMax > Scale.small.stepsMax
        members = 1 + random.below(min(isLarge ? 5 : 3, max(1, scale.devicesMax - 1)))
        let members = members
        roles = (0..<members).map { $0 == 0 ? .owner : random.pick([.analyst, .curator, .curator]) }
        devices = isLarge ? scale.devicesMax : min(scale.devicesMax, members + random.below(2))
        networkSeverity = random.below(4)
        gapMax = random.pick([20, 200, 2000, 20_000])
        usesIdealSignatures = random.chance(15, in: 16)
        readmitsAll = random.chance(1, in: 2)
        pullBytes = random.pick([1, 300, 2000, 2 << 20])
        snapshotsFrom =
            Self.hasSnapshots(seed: seed) ? [1, 2, 5, 15][Int(seed / 5 % 4)] : .max
        var weights: [(kind: Step.Kind, weight: Int)] = []
        // In a large history what goes wrong stays as rare as in several small ones.
        let commonness = max(1, scale.stepsMax / 200)
        let areDisksGood = random.chance(1, in: 4)
        let isNothingRestored = random.chance(1, in: 3)
        // A server that is put back again and again, or a team that copies and restores its devices.
        let restless: Set<Step.Kind> =
            switch random.below(5) {
            case 0: [.serverSnapshot, .serverRestore]
            case 1: [.snapshot, .restore, .restoreDatabase, .copyDevice]
            case 2: [.joinTeam, .leaveTeam, .setRole, .bundle]
            default: []
            }
        for kind in Step.Kind.allCases where !Step.Kind.ofSome.contains(kind) {
            var weight = random.pick([0, 0, 1, 1, 3])
            switch kind {
            case .write: weight = random.pick([20, 40, 80]) * commonness
            case .sync: weight = random.pick([10, 25, 40]) * commonness
            case .pause, .addDevice, .settle: weight = max(weight, 1)
            case .diskFault, .diskFull, .crashAtCall, .serverDiskFault, .serverDiskFull, .serverCrashAtCall:
                if areDisksGood { weight = 0 }
            case .restore, .restoreDatabase, .copyDevice, .loseDevice, .serverRestore:
                if isNothingRestored { weight = 0 }
            default: break
            }
            if restless.contains(kind) { weight = max(weight, 3) * 3 }
            weights.append((kind: kind, weight: weight))
        }
        let total = weights.reduce(0) { $0 + $1.weight }
        let count = isLarge ? scale.stepsMax : min(scale.stepsMax, 10 + random.below(max(1, scale.stepsMax / 2)))
        let usual: [Step] = (0..<count).map { _ in
            var place = random.below(total)
            for (kind, weight) in weights {
                if place < weight { return Step(kind: kind, seed: random.next()) }
                place -= weight
            }
            preconditionFailure("the weights add up")
        }
        steps = Self.withSnapshots(Self.withRounds(Self.withPeople(usual, seed: seed), seed: seed), seed: seed)
    }

    /// One seed in two is about merging and disks alone.
    private static func hasPeople(seed: UInt64) -> Bool { seed % 2 == 0 }

    /// Whether there may be live updates, comings and goings, and quotas.
    var hasPeople: Bool { Self.hasPeople(seed: seed) }

    /// Whether there are rounds.
    var hasRounds: Bool { Self.hasRounds(seed: seed) }

    private static func hasRounds(seed: UInt64) -> Bool { seed % 3 == 0 }

    /// Whether the server makes snapshots, and new replicas begin from them.
    var hasSnapshots: Bool { Self.hasSnapshots(seed: seed) }

    private static func hasSnapshots(seed: UInt64) -> Bool { seed % 5 == 0 }

    /// Whether the server lets go of payloads, sometimes, once it has made snapshots.
    var hasCompaction: Bool { seed % 10 == 0 }

    /// Puts steps of snapshots in the place of others.
    private static func withSnapshots(_ steps: [Step], seed: UInt64) -> [Step] {
        guard hasSnapshots(seed: seed) else { return steps }
        var random = SplitMix64(seed: seed ^ 0x5AA9_5407)
        let share = 1 + random.below(3)
        return steps.map {
            random.chance(share, in: 12) ? Step(kind: random.pick(Step.Kind.snapshots), seed: random.next()) : $0
        }
    }

    /// Puts steps of rounds in the place of others.
    private static func withRounds(_ steps: [Step], seed: UInt64) -> [Step] {
        guard hasRounds(seed: seed) else { return steps }
        var random = SplitMix64(seed: seed ^ 0x2007_D5)
        let share = 1 + random.below(4)
        return steps.map {
            random.chance(share, in: 12) ? Step(kind: random.pick(Step.Kind.rounds), seed: random.next()) : $0
        }
    }

    /// Puts steps of live updates, of identity and of room in the place of others.
    private static func withPeople(_ steps: [Step], seed: UInt64) -> [Step] {
        guard hasPeople(seed: seed) else { return steps }
        var random = SplitMix64(seed: seed ^ 0x9E0F_1E)
        var kinds: [Step.Kind] = []
        for group in [Step.Kind.live, Step.Kind.identity, Step.Kind.quotas] where random.chance(1, in: 2) {
            // The first is what the others are about.
            kinds += [group[0]] + group.filter { _ in random.chance(1, in: 2) }
        }
        guard !kinds.isEmpty else { return steps }
        let share = 2 + random.below(5)
        return steps.map { random.chance(share, in: 12) ? Step(kind: random.pick(kinds), seed: random.next()) : $0 }
    }
}
