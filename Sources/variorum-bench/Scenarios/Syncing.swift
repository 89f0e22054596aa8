import ChangeLog
import CommandLine
import LocalStore

/// The way of the workload through a server, as the peers were measured: the first device pushes, the second pulls, the
/// second adds some and pushes, the first pulls those.
///
/// The server is a process of its own. Both devices live in this process, one of them at work at a time.
struct Syncing {
    private static let moreCount = 1000
    private static let idleSyncs = 200

    private let step: Step
    /// Annotations in one transaction.
    private let batch: Int

    init(_ step: Step, batch: Int) {
        self.step = step
        self.batch = batch
    }

    func run() async throws {
        let isSingle = batch == 1
        let workload = Workload(records: step.count, more: isSingle ? 0 : Self.moreCount)
        let server = try await BenchServer(in: step.folder, deviceCount: 3)
        let first = try await device("first", server)
        let second = try await device("second", server)
        let writer = try WorkloadWriter(first.store, workload)
        try writer.importDocuments()
        try await first.sync()
        try await second.sync()
        try writer.write(workload.records, batch: batch)
        let documentBytes = try server.databaseBytes()

        let push = try await Stopwatch.measure { try await first.sync() }
        try step.report(
            Sample(
                isSingle ? "push-single" : "push", count: step.count, seconds: push,
                facts: [
                    ("peak_memory_bytes", Machine.peakMemory()), ("server_peak_memory_bytes", server.peakMemory),
                    ("server_database_bytes_added", try server.databaseBytes() - documentBytes),
                ]))
        let pull = try await Stopwatch.measure { try await second.sync() }
        try step.report(Sample(isSingle ? "pull-single" : "pull", count: step.count, seconds: pull))
        try BenchDevice.requireEqual([first, second])
        if isSingle {
            try server.stop()
            return
        }
        try await nothing(second)
        try await exchange(first, second, workload, writer)
        try await pullAll(server)
    }

    private func device(_ name: String, _ server: BenchServer) async throws -> BenchDevice {
        try await BenchDevice.connected(name, in: step.folder, url: server.url, token: server.nextToken())
    }

    /// What a sync costs that has nothing to do: reading the store, one request, noting when it was.
    private func nothing(_ device: BenchDevice) async throws {
        var times: [Double] = []
        for _ in 0..<Self.idleSyncs {
            times.append(try await Stopwatch.measure { try await device.sync() })
        }
        try step.report(
            Sample(
                "nothing", count: 1, seconds: times.median,
                facts: [("milliseconds", times.median * 1000), ("milliseconds_p99", times.percentile(0.99) * 1000)]))
    }

    private func exchange(
        _ first: BenchDevice, _ second: BenchDevice, _ workload: Workload, _ writer: WorkloadWriter
    ) async throws {
        let more = try WorkloadWriter(second.store, workload, after: writer)
        try more.write(workload.more, batch: batch)
        let push = try await Stopwatch.measure { try await second.sync() }
        let pull = try await Stopwatch.measure { try await first.sync() }
        try BenchDevice.requireEqual([first, second])
        try step.report(
            Sample(
                "exchange", count: workload.more.count, seconds: push + pull,
                facts: [("push_milliseconds", push * 1000), ("pull_milliseconds", pull * 1000)]))
    }

    private func pullAll(_ server: BenchServer) async throws {
        var sample = try NewReplica.measure(in: step.folder, at: server, token: server.nextToken())
        sample.count = step.count
        sample.facts.append(("server_peak_memory_bytes", server.peakMemory))
        try step.report(sample)
        try server.stop()
    }
}

/// A new device in a process of its own, whose memory is a client's and nothing else.
enum NewReplica {
    static let stepName = "new-replica"

    private static func name(_ usesSnapshots: Bool) -> String { usesSnapshots ? "from-snapshot" : "new" }

    /// Starts it, and gives what it measured when it holds everything.
    ///
    /// - Parameter usesSnapshots: Whether it begins from snapshots, and is measured without the history behind them.
    static func measure(
        in folder: String, at server: BenchServer, token: String, usesSnapshots: Bool = false
    ) throws -> Sample {
        let child = try ChildProcess.ofThisProgram(
            ["step", stepName, "--folder", folder, "--server", server.url, "--token", token]
                + (usesSnapshots ? ["--snapshots"] : []))
        guard let sample = Sample(line: try child.expectLine()), child.end() == 0 else {
            throw BenchError("the new replica did not come about")
        }
        return sample
    }

    /// Where its store is afterwards.
    static func storeFolder(in folder: String, usesSnapshots: Bool = false) -> StoreFolder {
        StoreFolder(path: "\(folder)/\(name(usesSnapshots))/\(StoreFolder.name)")
    }

    /// The new replica's process.
    static func pull(_ step: Step) async throws {
        let usesSnapshots = step.values.flag("snapshots")
        let device = try await BenchDevice.connected(
            name(usesSnapshots), in: step.folder, url: step.values.value("server") ?? "",
            token: step.values.value("token") ?? "", usesSnapshots: usesSnapshots)
        let seconds = try await Stopwatch.measure { try await device.sync() }
        try step.report(
            Sample(
                "pull-all", count: 0, seconds: seconds,
                facts: [
                    ("client_peak_memory_bytes", Machine.peakMemory()),
                    ("store_bytes", ScratchFolder.bytes(in: device.store.folder.path)),
                ]))
    }
}
