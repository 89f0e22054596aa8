import AnnotationModel
import ChangeLog
import Cryptography
import LocalStore
import SQLiteBinding
import ServerStore
import SyncClient
import WireFormat

/// A team, its devices, its server and everything that goes wrong, in virtual time.
///
/// `@unchecked Sendable`: a simulation runs on one thread.
final class World: @unchecked Sendable {
    let plan: Plan
    let scheduler = Scheduler()
    let vfs: SimulatedVFS
    let cryptography: SimulatedCryptography
    let network: SimulatedNetwork
    let server: SimulatedServer
    var devices: [SimulatedDevice] = []
    var ledger = Ledger()
    /// Records that the server has ever forgotten.
    var everForgotten: Set<RecordID> = []
    var feeds = FeedAuditor()
    var reveals = RevealAuditor()
    var author = Author()
    private(set) var violation: Violation?
    private(set) var trace: [String] = []
    private var serverAuditor: (process: SimulatedProcess, connection: Connection)?
    private var foreign: ForeignDevice?
    /// The number of each device's last action that the ledger has.
    private var lastActions: [Int: Int64] = [:]
    private var tokenCount = 0
    /// Members who have given work away by hand: what has left a device so is not written anew when numbers change.
    private(set) var givers: Set<Int> = []
    /// What stores held after they had taken a bundle.
    private(set) var handedOver: Set<Work> = []
    /// A device was told that its membership has ended, and has removed what others made.
    var hasSomebodyLostAccess = false
    var enrolments: Enrolments
    /// Somebody has ended a device: it may hold what nobody will take.
    var hasEndedDevices = false
    /// Keys of devices that were found ended at the end.
    var endedKeys: Set<PublicKey> = []
    var room: Room?
    /// Ids of private layers, and their owners.
    var privateLayers: [(id: [UInt8], owner: Int)] = []
    /// Layers of rounds that others than their owners could read at some time.
    var revealedLayers: Set<LayerID> = []

    init(_ plan: Plan) throws {
        self.plan = plan
        enrolments = Enrolments(members: plan.members)
        let scheduler = self.scheduler
        cryptography = SimulatedCryptography(seed: plan.seed ^ 0xC0FF_EE, isIdeal: plan.usesIdealSignatures)
        vfs = SimulatedVFS(seed: plan.seed ^ 0xD15C, clock: { SimulatedServer.epoch + scheduler.now })
        network = SimulatedNetwork(scheduler: scheduler)
        server = SimulatedServer(vfs: vfs, scheduler: scheduler, cryptography: cryptography, network: network)
        server.inspectEvent = { [unowned self] stream, event in inspectEvent(event, on: stream) }
        try server.start()
        guard let store = server.store else { preconditionFailure("the server has started") }
        try waiting {
            _ = try await store.addWorkspace(title: SimulatedServer.workspace)
            for member in 0..<plan.members {
                _ = try await store.addUser(name: Self.memberName(member))
                try await store.addMember(
                    workspace: SimulatedServer.workspace, user: Self.memberName(member), role: plan.roles[member])
            }
        }
        try learnPrivateLayers()
        network.inspect = { [unowned self] member, body in
            inspect(body, goingTo: member)
            inspectPieces(body, goingTo: member)
        }
        var random = SplitMix64(seed: plan.seed ^ 0xBE61)
        for number in 0..<plan.devices { try addDevice(member: number % plan.members, &random) }
    }

    deinit {
        // Stores close their databases while the disk is still there.
        for device in devices { device.shutDown() }
        serverAuditor = nil
        server.stop()
        scheduler.run()
    }

    static func memberName(_ member: Int) -> String { "member-\(member)" }

    func note(_ line: @autoclosure () -> String) { trace.append("\(scheduler.now) \(line())") }

    func violate(_ invariant: Violation.Invariant, _ detail: String) {
        note("VIOLATION \(invariant.rawValue): \(detail)")
        if violation == nil { violation = Violation(invariant: invariant, detail: detail) }
    }

    /// Faults injected so far.
    var faultCount: Int {
        devices.reduce(network.faultCount + server.machine.faults.injectedCount) {
            $0 + $1.machine.faults.injectedCount
        }
    }

    /// Runs what cannot fail in a good world, to its end.
    func waiting(_ body: @escaping @Sendable () async throws -> Void) throws {
        let failure = scheduler.complete { () -> (any Error)? in
            do {
                try await body()
                return nil
            } catch { return error }
        }
        if let failure { throw failure }
    }

    /// The devices that exist and are awake.
    var present: [SimulatedDevice] { devices.filter { !$0.isLost && !$0.line.isAsleep(at: scheduler.now) } }

    // MARK: Steps

    func perform(_ step: Step) throws {
        var random = SplitMix64(seed: step.seed)
        scheduler.run(for: Int64(random.below(plan.gapMax)))
        try reap(&random)
        let present = self.present
        guard !present.isEmpty else { return }
        let device = random.pick(present)
        switch step.kind {
        case .write: try write(device, &random)
        case .sync: sync(device, &random)
        case .pause: scheduler.run(for: Int64(random.below(60_000)))
        case .settle: try settleConflict(device, &random)
        case .refusals: try dealWithRefusals(device, &random)
        case .addDevice:
            if present.count < plan.devicesMax { try addDevice(member: random.below(plan.members), &random) }
        case .bundle: try exchange(device, random.pick(present))
        case .foreignDevice: try letForeignDeviceWrite(&random)
        case .joinTeam: try changeMembership(random.below(plan.members), to: random.pick(Role.allCases))
        case .leaveTeam: try changeMembership(random.below(plan.members), to: nil)
        case .setRole: try setRole(device, &random)
        case .snapshot:
            // A copy from before there was a store would take the device's key away: that is another device then.
            let hasStore = device.machine.file(device.folder.database) != nil
            if hasStore && !device.machine.process.isDead { device.backups.append(device.machine.image) }
        case .restore: try restore(device, onlyDatabase: false, &random)
        case .restoreDatabase: try restore(device, onlyDatabase: true, &random)
        case .copyDevice: if present.count < plan.devicesMax { try copy(device, &random) }
        case .loseDevice:
            if present.count > 1 {
                note("\(device.name) is lost")
                device.isLost = true
                device.kill()
                try forgetWhatNobodyHolds()
            }
        case .kill: try crash(device, cutsPower: false, &random)
        case .cutPower: try crash(device, cutsPower: true, &random)
        case .restart:
            note("\(device.name) starts anew")
            if !device.isBusy {
                device.shutDown()
                _ = running(device)
            }
        case .secondProcess: tolerating(device) { try device.startSecond() }
        case .diskFault:
            let (call, repetitions) = (1 + random.below(60), random.pick([1, 1, 2, 20]))
            note("\(device.name)'s disk fails at call \(call), \(repetitions) times")
            device.machine.faults.arm(random.chance(1, in: 3) ? .short : .fail, atCall: call, repetitions: repetitions)
        case .diskFull:
            device.machine.faults.isFull.toggle()
            note("\(device.name)'s disk is \(device.machine.faults.isFull ? "full" : "not full any more")")
        case .crashAtCall:
            let call = 1 + random.below(120)
            note("\(device.name) will crash at call \(call)")
            device.machine.faults.arm(.crash, atCall: call)
        case .cutLine:
            device.line.isCut.toggle()
            note("\(device.name) is \(device.line.isCut ? "offline" : "online")")
        case .clockJump:
            let years = Int64(random.below(41)) - 20
            note("a clock jumps by \(years) years")
            if random.chance(1, in: 5) {
                if plan.hasRounds {
                    if server.isUp { try noteRevealed() }
                    // What a day has revealed is closed again while the clock says that it has not come.
                    hasSomebodyLostAccess = true
                }
                server.clockOffset += years * 31_536_000_000
                enrolments.clockJumps += 1
            } else {
                device.clockOffset += years * 31_536_000_000
            }
        case .serverSnapshot:
            if server.isUp { server.backups.append(server.machine.image) }
        case .serverRestore: try restoreServer(&random)
        case .serverKill: try crashServer(cutsPower: false, &random)
        case .serverCutPower: try crashServer(cutsPower: true, &random)
        case .serverDiskFault:
            let (call, repetitions) = (1 + random.below(60), random.pick([1, 1, 2, 20]))
            note("the server's disk fails at call \(call), \(repetitions) times")
            server.machine.faults.arm(random.chance(1, in: 3) ? .short : .fail, atCall: call, repetitions: repetitions)
        case .serverDiskFull:
            server.machine.faults.isFull.toggle()
            note("the server's disk is \(server.machine.faults.isFull ? "full" : "not full any more")")
        case .serverCrashAtCall: server.machine.faults.arm(.crash, atCall: 1 + random.below(120))
        case .check: try check(device)
        case .watch:
            watch(device, NetworkConditions.randomWithStreams(&random, severity: plan.networkSeverity), &random)
        case .endWatch:
            note("\(device.name) is watched no more")
            device.wantsWatch = false
            device.watch?.task?.cancel()
        case .sleepDevice:
            let milliseconds = Int64(1000 + random.below(random.pick([20_000, 200_000])))
            note("\(device.name) sleeps for \(milliseconds) ms")
            device.line.sleep(from: scheduler.now, for: milliseconds)
        case .invite: invite(device, &random)
        case .join: join(device, &random)
        case .revokeDevice: revoke(device, &random)
        case .password: usePassword(device, &random)
        case .makeRound: try makeRound(device, &random)
        case .moveRound: try moveRound(device, &random)
        case .submit: try submit(device, &random)
        case .buildSnapshots: buildSnapshots(&random)
        case .quota: try setQuota((server.isUp ? storedBytes() : 0) + Int64(random.below(3000)))
        case .liftQuota: try setQuota(0)
        case .restartServer:
            note("the server starts anew")
            // The program answers what it is at before it ends, and no second one can be on its folder until then.
            server.drain()
            for _ in 0..<1000 where server.requestCount.count > 0 && server.isUp { scheduler.run(for: 10) }
            startServer()
        }
        try auditFeeds()
        try auditReveals()
        try auditStreams()
        try auditRoom()
    }

    /// Whatever died of a crash in the middle of a call comes back, or stays down until it is needed.
    private func reap(_ random: inout SplitMix64) throws {
        for device in devices where !device.isLost && device.machine.process.isDead {
            try crash(device, cutsPower: random.chance(1, in: 2), &random)
        }
        if server.machine.process.isDead { try crashServer(cutsPower: random.chance(1, in: 2), &random) }
        if !server.isUp { startServer() }
    }

    // MARK: Devices

    func addDevice(member: Int, _ random: inout SplitMix64) throws {
        guard server.isUp, let store = server.store else { return }
        tokenCount += 1
        let token = "token-\(tokenCount)"
        let hash = cryptography.sha256([UInt8](token.utf8))
        do {
            try waiting { try await store.addToken(tokenHash: hash, user: Self.memberName(member)) }
        } catch {
            return note("no new device: \(error)")
        }
        let device = SimulatedDevice(
            number: devices.count, member: member, token: token, isFullySynchronous: random.chance(1, in: 2),
            seed: random.next(), vfs: vfs, scheduler: scheduler, cryptography: cryptography)
        devices.append(device)
        note("\(device.name) is new, of member \(member)")
    }

    /// The device's running store; `nil` where a fault keeps it from starting.
    func running(_ device: SimulatedDevice) -> LocalStore? { tolerating(device) { try device.running() } }

    /// Runs something that may fail for a fault of the device's disk, and for nothing else.
    @discardableResult
    func tolerating<T>(_ device: SimulatedDevice, _ body: () throws -> T) -> T? {
        let injected = device.machine.faults.injectedCount
        do {
            return try body()
        } catch {
            note("\(device.name): \(error)")
            let hadFault = device.machine.faults.injectedCount > injected || device.machine.process.isDead
            if !hadFault && !Self.isHarmless(error) { violate(.errors, "\(device.name): \(error)") }
            if Self.isDamage(error) { violate(.integrity, "\(device.name): \(error)") }
            return nil
        }
    }

    /// What a user may be told without anything being wrong.
    private static func isHarmless(_ error: any Error) -> Bool {
        guard let error = error as? StoreError else { return false }
        return [.noSuchRecord, .notWritable, .noSuchLayer, .invalid, .connectedElsewhere, .incomplete].contains(
            error.code)
    }

    private static func isDamage(_ error: any Error) -> Bool { (error as? StoreError)?.code == .damaged }

    func write(_ device: SimulatedDevice, _ random: inout SplitMix64) throws {
        guard running(device) != nil else { return }
        tolerating(device) {
            let what = try author.write(on: device, &random)
            if let broken = author.broken.first { violate(.edits, "\(device.name): \(broken)") }
            note("\(device.name) \(what)")
        }
        try takeDownWork(of: device)
    }

    /// Enters what the device's user has done into the ledger.
    func takeDownWork(of device: SimulatedDevice) throws {
        guard !device.machine.process.isDead else { return }
        try device.audit { connection in
            let (work, last) = try Audit.work(inStore: connection, afterAction: lastActions[device.number] ?? 0)
            for work in work {
                ledger.add(work, device: device.number)
                device.owes.insert(work)
            }
            lastActions[device.number] = last
        }
    }

    private func settleConflict(_ device: SimulatedDevice, _ random: inout SplitMix64) throws {
        guard let store = running(device) else { return }
        tolerating(device) {
            let conflicts = try store.read { try $0.conflicts() }
            guard !conflicts.isEmpty else { return }
            let item = random.pick(conflicts)
            note("\(device.name) settles a conflict of \(item.record.short)")
            try author.settle(item, on: store, &random)
        }
        try takeDownWork(of: device)
    }

    private func dealWithRefusals(_ device: SimulatedDevice, _ random: inout SplitMix64) throws {
        guard let store = running(device) else { return }
        tolerating(device) {
            guard let item = try store.read({ try $0.refused() }).first else { return }
            note("\(device.name) deals with a refused change")
            if random.chance(1, in: 2) {
                try store.dismiss(item.change)
            } else {
                try store.reapply(item.change, in: store.read { try $0.ownLayer(.private) })
            }
        }
        try takeDownWork(of: device)
    }

    private func exchange(_ from: SimulatedDevice, _ to: SimulatedDevice) throws {
        // What a device that was ended gave away, no server takes: its maker has it still.
        guard from !== to, !hasEndedDevices, let giver = running(from), let taker = running(to) else { return }
        guard let bundle = tolerating(from, { try giver.bundle() }) else { return }
        note("\(from.name) gives \(to.name) a bundle")
        inspect(bundle.encoded, goingTo: to.member, from: from.name)
        givers.insert(from.member)
        tolerating(to) {
            do {
                let outcome = try taker.read(WireFormat.Bundle(decoding: bundle.encoded))
                for (_, why) in outcome.rejected.sorted(by: { $0.key.replica < $1.key.replica }) {
                    note("rejected: \(why)")
                }
                handedOver.formUnion(try to.audit { try Audit.work(inStore: $0) })
            } catch let error as StoreError where error.code == .unverified {
                // A key that two devices claim: said, and nothing taken.
                note("\(to.name): \(error)")
            }
        }
    }

    // MARK: Syncing

    /// Syncs over a network as this history has it.
    func sync(_ device: SimulatedDevice, _ random: inout SplitMix64) {
        sync(device, NetworkConditions.random(&random, severity: plan.networkSeverity), &random)
    }

    func sync(_ device: SimulatedDevice, _ conditions: NetworkConditions, _ random: inout SplitMix64) {
        guard !device.token.isEmpty, let first = running(device) else { return }
        // Two programs may sync one store at once.
        let number = device.second != nil && device.isConnected && random.chance(1, in: 2) ? 1 : 0
        let store = number == 1 ? device.second ?? first : first
        if device.watch != nil { device.line.conditions = conditions }
        guard !device.isSyncing[number], device.isConnected || !device.isBusy else { return }
        device.line.conditions = conditions
        device.line.random = SplitMix64(seed: random.next())
        let process = device.machine.process
        let transport = transport(of: device)
        device.isSyncing[number] = true
        if !device.isConnected {
            note("\(device.name) connects")
            let before = author.layers(of: store)
            scheduler.start { [self, name = device.name] in
                do {
                    try await SyncClient.connect(
                        store, over: transport, url: "simulation:", workspace: SimulatedServer.workspace,
                        deviceName: name)
                    finished(device, number, process) {
                        device.isConnected = true
                        device.key = try? store.signingKey().publicKey
                        author.moved(from: before, to: author.layers(of: store))
                        note("\(name) is connected")
                    }
                } catch {
                    finished(device, number, process) { failed(device, error, conditions) }
                }
            }
            return
        }
        note("\(device.name) syncs")
        let life = server.life
        let memberships = enrolments.memberships
        let wasEnded = server.isUp ? (try? isRevoked(device)) ?? false : false
        let client = client(store, transport, fetchesHistory: !plan.hasSnapshots || random.chance(1, in: 4))
        scheduler.start { [self, name = device.name] in
            do {
                let summary = try await client.sync()
                try finished(device, number, process) {
                    if wasEnded, conditions.replaysReply == 0, try isRevoked(device) {
                        violate(.admission, "\(name) was ended and could sync")
                    }
                    note("\(name) has synced: \(Self.told(summary))")
                    for (chain, why) in summary.blocked { note("\(name): blocked \(chain.replica): \(why)") }
                    // An answer that was given before proves nothing of now.
                    guard life == server.life, conditions.replaysReply == 0, conditions.cutsReply == 0 else { return }
                    // Nor does one that ends as its layers are closed to it: it has not compared them to their end.
                    guard memberships == enrolments.memberships, try role(of: device.member) != nil
                    else { return }
                    try? device.audit { connection in
                        let waiting = ledger.waiting(on: device.number)
                        let known = try Audit.acknowledged(waiting, in: connection)
                        ledger.acknowledge(known, device: device.number, life: life)
                    }
                }
            } catch {
                finished(device, number, process) { failed(device, error, conditions) }
            }
        }
    }

    /// The device's way to the server, with the token that it has now.
    func transport(of device: SimulatedDevice) -> SimulatedTransport {
        SimulatedTransport(
            network: network, line: device.line, token: device.token, member: device.member,
            process: device.machine.process, tokenHash: cryptography.sha256([UInt8](device.token.utf8)),
            address: "10.0.0.\(device.number)")
    }

    /// Goes on after a sync, if the process still lives that began it.
    private func finished(
        _ device: SimulatedDevice, _ number: Int, _ process: SimulatedProcess, _ body: () throws -> Void
    ) rethrows {
        guard device.machine.process === process else { return }
        device.isSyncing[number] = false
        if !process.isDead { try body() }
    }

    func failed(_ device: SimulatedDevice, _ error: any Error, _ conditions: NetworkConditions) {
        note("\(device.name) could not sync: \(error)")
        if (error as? SyncError)?.code == .accessEnded { hasSomebodyLostAccess = true }
        if Self.isDamage(error) { violate(.integrity, "\(device.name): \(error)") }
    }

    private func letForeignDeviceWrite(_ random: inout SplitMix64) throws {
        guard server.isUp, let store = server.store else { return }
        let device: ForeignDevice
        if let foreign {
            device = foreign
        } else {
            let hash = cryptography.sha256([UInt8]("foreign".utf8))
            do {
                try waiting { try await store.addToken(tokenHash: hash, user: Self.memberName(0)) }
            } catch { return note("no foreign device: \(error)") }
            device = ForeignDevice(token: "foreign", member: 0, cryptography: cryptography, network: network)
            foreign = device
        }
        note("a device of a newer version writes")
        scheduler.start { [seed = random.next()] in await device.write(seed: seed) }
    }

    /// What an operator does on the server.
    private func changeMembership(_ member: Int, to role: Role?) throws {
        guard server.isUp, let store = server.store else { return }
        enrolments.touched.insert(member)
        enrolments.memberships += 1
        note("member \(member) \(role.map { "joins as \($0.name)" } ?? "leaves")")
        scheduler.start { [self] in
            defer {
                enrolments.memberships += 1
                enrolments.membershipsChangedAt = scheduler.now
            }
            do {
                if let role {
                    try await store.addMember(
                        workspace: SimulatedServer.workspace, user: Self.memberName(member), role: role)
                } else {
                    try await store.removeMember(workspace: SimulatedServer.workspace, user: Self.memberName(member))
                }
            } catch { note("membership: \(error)") }
        }
    }

    /// What an owner does in a store, offline or not: and what others try, or do to leave.
    private func setRole(_ device: SimulatedDevice, _ random: inout SplitMix64) throws {
        guard let store = running(device) else { return }
        tolerating(device) {
            let members = try store.read { try $0.members() }.filter(\.isListed)
            guard !members.isEmpty else { return }
            let role = random.chance(1, in: 4) ? nil : random.pick(Role.allCases)
            let member = random.pick(members)
            if let touched = Int(member.name.dropFirst(7)) { enrolments.touched.insert(touched) }
            note("\(device.name) makes \(member.name) \(role?.name ?? "leave")")
            try store.write { try $0.setRole(of: member.member, to: role) }
        }
        try takeDownWork(of: device)
    }

    // MARK: Crashes and copies

    private func crash(_ device: SimulatedDevice, cutsPower: Bool, _ random: inout SplitMix64) throws {
        note("\(device.name) \(cutsPower ? "loses power" : "is killed")")
        if cutsPower { device.cutPower(&random) } else { device.kill() }
        device.stopSyncing()
        try cameBack(device, mayHaveForgotten: cutsPower && !device.isFullySynchronous)
    }

    /// After the disk was changed under a device: looks what is there.
    private func cameBack(_ device: SimulatedDevice, mayHaveForgotten: Bool) throws {
        let isFull = device.machine.faults.isFull
        device.machine.faults.isFull = false
        defer { device.machine.faults.isFull = isFull }
        let store = try device.running()
        let held = try device.audit { connection in
            lastActions[device.number] = try Audit.work(inStore: connection, afterAction: 0).last
            return try Audit.work(inStore: connection)
        }
        device.isConnected = try store.syncLink() != nil
        let missing = ledger.waiting(on: device.number).filter { !held.contains($0) && device.owes.contains($0) }
        if !mayHaveForgotten, let first = missing.first {
            violate(.local, "\(device.name) lost \(missing.count) changes in a crash, \(shortName(first.action)) first")
        }
        device.owes.formIntersection(held)
        if mayHaveForgotten { try forgetWhatNobodyHolds() }
    }

    private func restore(_ device: SimulatedDevice, onlyDatabase: Bool, _ random: inout SplitMix64) throws {
        guard let image = device.backups.randomElement(using: &random) else { return }
        note("\(device.name) is put back to an old copy\(onlyDatabase ? " of its database" : "")")
        device.shutDown()
        let database = device.folder.database
        device.machine.restore(image, only: { !onlyDatabase || $0.hasPrefix(database) })
        device.stopSyncing()
        try cameBack(device, mayHaveForgotten: true)
    }

    private func copy(_ device: SimulatedDevice, _ random: inout SplitMix64) throws {
        guard !device.machine.process.isDead, device.machine.file(device.folder.database) != nil else { return }
        let copy = SimulatedDevice(
            number: devices.count, member: device.member, token: device.token,
            isFullySynchronous: device.isFullySynchronous, seed: random.next(), vfs: vfs, scheduler: scheduler,
            cryptography: cryptography)
        note("\(device.name) is copied to \(copy.name)")
        var image: SimulatedMachine.Image = [:]
        for (path, data) in device.machine.image {
            image["/\(copy.name)" + path.dropFirst(device.name.count + 1)] = data
        }
        copy.machine.receive(image)
        copy.code = device.code
        devices.append(copy)
        try cameBack(copy, mayHaveForgotten: true)
        // It has the same key, and is ended with it.
        copy.key = try copy.running().signingKey().publicKey
    }

    // MARK: The server

    private func startServer() {
        do {
            try server.start()
        } catch {
            note("the server does not start: \(error)")
        }
    }

    private func crashServer(cutsPower: Bool, _ random: inout SplitMix64) throws {
        note("the server \(cutsPower ? "loses power" : "is killed")")
        serverAuditor = nil
        if cutsPower { server.cutPower(&random) } else { server.kill() }
        let isFull = server.machine.faults.isFull
        server.machine.faults.isFull = false
        defer { server.machine.faults.isFull = isFull }
        try server.start()
        try checkAcknowledged()
    }

    func checkAcknowledged() throws {
        let held = try auditServer { try Audit.work(onServer: $0) }
        let missing = ledger.acknowledged(in: server.life).filter { !held.contains($0) }
        guard let first = missing.first else { return }
        // What the feed has by its header alone was refused after it had been taken in.
        violate(.acknowledged, "the server lost \(missing.count) changes, \(shortName(first.action)) first")
    }

    private func restoreServer(_ random: inout SplitMix64) throws {
        guard let image = server.backups.randomElement(using: &random) else { return }
        // Nor while somebody comes, whose account would be gone before they hear of it.
        guard enrolments.asking == 0 else { return }
        note("the server is put back to an old copy")
        serverAuditor = nil
        server.restore(image)
        let isFull = server.machine.faults.isFull
        server.machine.faults.isFull = false
        defer { server.machine.faults.isFull = isFull }
        try server.start()
        feeds.startOver()
        reveals = RevealAuditor()
        enrolments.codes.removeAll()
        room = nil
        let held = try auditServer { try Audit.work(onServer: $0) }
        ledger.forgetAcknowledgements(but: held, life: server.life)
        // What was revealed since is not any more, and is removed where only the reveal had brought it.
        if plan.hasRounds { hasSomebodyLostAccess = true }
        try forgetWhatNobodyHolds()
    }

    /// Reads the server's database beside the program.
    func auditServer<T>(_ body: (Connection) throws -> T) throws -> T {
        try server.machine.faults.suspended {
            if let serverAuditor, serverAuditor.process === server.machine.process {
                return try body(serverAuditor.connection)
            }
            let connection = try SimulatedDevice.connect("/server/server.sqlite", vfs)
            serverAuditor = (server.machine.process, connection)
            return try body(connection)
        }
    }

    private func auditFeeds() throws {
        guard server.isUp else { return }
        try auditServer { connection in
            if let problem = try feeds.audit(connection, cryptography) { violate(.positions, problem) }
        }
    }

    // MARK: What is owed

    /// What no device and no server holds after a disk was lost or put back is gone: nobody can bring it back.
    ///
    /// - Parameter candidates: Only of these.
    func forgetWhatNobodyHolds(among candidates: Set<Work>? = nil) throws {
        var held: Set<Work> = []
        for device in devices where !device.isLost {
            if device.machine.process.isDead || device.store == nil {
                device.machine.faults.disarm()
                let isFull = device.machine.faults.isFull
                device.machine.faults.isFull = false
                _ = try device.running()
                device.machine.faults.isFull = isFull
                device.stopSyncing()
            }
            held.formUnion(try device.audit { try Audit.work(inStore: $0) })
        }
        if server.machine.process.isDead {
            serverAuditor = nil
            server.kill()
        }
        if !server.isUp {
            try server.machine.faults.suspended { try server.start() }
        }
        held.formUnion(try auditServer { try Audit.work(onServer: $0) })
        for entry in ledger.owed() where !held.contains(entry.work) && candidates?.contains(entry.work) ?? true {
            if entry.acknowledgedIn == server.life {
                violate(
                    .acknowledged,
                    "\(shortName(entry.work.action)) of device-\(entry.device) was acknowledged and is nowhere")
            }
            ledger.giveUp(entry.work)
        }
    }

    func check(_ device: SimulatedDevice) throws {
        guard let store = running(device) else { return }
        try device.machine.faults.suspended {
            for problem in try store.check().problems { violate(.integrity, "\(device.name): \(problem)") }
        }
    }
}
