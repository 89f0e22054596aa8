import CCurl
import Synchronization

/// One request on its way.
///
/// Sendable although it has plain variables, because only the worker's thread touches these after `init`:
/// libcurl calls back on it, and other threads reach a transfer through the worker's queue and `isCancelled`.
final class Transfer: @unchecked Sendable {
    let request: HTTPClientRequest
    let bodyBytesMax: Int
    /// The body is taken piece by piece, without limits of size and time.
    let isStream: Bool
    let isCancelled = Atomic(false)

    var handle: OpaquePointer?
    private var head = ResponseHead()
    private let consumer: any TransferConsumer
    private var refusal: HTTPClientError?
    private var isFinished = false

    init(
        request: HTTPClientRequest, bodyBytesMax: Int = .max, isStream: Bool = false, consumer: any TransferConsumer
    ) {
        self.request = request
        self.bodyBytesMax = bodyBytesMax
        self.isStream = isStream
        self.consumer = consumer
    }

    /// Ends the transfer, once: whatever comes first counts.
    func finish(curlCode: Int32, verification: Int, detail: String) {
        if let refusal {
            finish(refusal)
        } else if isCancelled.load(ordering: .acquiring) {
            finish(.cancelled)
        } else if curlCode != 0 {
            finish(HTTPClientError(curlCode: curlCode, verification: verification, detail: detail))
        } else if !head.isComplete {
            finish(HTTPClientError(code: .malformedResponse, debugDescription: "no complete head"))
        } else {
            consumer.received(head)
            finish(nil)
        }
    }

    func finish(_ error: HTTPClientError?) {
        guard !isFinished else { return }
        isFinished = true
        consumer.finished(error)
    }

    // MARK: Called by libcurl

    func takeHeadLine(_ line: UnsafeRawBufferPointer) -> Int32 {
        if isCancelled.load(ordering: .acquiring) { return Int32(CCURL_ABORT) }
        guard head.take(line) else {
            refusal = HTTPClientError(code: .tooLarge, debugDescription: "the head of the response is too large")
            return Int32(CCURL_ABORT)
        }
        return Int32(CCURL_CONTINUE)
    }

    func takeBodyPiece(_ piece: UnsafeRawBufferPointer) -> Int32 {
        if isCancelled.load(ordering: .acquiring) { return Int32(CCURL_ABORT) }
        consumer.received(head)
        switch consumer.receive(piece) {
        case .taken: return Int32(CCURL_CONTINUE)
        case .later: return Int32(CCURL_PAUSE)
        case .tooLarge:
            refusal = HTTPClientError(
                code: .tooLarge, debugDescription: "the response is longer than \(bodyBytesMax) bytes")
            return Int32(CCURL_ABORT)
        }
    }
}

/// What becomes of a response. Called on the worker's thread.
protocol TransferConsumer: Sendable {
    /// The head is complete. May be called again.
    func received(_ head: ResponseHead)
    func receive(_ piece: UnsafeRawBufferPointer) -> PieceAnswer
    /// The last call.
    func finished(_ error: HTTPClientError?)
}

enum PieceAnswer {
    case taken
    /// The piece will be offered again after `Worker.resume`.
    case later
    case tooLarge
}
