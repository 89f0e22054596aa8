import AnnotationModel
import ChangeLog
import HTTPClient
import LocalStore
import SQLiteBinding
import ServerStore
import SyncClient
import SyncServer

/// One run of `StoreWatch` on a device.
///
/// `@unchecked Sendable`: a simulation runs on one thread.
final class SimulatedWatch: @unchecked Sendable {
    var task: Task<Void, Never>?
    /// The server's when the sync began that ends next.
    var life: Int
    /// The server was said to know no live updates: it will be asked again late.
    var polls = false
    var syncCount = 0

    init(life: Int) { self.life = life }
}

extension World {
    /// Milliseconds from the end of all faults until whoever watches is current: a stream that has died silently is noticed
    /// after a minute, and the longest pause before another try is one, too.
    private static let catchUpMax: Int64 = 240_000
    /// The longest time without any sync, and what one takes.
    private static let askAgainMax: Int64 = 620_000
    /// Until news is everywhere then.
    private static let newsMax: Int64 = 20_000
    /// The same without live updates.
    private static let polledNewsMax: Int64 = 80_000

    /// Starts to keep a device's store current, as `variorum watch` does.
    func watch(_ device: SimulatedDevice, _ conditions: NetworkConditions, _ random: inout SplitMix64) {
        guard device.isConnected, !device.isSyncing[0], let store = running(device) else { return }
        note("\(device.name) is watched")
        device.wantsWatch = true
        device.line.conditions = conditions
        device.line.random = SplitMix64(seed: random.next())
        let transport = transport(of: device)
        let line = device.line
        var surroundings = StoreWatch.Surroundings()
        surroundings.executor = scheduler
        surroundings.sleep = { [scheduler] seconds in
            try await scheduler.sleep(Int64(seconds * 1000)) { line.asleepUntil }
        }
        surroundings.secondsSlept = { Double(line.slept) / 1000 }
        surroundings.generator = SplitMix64(seed: random.next())
        let watch = StoreWatch(
            store: store,
            client: client(store, transport),
            live: transport, pollMilliseconds: 2000, surroundings: surroundings)
        let simulated = SimulatedWatch(life: server.life)
        device.watch = simulated
        device.isSyncing[0] = true
        let process = device.machine.process
        simulated.task = scheduler.start { [self] in
            let (never, end) = AsyncStream<Never>.makeStream()
            do {
                try await watch.run(until: { for await _ in never {} }) { report in
                    if !process.isDead { heard(report, device, simulated) }
                }
                note("\(device.name): the watch has ended")
            } catch {
                if !process.isDead { failed(device, error, conditions) }
            }
            end.finish()
            guard device.watch === simulated else { return }
            device.watch = nil
            device.isSyncing[0] = false
        }
    }

    private func heard(_ report: StoreWatch.Report, _ device: SimulatedDevice, _ watch: SimulatedWatch) {
        switch report {
        case .listening:
            note("\(device.name) listens")
            watch.polls = false
        case .noLiveUpdates:
            note("\(device.name) hears that there are no live updates")
            watch.polls = true
        case .notListening(let reason, let seconds):
            note("\(device.name) does not listen for \(Int(seconds)) s: \(reason)")
        case .synced(let summary):
            note("\(device.name) has synced by itself: \(Self.told(summary))")
            watch.syncCount += 1
            defer { watch.life = server.life }
            // An answer that was given before proves nothing of now.
            let conditions = device.line.conditions
            guard watch.life == server.life, conditions.replaysReply == 0, conditions.cutsReply == 0 else { return }
            try? takeDownAcknowledgements(of: device)
        case .full(let seconds): note("\(device.name) finds no room, and waits for \(Int(seconds)) s")
        case .syncFailed(let reason, let seconds):
            note("\(device.name) could not sync, and waits for \(Int(seconds)) s: \(reason)")
        }
    }

    func takeDownAcknowledgements(of device: SimulatedDevice) throws {
        let known = try device.audit { try Audit.acknowledged(ledger.waiting(on: device.number), in: $0) }
        ledger.acknowledge(known, device: device.number, life: server.life)
    }

    // MARK: What listeners hear

    /// Looks at an event that the server sends.
    func inspectEvent(_ event: [UInt8], on stream: SimulatedStream) {
        inspect(event, goingTo: stream.member)
        var parser = EventParser()
        for event in parser.events(in: event) ?? [] {
            guard case .moved(let layer, _) = LiveEvent(event) else { continue }
            let mayRead = try? auditServer { try Audit.mayRead(layer, byToken: stream.token, at: server.now, on: $0) }
            if mayRead == false {
                violate(.live, "member \(stream.member) was told of layer \(shortName(layer)), and may not read it")
            }
            let name = layer.description
            if let last = stream.lastMoves[name], scheduler.now - last < SimulatedServer.liveLimits.restMilliseconds {
                violate(.live, "layer \(shortName(layer)) was told of twice within \(scheduler.now - last) ms")
            }
            stream.lastMoves[name] = scheduler.now
        }
    }

    /// Whoever may not listen any more is cut off by the next look at access, unless the server could not look.
    func auditStreams() throws {
        guard server.isUp, let streams = network.streams else { return }
        let faults = server.machine.faults.injectedCount
        for stream in streams.open {
            if try auditServer({ try Audit.mayEnter(byToken: stream.token, on: $0) }) {
                stream.strangerSince = nil
            } else if let since = stream.strangerSince, since.faults == faults {
                if scheduler.now - since.time > 2 * SimulatedServer.liveLimits.checkMilliseconds {
                    violate(.live, "member \(stream.member), who has left, still listens")
                }
            } else {
                stream.strangerSince = (scheduler.now, faults)
            }
        }
    }

    private func revealedRounds() throws -> Int64 {
        try auditServer { connection in
            let count = try connection.statement(
                """
                SELECT count(*) FROM round WHERE revealed_at IS NOT NULL
                    OR (reveal_rule = 'date' AND opened_at IS NOT NULL AND reveal_at <= ?1)
                """)
            count.bind(server.now, at: 1)
            defer { count.reset() }
            return try count.step() ? count.int64(0) : 0
        }
    }

    // MARK: Becoming current

    /// Without any sync but those that watches begin, all who watch become current, hear news, and come to rest.
    func letWatchesCatchUp() throws {
        guard devices.contains(where: { !$0.isLost && $0.wantsWatch }) else { return }
        try startPrograms()
        try giveTokensAgain()
        var random = SplitMix64(seed: plan.seed ^ 0x3A7C)
        // Who finds their program ended starts it again.
        for device in devices where !device.isLost && device.wantsWatch && device.watch == nil {
            watch(device, .good, &random)
        }
        scheduler.run(for: Self.catchUpMax)
        // Who was told last that nothing is new, by an old answer, asks again of itself; so does who may read more since the
        // operator changed a role, which is no event.
        let hasNewRoles = enrolments.membershipsChangedAt.map { scheduler.now < $0 + Self.askAgainMax } ?? false
        if hasNewRoles || devices.contains(where: { $0.watch != nil && $0.line.heardOldNews }) {
            scheduler.run(for: Self.askAgainMax)
        }
        try auditStreams()
        try expectCurrent("after \(Self.catchUpMax / 1000) s")
        guard violation == nil else { return }
        try bringNews(&random)
        scheduler.run(for: Self.newsMax)
        try expectCurrent("of news", isPolledToo: false)
        scheduler.run(for: Self.polledNewsMax - Self.newsMax)
        try expectCurrent("of news, by asking")
        let watches = devices.compactMap(\.watch).filter { !$0.polls }
        let counts = watches.map(\.syncCount)
        let revealed = try revealedRounds()
        let positions = try auditServer { try Audit.layers($0).map(\.position) }
        scheduler.run(for: 60_000)
        // A round that is revealed by date is news, too, and so is a push that found no room when it was sent and comes once more,
        // minutes later, when there is some.
        guard try revealedRounds() == revealed else { return }
        guard try auditServer({ try Audit.layers($0).map(\.position) }) == positions else { return }
        // One may come of itself: the longest time without any sync is ten minutes.
        for (watch, count) in zip(watches, counts) where watch.syncCount > count + 1 {
            violate(.live, "where nothing happens a watch synced \(watch.syncCount - count) times in a minute")
        }
    }

    private func bringNews(_ random: inout SplitMix64) throws {
        let present = try membersPresent()
        guard
            let device = devices.first(where: {
                !$0.isLost && $0.isConnected && $0.watch != nil && present.contains($0.member)
            })
        else { return }
        note("\(device.name) brings news")
        for _ in 0..<3 { try write(device, &random) }
    }

    private func expectCurrent(_ when: String, isPolledToo: Bool = true) throws {
        guard let store = server.store else { return }
        for device in devices where !device.isLost {
            guard let watch = device.watch, isPolledToo || !watch.polls else { continue }
            let box = HeadsBox()
            let hash = cryptography.sha256([UInt8](device.token.utf8))
            guard let link = try device.running().syncLink() else { continue }
            try waiting {
                guard let account = try await store.account(tokenHash: hash) else { return }
                box.heads = try await store.heads(workspace: link.workspace, for: account)
            }
            let points = try device.running().feedPoints()
            for head in box.heads?.layers ?? [] {
                let point = FeedPoint(epoch: head.epoch, position: head.position)
                if points[head.layer]?.covers(point) != true {
                    violate(
                        .live,
                        "\(device.name) watches and is not current \(when): layer \(shortName(head.layer)) stands at "
                            + "\(head.position), read to \(points[head.layer]?.position ?? 0)")
                }
            }
        }
    }

    private final class HeadsBox: @unchecked Sendable { var heads: Heads? }
}
