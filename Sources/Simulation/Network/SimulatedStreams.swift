import HTTPServing

/// The server's ends of the streams that one process of it has open.
///
/// `@unchecked Sendable`: a simulation runs on one thread.
final class SimulatedStreams: HTTPEventStreams, @unchecked Sendable {
    private let process: SimulatedProcess
    let scheduler: Scheduler
    private let inspect: (SimulatedStream, [UInt8]) -> Void
    private var streams: [UInt64: SimulatedStream] = [:]
    private var lastNumber: UInt64 = 0

    init(
        _ process: SimulatedProcess, scheduler: Scheduler, send inspect: @escaping (SimulatedStream, [UInt8]) -> Void
    ) {
        self.process = process
        self.scheduler = scheduler
        self.inspect = inspect
    }

    /// In the order in which they were opened.
    var open: [SimulatedStream] { streams.sorted { $0.key < $1.key }.map(\.value) }

    func add(_ stream: SimulatedStream, _ subscription: HTTPReplyStream.Subscription) {
        lastNumber += 1
        let number = lastNumber
        streams[number] = stream
        stream.open(subscription) { [weak self] in self?.streams[number] = nil }
        subscription.subscriber.began(HTTPEventWriter(self, stream: number))
        _ = stream.write(subscription.first.bytes)
    }

    func writeEvent(_ event: HTTPEncodedEvent, to number: UInt64) async -> Bool? {
        guard !process.isDead, let stream = streams[number] else { return nil }
        inspect(stream, event.bytes)
        return stream.write(event.bytes)
    }

    func writeEvent(_ event: HTTPEncodedEvent, to numbers: [UInt64]) async {
        for number in numbers.sorted() { _ = await writeEvent(event, to: number) }
    }

    func endSubscription(_ number: UInt64) async { streams[number]?.end(retryMilliseconds: nil) }

    /// The process ends: in good order, with a hint when to come again, or not.
    func end() {
        for stream in open { if process.isDead { stream.breakOff() } else { stream.end(retryMilliseconds: 1000) } }
    }
}
