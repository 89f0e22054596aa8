import Glibc
import HTTPClient
import HTTPServing
import Testing

/// Both sides under TLS.
struct TLSTests {
    let certificate: TestCertificate

    init() throws { certificate = try TestCertificate() }

    struct Echo: HTTPHandler {
        func handle(_ request: HTTPRequest) async -> HTTPReply { HTTPReply(status: 200, body: request.body) }
    }

    func withServer(
        configure: (inout HTTPServerConfiguration) -> Void = { _ in }, _ body: (HTTPServer, UInt16) async throws -> Void
    ) async throws {
        var configuration = HTTPServerConfiguration()
        configuration.tls = HTTPServerTLS(certificateFile: certificate.certificateFile, keyFile: certificate.keyFile)
        configure(&configuration)
        let server = HTTPServer(configuration: configuration, handler: Echo())
        let port = try server.start()
        do {
            try await body(server, port)
        } catch {
            await server.shutdown(graceSeconds: 0)
            throw error
        }
        await server.shutdown(graceSeconds: 1)
    }

    func client(_ configure: (inout HTTPClientConfiguration) -> Void = { _ in }) -> HTTPSession {
        testClient {
            $0.authorities = .file(certificate.certificateFile)
            configure(&$0)
        }
    }

    @Test func `a request and its reply`() async throws {
        try await withServer { _, port in
            let client = client()
            for size in [0, 1, 1000, 1 << 20] {
                let body = [UInt8](repeating: 7, count: size)
                let request = HTTPClientRequest(method: "POST", url: "https://127.0.0.1:\(port)/", body: body)
                let response = try await client.send(request)
                #expect(response.body == body)
            }
        }
    }

    @Test func `many at once`() async throws {
        try await withServer { server, port in
            let client = client()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<30 {
                    group.addTask {
                        let body = [UInt8](repeating: UInt8(number), count: 50_000)
                        let request = HTTPClientRequest(method: "POST", url: "https://127.0.0.1:\(port)/", body: body)
                        let response = try await client.send(request)
                        #expect(response.body == body)
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func `trusts nobody but whom it is told to`() async throws {
        let other = try TestCertificate()
        try await withServer { _, port in
            let request = HTTPClientRequest(url: "https://127.0.0.1:\(port)/")
            #expect(await failure(client(), request) == nil)
            #expect(await failure(client { $0.authorities = .system }, request) == .unknownAuthority)
            #expect(
                await failure(client { $0.authorities = .file(other.certificateFile) }, request) == .unknownAuthority)
            for file in ["/nowhere", other.keyFile] {
                #expect(await failure(client { $0.authorities = .file(file) }, request) == .badAuthorities)
            }
            let byName = HTTPClientRequest(url: "https://localhost:\(port)/")
            #expect(await failure(client(), byName) == .otherName)
        }
    }

    @Test func `trusts no certificate out of its time, but by its key`() async throws {
        let pin = try certificate.pin()
        try certificate.expire()
        try await withServer { _, port in
            let request = HTTPClientRequest(url: "https://127.0.0.1:\(port)/")
            #expect(await failure(client(), request) == .certificateOutOfDate)
            let pinned = client {
                $0.authorities = .pinnedKeysAlone
                $0.pinnedPublicKeys = [pin]
            }
            #expect(await failure(pinned, request) == nil)
        }
    }

    @Test func `a pin has to match`() async throws {
        let (pin, other) = (try certificate.pin(), try TestCertificate().pin())
        try await withServer { _, port in
            let request = HTTPClientRequest(url: "https://127.0.0.1:\(port)/")
            #expect(await failure(client { $0.pinnedPublicKeys = [pin] }, request) == nil)
            #expect(await failure(client { $0.pinnedPublicKeys = [other, pin] }, request) == nil)
            #expect(await failure(client { $0.pinnedPublicKeys = [other] }, request) == .otherKey)
        }
    }

    @Test func `a pinned key needs no authority, no name and no address`() async throws {
        let (pin, other) = (try certificate.pin(), try TestCertificate().pin())
        try await withServer { _, port in
            for host in ["127.0.0.1", "localhost"] {
                let request = HTTPClientRequest(url: "https://\(host):\(port)/")
                func session(_ pins: [String]) -> HTTPSession {
                    client {
                        $0.authorities = .pinnedKeysAlone
                        $0.pinnedPublicKeys = pins
                    }
                }
                #expect(await failure(session([pin]), request) == nil)
                #expect(await failure(session([other]), request) == .otherKey)
                // Without a pin somebody has to vouch for the certificate.
                #expect(await failure(session([]), request) == .unknownAuthority)
            }
        }
    }

    @Test func `old protocols and ciphers are refused`() async throws {
        try await withServer { _, port in
            for (options, protocolName) in [
                ("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3"),
                ("-tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256", "TLSv1.2"),
            ] {
                let said = try await handshake(options, port: port)
                #expect(said.contains("Cipher is ") && !said.contains("Cipher is (NONE)"), "\(options): \(said)")
                #expect(said.contains(protocolName), "\(options): \(said)")
            }
            // Level 0 lets the client offer what the server has to refuse.
            for options in [
                "-tls1_1 -cipher ALL:@SECLEVEL=0", "-tls1 -cipher ALL:@SECLEVEL=0",
                "-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA256:@SECLEVEL=0",
                "-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0",
            ] {
                let said = try await handshake(options, port: port)
                #expect(said.contains("Cipher is (NONE)"), "\(options): \(said)")
                #expect(said.contains("alert protocol version") || said.contains("alert handshake failure"), "\(said)")
            }
        }
    }

    /// What openssl's client says of a handshake with the server.
    private func handshake(_ options: String, port: UInt16) async throws -> String {
        let file = "\(certificate.folder)/handshake"
        // The exit code tells a failed handshake, which is what some of them are for.
        try await TestCertificate.runAside(
            "openssl s_client -connect 127.0.0.1:\(port) \(options) </dev/null >'\(file)' 2>&1 || true")
        return try TestCertificate.contents(of: file)
    }

    @Test func `a new certificate is presented to new connections`() async throws {
        try await withServer { server, port in
            let request = HTTPClientRequest(url: "https://127.0.0.1:\(port)/")
            let old = client { $0.pinnedPublicKeys = [(try? certificate.pin()) ?? ""] }
            #expect(await failure(old, request) == nil)
            try certificate.make()
            #expect(await failure(client(), request) == .unknownAuthority)
            try await server.reloadCertificate()
            #expect(await failure(client(), request) == nil)
            // The session's own connection goes on.
            #expect(await failure(old, request) == nil)
        }
    }

    @Test func `a certificate that does not fit is refused`() async throws {
        let other = try TestCertificate()
        for (certificateFile, keyFile) in [
            (certificate.certificateFile, other.keyFile), (certificate.keyFile, certificate.keyFile),
            ("/nowhere", certificate.keyFile),
        ] {
            var configuration = HTTPServerConfiguration()
            configuration.tls = HTTPServerTLS(certificateFile: certificateFile, keyFile: keyFile)
            do throws(HTTPServerError) {
                _ = try HTTPServer(configuration: configuration, handler: Echo()).start()
                Issue.record("started")
            } catch {
                #expect(error.code == .badCertificate)
            }
        }
    }

    @Test func `somebody who speaks plain HTTP is cut off`() async throws {
        try await withServer { server, port in
            #expect(await failure(client(), HTTPClientRequest(url: "http://127.0.0.1:\(port)/")) == .cutInTheMiddle)
            #expect(await failure(client(), HTTPClientRequest(url: "https://127.0.0.1:\(port)/")) == nil)
        }
    }

    @Test func `a handshake that does not come is given up`() async throws {
        try await withServer(configure: { $0.headMilliseconds = 100 }) { server, port in
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(descriptor) }
            var name = sockaddr_in()
            name.sin_family = sa_family_t(AF_INET)
            name.sin_port = port.bigEndian
            name.sin_addr.s_addr = inet_addr("127.0.0.1")
            let isConnected = withUnsafeBytes(of: &name) {
                connect(
                    descriptor, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self),
                    socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
            #expect(isConnected)
            for _ in 0..<1000 where await server.statistics.connectionsAccepted == 0 { await sleep(milliseconds: 10) }
            for _ in 0..<1000 where await server.statistics.connectionsOpen > 0 { await sleep(milliseconds: 10) }
            #expect(await server.statistics.connectionsAccepted == 1)
            #expect(await server.statistics.connectionsOpen == 0)
        }
    }

    @Test func `a refusal reaches the client before the connection ends`() async throws {
        try await withServer(configure: { $0.bodyBytesMax = 1000 }) { _, port in
            let body = [UInt8](repeating: 0, count: 20_000)
            let request = HTTPClientRequest(method: "POST", url: "https://127.0.0.1:\(port)/", body: body)
            let response = try await client().send(request)
            #expect(response.status == 413)
        }
    }
}
