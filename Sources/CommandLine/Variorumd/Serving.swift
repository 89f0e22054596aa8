import Cryptography
import HTTPServing
import ServerStore
import SyncServer

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// `variorumd serve`: listens until a signal asks it to stop, then lets requests end.
struct Serving {
    let folder: String
    let values: ArgumentValues
    let output: FileOutput
    let errors: FileOutput

    func run() async throws -> ExitCode {
        var configuration = HTTPServerConfiguration()
        let address = try listenAddress()
        configuration.address = address.host
        configuration.port = address.port
        switch (values.value("tls-certificate"), values.value("tls-key")) {
        case (nil, nil): break
        case (let certificate?, let key?):
            configuration.tls = HTTPServerTLS(certificateFile: certificate, keyFile: key)
        default:
            throw UsageError(.missingOption, in: values.commandPath, "--tls-certificate and --tls-key go together")
        }
        configuration.connectionsPerAddressMax =
            try values.integer("connections-per-address", in: 1...1_000_000) ?? configuration.connectionsPerAddressMax
        configuration.connectionsMax = min(configuration.connectionsMax, HTTPServer.connectionsThatFit())
        // Those who listen leave room for those who ask.
        var liveLimits = LiveLimits()
        liveLimits.listenersMax = configuration.connectionsMax * 3 / 4
        let grace = try values.integer("grace", in: 0...3600) ?? 10
        let store = try ServerCommand.open(folder, creates: false, isServing: true)
        // Lines of the log come from many tasks at once; one write each keeps them whole.
        let service = SyncService(
            store: store, cryptography: OpenSSLCryptography(), liveLimits: liveLimits,
            log: { line in try? FileOutput.standardError().writeLine("variorumd: \(line)") })
        let stop = StopSignal()
        let server = HTTPServer(configuration: configuration, handler: service)
        let port = try server.start()
        let scheme = configuration.tls == nil ? "http" : "https"
        let url = "\(scheme)://\(address.host.contains(":") ? "[\(address.host)]" : address.host):\(port)"
        if let file = values.value("address-file") { try writeAddress(url, to: file) }
        try output.writeLine("Serving \(printable(folder)) on \(url)")
        await stop.wait()
        try? errors.writeLine("variorumd: stopping")
        await server.shutdown(graceSeconds: Double(grace))
        return .success
    }

    private func listenAddress() throws -> (host: String, port: UInt16) {
        let text = values.value("listen") ?? ""
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            throw UsageError(.invalidValue, in: values.commandPath, "--listen takes HOST:PORT, such as 127.0.0.1:8642")
        }
        var host = String(text[..<colon])
        if host.hasPrefix("[") && host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        return (host.isEmpty ? "0.0.0.0" : host, port)
    }

    /// Who waits for the file finds it whole.
    private func writeAddress(_ url: String, to file: String) throws {
        let draft = file + ".new"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw ServerStoreError(.unavailable, "\(file) cannot be written") }
        try FileOutput(fileDescriptor: descriptor).writeLine(url)
        close(descriptor)
        guard rename(draft, file) == 0 else { throw ServerStoreError(.unavailable, "\(file) cannot be written") }
    }
}

func makeFolder(_ path: String) throws {
    if mkdir(path, 0o700) != 0 && errno != EEXIST {
        throw ServerStoreError(.unavailable, "\(path) cannot be made: \(String(cString: strerror(errno)))")
    }
}
