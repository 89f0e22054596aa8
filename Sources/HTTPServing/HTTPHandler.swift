/// Answers requests.
///
/// `handle` runs in a task of its own on the global pool, many at once, so it must not block its thread.
/// The task is cancelled when the connection breaks or a shutdown has run out of patience; what it returns
/// is then dropped. A peer that has only closed its sending half still waits for the reply and is no reason
/// to cancel.
public protocol HTTPHandler: Sendable {
    func handle(_ request: HTTPRequest) async -> HTTPReply
}
