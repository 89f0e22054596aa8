import AnnotationModel
import ChangeLog
import Cryptography
import HTTPServing
import SQLiteBinding
import ServerStore
import SyncServer

/// The server's machine and what runs on it: the real service on the real store.
final class SimulatedServer: @unchecked Sendable {
    static let workspace = "Team"
    let machine = SimulatedMachine(name: "server")
    private let vfs: SimulatedVFS
    private let scheduler: Scheduler
    private let cryptography: any CryptographyProvider
    private let network: SimulatedNetwork
    private(set) var store: SQLiteServerStore?
    /// Counts restorations from backups: what was acknowledged in another life is not owed by this one.
    private(set) var life = 0
    var backups: [SimulatedMachine.Image] = []
    /// The server's own clock: milliseconds since 1970, away from the true time.
    var clockOffset: Int64 = 0
    /// What its clock says.
    var now: Int64 { Self.epoch + scheduler.now + clockOffset }

    /// How many requests the program is at.
    private(set) var requestCount = Counter()

    final class Counter { var count = 0 }

    /// Sees every event on its way to a listener.
    var inspectEvent: (SimulatedStream, [UInt8]) -> Void = { _, _ in }

    init(
        vfs: SimulatedVFS, scheduler: Scheduler, cryptography: any CryptographyProvider, network: SimulatedNetwork
    ) {
        self.vfs = vfs
        self.scheduler = scheduler
        self.cryptography = cryptography
        self.network = network
        vfs.add(machine)
    }

    var isUp: Bool { store != nil && !machine.process.isDead }

    /// Starts the program, which finds what the disk kept.
    func start() throws {
        stop()
        let scheduler = self.scheduler
        let store = try SQLiteServerStore(
            folder: "/server", creates: true, isServing: false, cryptography: cryptography,
            clock: { [unowned self] in now }, vfs: vfs.name, watchesFiles: false,
            queues: { _ in
                // Later, never at once: so that jobs gather and share a commit.
                WorkQueue { work in scheduler.schedule(in: 1) { work() } }
            })
        self.store = store
        let service = SyncService(
            store: store, cryptography: cryptography,
            clock: { [unowned self] in now }, liveLimits: Self.liveLimits,
            livePace: livePace, passwords: Self.passwords(scheduler), log: { _ in })
        network.streams = SimulatedStreams(machine.process, scheduler: scheduler, send: inspectEvent)
        let process = machine.process
        let requests = Counter()
        requestCount = requests
        network.handle = { request, reply in
            if process.isDead { return reply(nil) }
            requests.count += 1
            scheduler.start { [reply = Reply(reply), requests = Requests(requests)] in
                let answer = await service.handle(request)
                requests.counter.count -= 1
                // A process that ended has sent nothing.
                reply.give(process.isDead ? nil : answer)
            }
        }
    }

    /// Little may wait for a listener, so that it overflows.
    static let liveLimits: LiveLimits = {
        var limits = LiveLimits()
        limits.unreadBytesMax = 300
        return limits
    }()

    private var livePace: LivePace {
        var pace = LivePace()
        pace.executor = scheduler
        pace.sleep = { [scheduler] in try await scheduler.sleep(Int64($0 * 1000)) }
        return pace
    }

    /// What scrypt is for, without its work.
    private static func passwords(_ scheduler: Scheduler) -> PasswordHashing {
        PasswordHashing(
            hash: { "kept of " + $0 }, matches: { $1 == "kept of " + $0 },
            run: { work in scheduler.schedule(in: 100) { work() } })
    }

    static let epoch: Int64 = 1_700_000_000_000

    private struct Reply: @unchecked Sendable {
        let give: (HTTPReply?) -> Void
        init(_ give: @escaping (HTTPReply?) -> Void) { self.give = give }
    }

    private struct Requests: @unchecked Sendable {
        let counter: Counter
        init(_ counter: Counter) { self.counter = counter }
    }

    /// Takes no requests any more; those that it is at go on to their end.
    func drain() {
        network.handle = nil
        network.streams?.end()
        network.streams = nil
    }

    func stop() {
        drain()
        store = nil
    }

    func kill() {
        machine.kill()
        stop()
    }

    func cutPower(_ random: inout SplitMix64) {
        machine.cutPower(&random)
        stop()
    }

    func restore(_ image: SimulatedMachine.Image) {
        machine.restore(image)
        life += 1
        stop()
    }
}
