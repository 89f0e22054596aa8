import AnnotationModel
import ChangeLog
import LocalStore
import SQLiteBinding
import ServerStore
import SyncClient
import WireFormat

extension World {
    /// Rounds in which everybody syncs once, until nothing may be left to do.
    private static let roundsMax = 8

    /// Ends all faults, lets everybody sync, and holds every invariant against what is there then.
    func settle() throws {
        note("faults end")
        stopFaults()
        if plan.hasPeople {
            try startPrograms()
            try setQuota(0)
            try readmitEndedDevices()
        }
        try letWatchesCatchUp()
        guard violation == nil else { return }
        try endWatches()
        try giveTokensAgain()
        if plan.readmitsAll, let store = server.store {
            try waiting { [members = enrolments.members.sorted()] in
                for member in members {
                    try await store.addMember(
                        workspace: SimulatedServer.workspace, user: Self.memberName(member), role: .curator)
                }
            }
        }
        var present = try membersPresent()
        let users = try auditServer { try Audit.userCount($0) }
        if users < enrolments.members.count { violate(.acknowledged, "the server lost its users") }
        if users > enrolments.memberCount { violate(.admission, "the server has users that nobody knows") }
        try checkStoredBytes()
        try syncUntilQuiet(&present)
        guard violation == nil else { return }
        // What only a member held who has left since, because a server that was put back or its maker's disk had lost it, is
        // removed there: access comes first. (What one has made oneself is kept.)
        if hasSomebodyLostAccess { try forgetWhatNobodyHolds(among: server.life > 0 ? nil : handedOver) }
        if try beginAnew(present) { try syncUntilQuiet(&present) }
        if try comeBack(present) { try syncUntilQuiet(&present) }
        guard violation == nil else { return }
        for device in devices where !device.isLost { try check(device) }
        try checkHistories(present)
        try checkOracle(of: devices, present)
        try checkAcknowledged()
        try checkReveals()
        try checkWork(present)
        try searchDisks()
    }

    /// Everybody syncs, one after the other, until nobody has anything to send or to fetch.
    private func syncUntilQuiet(_ present: inout Set<Int>) throws {
        for round in 1...Self.roundsMax {
            note("round \(round)")
            var isQuiet = true
            for device in devices where !device.isLost {
                let hasMoved = try syncInPeace(device, isMember: try maySync(device, present), round: round)
                if hasMoved { isQuiet = false }
                // What an owner or somebody who leaves has written may just have arrived.
                present = try membersPresent()
            }
            if isQuiet { break }
            if round == Self.roundsMax { violate(.progress, "after \(round) rounds something still moves") }
        }
    }

    /// Whether a device is to be let in: of a member, and not ended.
    func maySync(_ device: SimulatedDevice, _ present: Set<Int>) throws -> Bool {
        guard !device.token.isEmpty, present.contains(device.member) else { return false }
        if device.isReadmitted { return true }
        // Its twin, a copy with the same key, may be let in again; that gives back no token of its own.
        if let key = device.key, try isRevoked(device) { endedKeys.insert(key) }
        return device.key.map { !endedKeys.contains($0) } ?? true
    }

    /// Those that have been ended come back where all come back, with tokens of the operator's.
    private func readmitEndedDevices() throws {
        guard plan.readmitsAll, let store = server.store else { return }
        for device in devices where !device.isLost && !device.token.isEmpty {
            guard try isRevoked(device) else { continue }
            device.token = "again-\(device.number)"
            device.isReadmitted = true
            let hash = cryptography.sha256([UInt8](device.token.utf8))
            try waiting { try await store.addToken(tokenHash: hash, user: Self.memberName(device.member)) }
        }
    }

    private func stopFaults() {
        server.machine.faults.disarm()
        server.machine.faults.isFull = false
        for device in devices {
            device.machine.faults.disarm()
            device.machine.faults.isFull = false
            device.line.isCut = false
            device.line.conditions = .good
            device.line.wake()
        }
    }

    /// Everything comes to its end that is under way, and every program runs.
    private func endWatches() throws {
        for device in devices { device.watch?.task?.cancel() }
        // What is still on its way arrives.
        scheduler.run()
        try startPrograms()
    }

    func startPrograms() throws {
        if server.machine.process.isDead { server.kill() }
        if !server.isUp { try server.start() }
        for device in devices where !device.isLost {
            if device.machine.process.isDead {
                device.kill()
                device.stopSyncing()
            }
            device.isConnected = try device.running().syncLink() != nil
        }
    }

    /// A server that was put back to an old copy does not know the tokens given since: its operator gives them again.
    func giveTokensAgain() throws {
        guard let store = server.store else { return }
        for device in devices where !device.isLost && !device.token.isEmpty {
            if try isRevoked(device) && !device.isReadmitted { continue }
            let hash = cryptography.sha256([UInt8](device.token.utf8))
            try waiting {
                guard try await store.account(tokenHash: hash) == nil else { return }
                do {
                    try await store.addToken(tokenHash: hash, user: Self.memberName(device.member))
                } catch let error as ServerStoreError where error.code == .unknownName {
                    // Who came after the copy was made has to be invited again.
                }
            }
        }
    }

    func membersPresent() throws -> Set<Int> {
        try auditServer { connection in
            let select = try connection.prepare(
                "SELECT user.name FROM membership JOIN user ON user.num = membership.user WHERE role > 0")
            var members: Set<Int> = []
            while try select.step() {
                if let member = Int(select.text(0).dropFirst(7)) { members.insert(member) }
            }
            return members
        }
    }

    /// Syncs when nothing is in the way any more, but perhaps a role that reads less than before.
    func syncAtLast(_ device: SimulatedDevice, fetchesHistory: Bool) throws {
        _ = try syncInPeace(device, isMember: true, round: Self.roundsMax - 1, fetchesHistory: fetchesHistory)
    }

    /// - Returns: Whether anything came or went.
    private func syncInPeace(
        _ device: SimulatedDevice, isMember: Bool, round: Int, fetchesHistory: Bool = true
    ) throws -> Bool {
        let store = try device.running()
        let transport = transport(of: device)
        guard isMember else {
            if device.isConnected && round == 1 { try expectRefusal(device, store, transport) }
            return false
        }
        do {
            if !device.isConnected {
                let before = author.layers(of: store)
                try waiting { [name = device.name] in
                    try await SyncClient.connect(
                        store, over: transport, url: "simulation:", workspace: SimulatedServer.workspace,
                        deviceName: name)
                }
                device.isConnected = true
                author.moved(from: before, to: author.layers(of: store))
                note("\(device.name) is connected")
            }
            let box = SummaryBox()
            let client = client(store, transport, fetchesHistory: fetchesHistory)
            try waiting { box.summary = try await client.sync() }
            let summary = box.summary
            note("\(device.name) has synced: \(Self.told(summary))")
            for (chain, why) in summary.blocked {
                note("\(device.name): blocked \(chain.replica): \(why)")
                if round == Self.roundsMax { violate(.progress, "\(device.name) cannot push: \(why)") }
            }
            for (chain, why) in summary.awaitingMakers {
                note("\(device.name): \(chain.replica) waits for its maker: \(why)")
            }
            device.awaitingMakers = Set(summary.awaitingMakers.keys.map(\.layer))
            let known = try device.audit { try Audit.acknowledged(ledger.waiting(on: device.number), in: $0) }
            ledger.acknowledge(known, device: device.number, life: server.life)
            return summary.pushedCount + summary.pulledCount + summary.snapshotCount + summary.historyCount > 0
                || summary.hasReissued || summary.serverWasRestored
                || !summary.newLayers.isEmpty || !summary.blocked.isEmpty
        } catch let error as SyncError where error.code == .accessEnded {
            note("\(device.name): \(error)")
            hasSomebodyLostAccess = true
            if try membersPresent().contains(device.member) {
                violate(.progress, "\(device.name) is told that its membership has ended, which it has not")
            }
            return true
        } catch {
            note("\(device.name): \(error)")
            if round > 2 { violate(.progress, "\(device.name) cannot sync: \(error)") }
            return true
        }
    }

    /// Who has left is not let in.
    private func expectRefusal(
        _ device: SimulatedDevice, _ store: LocalStore, _ transport: SimulatedTransport
    ) throws {
        do {
            try waiting { try await SyncClient(store: store, transport: transport, retry: .none).sync() }
            violate(.secrecy, "\(device.name) of member \(device.member), who has left or was ended, could sync")
        } catch let error as SyncError where [.notFound, .accessEnded, .unauthorised].contains(error.code) {
            note("\(device.name) is not let in")
            if error.code == .accessEnded {
                hasSomebodyLostAccess = true
                try expectNothingOfOthers(device)
            }
        } catch let error as SyncError
            where error.code == .refused && error.description.contains("too many failed attempts")
        {
            note("\(device.name) has shown its token too often to be heard")
        }
    }

    /// Whoever hears that their access has ended holds nothing of others' layers any more.
    private func expectNothingOfOthers(_ device: SimulatedDevice) throws {
        try device.audit { connection in
            let select = try connection.prepare(
                """
                SELECT count(*) FROM layer WHERE epoch IS NOT NULL
                AND owner IS NOT (SELECT num FROM member WHERE id = (SELECT value FROM setting WHERE key = 'member'))
                """)
            if try select.step(), select.int(0) > 0 {
                violate(.secrecy, "\(device.name) has left and still holds \(select.int(0)) layers of others")
            }
        }
    }

    private final class SummaryBox: @unchecked Sendable { var summary = SyncSummary() }

    // MARK: Against the oracle

    func checkOracle(of devices: [SimulatedDevice], _ present: Set<Int>) throws {
        for layer in try auditServer({ try Audit.layers($0) }) {
            let feed = try auditServer { try Audit.feed($0, layer: layer, after: 0) }.map(\.1)
            let changes = feed.map { ($0.stamp, $0.operations) }
            let oracle = OracleState(changes)
            let forgotten = try forgottenRecords()
            let expected = Expected(oracle).without(forgotten)
            for device in devices where try !device.isLost && maySync(device, present) {
                try device.audit { connection in
                    guard let held = try Held(of: layer.id, in: connection) else { return }
                    if server.life > 0, try Audit.standsOnWhatIsLost(layer.id, in: connection) { return }
                    // What came by hand from somebody who has never connected stays where it is until they do.
                    let byHand = try Audit.unvouched(in: connection, layer: layer.id)
                    let here = byHand.isEmpty ? expected : Expected(OracleState(changes + byHand)).without(forgotten)
                    // What came by hand, and what a server that was put back takes from its maker alone, who has lost it.
                    if server.life > 0, device.awaitingMakers.contains(layer.id) { return }
                    compare(held.without(forgotten), with: here, layer, device)
                    // A server that was put back may have forgotten that it had.
                    if server.life == 0,
                        let back = held.states.first(where: { forgotten.contains($0.key) && Self.isAlive($0.value) })
                    {
                        violate(
                            .oracle, "\(device.name): record \(back.key.short), which was forgotten, is there again")
                    }
                    // What has left the device, by hand or to a server that then forgot it, keeps its numbers.
                    if givers.contains(device.member) || server.life > 0 { return }
                    let stray = oracle.strayReferences(among: try Audit.ownReplicas(connection))
                    if let first = stray.first { violate(.references, "\(device.name): \(first)") }
                }
            }
        }
    }

    private func compare(_ held: Held, with expected: Expected, _ layer: Audit.ServerLayer, _ device: SimulatedDevice) {
        let place = "\(device.name), layer \(shortName(layer.id)) of kind \(layer.kind)"
        if held.pending > 0 { violate(.progress, "\(place): \(held.pending) chains still have changes to send") }
        if held.vector != expected.vector {
            violate(.convergence, "\(place): holds \(held.vector), the feed \(expected.vector)")
        }
        if held.states != expected.states {
            let records = Set(held.states.keys).union(expected.states.keys)
            let wrong = records.filter { held.states[$0] != expected.states[$0] }
            violate(.oracle, "\(place): record \(wrong.min().map(\.short) ?? "?") and \(wrong.count - 1) others differ")
        }
        if held.conflicts != expected.conflicts {
            let difference = held.conflicts.symmetricDifference(expected.conflicts).sorted()
            violate(.conflicts, "\(place): \(difference.first ?? "?") and \(difference.count - 1) others")
        }
    }

    private static func isAlive(_ state: [UInt8]) -> Bool {
        (try? RecordState(decoding: state, awaited: nil))?.isAlive ?? true
    }

    /// Deleted records that the server has ever forgotten: who has read their history still knows of them, others do not.
    func forgottenRecords() throws -> Set<RecordID> {
        try auditServer { connection in
            let select = try connection.statement("SELECT record FROM forgotten")
            while try select.step() {
                if let record = RecordID(bytes: select.blob(0)) { everForgotten.insert(record) }
            }
        }
        return everForgotten
    }

    /// A layer as the definitions have it.
    private struct Expected {
        var vector: [ReplicaID: UInt64]
        var states: [RecordID: [UInt8]] = [:]
        var conflicts: Set<String> = []

        func without(_ records: Set<RecordID>) -> Expected {
            guard !records.isEmpty else { return self }
            var rest = self
            rest.states = states.filter { !records.contains($0.key) }
            return rest
        }

        init(_ oracle: OracleState) {
            vector = oracle.vector.seqs.filter { $0.value > 0 }
            let empty = RecordState().encoded
            for record in oracle.records {
                let state = oracle.state(of: record).encoded
                if state != empty { states[record] = state }
                for conflict in oracle.conflicts(in: record) { conflicts.insert("\(record) \(conflict)") }
            }
        }
    }

    /// A layer as a replica's tables have it.
    private struct Held {
        var vector: [ReplicaID: UInt64] = [:]
        var states: [RecordID: [UInt8]] = [:]
        var conflicts: Set<String> = []
        /// Chains with changes that the server is not known to hold.
        var pending = 0

        func without(_ records: Set<RecordID>) -> Held {
            guard !records.isEmpty else { return self }
            var rest = self
            rest.states = states.filter { !records.contains($0.key) }
            return rest
        }

        init?(of layer: LayerID, in store: Connection) throws {
            let find = try store.prepare("SELECT num FROM layer WHERE id = ?1")
            find.bind(layer.bytes, at: 1)
            guard try find.step() else { return nil }
            let num = find.int64(0)
            find.reset()
            let chains = try store.prepare(
                """
                SELECT replica.id, held_seq, acked_seq, is_own OR certificate IS NOT NULL
                FROM chain JOIN replica ON replica.num = chain.replica
                WHERE layer = ?1 AND held_seq > 0
                """)
            chains.bind(num, at: 1)
            while try chains.step() {
                if let replica = ReplicaID(bytes: chains.blob(0)) { vector[replica] = UInt64(chains.int64(1)) }
                if chains.int64(2) < chains.int64(1) && chains.bool(3) { pending += 1 }
            }
            let records = try store.prepare("SELECT id, state FROM record WHERE layer = ?1")
            records.bind(num, at: 1)
            let empty = RecordState().encoded
            while try records.step() {
                if let record = RecordID(bytes: records.blob(0)), records.blob(1) != empty {
                    states[record] = records.blob(1)
                }
            }
            let conflicts = try store.prepare(
                """
                SELECT record.id, type, field FROM conflict JOIN record ON record.num = conflict.record
                WHERE record.layer = ?1
                """)
            conflicts.bind(num, at: 1)
            while try conflicts.step() {
                if let record = RecordID(bytes: conflicts.blob(0)) {
                    self.conflicts.insert("\(record) \(conflicts.text(1)) \(conflicts.int(2))")
                }
            }
        }
    }

    // MARK: Nothing lost

    /// Everything that is owed is on the server, or is kept where people can see that it is not: refused, put aside, or
    /// waiting on a device that may not sync.
    private func checkWork(_ present: Set<Int>) throws {
        let onServer = try auditServer { try Audit.work(onServer: $0) }
        let layers = try auditServer { try Audit.layers($0) }
        let places = try auditServer { try Audit.roundPlaces($0) }
        var kept: Set<Work> = []
        for device in devices where !device.isLost {
            let maySync = try maySync(device, present)
            try device.audit { connection in
                kept.formUnion(try maySync ? Audit.workInSight(connection) : Audit.work(inStore: connection))
                kept.formUnion(try Audit.workWithoutItsRound(connection, places: places))
                // A sync says of which chains the server wants to hear from their makers alone.
                let awaited = Set(layers.filter { device.awaitingMakers.contains($0.id) }.map(\.kind))
                if !awaited.isEmpty {
                    kept.formUnion(try Audit.work(inStore: connection).filter { awaited.contains($0.kind) })
                }
                if let change = try Audit.unlistedRefusal(connection) {
                    violate(.local, "\(device.name): change \(change) was refused and is not listed")
                }
            }
        }
        for entry in ledger.owed() where !onServer.contains(entry.work) && !kept.contains(entry.work) {
            violate(.local, "\(shortName(entry.work.action)), made on device-\(entry.device), is nowhere")
        }
    }
}
