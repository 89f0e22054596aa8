import Synchronization

/// The pieces of a body between the worker's thread and one reader, and the moment at which the head is there.
final class PieceQueue: TransferConsumer {
    typealias HeadWaiter = CheckedContinuation<Result<ResponseHead, HTTPClientError>, Never>
    typealias PieceWaiter = CheckedContinuation<Result<[UInt8]?, HTTPClientError>, Never>

    private struct State {
        var headWaiter: HeadWaiter?
        var pieceWaiter: PieceWaiter?
        var pieces: [[UInt8]] = []
        var byteCount = 0
        /// The worker was told to offer a piece later.
        var isPaused = false
        var end: Result<Void, HTTPClientError>?
    }

    /// Bytes that may wait for the reader; what comes beyond waits in the kernel and at the sender.
    static let bytesMax = 256 << 10

    private let state = Mutex(State())
    private let resume: @Sendable () -> Void

    /// - Parameter resume: makes the worker offer the piece again that it was told to keep.
    init(resume: @escaping @Sendable () -> Void) {
        self.resume = resume
    }

    func awaitHead(_ waiter: HeadWaiter) {
        state.withLock { $0.headWaiter = waiter }
    }

    /// Hands the next piece to the reader, now or when there is one.
    func next(_ waiter: PieceWaiter) {
        let (answer, resumes) = state.withLock { state -> (Result<[UInt8]?, HTTPClientError>?, Bool) in
            precondition(state.pieceWaiter == nil, "a response stream has one reader")
            guard state.pieces.isEmpty else {
                // All at once: a slow reader gets larger pieces, not more of them.
                let bytes = state.pieces.count == 1 ? state.pieces[0] : Array(state.pieces.joined())
                defer { (state.pieces, state.byteCount, state.isPaused) = ([], 0, false) }
                return (.success(bytes), state.isPaused)
            }
            if let end = state.end { return (end.map { nil }, false) }
            state.pieceWaiter = waiter
            return (nil, false)
        }
        if let answer { waiter.resume(returning: answer) }
        if resumes { resume() }
    }

    func received(_ head: ResponseHead) {
        let waiter = state.withLock { $0.headWaiter.take() }
        waiter?.resume(returning: .success(head))
    }

    func receive(_ piece: UnsafeRawBufferPointer) -> PieceAnswer {
        let bytes = Array(piece)
        let (answer, waiter) = state.withLock { state -> (PieceAnswer, PieceWaiter?) in
            if let waiter = state.pieceWaiter.take() { return (.taken, waiter) }
            if state.byteCount >= PieceQueue.bytesMax {
                state.isPaused = true
                return (.later, nil)
            }
            state.pieces.append(bytes)
            state.byteCount += bytes.count
            return (.taken, nil)
        }
        waiter?.resume(returning: .success(bytes))
        return answer
    }

    func finished(_ error: HTTPClientError?) {
        let (headWaiter, pieceWaiter) = state.withLock { state in
            if state.end == nil { state.end = error.map { .failure($0) } ?? .success(()) }
            return (state.headWaiter.take(), state.pieceWaiter.take())
        }
        let failure = error ?? HTTPClientError(code: .malformedResponse, debugDescription: "no head")
        headWaiter?.resume(returning: .failure(failure))
        pieceWaiter?.resume(returning: error.map { .failure($0) } ?? .success(nil))
    }
}
