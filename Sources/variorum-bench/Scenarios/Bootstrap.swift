import AnnotationModel
import CommandLine
import LocalStore

/// A new replica of a workspace of many annotations, beside SQLite that is given the rows of the finished store.
///
/// Server and new replica are processes of their own. The server is started anew before the replica comes, so that its
/// memory is that of serving.
struct Bootstrap {
    /// Annotations that are imported before the next push.
    static let pushLength = 50_000

    private let step: Step

    init(_ step: Step) { self.step = step }

    func run() async throws {
        let server = try await BenchServer(in: step.folder, deviceCount: 2)
        let first = try await BenchDevice.connected(
            "first", in: step.folder, url: server.url, token: server.nextToken())
        let writer = try WorkloadWriter(first.store, Workload())
        try writer.importDocuments()
        for start in stride(from: 0, to: step.count, by: Self.pushLength) {
            try writer.write(start..<min(start + Self.pushLength, step.count), batch: LocalWriting.batch)
            try await first.sync()
        }
        let pushPeak = server.peakMemory
        try server.restart()
        let token = server.nextToken()
        var sample = try NewReplica.measure(in: step.folder, at: server, token: token)
        sample.name = "bootstrap"
        sample.count = step.count
        sample.facts += [
            ("server_peak_memory_bytes", server.peakMemory), ("server_push_peak_memory_bytes", pushPeak),
            ("server_database_bytes", try server.databaseBytes()),
        ]
        try server.stop()
        let folder = NewReplica.storeFolder(in: step.folder)
        try BenchDevice.requireEqual([first, BenchDevice(try BenchStore.open(folder), url: "", token: "")])
        try step.report(try RawCopy(of: folder.database, to: step.folder + "/raw-copy.sqlite").measure(step.count))
        try step.report(sample)
    }
}
