import Synchronization

/// Sends requests over HTTP/1.1, or HTTP/2 where TLS offers it, and keeps connections for the next request.
///
/// A session owns one thread, on which all of its requests run side by side. All methods may be called from
/// anywhere.
///
/// If a kept connection turns out dead before any byte of the response, the request is sent once more over a new
/// one, whatever its method: let requests be idempotent.
public final class HTTPSession: Sendable {
    private let configuration: HTTPClientConfiguration
    let worker: Worker

    public init(configuration: HTTPClientConfiguration = HTTPClientConfiguration()) {
        self.configuration = configuration
        worker = Worker(configuration: configuration)
    }

    deinit { worker.submit(.stop) }

    /// Sends a request and waits for the whole response, whatever its status.
    ///
    /// - Throws: any code of `HTTPClientError`; `.cancelled` at once when the task is cancelled.
    public func send(_ request: HTTPClientRequest) async throws(HTTPClientError) -> HTTPClientResponse {
        let bodyBytesMax = request.responseBytesMax ?? configuration.responseBytesMax
        let response = WholeResponse(bodyBytesMax: bodyBytesMax)
        let transfer = Transfer(request: request, bodyBytesMax: bodyBytesMax, consumer: response)
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                response.await(waiter)
                worker.submit(.start(transfer))
            }
        } onCancel: {
            transfer.isCancelled.store(true, ordering: .releasing)
            worker.submit(.cancel(transfer))
        }
        return try result.get()
    }
}
