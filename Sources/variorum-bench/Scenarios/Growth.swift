import AnnotationModel
import BenchmarkResults
import ChangeLog
import CommandLine
import Glibc
import LocalStore

/// What the same work costs as a workspace grows: two stores and a server are filled up to one size after the other,
/// and measured at each.
///
/// The server is a process of its own. Where reading is measured, no other connection to the store is open, as when an
/// app opens it.
struct Growth {
    static let startName = "status-start"
    private static let idleSyncs = 200
    private static let openings = 20
    private static let searches = 51
    /// Records that hold a word of their own, at every size.
    private static let rareCount = 20
    private static let rareWord = "palimpsest"
    /// In the notes of a tenth of the annotations.
    private static let frequentWord = "court"

    private let step: Step
    private let workload = Workload()
    private let sizes: GrowthSizes
    /// Microseconds an item at the smallest size.
    private let smallest = Smallest()

    init(_ step: Step) throws {
        self.step = step
        sizes = try GrowthSizes(step.values)
    }

    private final class Smallest { var costs: [String: Double] = [:] }

    /// A store and the token of its device; opened anew for each piece of work.
    private struct Replica {
        let folder: StoreFolder
        let token: String
        let url: String

        func open() throws -> BenchDevice { BenchDevice(try BenchStore.open(folder), url: url, token: token) }
    }

    func run() async throws {
        let server = try await BenchServer(in: step.folder, deviceCount: 2)
        let (first, second) = (try await replica("first", server), try await replica("second", server))
        try await begin(first, second)
        var held = 0
        for size in sizes.values {
            try await grow(from: held, to: size, first, second)
            try await measureReading(size, first)
            try await measureWriting(size, first, second, server)
            held = size + GrowthSizes.added(at: size)
        }
        try server.stop()
    }

    private func replica(_ name: String, _ server: BenchServer) async throws -> Replica {
        let token = server.nextToken()
        let device = try await BenchDevice.connected(name, in: step.folder, url: server.url, token: token)
        return Replica(folder: device.store.folder, token: token, url: server.url)
    }

    /// Documents, and the records with the rare word.
    private func begin(_ first: Replica, _ second: Replica) async throws {
        let (device, other) = (try first.open(), try second.open())
        let writer = try WorkloadWriter(device.store, workload)
        try writer.importDocuments()
        try device.store.write { transaction in
            for number in 0..<Self.rareCount {
                _ = try transaction.create(
                    .memo, in: writer.layer, [(Field.Memo.title, .text("\(Self.rareWord) \(number)"))])
            }
        }
        try await device.sync()
        try await other.sync()
    }

    private func grow(from held: Int, to size: Int, _ first: Replica, _ second: Replica) async throws {
        let (device, other) = (try first.open(), try second.open())
        let writer = try WorkloadWriter(device.store, workload)
        try writer.findDocuments()
        for start in stride(from: held, to: size, by: Bootstrap.pushLength) {
            try writer.write(start..<min(start + Bootstrap.pushLength, size), batch: LocalWriting.batch)
            try await device.sync()
            try await other.sync()
        }
    }

    // MARK: Reading

    private func measureReading(_ size: Int, _ first: Replica) async throws {
        let openings = try (0..<Self.openings).map { _ in
            try Stopwatch.measure {
                let store = try BenchStore.open(first.folder)
                _ = try store.read { try $0.layers() }
            }
        }
        try report("growth-open", size, openings, facts: [("store_bytes", ScratchFolder.bytes(in: first.folder.path))])
        try await measureStatus(size, first)
        try measureStart(size, first)
        let device = try first.open()
        try measureSearch("growth-search", Self.frequentWord, size, device.store)
        let rare = try measureSearch("growth-search-rare", Self.rareWord, size, device.store)
        guard rare == Self.rareCount else { throw BenchError("\(rare) records hold the rare word") }
        try await device.sync()
        var idle: [Double] = []
        for _ in 0..<Self.idleSyncs { idle.append(try await Stopwatch.measure { try await device.sync() }) }
        try report("growth-nothing", size, idle)
    }

    @discardableResult
    private func measureSearch(_ name: String, _ word: String, _ size: Int, _ store: LocalStore) throws -> Int {
        var hitCount = 0
        let times = try (0..<Self.searches).map { _ in
            try Stopwatch.measure { hitCount = try store.read { try $0.search([word], limit: 50) }.count }
        }
        guard hitCount > 0 else { throw BenchError("nothing is found") }
        try report(name, size, times, facts: [("hits", Double(hitCount))])
        return hitCount
    }

    /// The command itself, so that what is measured is what it does; its output goes nowhere.
    private func measureStatus(_ size: Int, _ first: Replica) async throws {
        let nowhere = open("/dev/null", O_RDWR | O_CLOEXEC)
        guard nowhere >= 0 else { throw BenchError("/dev/null cannot be opened") }
        defer { close(nowhere) }
        let surroundings = Surroundings(
            environment: { _ in nil }, input: LineInput(fileDescriptor: nowhere, isTerminal: false),
            output: FileOutput(fileDescriptor: nowhere), errorOutput: .standardError(), currentFolder: "/",
            clock: wallTime)
        var times: [Double] = []
        for _ in 0..<Self.openings {
            var code: Int32 = 0
            times.append(
                await Stopwatch.measure {
                    code = await VariorumCommand.run(["status", "--store", first.folder.path], in: surroundings)
                })
            guard code == 0 else { throw BenchError("status failed with exit code \(code)") }
        }
        try report("growth-status", size, times)
    }

    /// The program in a process of its own, as a person calls it; nothing where no program was named.
    private func measureStart(_ size: Int, _ first: Replica) throws {
        guard let program = step.values.value("program") else { return }
        func run(_ options: [String]) throws -> String {
            let child = try ChildProcess(program, ["status", "--store", first.folder.path] + options)
            var text = ""
            while let line = child.readLine() { text += line }
            let code = child.end()
            guard code == 0 else { throw BenchError("\(program) status failed with exit code \(code)") }
            return text
        }
        let state = try run(["--json"]).filter { $0 != " " }
        guard state.contains("\"annotations\":\(size)") else {
            throw BenchError("the store does not have \(size) annotations: \(state)")
        }
        let times = try (0..<Self.openings).map { _ in try Stopwatch.measure { _ = try run([]) } }
        try report(Self.startName, size, times)
    }

    // MARK: Writing

    private func measureWriting(
        _ size: Int, _ first: Replica, _ second: Replica, _ server: BenchServer
    ) async throws {
        let (device, other) = (try first.open(), try second.open())
        let writer = try WorkloadWriter(device.store, workload)
        try writer.findDocuments()
        let singles = size..<size + GrowthSizes.singles(at: size)
        let batched = singles.upperBound..<size + GrowthSizes.added(at: size)

        var items = workload.records(singles)
        let one = try Stopwatch.measure { try writer.write(items, batch: 1) }
        try report("growth-write-one", size, items: singles.count, one)
        try await device.sync()
        try await other.sync()

        items = workload.records(batched)
        let batch = try Stopwatch.measure { try writer.write(items, batch: LocalWriting.batch) }
        try report("growth-write-batch", size, items: batched.count, batch)
        let push = try await Stopwatch.measure { try await device.sync() }
        try report(
            "growth-push", size, items: batched.count, push,
            facts: [
                ("server_database_bytes", try server.databaseBytes()), ("server_peak_memory_bytes", server.peakMemory),
            ])
        let pull = try await Stopwatch.measure { try await other.sync() }
        try report(
            "growth-pull", size, items: batched.count, pull, facts: [("peak_memory_bytes", Machine.peakMemory())])
        try BenchDevice.requireEqual([device, other])
    }

    // MARK: Reporting

    /// The median of calls of one thing.
    private func report(
        _ name: String, _ size: Int, _ times: [Double], facts: [(key: String, value: Double)] = []
    ) throws {
        try report(
            name, size, items: 1, times.median,
            facts: [("calls", Double(times.count)), ("microseconds_p90", times.percentile(0.9) * 1e6)] + facts)
    }

    private func report(
        _ name: String, _ size: Int, items: Int, _ seconds: Double, facts: [(key: String, value: Double)] = []
    ) throws {
        let cost = seconds / Double(items) * 1e6
        let least = smallest.costs[name] ?? cost
        smallest.costs[name] = least
        var sample = Sample(
            name, count: items, seconds: seconds,
            facts: [(ResultRow.costKey, cost), ("times_smallest", cost / least)] + facts)
        sample.size = size
        try step.report(sample)
    }
}

extension GrowthSizes {
    init(_ values: ArgumentValues) throws {
        do throws(ResultError) {
            try self.init(values.value("sizes") ?? "")
        } catch {
            throw UsageError(.invalidValue, in: values.commandPath, "option --sizes: \(error)")
        }
    }
}
