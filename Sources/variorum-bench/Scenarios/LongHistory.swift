import AnnotationModel
import ChangeLog
import CommandLine
import LocalStore

/// A new replica of a workspace whose annotations have been edited over and over: from the feed, which has every edit, and
/// from a snapshot, which has what they come to. Then the server lets go of the edits, and a device comes back that has read none
/// of them.
struct LongHistory {
    private static let edits = 3

    private let step: Step

    init(_ step: Step) { self.step = step }

    func run() async throws {
        let server = try await BenchServer(in: step.folder, deviceCount: 4)
        let first = try await BenchDevice.connected(
            "first", in: step.folder, url: server.url, token: server.nextToken())
        let writer = try WorkloadWriter(first.store, Workload())
        try writer.importDocuments()
        try writer.write(0..<step.count, batch: LocalWriting.batch)
        try await first.sync()
        let awayToken = server.nextToken()
        let away = try await BenchDevice.connected("away", in: step.folder, url: server.url, token: awayToken)
        try await away.sync()
        let annotations = try first.store.read { try $0.annotations() }.map(\.info.id)
        for edit in 0..<Self.edits {
            for (place, annotation) in annotations.enumerated() {
                try first.store.write {
                    try $0.set(
                        Field.Annotation.note, of: annotation, in: writer.layer,
                        to: .text("note \(place), edit \(edit)"))
                }
            }
            try await first.sync()
        }
        try server.restart()
        let token = server.nextToken()
        var feed = try NewReplica.measure(in: step.folder, at: server, token: token)
        (feed.name, feed.count) = ("from-feed", step.count)
        feed.facts.append(("server_peak_memory_bytes", server.peakMemory))
        let before = try server.databaseBytes()
        let seconds = try await server.makeSnapshots()
        let bytes = try server.databaseBytes() - before
        var snapshot = try NewReplica.measure(
            in: step.folder, at: server, token: server.nextToken(), usesSnapshots: true)
        (snapshot.name, snapshot.count) = ("from-snapshot", step.count)
        snapshot.facts.append(("server_peak_memory_bytes", server.peakMemory))
        let whole = try server.databaseBytes(countsFree: false)
        let compacting = try await server.compact()
        let rest = try server.databaseBytes(countsFree: false)
        let back = BenchDevice(away.store, url: server.url, token: awayToken)
        let returning = try await Stopwatch.measure { _ = try await back.sync() }
        try server.stop()
        try BenchDevice.requireEqual(
            [first, back]
                + [false, true].map { usesSnapshots in
                    let folder = NewReplica.storeFolder(in: step.folder, usesSnapshots: usesSnapshots)
                    return BenchDevice(try BenchStore.open(folder), url: "", token: "")
                })
        try step.report(feed)
        try step.report(snapshot)
        try step.report(
            Sample("make-snapshots", count: step.count, seconds: seconds, facts: [("database_grew_bytes", bytes)]))
        try step.report(
            Sample(
                "compact", count: step.count, seconds: compacting,
                facts: [("used_before_bytes", whole), ("used_after_bytes", rest)]))
        try step.report(Sample("come-back", count: step.count, seconds: returning, facts: []))
    }
}
