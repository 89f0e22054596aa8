import Cryptography
import Glibc
import HTTPServing
import Interchange
import ServerStore
import SyncServer

/// `variorumd serve`: listens until a signal asks it to stop, then lets requests end.
struct Serving {
    let folder: String
    let values: ArgumentValues
    let output: FileOutput
    let errors: FileOutput

    func run() async throws -> ExitCode {
        Allocator.sharePools()
        let manager = ServiceManager()
        let configuration = try Configuration.load(values, folder: folder)
        let activated = try manager.handedOverSocket().map { try HTTPListeningSocket(descriptor: $0) }
        let plan = try ServingPlan(configuration, folder: folder, activated: activated)
        let log = Log(configuration, descriptor: errors.fileDescriptor)
        defer { log.flush() }
        let store = try ServerCommand.open(
            folder, creates: false, isServing: true, workspaceBytesMax: plan.workspaceBytesMax
        ) { copy in
            log.write(.warning, "upgrade", ["from": .text(copy.schema), "copy": .text(copy.path)])
        }
        let running = Running(plan: plan, store: store, log: log, manager: manager)
        let signals = try Signals()
        let url = try running.start()
        if let file = plan.addressFile, let url { try writeAddress(url, to: file) }
        try output.writeLine("Serving \(printable(folder)) on \(url ?? "the socket that was handed over")")
        await running.serve(until: signals)
        return .success
    }

    /// Who waits for the file finds it whole.
    private func writeAddress(_ url: String, to file: String) throws {
        let draft = file + ".new"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw ServerStoreError(.unavailable, "\(file) cannot be written") }
        try FileOutput(fileDescriptor: descriptor).writeLine(url)
        close(descriptor)
        guard rename(draft, file) == 0 else { throw ServerStoreError(.unavailable, "\(file) cannot be written") }
    }
}

/// The parts of a server that runs.
private struct Running {
    let plan: ServingPlan
    let log: Log
    let manager: ServiceManager
    let metrics: Metrics
    let readiness: Readiness
    let server: HTTPServer
    let metricsServer: HTTPServer?
    private let store: SQLiteServerStore

    init(plan: ServingPlan, store: SQLiteServerStore, log: Log, manager: ServiceManager) {
        let metrics = Metrics()
        let readiness = Readiness(store: store, log: log)
        // Those who listen leave room for those who ask.
        var liveLimits = LiveLimits()
        liveLimits.listenersMax =
            plan.listenersMax > 0
            ? plan.listenersMax : min(plan.http.connectionsMax, HTTPServer.connectionsThatFit()) * 3 / 4
        liveLimits.listenersPerUserMax = plan.listenersPerUserMax
        liveLimits.unreadBytesMax = plan.listenerBytesMax
        let service = SyncService(
            store: store, cryptography: OpenSSLCryptography(), clock: wallTime, liveLimits: liveLimits,
            requestsPerSecond: plan.requestsPerSecond,
            passwordsWaitingMax: plan.passwordsWaitingMax,
            log: { line in log.write(.warning, "service", ["message": .text(line)]) })
        var http = plan.http
        http.onRefusal = { status in
            metrics.change { $0.refused[status, default: 0] += 1 }
            log.write(.info, "refusal", ["status": .number(status)])
        }
        let server = HTTPServer(
            configuration: http,
            handler: Front(
                service: service, readiness: readiness, log: log, metrics: metrics, proxies: plan.proxies))
        let startSeconds = Int(wallTime() / 1000)
        metricsServer = plan.metrics.map { configuration in
            HTTPServer(
                configuration: configuration,
                handler: MetricsHandler(metrics: metrics, store: store, startSeconds: startSeconds) {
                    await server.statistics
                })
        }
        (self.plan, self.store, self.log, self.manager) = (plan, store, log, manager)
        (self.metrics, self.readiness, self.server) = (metrics, readiness, server)
    }

    /// Listens; gives the URL, or `nil` on a Unix socket.
    func start() throws -> String? {
        let port = try server.start()
        let url = plan.url(port: port)
        log.write(
            .info, "listening",
            [
                "url": .optional(url), "version": .text(VariorumCommand.version), "process": .number(getpid()),
                "pin": .optional(pin?.text),
            ])
        if let metricsServer, let address = plan.metrics?.address {
            let port = try metricsServer.start()
            log.write(.info, "metrics", ["address": .text(address), "port": .number(port)])
        }
        warnOfOpenKey()
        manager.notify("READY=1")
        return url
    }

    /// Serves until a signal asks for the end, then lets requests end.
    func serve(until signals: Signals) async {
        let watchdog = manager.watchdogMilliseconds.map { milliseconds in
            Task {
                while !Task.isCancelled {
                    // Answered by the thread that serves the connections.
                    _ = await server.statistics
                    manager.notify("WATCHDOG=1")
                    try? await Task.sleep(for: .milliseconds(milliseconds))
                }
            }
        }
        let snapshots = plan.snapshotChanges > 0 ? Task.detached(priority: .background) { await keepSnapshots() } : nil
        for await request in signals.requests {
            if request == .stop { break }
            await reload()
        }
        manager.notify("STOPPING=1")
        log.write(.info, "stopping", ["grace_seconds": .number(plan.graceSeconds)])
        snapshots?.cancel()
        await readiness.stop()
        await server.shutdown(graceSeconds: Double(plan.graceSeconds))
        await metricsServer?.shutdown(graceSeconds: 0)
        watchdog?.cancel()
        await snapshots?.value
        log.write(.info, "stopped")
    }

    /// Looks every minute for layers that need a new snapshot. Without one, devices start from the feed as ever.
    private func keepSnapshots() async {
        while !Task.isCancelled {
            do throws(ServerStoreError) {
                let count = try await store.refreshSnapshots(from: plan.snapshotChanges)
                if count > 0 {
                    metrics.change { $0.snapshots += count }
                    log.write(.info, "snapshots", ["made": .number(count)])
                }
            } catch {
                metrics.change { $0.snapshotsFailed += 1 }
                log.write(.error, "snapshots", ["reason": .text(error.description)])
            }
            if plan.historyDays > 0 { await compact() }
            try? await Task.sleep(for: .seconds(60))
        }
    }

    private func compact() async {
        do throws(ServerStoreError) {
            let moment = wallTime() - Int64(plan.historyDays) * 86_400_000
            let count = try await store.compact(receivedBefore: moment)
            if count > 0 {
                metrics.change { $0.compacted += count }
                log.write(.info, "compaction", ["changes": .number(count)])
            }
        } catch {
            metrics.change { $0.compactionsFailed += 1 }
            log.write(.error, "compaction", ["reason": .text(error.description)])
        }
    }

    private func reload() async {
        manager.notify("RELOADING=1", ServiceManager.monotonicTime)
        defer { manager.notify("READY=1") }
        guard plan.tls != nil else {
            return log.write(.info, "reload", ["certificate": .text("none")])
        }
        do throws(HTTPServerError) {
            try await server.reloadCertificate()
            metrics.change { $0.reloads += 1 }
            log.write(.info, "reload", ["certificate": .text("new"), "pin": .optional(pin?.text)])
            warnOfOpenKey()
        } catch {
            metrics.change { $0.reloadsFailed += 1 }
            log.write(
                .error, "reload", ["certificate": .text("kept the old one"), "reason": .text(error.debugDescription)])
        }
    }

    /// A group may be trusted with the key, as Debian's `ssl-cert` is; everybody may not.
    private func warnOfOpenKey() {
        var status = stat()
        guard let file = plan.tls?.keyFile, stat(file, &status) == 0, status.st_mode & 0o007 != 0 else { return }
        log.write(.warning, "open-key", ["file": .text(file), "mode": .text(String(status.st_mode & 0o777, radix: 8))])
    }

    /// The pin of the certificate file as it is now.
    private var pin: PublicKeyPin? {
        guard let file = plan.tls?.certificateFile, let bytes = try? Files.read(file, atMost: 1 << 20) else {
            return nil
        }
        return ServerCertificate.pin(of: bytes).map { PublicKeyPin($0) }
    }
}

func makeFolder(_ path: String) throws {
    if mkdir(path, 0o700) != 0 && errno != EEXIST {
        throw ServerStoreError(.unavailable, "\(path) cannot be made: \(String(cString: strerror(errno)))")
    }
}
