import HTTPClient
import HTTPServing
import Testing

@testable import CommandLine

/// For whom a reverse proxy asks.
@Suite("Trusted proxies")
struct TrustedProxiesTests {
    @Test(
        "networks that are taken",
        arguments: [
            "127.0.0.1", "::1", "10.0.0.0/8", "10.0.0.1/32,::1/128", "0.0.0.0/1", "2001:db8::/32 ,\t192.0.2.0/25",
            "::ffff:10.0.0.0/104",
        ])
    func good(text: String) { #expect(TrustedProxies(text) != nil) }

    @Test(
        "networks that are not",
        arguments: [
            "", ",", "127.0.0.1,", "localhost", "127.1", "127.0.0.1:80", "[::1]", "fe80::1%eth0", "10.0.0.1/8",
            "10.0.0.0/33",
            "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8/8", "10.0.0.0/0", "::/0", "::1/129",
            "2001:db8::1/32",
            "010.0.0.1", "1.2.3.4 5.6.7.8", "127.0.0.1\u{0}", "::1/0128", "unix",
        ])
    func bad(text: String) { #expect(TrustedProxies(text) == nil) }

    @Test("many, and too many")
    func many() {
        func list(_ count: Int) -> String { (0..<count).map { "10.0.0.\($0)" }.joined(separator: ",") }
        #expect(
            TrustedProxies(list(64)) != nil && TrustedProxies(list(65)) == nil && TrustedProxies(list(100_000)) == nil)
    }

    private func client(
        _ peer: String, _ headers: String..., trusting networks: String = "127.0.0.1,10.0.0.0/8,2001:db8::/32"
    )
        -> String?
    {
        var request = HTTPRequest(method: "POST", path: "/", remoteAddress: peer)
        for header in headers { request.headers.append("x-forwarded-for", header) }
        return TrustedProxies(networks)?.clientAddress(of: request)
    }

    @Test("the address of the client, by peer and header")
    func table() {
        // Nobody to ask, or nobody who is believed.
        #expect(client("127.0.0.1") == "127.0.0.1")
        #expect(client("192.0.2.1", "203.0.113.9") == "192.0.2.1")
        #expect(client("", "203.0.113.9") == "")
        #expect(client("127.0.0.2", "203.0.113.9") == "127.0.0.2")
        let none = HTTPRequest(
            method: "GET", path: "/", headers: ["X-Forwarded-For": "9.9.9.9"], remoteAddress: "127.0.0.1")
        #expect(TrustedProxies().clientAddress(of: none) == "127.0.0.1")
        // One proxy, several, and several lines of the header, which are one list.
        #expect(client("127.0.0.1", "203.0.113.9") == "203.0.113.9")
        #expect(client("127.0.0.1", "203.0.113.9, 10.1.2.3") == "203.0.113.9")
        #expect(client("127.0.0.1", "203.0.113.9", "10.1.2.3,\t10.9.9.9 ") == "203.0.113.9")
        #expect(client("2001:db8::5", "2001:DB8:0::1, 2a00::0:1") == "2a00::1")
        // What the client has sent itself does not count, whatever it is.
        #expect(client("127.0.0.1", "9.9.9.9, 203.0.113.9") == "203.0.113.9")
        #expect(client("127.0.0.1", "10.0.0.1, 203.0.113.9, 10.1.2.3") == "203.0.113.9")
        #expect(client("127.0.0.1", "evil\u{7F}, , 203.0.113.9") == "203.0.113.9")
        // A client on a trusted machine.
        #expect(client("127.0.0.1", "10.0.0.7") == "10.0.0.7")
        #expect(client("127.0.0.1", "10.0.0.7, 10.0.0.8") == "10.0.0.7")
        // One address in two dresses.
        #expect(client("::ffff:127.0.0.1", "::ffff:203.0.113.9") == "203.0.113.9")
        #expect(client("127.0.0.1", "203.0.113.9, ::ffff:10.0.0.1") == "203.0.113.9")
        #expect(client("127.0.0.1", "203.0.113.9", trusting: "::ffff:127.0.0.1") == "203.0.113.9")
    }

    @Test(
        "what is no address has the peer's count",
        arguments: [
            "", ",", " ", "unknown", "_hidden", "203.0.113.9:1234", "[2a00::1]", "203.0.113", "203.0.113.9,", "0x7f.1",
            "203.0.113.9, 10.0.0.1:80", "fe80::1%eth0", "for=203.0.113.9", "999.0.0.1", "203.0.113.009x",
            "1.1.1.1" + String(repeating: ",10.0.0.1", count: 16),
            String(repeating: " ", count: 2048) + "203.0.113.9", String(repeating: "1", count: 500),
        ])
    func hostile(header: String) { #expect(client("127.0.0.1", header) == "127.0.0.1") }

    @Test("sixteen proxies behind one another, and a network's edges")
    func edges() {
        #expect(client("127.0.0.1", "1.1.1.1" + String(repeating: ",10.0.0.1", count: 15)) == "1.1.1.1")
        let networks = "192.0.2.128/25,2001:db8::/33"
        for (peer, isTrusted) in [
            ("192.0.2.127", false), ("192.0.2.128", true), ("192.0.2.255", true), ("192.0.3.0", false),
            ("2001:db8:7fff:ffff::1", true), ("2001:db8:8000::", false), ("2001:db7::", false),
        ] { #expect(client(peer, "1.1.1.1", trusting: networks) == (isTrusted ? "1.1.1.1" : peer)) }
    }

    /// Somebody who guesses slows down nobody else behind the same proxy.
    @Test("a server behind a proxy limits the client who guesses, and logs who asked")
    func served() async throws {
        let server = try await ServerProcess()
        try server.start(["--set", "trusted-proxies=127.0.0.1"])
        func guess(_ address: String) async throws -> Int {
            try await server.client().send(
                HTTPClientRequest(
                    method: "POST", url: server.url + "/v1/heads",
                    headers: [
                        (name: "Authorization", value: "Bearer guess"), (name: "X-Forwarded-For", value: address),
                    ])
            ).status
        }
        var statuses: [Int] = []
        for number in 0..<30 { statuses.append(try await guess("9.9.9.\(number), 203.0.113.9")) }
        #expect(statuses.first == 401 && statuses.last == 429)
        #expect(try await guess("203.0.113.10") == 401)
        #expect(try await guess("nonsense") == 401)
        #expect(server.logs(" address=203.0.113.9\n") && server.logs(" address=203.0.113.10\n"))
        #expect(server.logs(" address=127.0.0.1\n") && !server.log.contains("9.9.9."))
        #expect(server.stop() == 0)

        let other = try await ServerProcess()
        try other.start()
        statuses = []
        for number in 0..<30 {
            statuses.append(
                try await other.client().send(
                    HTTPClientRequest(
                        method: "POST", url: other.url + "/v1/heads",
                        headers: [
                            (name: "Authorization", value: "Bearer guess"),
                            (name: "X-Forwarded-For", value: "203.0.113.\(number)"),
                        ])
                ).status)
        }
        #expect(statuses.last == 429 && !other.log.contains("203.0.113"))
        #expect(other.stop() == 0)
    }
}
