import AnnotationModel
import ChangeLog
import Compression
import HTTPServing
import SyncClient
import WireFormat

/// What may happen to messages between a device and the server; one per sync, from its own seed.
struct NetworkConditions {
    /// Each in so many of a hundred messages.
    var losesRequest = 0
    var losesReply = 0
    var duplicates = 0
    var cutsRequest = 0
    var cutsReply = 0
    var replaysReply = 0
    /// Milliseconds, one way.
    var delayMax: Int64 = 50

    static let good = NetworkConditions()

    /// - Parameter severity: 0 for none.
    static func random(_ random: inout SplitMix64, severity: Int) -> NetworkConditions {
        var conditions = NetworkConditions()
        guard severity > 0 else { return conditions }
        func share() -> Int { random.chance(1, in: 2) ? 0 : random.below(10 * severity) }
        conditions.losesRequest = share()
        conditions.losesReply = share()
        conditions.duplicates = share()
        conditions.cutsRequest = share() / 2
        conditions.cutsReply = share() / 2
        conditions.replaysReply = share() / 3
        conditions.delayMax = random.pick([1, 50, 400, 5000])
        return conditions
    }
}

/// Everything between the devices and the server.
///
/// `@unchecked Sendable`: a simulation runs on one thread.
final class SimulatedNetwork: @unchecked Sendable {
    typealias Answer = Result<(status: Int, body: [UInt8]), SyncError>

    let scheduler: Scheduler
    /// Takes a request in; `nil` while the server is down.
    var handle: ((HTTPRequest, _ reply: @escaping (HTTPReply?) -> Void) -> Void)?
    /// Sees every answer on its way to a device.
    var inspect: (_ member: Int, _ body: [UInt8]) -> Void = { _, _ in }
    private(set) var faultCount = 0

    init(scheduler: Scheduler) { self.scheduler = scheduler }

    /// Sends one request and gives the answer once.
    func send(
        _ request: HTTPRequest, member: Int, line: SimulatedLine, _ answer: @escaping (Answer) -> Void
    ) {
        let conditions = line.conditions
        func happens(_ share: Int) -> Bool {
            let happens = line.random.chance(share, in: 100)
            if happens { faultCount += 1 }
            return happens
        }
        func delay() -> Int64 { 1 + Int64(line.random.below(Int(conditions.delayMax))) }
        if line.isCut {
            scheduler.schedule(in: 10) { answer(.failure(SyncError(.unreachable, "no network"))) }
            return
        }
        // A connection that breaks shows at once or after a timeout.
        func lost(_ why: String) {
            scheduler.schedule(in: delay() * 3) { answer(.failure(SyncError(.unreachable, why))) }
        }
        if happens(conditions.losesRequest) { return lost("lost on the way") }
        var request = request
        if happens(conditions.cutsRequest) {
            request.body = Array(request.body.prefix(line.random.below(request.body.count + 1)))
        }
        if happens(conditions.duplicates) {
            // Arrives again, perhaps much later and behind others.
            let copy = request
            for _ in 0..<(1 + line.random.below(2)) {
                scheduler.schedule(in: delay() * Int64(1 + line.random.below(200))) { [weak self] in
                    self?.handle?(copy) { _ in }
                }
            }
        }
        let losesReply = happens(conditions.losesReply)
        let cutsReply = happens(conditions.cutsReply)
        let replays = happens(conditions.replaysReply)
        let (there, back) = (delay(), delay())
        scheduler.schedule(in: there) { [self] in
            guard let handle else {
                scheduler.schedule(in: back) { answer(.failure(SyncError(.unreachable, "the server is down"))) }
                return
            }
            handle(request) { [self] reply in
                guard let reply else {
                    scheduler.schedule(in: back) { answer(.failure(SyncError(.unreachable, "the server went down"))) }
                    return
                }
                inspect(member, reply.body)
                if losesReply { return lost("the answer was lost") }
                var (status, body) = (reply.status, reply.body)
                if replays, let old = line.replies[request.path]?.randomElement(using: &line.random) {
                    (status, body) = old
                }
                line.replies[request.path, default: []].append((status, reply.body))
                if cutsReply { body = Array(body.prefix(line.random.below(body.count + 1))) }
                scheduler.schedule(in: back) { answer(.success((status, body))) }
            }
        }
    }
}

/// A device's way to the server.
final class SimulatedLine {
    var conditions = NetworkConditions.good
    var random: SplitMix64
    var isCut = false
    /// Answers that a proxy on the way may give again, by path.
    var replies: [String: [(status: Int, body: [UInt8])]] = [:]

    init(seed: UInt64) { random = SplitMix64(seed: seed) }
}

/// The sync protocol over the simulated network: every message is encoded, handled and decoded as over HTTP.
///
/// `@unchecked Sendable`: a simulation runs on one thread.
struct SimulatedTransport: SyncTransport, @unchecked Sendable {
    let network: SimulatedNetwork
    let line: SimulatedLine
    let token: String
    let member: Int
    /// Whose process waits; an answer to a dead one is not read.
    let process: SimulatedProcess

    func send<Reply: WireMessage>(
        _ path: SyncPath, _ message: some WireMessage
    ) async throws(SyncError) -> Reply? {
        let request = HTTPRequest(
            method: "POST", path: path.rawValue, query: nil,
            headers: ["Authorization": "Bearer " + token, "Content-Encoding": "zstd"],
            body: Zstd.compress(message.encoded), remoteAddress: "127.0.0.1")
        let answer = await withCheckedContinuation { continuation in
            network.send(request, member: member, line: line) { continuation.resume(returning: Sent($0)) }
        }.answer
        if process.isDead { throw SyncError(.unreachable, "this process has ended") }
        let (status, body) = try answer.get()
        switch status {
        case 200:
            do {
                return try Reply(decoding: body)
            } catch {
                throw SyncError(.protocolError, "\(error)")
            }
        case 204: return nil
        default: throw SyncError(status: status, body: body, retryAfterSeconds: nil)
        }
    }

    private struct Sent: Sendable {
        let answer: SimulatedNetwork.Answer
        init(_ answer: SimulatedNetwork.Answer) { self.answer = answer }
    }
}
