import HTTPServing
import ServerStore

/// The metrics in Prometheus's text format, version 0.0.4.
struct MetricsPage {
    private var lines: [String] = []

    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    init(
        _ counts: Metrics.Counts, http: HTTPServerStatistics, commits: CommitStatistics, process: ProcessFigures
    ) {
        family("variorum_build_info", "gauge", "The version that runs.")
        sample("variorum_build_info", 1, ["version": VariorumCommand.version])

        family("variorum_http_requests_total", "counter", "Requests by route and status class.")
        let routes = counts.routes.sorted { $0.key < $1.key }
        for (name, route) in routes {
            for (statusClass, count) in route.byClass.sorted(by: { $0.key < $1.key }) {
                sample("variorum_http_requests_total", count, ["route": name, "status": "\(statusClass)xx"])
            }
        }
        family("variorum_http_request_duration_seconds", "histogram", "Time from a request's last byte to its reply.")
        for (name, route) in routes { histogram("variorum_http_request_duration_seconds", route, ["route": name]) }
        family("variorum_http_refused_total", "counter", "Malformed, too large or too slow requests, by status.")
        for (status, count) in counts.refused.sorted(by: { $0.key < $1.key }) {
            sample("variorum_http_refused_total", count, ["status": "\(status)"])
        }
        single("variorum_http_received_body_bytes_total", "counter", "Bytes of request bodies.", counts.bytesReceived)
        single("variorum_http_sent_body_bytes_total", "counter", "Bytes of reply bodies.", counts.bytesSent)
        single("variorum_http_body_bytes_in_flight", "gauge", "Of bodies being received.", http.bodyBytesInFlight)
        single("variorum_connections_open", "gauge", "Connections.", http.connectionsOpen)
        single("variorum_connections_accepted_total", "counter", "Connections accepted.", http.connectionsAccepted)
        single("variorum_connections_turned_away_total", "counter", "Closed for a limit.", http.connectionsTurnedAway)

        single("variorum_changes_accepted_total", "counter", "New changes in pushes.", counts.changesAccepted)
        single("variorum_changes_refused_total", "counter", "Changes in pushes not taken.", counts.changesRefused)
        single("variorum_pushes_over_quota_total", "counter", "Pushes without room.", counts.pushesOverQuota)
        single("variorum_store_commits_total", "counter", "Durable transactions.", commits.groups)
        single("variorum_store_writes_total", "counter", "Writes that shared them.", commits.jobs)
        single("variorum_store_commits_failed_total", "counter", "Transactions undone.", commits.failedGroups)
        single("variorum_certificate_reloads_total", "counter", "Certificates read again.", counts.reloads)
        single("variorum_certificate_reloads_failed_total", "counter", "Not taken.", counts.reloadsFailed)
        single("variorum_snapshots_total", "counter", "Snapshots made.", counts.snapshots)
        single("variorum_snapshots_failed_total", "counter", "Rounds of them with a failure.", counts.snapshotsFailed)
        single("variorum_compacted_changes_total", "counter", "Changes whose content was let go of.", counts.compacted)
        single("variorum_compactions_failed_total", "counter", "Rounds of that which failed.", counts.compactionsFailed)

        single("process_resident_memory_bytes", "gauge", "Memory.", process.residentBytes)
        single("process_open_fds", "gauge", "Open descriptors.", process.openDescriptors)
        single("process_max_fds", "gauge", "Descriptors that may be open.", process.descriptorsMax)
        family("process_cpu_seconds_total", "counter", "Processor time.")
        sample("process_cpu_seconds_total", process.processorSeconds)
        single("process_start_time_seconds", "gauge", "Start, since 1970.", process.startSeconds)
    }

    var text: String { lines.joined(separator: "\n") + "\n" }

    private mutating func family(_ name: String, _ type: String, _ help: String) {
        lines += ["# HELP \(name) \(help)", "# TYPE \(name) \(type)"]
    }

    private mutating func sample(
        _ name: String, _ value: some CustomStringConvertible, _ labels: KeyValuePairs<String, String> = [:]
    ) {
        let list = labels.map { "\($0.key)=\"\($0.value)\"" }.joined(separator: ",")
        lines.append(name + (list.isEmpty ? "" : "{\(list)}") + " \(value)")
    }

    private mutating func single(_ name: String, _ type: String, _ help: String, _ value: Int) {
        family(name, type, help)
        sample(name, value)
    }

    private mutating func histogram(_ name: String, _ route: Metrics.Route, _ labels: KeyValuePairs<String, String>) {
        let label = labels.map { "\($0.key)=\"\($0.value)\"" }.joined(separator: ",")
        var count = 0
        for (number, inBucket) in route.buckets.enumerated() {
            count += inBucket
            let bound =
                number < Metrics.boundsMilliseconds.count ? "\(Metrics.boundsMilliseconds[number] / 1000)" : "+Inf"
            lines.append("\(name)_bucket{\(label),le=\"\(bound)\"} \(count)")
        }
        lines += ["\(name)_sum{\(label)} \(route.milliseconds / 1000)", "\(name)_count{\(label)} \(count)"]
    }
}
