import AnnotationModel
import ChangeLog
import CommandLine
import LocalStore
import SyncClient
import WireFormat

/// Sixty-four analysts come back from a day without a network and sync at once, beside one who made as many changes
/// alone.
///
/// The server is a process of its own. The clients are four processes of sixteen stores: sixty-four would measure how
/// two cores switch between processes, one would have no more threads for its stores than there are cores.
struct Crowd {
    static let clientCount = 64
    static let changesPerClient = 100
    private static let processCount = 4

    private let step: Step

    init(_ step: Step) { self.step = step }

    func run() async throws {
        let total = Self.clientCount * Self.changesPerClient
        let one = try await measure("crowd-one", clients: 1, processes: 1, changes: total, in: .private)
        try step.report(one)
        for (name, kind) in [("crowd-64", LayerKind.private), ("crowd-64-reading", .personal)] {
            var sample = try await measure(
                name, clients: Self.clientCount, processes: Self.processCount, changes: Self.changesPerClient, in: kind)
            sample.facts.append(("times_one", sample.seconds / one.seconds))
            try step.report(sample)
        }
    }

    /// - Parameter kind: Of the layers that they write in: private ones nobody else reads.
    private func measure(
        _ name: String, clients: Int, processes: Int, changes: Int, in kind: LayerKind
    ) async throws -> Sample {
        let folder = ScratchFolder.subfolder(name, of: step.folder)
        let analysts = (0..<clients).map { (name: CrowdClients.name($0), role: Role.analyst) }
        let server = try await BenchServer(in: folder, users: [(BenchServer.user, .curator)] + analysts)
        let curator = try await BenchDevice.connected(
            "curator", in: folder, url: server.url, token: server.nextToken())
        try WorkloadWriter(curator.store, Workload(documentCount: CrowdClients.documentCount)).importDocuments()
        try await curator.sync()

        let share = clients / processes
        let children = try (0..<processes).map { number in
            try ChildProcess.ofThisProgram(
                [
                    "step", CrowdClients.stepName, "--n", "\(changes)", "--folder", folder, "--server", server.url,
                    "--client", "\(number * share)", "--clients", "\(share)",
                ] + (kind == .private ? ["--private"] : []))
        }
        for child in children { _ = try child.expectLine() }
        let serverBefore = server.processorSeconds
        let watch = Stopwatch()
        for child in children { try child.writeLine("go") }
        let outcomes = try children.map { try CrowdOutcome(line: $0.expectLine()) }
        let seconds = watch.seconds
        let serverSeconds = server.processorSeconds - serverBefore
        // Outside the clock everybody gets what the others pushed after they had read.
        for child in children { try child.writeLine("again") }
        for child in children where child.end() != 0 { throw BenchError("a process of the crowd failed") }
        let peakMemory = server.peakMemory
        try requireEqual(clients, in: folder)
        try server.stop()

        let pushed = outcomes.reduce(0) { $0 + $1.pushed }
        guard pushed == Double(clients * changes) else {
            throw BenchError("the crowd pushed \(Int(pushed)) changes instead of \(clients * changes)")
        }
        let facts: [(key: String, value: Double)] = [
            ("clients", Double(clients)), ("pulled_changes", outcomes.reduce(0) { $0 + $1.pulled }),
            ("clients_processor_seconds", outcomes.reduce(0) { $0 + $1.processorSeconds }),
            ("server_processor_seconds", serverSeconds), ("server_peak_memory_bytes", peakMemory),
        ]
        return Sample(name, count: clients * changes, seconds: seconds, facts: facts)
    }

    private func requireEqual(_ clients: Int, in folder: String) throws {
        let devices = try (0..<clients).map { number in
            let path = "\(folder)/\(CrowdClients.name(number))/\(StoreFolder.name)"
            return BenchDevice(try BenchStore.open(StoreFolder(path: path)), url: "", token: "")
        }
        try BenchDevice.requireEqual(devices, without: [.private])
    }
}

/// What the clients of one process did, as a line to the process that measures.
private struct CrowdOutcome {
    var pushed = 0.0
    var pulled = 0.0
    var processorSeconds = 0.0

    init() {}

    init(line: String) throws {
        let numbers = line.split(separator: " ").compactMap { Double($0) }
        guard numbers.count == 3 else { throw BenchError("a process of the crowd said '\(line)'") }
        (pushed, pulled, processorSeconds) = (numbers[0], numbers[1], numbers[2])
    }

    var line: String { "\(pushed) \(pulled) \(processorSeconds)" }
}

/// A process of the crowd: some analysts with a store and a connection each.
struct CrowdClients {
    static let stepName = "crowd-clients"
    /// Few: every store of the crowd holds them.
    static let documentCount = 10

    private let step: Step
    private let first: Int
    private let count: Int

    init(_ step: Step) throws {
        self.step = step
        first = try step.values.integer("client", in: 0...1000) ?? 0
        count = try step.values.integer("clients", in: 1...1000) ?? 1
    }

    static func name(_ number: Int) -> String { "analyst-\(number)" }

    func run() async throws {
        let workload = Workload(documentCount: Self.documentCount)
        var devices: [BenchDevice] = []
        for number in first..<first + count {
            // The first token is the curator's.
            let device = try await BenchDevice.connected(
                Self.name(number), in: step.folder, url: step.values.value("server") ?? "",
                token: BenchServer.token(1 + number))
            // Documents, and a connection that is there before the clock runs.
            try await device.sync()
            let writer = try WorkloadWriter(
                device.store, workload, in: step.values.flag("private") ? .private : .personal)
            try writer.findDocuments()
            try writer.write(number * step.count..<(number + 1) * step.count, batch: 1)
            devices.append(device)
        }
        try step.say("ready")
        _ = readLine()
        try step.say(try await syncAtOnce(devices).line)
        _ = readLine()
        for device in devices { try await device.sync() }
    }

    private func syncAtOnce(_ devices: [BenchDevice]) async throws -> CrowdOutcome {
        let processorBefore = Machine.processorSeconds()
        var outcome = try await withThrowingTaskGroup(of: SyncSummary.self) { group in
            for device in devices { group.addTask { @concurrent in try await device.sync() } }
            var outcome = CrowdOutcome()
            for try await summary in group {
                outcome.pushed += Double(summary.pushedCount)
                outcome.pulled += Double(summary.pulledCount)
            }
            return outcome
        }
        outcome.processorSeconds = Machine.processorSeconds() - processorBefore
        return outcome
    }
}
