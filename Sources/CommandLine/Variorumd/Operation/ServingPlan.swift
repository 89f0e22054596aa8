import HTTPServing

/// How a server listens, according to its configuration and what it was handed: everything that can be said to be wrong
/// before anything is opened.
struct ServingPlan {
    let http: HTTPServerConfiguration
    let metrics: HTTPServerConfiguration?
    let tls: HTTPServerTLS?
    let proxies: TrustedProxies
    let graceSeconds: Int
    /// 0 for no limit.
    let workspaceBytesMax: Int
    /// 0 for no limit.
    let requestsPerSecond: Int
    /// 0 for three quarters of the connections.
    let listenersMax: Int
    let listenersPerUserMax: Int
    let listenerBytesMax: Int
    let passwordsWaitingMax: Int
    /// By how many changes a layer grows before a new snapshot is made of it; 0 for never.
    let snapshotChanges: UInt64
    /// 0: for ever.
    let historyDays: Int
    let addressFile: String?

    /// - Parameter activated: The socket that a service manager handed over.
    /// - Throws: `ConfigurationError` where settings do not go together or are not safe.
    init(_ configuration: Configuration, folder: String, activated: HTTPListeningSocket?) throws(ConfigurationError) {
        var http = HTTPServerConfiguration()
        guard let listen = configuration.address(.listen) else { preconditionFailure("listen has a default") }
        http.address = activated?.address ?? listen.host
        http.port = activated?.port ?? listen.port
        http.listeningSocket = activated?.descriptor
        http.bodyBytesMax = configuration.number(.bodyBytes)
        http.bodyBytesInFlightMax = configuration.number(.bodyBytesInFlight)
        http.headBytesMax = configuration.number(.headBytes)
        http.headerCountMax = configuration.number(.headFields)
        http.connectionsMax = configuration.number(.connections)
        http.connectionsPerAddressMax = configuration.number(.connectionsPerAddress)
        http.transferBytesPerSecondMin = Int64(configuration.number(.transferRate))
        http.headMilliseconds = configuration.milliseconds(.headTime)
        http.transferGraceMilliseconds = configuration.milliseconds(.transferGrace)
        http.idleMilliseconds = configuration.milliseconds(.idleTime)
        http.lingerMilliseconds = configuration.milliseconds(.lingerTime)
        http.sendsDate = configuration.isOn(.sendDate)

        tls = try Self.certificate(configuration, folder: folder)
        http.tls = tls
        let isLocal = activated.map { $0.address == nil } ?? false || ListenAddress.isLoopback(http.address)
        guard tls != nil || isLocal || configuration.isOn(.allowPlainHTTP) else {
            throw ConfigurationError(
                "plain HTTP on \(http.address): whoever is on the way would read all work and all tokens. Make a certificate with "
                    + "'variorumd init --tls-self-signed NAME', give one with \(Setting.tlsCertificate.key) and "
                    + "\(Setting.tlsKey.key), listen on 127.0.0.1 behind a reverse proxy, or say "
                    + "\(Setting.allowPlainHTTP.key) = yes (--allow-plain-http)")
        }
        guard http.bodyBytesInFlightMax >= http.bodyBytesMax else {
            throw ConfigurationError(
                "\(Setting.bodyBytesInFlight.key) is less than \(Setting.bodyBytes.key): no body of that length would ever be taken"
            )
        }
        metrics = try Self.metrics(configuration)
        self.http = http
        graceSeconds = configuration.number(.grace)
        proxies = configuration.text(.trustedProxies).flatMap(TrustedProxies.init) ?? TrustedProxies()
        workspaceBytesMax = configuration.number(.workspaceBytes)
        requestsPerSecond = configuration.number(.requestRate)
        listenersMax = configuration.number(.listeners)
        listenersPerUserMax = configuration.number(.listenersPerUser)
        listenerBytesMax = configuration.number(.listenerBytes)
        passwordsWaitingMax = configuration.number(.passwordsWaiting)
        snapshotChanges = UInt64(configuration.number(.snapshotChanges))
        historyDays = Int(configuration.number(.historyDays))
        addressFile = configuration.text(.addressFile)
    }

    private static func certificate(
        _ configuration: Configuration, folder: String
    ) throws(ConfigurationError) -> HTTPServerTLS? {
        switch (configuration.text(.tlsCertificate), configuration.text(.tlsKey)) {
        case (let certificate?, let key?): return HTTPServerTLS(certificateFile: certificate, keyFile: key)
        case (nil, nil):
            let own = DataFolderTLS(folder: folder)
            return own.isThere ? own.files : nil
        default:
            throw ConfigurationError(
                "\(Setting.tlsCertificate.key) and \(Setting.tlsKey.key) go together; one is not set")
        }
    }

    private static func metrics(_ configuration: Configuration) throws(ConfigurationError) -> HTTPServerConfiguration? {
        guard let address = configuration.address(.metrics) else { return nil }
        guard address.isLoopback || configuration.isOn(.allowRemoteMetrics) else {
            throw ConfigurationError(
                "metrics on \(address.host): everybody who reaches that address could read them. Take an address of loopback, or "
                    + "say \(Setting.allowRemoteMetrics.key) = yes")
        }
        var http = HTTPServerConfiguration()
        http.address = address.host
        http.port = address.port
        http.connectionsMax = 64
        http.bodyBytesMax = 0
        return http
    }

    /// The URL of a server that listens on a port; `nil` for a Unix socket.
    func url(port: UInt16) -> String? {
        if http.listeningSocket != nil, port == 0 { return nil }
        return
            "\(tls == nil ? "http" : "https")://\(http.address.contains(":") ? "[\(http.address)]" : http.address):\(port)"
    }
}
