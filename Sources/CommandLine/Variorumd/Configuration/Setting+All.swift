extension Setting {
    static let listen = Setting(
        "listen", .address, "127.0.0.1:8642",
        "where to listen; port 0 takes a free one, [::] all addresses; not looked at under systemd's socket activation",
        option: "listen")
    static let allowPlainHTTP = Setting(
        "allow-plain-http", .choice(yesOrNo), "no",
        "serve unencrypted beyond loopback, where whoever is on the way reads everything", option: "allow-plain-http")
    static let trustedProxies = Setting(
        "trusted-proxies", .networks, nil,
        "reverse proxies whose X-Forwarded-For is believed, for limits by address and the log; not set: nobody's")
    static let addressFile = Setting(
        "address-file", .file, nil, "write the server's URL here once it listens", option: "address-file")
    static let grace = Setting(
        "grace-seconds", .number(0...3600, unit: "seconds"), "10", "how long to let requests end at shutdown",
        option: "grace")
    static let metrics = Setting(
        "metrics", .address, nil, "where to serve /metrics for Prometheus; not set: nowhere", option: "metrics")
    static let allowRemoteMetrics = Setting(
        "allow-remote-metrics", .choice(yesOrNo), "no", "serve /metrics beyond loopback, to anybody who asks")

    static let snapshotChanges = Setting(
        "snapshot-changes", .number(0...1_000_000_000, unit: "changes"), "10000",
        "by how many changes a layer grows, and by a quarter at least, until a new snapshot is made for devices to start from; 0: never"
    )

    static let historyDays = Setting(
        "history-days", .number(0...36_500, unit: "days"), "0",
        "how long the content of superseded and merged changes is kept once a snapshot stands for them, for all layers but those of rounds; headers and signatures stay; 0: for ever"
    )

    static let tlsCertificate = Setting(
        "tls.certificate", .file, nil,
        "PEM file with the certificate chain; not set: the data folder's own, if init made one",
        option: "tls-certificate")
    static let tlsKey = Setting(
        "tls.key", .file, nil, "PEM file with its private key, without a passphrase", option: "tls-key")

    static let logFormat = Setting(
        "log.format", .choice(Log.Format.allCases.map(\.rawValue)), "text", "lines for people, or JSON lines",
        option: "log-format")
    static let logLevel = Setting(
        "log.level", .choice(Log.Level.allCases.map(\.name)), "info",
        "the least level that is logged; debug adds health checks", option: "log-level")

    // The smallest body limit is what clients send in one request.
    static let bodyBytes = Setting(
        "limits.body-bytes", .number(1_048_576...67_108_864, unit: "bytes"), "1048576",
        "the longest body of a request")
    static let bodyBytesInFlight = Setting(
        "limits.body-bytes-in-flight", .number(1_048_576...68_719_476_736, unit: "bytes"), "67108864",
        "all bodies together that are being received or handled; beyond, clients are asked to come again")
    static let headBytes = Setting(
        "limits.head-bytes", .number(1024...1_048_576, unit: "bytes"), "16384", "the longest head of a request")
    static let headFields = Setting(
        "limits.head-fields", .number(16...1000, unit: "fields"), "100", "header fields of a request")
    static let connections = Setting(
        "limits.connections", .number(1...1_000_000, unit: "connections"), "10000",
        "connections in total; no more than the limit of open files allows")
    static let connectionsPerAddress = Setting(
        "limits.connections-per-address", .number(1...1_000_000, unit: "connections"), "256",
        "connections from one IPv4 address or IPv6 /64 network; behind a reverse proxy as many as in total")
    static let transferRate = Setting(
        "limits.transfer-bytes-per-second", .number(1...1_000_000_000, unit: "bytes per second"), "1024",
        "the lowest average rate at which a body arrives and a reply is read")

    static let requestRate = Setting(
        "limits.requests-per-second", .number(0...1_000_000, unit: "requests per second"), "100",
        "how often a device may ask in the long run, ten times as much at once; 0 for no limit")
    static let listeners = Setting(
        "limits.listeners", .number(0...1_000_000, unit: "streams"), "0",
        "streams of live updates in total; 0 for three quarters of the connections")
    static let listenersPerUser = Setting(
        "limits.listeners-per-user", .number(1...1_000_000, unit: "streams"), "32",
        "streams of live updates of one user, on all devices")
    static let listenerBytes = Setting(
        "limits.listener-bytes", .number(256...1_048_576, unit: "bytes"), "4096",
        "what may wait for a listener who does not read; beyond, it is told to ask for everything")
    static let passwordsWaiting = Setting(
        "limits.passwords-waiting", .number(1...10_000, unit: "passwords"), "32",
        "passwords that wait to be hashed, each for a tenth of a second; beyond, people are asked to come again")

    static let workspaceBytes = Setting(
        "limits.workspace-bytes", .number(0...1_000_000_000_000_000, unit: "bytes"), "0",
        "what a workspace without a quota of its own may hold: payloads, and 256 bytes for each change; 0 for no limit")

    static let headTime = Setting(
        "timeouts.head-seconds", .number(1...3600, unit: "seconds"), "10",
        "from accepting, or a head's first byte, to its last; also for the TLS handshake")
    static let transferGrace = Setting(
        "timeouts.transfer-grace-seconds", .number(1...3600, unit: "seconds"), "20",
        "how long a body or reply may be below the lowest rate at its start")
    static let idleTime = Setting(
        "timeouts.idle-seconds", .number(1...86_400, unit: "seconds"), "75",
        "how long a connection may wait between requests")
    static let lingerTime = Setting(
        "timeouts.linger-seconds", .number(1...60, unit: "seconds"), "1",
        "how long a connection that is being closed waits for the client to close its side")

    static let sendDate = Setting(
        "http.send-date", .choice(yesOrNo), "yes", "send Date with replies; a reverse proxy does it itself")

    /// Every setting, in the order of lists; those of one section stand together.
    static let all = [
        listen, allowPlainHTTP, trustedProxies, addressFile, grace, metrics, allowRemoteMetrics, snapshotChanges,
        historyDays,
        tlsCertificate, tlsKey,
        logFormat,
        logLevel, bodyBytes, bodyBytesInFlight, headBytes, headFields, connections, connectionsPerAddress, transferRate,
        requestRate, listeners, listenersPerUser, listenerBytes, passwordsWaiting, workspaceBytes,
        headTime,
        transferGrace, idleTime, lingerTime,
        sendDate,
    ]

    /// `limits` of `limits.connections`; empty for what stands in front of all sections.
    var section: String { key.split(separator: ".").count > 1 ? String(key.prefix { $0 != "." }) : "" }

    /// `connections` of `limits.connections`.
    var name: String { section.isEmpty ? key : String(key.dropFirst(section.count + 1)) }

    static var sections: [String] {
        all.map(\.section).reduce(into: []) { if !$1.isEmpty, !$0.contains($1) { $0.append($1) } }
    }
}
