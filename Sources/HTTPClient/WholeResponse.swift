import Synchronization

/// Collects a response and resumes whoever waits for it.
final class WholeResponse: TransferConsumer {
    private struct State {
        var response = HTTPClientResponse(status: 0)
        var waiter: CheckedContinuation<Result<HTTPClientResponse, HTTPClientError>, Never>?
    }

    private let state = Mutex(State())
    private let bodyBytesMax: Int

    init(bodyBytesMax: Int) {
        self.bodyBytesMax = bodyBytesMax
    }

    func await(_ waiter: CheckedContinuation<Result<HTTPClientResponse, HTTPClientError>, Never>) {
        state.withLock { $0.waiter = waiter }
    }

    func received(_ head: ResponseHead) {
        state.withLock { state in
            guard state.response.status == 0 else { return }
            state.response.status = head.status
            state.response.headers = head.headers
        }
    }

    func receive(_ piece: UnsafeRawBufferPointer) -> PieceAnswer {
        state.withLock { state in
            guard state.response.body.count + piece.count <= bodyBytesMax else { return .tooLarge }
            state.response.body += piece
            return .taken
        }
    }

    func finished(_ error: HTTPClientError?) {
        let (waiter, response) = state.withLock { state in
            defer { state = State() }
            return (state.waiter, state.response)
        }
        if let error {
            waiter?.resume(returning: .failure(error))
        } else {
            waiter?.resume(returning: .success(response))
        }
    }
}
