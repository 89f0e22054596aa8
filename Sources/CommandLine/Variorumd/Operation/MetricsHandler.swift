import HTTPServing
import ServerStore

/// Answers on the listener of its own that only a monitoring system asks.
struct MetricsHandler: HTTPHandler {
    let metrics: Metrics
    let store: SQLiteServerStore
    let startSeconds: Int
    let http: @Sendable () async -> HTTPServerStatistics

    func handle(_ request: HTTPRequest) async -> HTTPReply {
        guard request.path == "/metrics" else { return HTTPReply(status: 404) }
        guard request.method == "GET" || request.method == "HEAD" else {
            return HTTPReply(status: 405, headers: ["Allow": "GET, HEAD"])
        }
        let page = MetricsPage(
            metrics.current, http: await http(), commits: store.commitStatistics,
            process: ProcessFigures(startSeconds: startSeconds))
        return HTTPReply(
            status: 200, headers: ["Content-Type": MetricsPage.contentType], body: Array(page.text.utf8))
    }
}
