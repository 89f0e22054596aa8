import ChangeLog
import Cryptography
import HTTPServing
import Interchange
import ServerStore
import SyncServer
import Synchronization

/// What stands before the service: health checks, the log of requests, and what is counted.
struct Front: HTTPHandler {
    let service: SyncService
    let readiness: Readiness
    let log: Log
    let metrics: Metrics
    var proxies = TrustedProxies()

    func handle(_ request: HTTPRequest) async -> HTTPReply {
        var request = request
        // From here on, for everybody.
        request.remoteAddress = proxies.clientAddress(of: request)
        return await answer(request)
    }

    func isQuick(_ request: HTTPRequest) -> Bool { service.isQuick(request) }

    private func answer(_ request: HTTPRequest) async -> HTTPReply {
        let start = ContinuousClock.now
        let notes = RequestNotes()
        let isCheck = Self.checks.contains(request.path)
        var reply =
            isCheck
            ? await check(request)
            : await RequestNotes.$current.withValue(notes) { await service.handle(request) }
        let route = isCheck ? request.path : SyncService.routeTemplate(of: request.path) ?? "other"
        let took = start.duration(to: .now)
        let milliseconds = Double(took.components.seconds) * 1000 + Double(took.components.attoseconds) / 1e15
        count(request, reply, route, milliseconds, notes.values)

        let id = base64URL(OpenSSLCryptography().randomBytes(9))
        // Only where somebody will ask the operator: replies are counted in bytes.
        if reply.status >= 500 { reply.headers.append("X-Request-Id", id) }
        log.write(
            // 507: the server does what it was told to.
            isCheck ? .debug : reply.status == 507 ? .warning : reply.status >= 500 ? .error : .info, "request",
            [
                "id": .text(id), "method": .text(Self.methods.contains(request.method) ? request.method : "other"),
                "route": .text(route), "status": .number(reply.status), "ms": .number(Int(milliseconds.rounded())),
                "in": .number(request.body.count), "out": .number(reply.body.count),
                "member": .optional(notes.values.member.map { "\($0)" }), "address": .text(request.remoteAddress),
            ])
        return reply
    }

    static let checks = ["/healthz", "/readyz"]

    /// Others are a client's own words, which the log does not repeat.
    private static let methods: Set<String> = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]

    private func count(
        _ request: HTTPRequest, _ reply: HTTPReply, _ route: String, _ milliseconds: Double,
        _ notes: RequestNotes.Values
    ) {
        metrics.countRequest(route: route, status: reply.status, milliseconds: milliseconds)
        metrics.change { counts in
            counts.bytesReceived += request.body.count
            counts.bytesSent += reply.body.count
            counts.changesAccepted += notes.changesAccepted
            counts.changesRefused += notes.changesRefused
            if reply.status == 507 { counts.pushesOverQuota += 1 }
        }
    }

    private func check(_ request: HTTPRequest) async -> HTTPReply {
        guard request.method == "GET" || request.method == "HEAD" else {
            return HTTPReply(status: 405, headers: ["Allow": "GET, HEAD"])
        }
        let headers: HTTPHeaders = ["Content-Type": "text/plain", "Cache-Control": "no-store"]
        if request.path == "/healthz" { return HTTPReply(status: 200, headers: headers, body: Array("ok\n".utf8)) }
        let isReady = await readiness.isReady
        return HTTPReply(
            status: isReady ? 200 : 503, headers: headers, body: Array((isReady ? "ready\n" : "not ready\n").utf8))
    }
}

/// Whether the server can do its work: the store can be read and written, and nobody has asked it to stop.
actor Readiness {
    private let store: SQLiteServerStore
    private let log: Log
    private var isStopping = false
    private var last: (at: ContinuousClock.Instant, outcome: Task<Bool, Never>)?

    /// Checks that come sooner share an answer: asking costs a flush of the disk, and anybody may ask.
    private static let freshSeconds = 2.0

    init(store: SQLiteServerStore, log: Log) {
        self.store = store
        self.log = log
    }

    func stop() { isStopping = true }

    var isReady: Bool {
        get async {
            if isStopping { return false }
            if let last, last.at.duration(to: .now) < .seconds(Self.freshSeconds) { return await last.outcome.value }
            let outcome = Task { [store, log] in
                do {
                    try await store.probe()
                    return true
                } catch {
                    log.write(.error, "not-ready", ["reason": .text("\(error)")])
                    return false
                }
            }
            last = (.now, outcome)
            return await outcome.value && !isStopping
        }
    }
}
