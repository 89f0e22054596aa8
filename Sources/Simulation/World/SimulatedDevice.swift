import AnnotationModel
import ChangeLog
import LocalStore
import SQLiteBinding

/// An analyst's device and what runs on it: the real store and sync client.
final class SimulatedDevice: @unchecked Sendable {
    let number: Int
    let member: Int
    /// Empty for a device that has not been let in.
    var token: String
    /// What it signs with, once it has shown it to a server.
    var key: PublicKey?
    /// With which it came or tried to.
    var code: SimulatedCode?
    /// The operator has given it another token after it was ended.
    var isReadmitted = false
    let machine: SimulatedMachine
    let line: SimulatedLine
    /// Whether every commit waits for the disk; if not, a power cut may take the last ones.
    let isFullySynchronous: Bool
    private let vfs: SimulatedVFS
    private let scheduler: Scheduler
    private let cryptography: any CryptographyProvider
    /// Milliseconds by which its clock is off.
    var clockOffset: Int64 = 0

    private(set) var store: LocalStore?
    /// A second process on the same store.
    private(set) var second: LocalStore?
    var isConnected = false
    /// Layers in which chains of others wait for their makers, as the last sync said.
    var awaitingMakers: Set<LayerID> = []
    /// Which of its processes sync: the first, the second.
    var isSyncing = [false, false]
    /// What keeps the store current until it is stopped, and whether people want it to.
    var watch: SimulatedWatch?
    var wantsWatch = false
    /// A whole machine, as a backup of it has it.
    var backups: [SimulatedMachine.Image] = []
    /// Work that was made here and has not been put back since.
    var owes: Set<Work> = []
    /// Gone for good.
    var isLost = false
    private var auditor: Connection?

    init(
        number: Int, member: Int, token: String, isFullySynchronous: Bool, seed: UInt64, vfs: SimulatedVFS,
        scheduler: Scheduler, cryptography: any CryptographyProvider
    ) {
        self.number = number
        self.member = member
        self.token = token
        self.isFullySynchronous = isFullySynchronous
        self.vfs = vfs
        self.scheduler = scheduler
        self.cryptography = cryptography
        machine = SimulatedMachine(name: "device-\(number)")
        line = SimulatedLine(seed: seed)
        vfs.add(machine)
    }

    var name: String { machine.name }
    var folder: StoreFolder { StoreFolder(path: "/\(machine.name)") }

    private var options: LocalStore.Options {
        let scheduler = self.scheduler
        var options = LocalStore.Options(
            cryptography: cryptography,
            clock: { [unowned self] in SimulatedServer.epoch + scheduler.now + clockOffset })
        options.vfs = vfs.name
        options.files = SimulatedFileSystem(machine)
        options.isFullySynchronous = isFullySynchronous
        return options
    }

    /// The running store, started if need be.
    func running() throws -> LocalStore {
        if let store, !machine.process.isDead { return store }
        shutDown()
        if machine.process.isDead { machine.kill() }
        let opened =
            machine.file(folder.database) == nil
            ? try LocalStore.create(in: folder, memberName: "member \(member)", title: "Local", options: options)
            : try LocalStore.open(folder, options: options)
        store = opened
        return opened
    }

    func startSecond() throws {
        guard second == nil, store != nil else { return }
        second = try LocalStore.open(folder, options: options)
    }

    /// One of the processes that are at work on the store.
    func anyStore(_ random: inout SplitMix64) throws -> LocalStore {
        let first = try running()
        if let second, random.chance(1, in: 2) { return second }
        return first
    }

    /// Whether any of its processes syncs.
    var isBusy: Bool { isSyncing.contains(true) }

    func stopSyncing() {
        watch?.task?.cancel()
        watch = nil
        isSyncing = [false, false]
    }

    /// Ends the program in good order.
    func shutDown() {
        watch?.task?.cancel()
        auditor = nil
        second = nil
        store = nil
    }

    func kill() {
        machine.kill()
        shutDown()
    }

    func cutPower(_ random: inout SplitMix64) {
        machine.cutPower(&random)
        shutDown()
    }

    /// Reads the database beside the store, without disturbing it.
    func audit<T>(_ body: (Connection) throws -> T) throws -> T {
        precondition(!machine.process.isDead, "a dead machine is not audited")
        return try machine.faults.suspended {
            let connection = try auditor ?? Self.connect(folder.database, vfs)
            auditor = connection
            return try body(connection)
        }
    }

    static func connect(_ path: String, _ vfs: SimulatedVFS) throws -> Connection {
        var options = Connection.Options()
        options.vfs = vfs.name
        options.createsFile = false
        return try Connection(path: path, options: options)
    }
}
