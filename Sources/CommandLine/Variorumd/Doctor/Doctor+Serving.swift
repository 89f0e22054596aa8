import Cryptography
import HTTPClient
import HTTPServing

extension Doctor {
    /// The address, and the certificate that is shown there.
    func listening(_ plan: ServingPlan) -> [Finding] {
        let name = "address"
        let isLocal = ListenAddress.isLoopback(plan.http.address)
        guard let tls = plan.tls else {
            return [
                isLocal
                    ? .ok(name, "plain HTTP on loopback, for a reverse proxy")
                    : .warning(
                        name, "plain HTTP on \(plan.http.address): whoever is on the way reads everything",
                        "variorumd init --tls-self-signed NAME, or listen on 127.0.0.1 behind a reverse proxy")
            ]
        }
        return [.ok(name, "TLS on \(plan.http.address)"), certificate(tls)]
    }

    private func certificate(_ tls: HTTPServerTLS) -> Finding {
        let name = "certificate"
        do {
            try tls.check()
        } catch {
            return .problem(name, oneLine(error.debugDescription), "put back a certificate and the key that fits it")
        }
        guard let bytes = try? Files.read(tls.certificateFile, atMost: 1 << 20),
            let facts = CertificateFacts(of: bytes)
        else { return .problem(name, "\(tls.certificateFile) cannot be read", "put the certificate back") }
        let renewal = "renew it, then systemctl reload variorumd"
        let left = facts.notAfter * 1000 - now
        if left < 0 { return .problem(name, "it has expired", renewal) }
        if facts.notBefore * 1000 > now {
            return .problem(name, "it is not good before \(localTime(facts.notBefore * 1000))", "look at the clock")
        }
        let names = facts.names.joined(separator: ", ")
        if left < 30 * Self.dayMilliseconds {
            return .warning(name, "for \(names): it expires in \(days(left))", renewal)
        }
        if facts.names.isEmpty {
            return .warning(
                name, "it names no host and no address, so that devices take it by its pin alone",
                "get one with the name by which devices reach the server")
        }
        return .ok(name, "for \(names), good for \(days(left))")
    }

    func openFiles(_ plan: ServingPlan, _ process: ServingProcess) -> Finding {
        let name = "open-files"
        guard process.isRunning, let limit = process.openFilesMax else {
            return .ok(name, "known only while the server runs, to its own user")
        }
        let fit = max(16, limit - 64)
        guard fit < plan.http.connectionsMax else {
            return .ok(name, "\(limit) may be open, for \(plan.http.connectionsMax) connections")
        }
        return .warning(
            name, "\(limit) may be open: \(fit) connections instead of \(plan.http.connectionsMax)",
            "raise LimitNOFILE in the unit, or lower limits.connections")
    }

    /// Whether it runs, and answers where the configuration says.
    func server(_ plan: ServingPlan?, _ process: ServingProcess) async -> Finding {
        let name = "server"
        guard process.isRunning else {
            return .warning(name, "it does not run", "systemctl start variorumd, or variorumd serve")
        }
        guard let plan, let url = url(of: plan) else { return .ok(name, "it runs; at which address is not known") }
        var client = HTTPClientConfiguration()
        client.proxy = .none
        client.connectTimeoutMilliseconds = 5000
        client.timeoutMilliseconds = 10_000
        if let tls = plan.tls, let bytes = try? Files.read(tls.certificateFile, atMost: 1 << 20),
            let pin = ServerCertificate.pin(of: bytes)
        {
            client.authorities = .pinnedKeysAlone
            client.pinnedPublicKeys = [PublicKeyPin(pin).base64]
        }
        do {
            let reply = try await HTTPSession(configuration: client).send(HTTPClientRequest(url: url + "/readyz"))
            guard reply.status == 200 else {
                return .problem(name, "\(url) is not ready (status \(reply.status))", "its log says why")
            }
            return .ok(name, "it runs and is ready at \(url)")
        } catch {
            guard error.code != .otherKey else {
                return .problem(
                    name, "\(url) shows another certificate than the configured one", "systemctl reload variorumd")
            }
            return .problem(
                name, "it runs and does not answer at \(url): \(error.description)",
                "give this command the options of the server; else its log says why")
        }
    }

    private func url(of plan: ServingPlan) -> String? {
        if plan.http.port == 0 {
            guard let file = plan.addressFile, let bytes = try? Files.read(file, atMost: 1024) else { return nil }
            return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        }
        let hosts = ["0.0.0.0": "127.0.0.1", "::": "::1"]
        let host = hosts[plan.http.address] ?? plan.http.address
        return "\(plan.tls == nil ? "http" : "https")://\(host.contains(":") ? "[\(host)]" : host):\(plan.http.port)"
    }
}
