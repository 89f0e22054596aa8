/// Answers requests.
///
/// `handle` runs in a task of its own on the global pool, many at once, so it must not block its thread; see `isQuick`.
/// The task is cancelled when the connection breaks or a shutdown has run out of patience; what it returns
/// is then dropped. A peer that has only closed its sending half still waits for the reply and is no reason
/// to cancel.
public protocol HTTPHandler: Sendable {
    func handle(_ request: HTTPRequest) async -> HTTPReply

    /// Whether a request takes so little time, unless it has to wait, that its task may begin on the thread of the event
    /// loop: to hand it to another thread and back takes longer than the answer. No other connection is served meanwhile.
    func isQuick(_ request: HTTPRequest) -> Bool
}

extension HTTPHandler {
    public func isQuick(_ request: HTTPRequest) -> Bool { false }
}
