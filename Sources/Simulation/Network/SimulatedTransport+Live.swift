import AnnotationModel
import ChangeLog
import HTTPClient
import HTTPServing
import SyncClient
import WireFormat

extension SimulatedNetwork {
    enum ListenAnswer {
        case stream(SimulatedStream.End)
        case refused(status: Int, body: [UInt8], retrySeconds: Int?)
    }

    /// Asks for a stream of events, which `receive` gets and `end` ends, once.
    func listen(
        _ request: HTTPRequest, _ stream: SimulatedStream, line: SimulatedLine,
        end: @escaping (ListenAnswer) -> Void
    ) {
        func delay() -> Int64 { 1 + Int64(line.random.below(Int(line.conditions.delayMax))) }
        func unreachable(_ why: String) { arrive(in: delay(), over: line) { end(.stream(.broken(why))) } }
        if line.isCut { return unreachable("no network") }
        if happens(line.conditions.losesRequest, on: line) { return unreachable("lost on the way") }
        if happens(line.conditions.hidesLive, on: line) {
            return arrive(in: delay(), over: line) { end(.refused(status: 404, body: [], retrySeconds: nil)) }
        }
        scheduler.schedule(in: delay()) { [self] in
            guard let handle else { return unreachable("the server is down") }
            handle(request) { [self] reply in
                guard let reply else { return unreachable("the server went down") }
                if let subscription = reply.stream?.subscription, let streams {
                    return streams.add(stream, subscription)
                }
                let seconds = reply.headers["Retry-After"].flatMap { Int($0) }
                arrive(in: delay(), over: line) {
                    end(.refused(status: reply.status, body: reply.body, retrySeconds: seconds))
                }
            }
        }
    }
}

extension SimulatedTransport: LiveTransport {
    func listen(
        to workspace: WorkspaceID, _ hear: @escaping @Sendable (LiveEvent) -> Void
    ) async throws(SyncError) -> LiveEnd {
        let request = HTTPRequest(
            method: "GET", path: SyncPath.live.rawValue, query: "workspace=\(workspace)",
            headers: ["Authorization": "Bearer " + token], body: [], remoteAddress: address)
        let ear = Ear(self, hear)
        let answer = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in ear.open(request, continuation) }
        } onCancel: {
            ear.close()
        }
        switch answer {
        case .stream(.ended(let retry)): return .ended(retrySeconds: retry.map { Double($0) / 1000 })
        case .stream(.broken(let why)): throw SyncError(.unreachable, why)
        // Without a word of ours: a proxy's or an older server's.
        case .refused(404, let body, _) where body.isEmpty: return .notThere
        case .refused(let status, let body, let seconds):
            throw SyncError(status: status, body: body, retryAfterSeconds: seconds)
        }
    }

    /// The device's end of a stream. `@unchecked Sendable`: a simulation runs on one thread.
    private final class Ear: @unchecked Sendable {
        private let transport: SimulatedTransport
        private let hear: (LiveEvent) -> Void
        private var parser = EventParser()
        private var continuation: CheckedContinuation<SimulatedNetwork.ListenAnswer, Never>?
        private var stream: SimulatedStream?
        private var isClosed = false

        init(_ transport: SimulatedTransport, _ hear: @escaping (LiveEvent) -> Void) {
            self.transport = transport
            self.hear = hear
        }

        func open(
            _ request: HTTPRequest, _ continuation: CheckedContinuation<SimulatedNetwork.ListenAnswer, Never>
        ) {
            self.continuation = continuation
            if isClosed { return close() }
            let stream = SimulatedStream(
                member: transport.member, token: transport.tokenHash, network: transport.network, line: transport.line,
                receive: { [weak self] in self?.receive($0) }, ended: { [weak self] in self?.end(.stream($0)) })
            self.stream = stream
            transport.network.listen(request, stream, line: transport.line) { [weak self] in self?.end($0) }
        }

        private func receive(_ bytes: [UInt8]) {
            guard continuation != nil, !transport.process.isDead, let events = parser.events(in: bytes) else { return }
            for event in events { if let event = LiveEvent(event) { hear(event) } }
        }

        private func end(_ answer: SimulatedNetwork.ListenAnswer) { continuation.take()?.resume(returning: answer) }

        func close() {
            isClosed = true
            end(.stream(.broken("hung up")))
            stream?.hangUp()
        }
    }
}
