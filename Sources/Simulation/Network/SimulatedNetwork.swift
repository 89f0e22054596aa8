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
    /// Each for so many of a hundred events of a stream.
    var breaksStream = 0
    var silencesStream = 0
    var repeatsEvent = 0
    var clogsStream = 0
    /// A proxy on the way knows nothing of streams, for so many of a hundred that are asked for.
    var hidesLive = 0
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

    /// As `random`, and what streams suffer.
    static func randomWithStreams(_ random: inout SplitMix64, severity: Int) -> NetworkConditions {
        var conditions = Self.random(&random, severity: severity)
        func share() -> Int { random.chance(1, in: 2) ? 0 : random.below(5 * severity + 1) }
        conditions.breaksStream = share()
        conditions.silencesStream = share()
        conditions.repeatsEvent = share()
        conditions.clogsStream = share()
        conditions.hidesLive = random.chance(1, in: 4) ? share() : 0
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
    /// The server's streams of events; `nil` while it is down.
    var streams: SimulatedStreams?
    /// Sees every answer on its way to a device.
    var inspect: (_ member: Int, _ body: [UInt8]) -> Void = { _, _ in }
    fileprivate(set) var faultCount = 0

    init(scheduler: Scheduler) { self.scheduler = scheduler }

    /// Whether something goes wrong that does so many times in a hundred.
    func happens(_ share: Int, on line: SimulatedLine) -> Bool {
        let happens = line.random.chance(share, in: 100)
        if happens { faultCount += 1 }
        return happens
    }

    /// Lets something reach a device, once it is awake.
    func arrive(in milliseconds: Int64, over line: SimulatedLine, _ action: @escaping () -> Void) {
        scheduler.schedule(in: milliseconds) { [self] in
            guard line.isAsleep(at: scheduler.now) else { return action() }
            arrive(in: line.asleepUntil - scheduler.now, over: line, action)
        }
    }

    /// Sends one request and gives the answer once.
    func send(
        _ request: HTTPRequest, member: Int, line: SimulatedLine, _ answer: @escaping (Answer) -> Void
    ) {
        let conditions = line.conditions
        func happens(_ share: Int) -> Bool {
            self.happens(share, on: line)
        }
        func delay() -> Int64 { 1 + Int64(line.random.below(Int(conditions.delayMax))) }
        if line.isCut {
            arrive(in: 10, over: line) { answer(.failure(SyncError(.unreachable, "no network"))) }
            return
        }
        // A connection that breaks shows at once or after a timeout.
        func lost(_ why: String) {
            arrive(in: delay() * 3, over: line) { answer(.failure(SyncError(.unreachable, why))) }
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
                arrive(in: back, over: line) { answer(.failure(SyncError(.unreachable, "the server is down"))) }
                return
            }
            handle(request) { [self] reply in
                guard let reply else {
                    arrive(in: back, over: line) { answer(.failure(SyncError(.unreachable, "the server went down"))) }
                    return
                }
                inspect(member, reply.body)
                if losesReply { return lost("the answer was lost") }
                var (status, body) = (reply.status, reply.body)
                if replays, let old = line.replies[request.path]?.randomElement(using: &line.random) {
                    (status, body) = old
                    line.heardOldNews = true
                } else if request.path == SyncPath.heads.rawValue {
                    line.heardOldNews = false
                }
                line.replies[request.path, default: []].append((status, reply.body))
                if cutsReply { body = Array(body.prefix(line.random.below(body.count + 1))) }
                arrive(in: back, over: line) { answer(.success((status, body))) }
            }
        }
    }
}

/// A device's way to the server.
///
/// `@unchecked Sendable`: a simulation runs on one thread.
final class SimulatedLine: @unchecked Sendable {
    var conditions = NetworkConditions.good
    var random: SplitMix64
    var isCut = false
    /// The device sleeps until then: nothing reaches it, and its timers stand still.
    private(set) var asleepUntil: Int64 = 0
    /// For how long it has slept in all, in milliseconds.
    private(set) var slept: Int64 = 0

    func isAsleep(at now: Int64) -> Bool { now < asleepUntil }

    func sleep(from now: Int64, for milliseconds: Int64) {
        slept += milliseconds
        asleepUntil = now + milliseconds
    }

    func wake() { asleepUntil = 0 }

    /// Answers that a proxy on the way may give again, by path.
    var replies: [String: [(status: Int, body: [UInt8])]] = [:]
    /// An old answer came in place of a new one, and no word since of where the feeds stand.
    var heardOldNews = false

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
    var tokenHash = Digest.zero
    var address = "127.0.0.1"

    func send<Reply: WireMessage>(
        _ path: SyncPath, _ message: some WireMessage
    ) async throws(SyncError) -> Reply? {
        let request = HTTPRequest(
            method: "POST", path: path.rawValue, query: nil,
            headers: ["Authorization": "Bearer " + token, "Content-Encoding": "zstd"],
            body: Zstd.compress(message.encoded), remoteAddress: address)
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
