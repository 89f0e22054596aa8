/// Counts what goes over the network, with everything that HTTP adds, by standing in between.
struct BytesOnTheWire {
    private let step: Step

    init(_ step: Step) { self.step = step }

    func run() async throws {
        let workload = Workload(records: step.count)
        let server = try await BenchServer(in: step.folder, deviceCount: 2)
        let relay = try CountingRelay(to: server.port)
        func device(_ name: String) async throws -> BenchDevice {
            try await BenchDevice.connected(
                name, in: step.folder, url: "http://127.0.0.1:\(relay.port)", token: server.nextToken())
        }
        let (first, second) = (try await device("first"), try await device("second"))
        let writer = try WorkloadWriter(first.store, workload)
        try writer.importDocuments()
        var facts: [(key: String, value: Double)] = []
        func count(_ name: String, _ body: () async throws -> Void) async throws {
            _ = relay.take()
            try await body()
            let bytes = relay.take()
            facts += [("\(name)_up", Double(bytes.up)), ("\(name)_down", Double(bytes.down))]
        }
        try await count("documents_push") { try await first.sync() }
        try await count("documents_pull") { try await second.sync() }
        try writer.write(workload.records, batch: LocalWriting.batch)
        try await count("push") { try await first.sync() }
        try await count("pull") { try await second.sync() }
        try await count("nothing") { try await second.sync() }
        try server.stop()
        try step.report(Sample("bytes", count: step.count, seconds: 0, facts: facts))
    }
}
