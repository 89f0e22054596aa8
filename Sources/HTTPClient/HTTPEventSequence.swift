/// The events of one response, for one reader.
///
/// The status is not judged: with another than 200, or another `Content-Type` than `text/event-stream`, there are
/// most likely no events.
public final class HTTPEventSequence: AsyncSequence, Sendable {
    public typealias Element = HTTPClientEvent
    public typealias Failure = HTTPClientError

    public let status: Int
    public let headers: [(name: String, value: String)]
    private let stream: HTTPResponseStream

    init(stream: HTTPResponseStream) {
        status = stream.status
        headers = stream.headers
        self.stream = stream
    }

    public struct AsyncIterator: AsyncIteratorProtocol {
        private let sequence: HTTPEventSequence
        private var parser = EventParser()
        private var ready: [HTTPClientEvent] = []

        init(_ sequence: HTTPEventSequence) { self.sequence = sequence }

        /// How long the server wants its client to wait before it connects again, if it has said so.
        public var retryMilliseconds: Int? { parser.retryMilliseconds }

        /// The next event, or `nil` when the server has ended the stream.
        ///
        /// - Throws: as `HTTPResponseStream`, and `.tooLarge` for an event of more than 1 MiB.
        public mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(HTTPClientError) -> HTTPClientEvent? {
            var pieces = sequence.stream.makeAsyncIterator()
            while ready.isEmpty {
                guard let piece = try await pieces.next(isolation: actor) else { return nil }
                guard let events = parser.events(in: piece) else {
                    throw HTTPClientError(code: .tooLarge, debugDescription: "an event of more than 1 MiB")
                }
                ready = events
            }
            return ready.removeFirst()
        }
    }

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(self) }
}
