import AnnotationModel
import ChangeLog
import CommandLine
import LocalStore
import SyncClient

/// Single edits by several devices at once, each durable on the server before the next.
///
/// Server and clients are processes of their own, as the peers were measured. Every device holds all records.
struct Editing {
    static let clientCount = 4
    static let editCount = 1000

    private let step: Step

    init(_ step: Step) { self.step = step }

    func run() async throws {
        let workload = Workload(records: step.count)
        let server = try await BenchServer(in: step.folder, deviceCount: Self.clientCount)
        var devices: [BenchDevice] = []
        var tokens: [String] = []
        for number in 0..<Self.clientCount {
            let token = server.nextToken()
            tokens.append(token)
            devices.append(
                try await BenchDevice.connected("client-\(number)", in: step.folder, url: server.url, token: token))
        }
        let writer = try WorkloadWriter(devices[0].store, workload)
        try writer.importDocuments()
        try writer.write(workload.records, batch: LocalWriting.batch)
        for device in devices { try await device.sync() }
        for reads in [false, true] {
            try step.report(try measure(reads: reads, server, tokens))
            for _ in 0..<2 { for device in devices { try await device.sync() } }
            try BenchDevice.requireEqual(devices)
        }
        try server.stop()
    }

    private func measure(reads: Bool, _ server: BenchServer, _ tokens: [String]) throws -> Sample {
        let clients = try tokens.enumerated().map { number, token in
            try ChildProcess.ofThisProgram(
                [
                    "step", EditingClient.stepName, "--n", "\(step.count)", "--folder",
                    "\(step.folder)/client-\(number)",
                    "--server", server.url, "--token", token, "--client", "\(number)",
                ] + (reads ? ["--reads"] : []))
        }
        for client in clients { _ = try client.expectLine() }
        let serverBefore = server.processorSeconds
        let watch = Stopwatch()
        for client in clients { try client.writeLine("go") }
        var latencies: [Double] = []
        var clientSeconds = 0.0
        for client in clients {
            let numbers = try client.expectLine().split(separator: " ").compactMap { Double($0) }
            clientSeconds += numbers.first ?? 0
            latencies += numbers.dropFirst()
        }
        let seconds = watch.seconds
        let serverSeconds = server.processorSeconds - serverBefore
        for client in clients where client.end() != 0 { throw BenchError("an editing client failed") }
        guard latencies.count == Self.editCount else {
            throw BenchError("\(latencies.count) edits instead of \(Self.editCount)")
        }
        return Sample(
            reads ? "edits-sync" : "edits-push", count: Self.editCount, seconds: seconds,
            facts: [
                ("milliseconds_p50", latencies.percentile(0.5) * 1000),
                ("milliseconds_p99", latencies.percentile(0.99) * 1000),
                ("clients_processor_seconds", clientSeconds), ("server_processor_seconds", serverSeconds),
                ("server_peak_memory_bytes", server.peakMemory),
            ])
    }
}

/// One of the editing devices: makes its share of the edits one by one, and says what processor time all of them
/// took and how long each took until the server held it durably.
struct EditingClient {
    static let stepName = "editing-client"

    private let step: Step
    private let number: Int
    /// Whether each edit is a whole sync, or its push alone.
    private let reads: Bool

    init(_ step: Step) throws {
        self.step = step
        number = try step.values.integer("client", in: 0...1000) ?? 0
        reads = step.values.flag("reads")
    }

    func run() async throws {
        let store = try BenchStore.open(StoreFolder(path: step.folder + "/" + StoreFolder.name))
        let device = BenchDevice(
            store, url: step.values.value("server") ?? "", token: step.values.value("token") ?? "")
        let layer = try store.read { try $0.ownLayer(.personal) }
        // Ids made in one sitting count up: sorted they are in the workload's order.
        let records = try store.read { try $0.annotations().map(\.info.id) }.sorted()
        guard records.count == step.count else { throw BenchError("the editing device has \(records.count) records") }
        // The second thousand for the second measurement, so that no edit is made twice.
        let all = WorkloadEdit.edits(
            of: step.count, edits: 2 * Editing.editCount, clients: Editing.clientCount, seed: Workload.seed)
        let edits = all[(reads ? Editing.editCount : 0)...].prefix(Editing.editCount).filter { $0.client == number }
        // The connection is there before the clock runs, as a client that has synced keeps it.
        try await device.sync()
        let link = try store.syncLink()
        try step.say("ready")
        _ = readLine()
        let processorBefore = Machine.processorSeconds()
        var latencies: [Double] = []
        for edit in edits {
            latencies.append(
                try await Stopwatch.measure {
                    try store.write { transaction in
                        try transaction.set(
                            Field.Annotation.note, of: records[edit.record], in: layer, to: .text(edit.body))
                    }
                    if reads { try await device.sync() } else { try await push(device, link) }
                })
        }
        let processor = Machine.processorSeconds() - processorBefore
        try step.say(([processor] + latencies).map { "\($0)" }.joined(separator: " "))
    }

    private func push(_ device: BenchDevice, _ link: SyncLink?) async throws {
        guard let link else { throw BenchError("the editing device is not connected") }
        let segments = try device.store.outgoing()
        let reply = try await device.transport.push(PushRequest(workspace: link.workspace, segments: segments))
        let outcome = try device.store.record(reply.results, of: segments)
        guard outcome.acceptedCount == 1 else { throw BenchError("the server did not take an edit") }
    }
}
