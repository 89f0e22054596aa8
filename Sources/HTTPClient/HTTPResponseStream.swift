/// A response whose body is read while it arrives: a sequence of pieces, for one reader.
///
/// What is not read is not received either, beyond 256 kB. The stream holds its session. Letting the stream go, or cancelling the task that waits
/// for the next piece, closes the connection.
public final class HTTPResponseStream: AsyncSequence, Sendable {
    public typealias Element = [UInt8]
    public typealias Failure = HTTPClientError

    public let status: Int
    public let headers: [(name: String, value: String)]
    private let pieces: PieceQueue
    private let cancel: @Sendable () -> Void

    init(head: ResponseHead, pieces: PieceQueue, cancel: @escaping @Sendable () -> Void) {
        status = head.status
        headers = head.headers
        self.pieces = pieces
        self.cancel = cancel
    }

    deinit { cancel() }

    /// The value of the first header of that name, whose case does not matter.
    public func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    public struct AsyncIterator: AsyncIteratorProtocol {
        let stream: HTTPResponseStream

        /// The next piece, or `nil` at the end of the body.
        ///
        /// - Throws: `.cutInTheMiddle`, `.timeout` if nothing came for too long, `.cancelled` and others.
        public mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(HTTPClientError) -> [UInt8]? {
            try await stream.nextPiece()
        }
    }

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(stream: self) }

    private func nextPiece() async throws(HTTPClientError) -> [UInt8]? {
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { pieces.next($0) }
        } onCancel: {
            cancel()
        }
        return try result.get()
    }
}
