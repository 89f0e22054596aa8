import AnnotationModel
import ChangeLog
import CommandLine
import Cryptography
import HTTPClient
import LocalStore
import SyncClient

/// How long a change takes from one device into another's store while many listen, and what idle listeners cost.
///
/// Server and listeners are processes of their own; the two devices that are at work are in this one.
struct LiveUpdates {
    static let changeCount = 200
    static let listenerCount = 1000
    static let idleCount = 5000
    /// Longer than a server takes to ping everybody once.
    static let idleSeconds = 30

    private let step: Step

    init(_ step: Step) { self.step = step }

    func run() async throws {
        try await measureLatency()
        try await measureMemory("live-memory", isEncrypted: false)
        try await measureMemory("live-memory-tls", isEncrypted: true)
    }

    private func measureLatency() async throws {
        let server = try await BenchServer(
            in: ScratchFolder.subfolder("latency", of: step.folder), deviceCount: Self.listenerCount + 2)
        func device(_ name: String, _ number: Int) async throws -> BenchDevice {
            try await BenchDevice.connected(
                name, in: step.folder, url: server.url, token: BenchServer.token(Self.listenerCount + number))
        }
        let (writer, reader) = (try await device("writer", 0), try await device("reader", 1))
        let (stops, stop) = AsyncStream<Void>.makeStream()
        let (lives, live) = AsyncStream<Void>.makeStream()
        let watch = StoreWatch(store: reader.store, client: reader.client, live: reader.transport)
        let watching = Task {
            try await watch.run(until: { for await _ in stops { return } }) { report in
                if case .listening = report { live.yield() }
            }
        }
        for await _ in lives { break }
        let alone = try await latencies(from: writer, to: reader)
        let listeners = try Listeners.start(Self.listenerCount, at: server)
        let processorBefore = server.processorSeconds
        let watched = Stopwatch()
        let among = try await latencies(from: writer, to: reader)
        let seconds = watched.seconds
        let processor = server.processorSeconds - processorBefore
        stop.yield()
        try await watching.value
        guard listeners.end() == 0 else { throw BenchError("the listeners failed") }
        try server.stop()
        try BenchDevice.requireEqual([writer, reader])
        try step.report(
            Sample(
                "live", count: Self.changeCount, seconds: seconds,
                facts: [
                    ("listeners", Double(Self.listenerCount + 1)),
                    ("milliseconds_p50", among.percentile(0.5) * 1000),
                    ("milliseconds_p99", among.percentile(0.99) * 1000),
                    ("alone_milliseconds_p50", alone.percentile(0.5) * 1000),
                    ("alone_milliseconds_p99", alone.percentile(0.99) * 1000),
                    ("server_processor_milliseconds", processor / Double(Self.changeCount) * 1000),
                ]))
    }

    /// From the beginning of a push to the commit in the other's store, in seconds.
    private func latencies(from writer: BenchDevice, to reader: BenchDevice) async throws -> [Double] {
        let layer = try writer.store.read { try $0.ownLayer(.shared) }
        var arrivals = reader.store.observe(pollMilliseconds: 60_000).makeAsyncIterator()
        var latencies: [Double] = []
        for number in 0..<Self.changeCount {
            try writer.store.write { _ = try $0.create(.code, in: layer, [(Field.Code.name, .text("live \(number)"))]) }
            let watch = Stopwatch()
            let push = Task { try await writer.sync() }
            _ = await arrivals.next()
            latencies.append(watch.seconds)
            _ = try await push.value
            // Single changes are measured, not those that are told together.
            try await Task.sleep(for: .milliseconds(100))
        }
        return latencies
    }

    private func measureMemory(_ name: String, isEncrypted: Bool) async throws {
        let server = try await BenchServer(
            in: ScratchFolder.subfolder(name, of: step.folder), deviceCount: 1, isEncrypted: isEncrypted)
        // A few first, so that what is made once is there.
        let few = try Listeners.start(50, at: server, sharing: BenchServer.token(0))
        let before = server.residentMemory
        let listeners = try Listeners.start(Self.idleCount, at: server, sharing: BenchServer.token(0))
        try await Task.sleep(for: .seconds(Self.idleSeconds))
        let after = server.residentMemory
        for child in [few, listeners] where child.end() != 0 { throw BenchError("the listeners failed") }
        try server.stop()
        try step.report(
            Sample(
                name, count: Self.idleCount, seconds: 0,
                facts: [
                    ("server_bytes_before", before), ("server_bytes", after),
                    ("bytes_per_listener", (after - before) / Double(Self.idleCount)),
                ]))
    }
}

/// Devices that listen and do nothing else, in a process of their own.
enum Listeners {
    static let stepName = "listeners"

    /// - Parameter token: One for all of them; else each has a token of its own, from number 0 on.
    static func start(_ count: Int, at server: BenchServer, sharing token: String? = nil) throws -> ChildProcess {
        let certificate = BenchServer.certificate(in: server.folder)
        let child = try ChildProcess.ofThisProgram(
            ["step", stepName, "--n", "\(count)", "--server", server.url]
                + (token.map { ["--token", $0] } ?? [])
                + (server.url.hasPrefix("https") ? ["--ca", certificate] : []))
        guard try child.expectLine() == "listening" else { throw BenchError("the listeners do not listen") }
        return child
    }

    /// The listeners' process: until its standard input ends.
    static func listen(_ step: Step) async throws {
        var configuration = HTTPClientConfiguration()
        configuration.proxy = .none
        if let file = step.values.value("ca") { configuration.authorities = .file(file) }
        let session = HTTPSession(configuration: configuration)
        let url = step.values.value("server") ?? ""
        let cryptography = OpenSSLCryptography()
        var workspace: WorkspaceID?
        var streams: [HTTPResponseStream] = []
        for number in 0..<step.count {
            let token = step.values.value("token") ?? BenchServer.token(number)
            if number == 0 || step.values.value("token") == nil {
                // The same device each time that the token is used.
                let key = cryptography.signingKey(seed: cryptography.sha256([UInt8](token.utf8)).bytes)?.publicKey
                guard let key else { throw BenchError("no key can be made") }
                let transport = HTTPSyncTransport(url: url, token: token, session: session)
                let reply = try await transport.connect(ConnectRequest(publicKey: key, deviceName: "listener"))
                workspace = reply.workspaces.first?.workspace
            }
            guard let workspace else { throw BenchError("the server has no workspace") }
            var request = HTTPClientRequest(
                url: "\(url)/v1/live?workspace=\(workspace)", headers: [("Authorization", "Bearer \(token)")])
            request.lowSpeedSeconds = 0
            let stream = try await session.stream(request)
            guard stream.status == 200 else { throw BenchError("a listener was answered \(stream.status)") }
            streams.append(stream)
        }
        try step.say("listening")
        _ = readLine()
        withExtendedLifetime(streams) {}
    }
}
