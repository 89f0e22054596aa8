import Synchronization

extension HTTPSession {
    /// Sends a request and returns when the head of the response is there; the body is read from the stream.
    ///
    /// There is no limit of size, and of time only the request's own `timeoutMilliseconds`; a stream on which
    /// nothing comes for `lowSpeedSeconds` fails with `.timeout`.
    ///
    /// - Throws: any code of `HTTPClientError`; `.cancelled` at once when the task is cancelled.
    public func stream(_ request: HTTPClientRequest) async throws(HTTPClientError) -> HTTPResponseStream {
        let worker = worker
        // The queue belongs to the transfer, so it knows it only weakly.
        let resuming = WeakTransfer()
        let pieces = PieceQueue { resuming.value.map { worker.submit(.resume($0)) } }
        let transfer = Transfer(request: request, isStream: true, consumer: pieces)
        resuming.set(transfer)
        // Holds the session, and so its thread, as long as the stream lives.
        let cancel: @Sendable () -> Void = { [self] in
            transfer.isCancelled.store(true, ordering: .releasing)
            self.worker.submit(.cancel(transfer))
        }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                pieces.awaitHead(waiter)
                worker.submit(.start(transfer))
            }
        } onCancel: {
            cancel()
        }
        return HTTPResponseStream(head: try result.get(), pieces: pieces, cancel: cancel)
    }

    /// Asks for server-sent events; see `HTTPEventSequence`.
    ///
    /// `Accept: text/event-stream` is added. Connecting again, with `Last-Event-ID` and the wait that the server
    /// hints at, is the caller's.
    ///
    /// - Throws: any code of `HTTPClientError`.
    public func events(_ request: HTTPClientRequest) async throws(HTTPClientError) -> HTTPEventSequence {
        var request = request
        request.headers.append(("Accept", "text/event-stream"))
        return HTTPEventSequence(stream: try await stream(request))
    }
}

private final class WeakTransfer: Sendable {
    private struct Reference {
        weak var transfer: Transfer?
    }

    private let reference = Mutex(Reference())

    var value: Transfer? { reference.withLock { $0.transfer } }

    func set(_ transfer: Transfer) { reference.withLock { $0.transfer = transfer } }
}
