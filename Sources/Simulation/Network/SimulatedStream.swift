import AnnotationModel
import ChangeLog
import HTTPServing

/// One stream of events from the server to a device, with both ends and all that happens in between.
///
/// What the server's connections do for streams (a bound on what is unread, `resync` in place of what was left out, a
/// ping, and an end to who does not read) is done here again.
final class SimulatedStream {
    enum End {
        case ended(retryMilliseconds: Int?)
        case broken(String)
    }

    let member: Int
    /// Of the token by which it was opened.
    let token: Digest
    private let network: SimulatedNetwork
    private let line: SimulatedLine
    private let receive: ([UInt8]) -> Void
    private let ended: (End) -> Void

    // The server's end.
    private var subscription: HTTPReplyStream.Subscription?
    private var forget: () -> Void = {}
    private var unread = 0
    private var hasDropped = false
    private var hasReadSincePing = true

    // The way.
    /// Nothing comes through any more, and nobody has noticed.
    private var isSilent = false
    private var lastArrival: Int64 = 0
    private var earlier: [[UInt8]] = []

    // The device's end.
    private var isHeard = true
    private var lastHeard: Int64
    /// Clients take a stream for dead on which nothing came for so long.
    private static let silenceMax: Int64 = 60_000

    // What an auditor has seen.
    var strangerSince: (time: Int64, faults: Int)?
    var lastMoves: [String: Int64] = [:]

    init(
        member: Int, token: Digest, network: SimulatedNetwork, line: SimulatedLine,
        receive: @escaping ([UInt8]) -> Void, ended: @escaping (End) -> Void
    ) {
        self.member = member
        self.token = token
        self.network = network
        self.line = line
        self.receive = receive
        self.ended = ended
        lastHeard = network.scheduler.now
        watchSilence()
    }

    private var scheduler: Scheduler { network.scheduler }

    // MARK: The server's end

    func open(_ subscription: HTTPReplyStream.Subscription, forget: @escaping () -> Void) {
        self.subscription = subscription
        self.forget = forget
        ping()
    }

    /// - Returns: Whether the event was sent; `nil` for a stream that has ended.
    func write(_ event: [UInt8]) -> Bool? {
        guard let subscription else { return nil }
        if hasDropped || (unread > 0 && unread + event.count > subscription.unreadBytesMax) {
            hasDropped = true
            return false
        }
        send(event)
        return true
    }

    /// Ends it in good order, after what was sent.
    func end(retryMilliseconds: Int?) {
        guard subscription != nil else { return }
        close()
        passOn { [self] in tell(.ended(retryMilliseconds: retryMilliseconds)) }
    }

    /// The process at the server's end is gone.
    func breakOff() {
        close()
        passOn { [self] in tell(.broken("the connection was reset")) }
    }

    private func close() {
        subscription = nil
        forget()
        forget = {}
    }

    private func ping() {
        guard let subscription else { return }
        scheduler.schedule(in: subscription.pingMilliseconds) { [weak self] in
            guard let self, self.subscription != nil else { return }
            // Who has read nothing since the ping before is cut off, and does not hear of it.
            guard unread == 0 || hasReadSincePing else { return close() }
            hasReadSincePing = unread == 0
            if unread == 0 { send(Array(":\n\n".utf8)) }
            ping()
        }
    }

    // MARK: The way

    private func send(_ bytes: [UInt8]) {
        unread += bytes.count
        let conditions = line.conditions
        if network.happens(conditions.breaksStream, on: line) {
            isSilent = true
            passOn(always: true) { [self] in
                tell(.broken("the connection broke"))
                close()
            }
        }
        if network.happens(conditions.silencesStream, on: line) { isSilent = true }
        if network.happens(conditions.clogsStream, on: line) {
            lastArrival = max(lastArrival, scheduler.now + Int64(line.random.below(40_000)))
        }
        passOn { [self] in arrived(bytes) }
        if network.happens(conditions.repeatsEvent, on: line), let old = earlier.randomElement(using: &line.random) {
            passOn { [self] in hear(old) }
        }
        if earlier.count < 20 { earlier.append(bytes) }
    }

    /// Lets something happen at the device, behind all that is on its way there.
    private func passOn(always: Bool = false, _ action: @escaping () -> Void) {
        let delay = 1 + Int64(line.random.below(Int(line.conditions.delayMax)))
        lastArrival = max(lastArrival, scheduler.now + delay)
        scheduler.schedule(in: lastArrival - scheduler.now) { [self] in
            // What a device misses that is offline or asleep for long is not sent again for long either.
            if line.isCut || line.isAsleep(at: scheduler.now) { isSilent = true }
            if always || !isSilent { action() }
        }
    }

    private func arrived(_ bytes: [UInt8]) {
        unread -= bytes.count
        hasReadSincePing = true
        hear(bytes)
        if unread == 0, hasDropped, let subscription {
            hasDropped = false
            send(subscription.resync.bytes)
        }
    }

    // MARK: The device's end

    private func hear(_ bytes: [UInt8]) {
        guard isHeard else { return }
        lastHeard = scheduler.now
        // In pieces, as it comes.
        let cut = line.random.below(bytes.count + 1)
        receive(Array(bytes[..<cut]))
        receive(Array(bytes[cut...]))
    }

    private func tell(_ end: End) {
        guard isHeard else { return }
        isHeard = false
        ended(end)
    }

    /// The device listens no more; the server hears of it, or finds out.
    func hangUp() {
        isHeard = false
        guard !isSilent else { return }
        isSilent = true
        scheduler.schedule(in: 1 + Int64(line.random.below(Int(line.conditions.delayMax)))) { [self] in close() }
    }

    private func watchSilence() {
        let rest = lastHeard + Self.silenceMax - scheduler.now
        network.arrive(in: max(1, rest), over: line) { [weak self] in
            guard let self, isHeard else { return }
            guard scheduler.now - lastHeard >= Self.silenceMax else { return watchSilence() }
            tell(.broken("nothing was heard for a minute"))
            isSilent = true
        }
    }
}
