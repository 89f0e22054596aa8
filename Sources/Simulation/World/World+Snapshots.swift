import AnnotationModel
import ChangeLog
import Compression
import LocalStore
import SQLiteBinding
import ServerStore
import SyncClient
import WireFormat

extension World {
    /// A device's client. Where the server makes snapshots, it begins from them, and sometimes leaves the history for later.
    func client(
        _ store: LocalStore, _ transport: SimulatedTransport, fetchesHistory: Bool = true
    ) -> SyncClient {
        SyncClient(
            store: store, transport: transport, retry: .none, pullBytes: plan.pullBytes,
            snapshotsFrom: plan.snapshotsFrom, fetchesHistory: fetchesHistory)
    }

    static func told(_ summary: SyncSummary) -> String {
        var words = "\(summary.pushedCount) up, \(summary.pulledCount) down"
        for (count, what) in [
            (summary.snapshotCount, "by snapshots"), (summary.historyCount, "of history"),
            (summary.newLayers.count, "layers new"), (summary.lostLayers.count, "layers lost"),
        ] where count > 0 { words += ", \(count) \(what)" }
        return words
    }

    /// The server makes snapshots, beside everything else.
    func buildSnapshots(_ random: inout SplitMix64) {
        guard server.isUp, let store = server.store else { return }
        let least = UInt64(1 + random.below(4))
        let limits = limits(&random)
        let compacts = plan.hasCompaction && random.chance(2, in: 3)
        note("the server makes snapshots of what has \(least) changes more")
        scheduler.start { [self] in
            do {
                let count = try await store.refreshSnapshots(from: least, limits: limits) { _ in }
                note("the server has made \(count) snapshots")
                guard compacts else { return }
                let gone = try await letGo(of: store, limits)
                note("the server has let go of \(gone) payloads")
            } catch { note("no snapshots: \(error)") }
        }
    }

    /// The server lets go of what its snapshots stand for.
    private func letGo(of store: SQLiteServerStore, _ limits: SnapshotLimits) async throws -> Int {
        try auditServer { try Audit.remember($0) }
        let count = try await store.compact(receivedBefore: .max, limits: limits) {}
        let before = everForgotten.count
        _ = try forgottenRecords()
        if everForgotten.count > before { note("the server has forgotten \(everForgotten.count - before) records") }
        return count
    }

    /// Small ones, so that there is something to be in the middle of.
    func limits(_ random: inout SplitMix64) -> SnapshotLimits {
        var limits = SnapshotLimits()
        limits.pieceBytes = random.pick([1, 300, 3000])
        limits.runsMax = random.pick([5, 1000])
        limits.rowsAtOnce = random.pick([1, 10])
        return limits
    }

    /// What is packed within an answer is looked through like the rest.
    func inspectPieces(_ body: [UInt8], goingTo member: Int) {
        guard plan.hasSnapshots, let reply = try? SnapshotReply(decoding: body) else { return }
        for piece in reply.pieces {
            if let content = try? Zstd.decompress(piece, maximumSize: WireLimits.snapshotPieceBytesMax) {
                inspect(content, goingTo: member)
            }
        }
    }

    /// What the pieces on a device's disk hold, unpacked.
    func piecesHeld(by device: SimulatedDevice) throws -> [[UInt8]] {
        let hasStore = !device.machine.process.isDead && device.machine.file(device.folder.database) != nil
        guard plan.hasSnapshots, hasStore else { return [] }
        return try device.audit { connection in
            let select = try connection.prepare("SELECT bytes FROM base_piece UNION ALL SELECT bytes FROM coming_piece")
            var contents: [[UInt8]] = []
            while try select.step() {
                contents.append(
                    try Zstd.decompress(select.blob(0), maximumSize: WireLimits.snapshotPieceBytesMax))
            }
            return contents
        }
    }

    /// Somebody begins from snapshots of all that there is, and is held against the oracle: without the history, when something that
    /// they write is refused, with a part of the history, and with all of it.
    ///
    /// - Returns: Whether there was anybody to begin.
    func beginAnew(_ present: Set<Int>) throws -> Bool {
        guard plan.hasSnapshots, !present.isEmpty, let store = server.store else { return false }
        var random = SplitMix64(seed: plan.seed ^ 0xA4E3)
        let limits = limits(&random)
        note("the server makes snapshots of everything")
        try waiting { [self] in
            _ = try await store.refreshSnapshots(from: 1, limits: limits) { _ in }
            if plan.hasCompaction { _ = try await letGo(of: store, limits) }
        }
        let member = random.pick(present.sorted())
        try addDevice(member: member, &random)
        guard let device = devices.last, let role = try role(of: member) else { return false }
        func look(fetchesHistory: Bool = false) throws {
            try syncAtLast(device, fetchesHistory: fetchesHistory)
            try check(device)
            try checkOracle(of: [device], present)
        }
        try look()
        for _ in 0..<4 { try write(device, &random) }
        try setRole(of: member, to: .reader, on: store)
        try look()
        try setRole(of: member, to: role, on: store)
        try fetchSomeHistory(device)
        try check(device)
        try look(fetchesHistory: true)
        return true
    }

    /// Somebody comes back after the server has let go of what was made meanwhile, with work of their own, and is held against the
    /// oracle.
    ///
    /// - Returns: Whether there was anybody.
    func comeBack(_ present: Set<Int>) throws -> Bool {
        guard plan.hasCompaction, let store = server.store else { return false }
        let there = try devices.filter { try !$0.isLost && maySync($0, present) }
        var random = SplitMix64(seed: plan.seed ^ 0xC0_3EBA)
        guard there.count > 1 else { return false }
        let away = random.pick(there)
        let other = random.pick(there.filter { $0 !== away })
        let limits = limits(&random)
        note("\(away.name) is away, \(other.name) is not")
        for _ in 0..<(1 + random.below(3)) {
            for _ in 0..<(1 + random.below(4)) { try write(other, &random) }
            try syncAtLast(other, fetchesHistory: true)
            for _ in 0..<random.below(3) { try write(away, &random) }
            // The older of two snapshots counts.
            for _ in 0..<(1 + random.below(2)) {
                try waiting { [self] in
                    _ = try await store.refreshSnapshots(from: 1, limits: limits) { _ in }
                    _ = try await letGo(of: store, limits)
                }
            }
            try syncAtLast(away, fetchesHistory: random.chance(1, in: 3))
            try check(away)
            try checkOracle(of: [away], present)
        }
        try syncAtLast(away, fetchesHistory: true)
        try check(away)
        try checkOracle(of: [away], present)
        return true
    }

    private func setRole(of member: Int, to role: Role, on store: SQLiteServerStore) throws {
        enrolments.memberships += 1
        note("member \(member) is \(role.name) now")
        try waiting {
            try await store.addMember(
                workspace: SimulatedServer.workspace, user: Self.memberName(member), role: role)
        }
    }

    /// One page of it.
    private func fetchSomeHistory(_ device: SimulatedDevice) throws {
        let store = try device.running()
        let cursors = try store.missingHistory()
        guard !cursors.isEmpty, let link = try store.syncLink() else { return }
        let transport = transport(of: device)
        try waiting {
            let reply = try await transport.pull(
                PullRequest(workspace: link.workspace, cursors: cursors, byteBudget: 1))
            _ = try store.fill(reply)
        }
        note("\(device.name) has fetched some history")
    }

    /// When all is quiet the history is there too, in feeds that never began a new life.
    func checkHistories(_ present: Set<Int>) throws {
        guard plan.hasSnapshots, server.life == 0 else { return }
        for device in devices where try !device.isLost && maySync(device, present) {
            try device.audit { connection in
                // Where payloads were let go of the snapshot stays.
                let select = try connection.prepare(
                    """
                    SELECT count(*) FROM base WHERE layer NOT IN (SELECT chain.layer FROM chain JOIN change
                    ON change.id >> 32 = chain.num WHERE change.withheld = \(Withholding.compacted.rawValue))
                    """)
                if try select.step(), select.int(0) > 0 {
                    violate(.progress, "\(device.name) has not fetched the history of \(select.int(0)) layers")
                }
            }
        }
    }
}

extension Audit {
    /// Whether a layer stands on a snapshot of changes that the server has lost since, and that their makers alone could bring
    /// back.
    static func standsOnWhatIsLost(_ layer: LayerID, in store: Connection) throws -> Bool {
        let select = try store.statement(
            """
            SELECT 1 FROM chain JOIN layer ON layer.num = chain.layer WHERE layer.id = ?1 AND acked_seq < base_seq
            """)
        select.bind(layer.bytes, at: 1)
        defer { select.reset() }
        return try select.step()
    }
}
