import ChangeLog
import Cryptography
import Foundation
import HTTPClient
import HTTPServing
import Testing

/// The certificate that a server makes for itself.
struct ServerCertificateTests {
    /// Serves with a certificate of its own and gives back how a client fares.
    private func outcome(
        _ made: ServerCertificate, host: String, _ configure: (inout HTTPClientConfiguration, String) -> Void
    ) async throws -> HTTPClientError.Code? {
        let folder = NSTemporaryDirectory() + "certificate-test-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let files = HTTPServerTLS(certificateFile: folder + "/certificate.pem", keyFile: folder + "/key.pem")
        try Data(made.certificate).write(to: URL(fileURLWithPath: files.certificateFile))
        try Data(made.privateKey).write(to: URL(fileURLWithPath: files.keyFile))
        var configuration = HTTPServerConfiguration()
        configuration.tls = files
        let server = HTTPServer(configuration: configuration, handler: TLSTests.Echo())
        let port = try server.start()
        let client = testClient { configure(&$0, files.certificateFile) }
        let result = await failure(client, HTTPClientRequest(url: "https://\(host):\(port)/"))
        await server.shutdown(graceSeconds: 1)
        return result
    }

    @Test func `is trusted by its pin, whatever the name`() async throws {
        let made = try ServerCertificate.selfSigned(for: ["sync.example.org"])
        for (pin, expected) in [(made.pin, nil), (Digest(words: [1, 2, 3, 4]), HTTPClientError.Code.otherKey)] {
            let result = try await outcome(made, host: "127.0.0.1") { configuration, _ in
                configuration.authorities = .pinnedKeysAlone
                configuration.pinnedPublicKeys = [Data(pin.bytes).base64EncodedString()]
            }
            #expect(result == expected)
        }
    }

    @Test func `is its own authority, for the names it was made for`() async throws {
        let made = try ServerCertificate.selfSigned(for: ["localhost", "127.0.0.1"])
        let other = try ServerCertificate.selfSigned(for: ["example.org"])
        for host in ["localhost", "127.0.0.1"] {
            #expect(try await outcome(made, host: host) { $0.authorities = .file($1) } == nil)
            #expect(try await outcome(other, host: host) { $0.authorities = .file($1) } == .otherName)
        }
    }

    @Test func `has a key and a pin of its own each time`() throws {
        let (one, other) = (try ServerCertificate.selfSigned(for: ["a"]), try ServerCertificate.selfSigned(for: ["a"]))
        #expect(one.pin != other.pin)
        #expect(ServerCertificate.pin(of: one.certificate) == one.pin)
        #expect(ServerCertificate.pin(of: Array("no certificate".utf8)) == nil)
        #expect(ServerCertificate.pin(of: []) == nil)
    }

    @Test func `its pin is the one that openssl computes`() throws {
        let certificate = try TestCertificate()
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: certificate.certificateFile)))
        let pin = try #require(ServerCertificate.pin(of: bytes))
        #expect(Data(pin.bytes).base64EncodedString() == (try certificate.pin()))
    }

    @Test(arguments: [
        "", "a b", "a,b", "-a", "a-", "a..b", "a/b", "*.example.org", "DNS:a", "ä.example", "a\nb",
        String(repeating: "a", count: 64),
    ])
    func `names that are none are refused`(name: String) {
        #expect(throws: ServerCertificate.Failure.self) { try ServerCertificate.selfSigned(for: ["good", name]) }
    }

    @Test(arguments: ["a", "sync.example.org", "xn--bcher-kva.example", "192.0.2.7", "2001:db8::1", "::1", "1.example"])
    func `names and addresses are taken`(name: String) throws {
        _ = try ServerCertificate.selfSigned(for: [name])
    }
}
