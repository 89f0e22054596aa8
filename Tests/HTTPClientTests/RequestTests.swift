import HTTPClient
import Synchronization
import Testing

/// What a client says on the wire.
struct RequestTests {
    /// The bytes of a request as a server gets them.
    static func bytes(of request: HTTPClientRequest) async throws -> String {
        let received = Mutex("")
        let server = ScriptedServer { peer in
            let bytes = await peer.receiveRequest()
            received.withLock { $0 = bytes }
            await peer.send(noContent)
        }
        var request = request
        request.url = server.url(request.url)
        let response = try await testClient().send(request)
        #expect(response.status == 204)
        return received.withLock { $0 }.replacing("127.0.0.1:\(server.port)", with: "HOST")
    }

    @Test func `a GET says nothing that it need not say`() async throws {
        #expect(
            try await Self.bytes(of: HTTPClientRequest(url: "/a?b=c")) == "GET /a?b=c HTTP/1.1\r\nHost: HOST\r\n\r\n")
    }

    @Test func `a POST adds the length of its body only`() async throws {
        let request = HTTPClientRequest(method: "POST", url: "/", body: Array("abc".utf8))
        #expect(try await Self.bytes(of: request) == "POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 3\r\n\r\nabc")
    }

    @Test(arguments: ["POST", "PUT", "PATCH"]) func `a body that is missing has length zero`(method: String)
        async throws
    {
        let bytes = try await Self.bytes(of: HTTPClientRequest(method: method, url: "/"))
        #expect(bytes == "\(method) / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 0\r\n\r\n")
    }

    @Test(arguments: ["DELETE", "HEAD", "OPTIONS", "REPORT"])
    func `other methods have no body`(method: String) async throws {
        let bytes = try await Self.bytes(of: HTTPClientRequest(method: method, url: "/"))
        #expect(bytes == "\(method) / HTTP/1.1\r\nHost: HOST\r\n\r\n")
    }

    @Test func `a large body waits for nobody`() async throws {
        let body = [UInt8](repeating: UInt8(ascii: "a"), count: 2 << 20)
        let bytes = try await Self.bytes(of: HTTPClientRequest(method: "PUT", url: "/", body: body))
        #expect(bytes.hasPrefix("PUT / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 2097152\r\n\r\na"))
        #expect(bytes.utf8.count > body.count)
    }

    @Test func `headers are sent as they are`() async throws {
        let request = HTTPClientRequest(
            method: "POST", url: "/",
            headers: [
                ("User-Agent", "test"), ("accept", "a/b"), ("Content-Type", "c/d"), ("X-Empty", ""), ("X-Two", "1"),
                ("X-Two", "é"),
            ], body: [])
        let lines = try await Self.bytes(of: request).split(whereSeparator: \.isNewline)
        for line in ["User-Agent: test", "accept: a/b", "Content-Type: c/d", "X-Empty:", "X-Two: 1", "X-Two: é"] {
            #expect(lines.count { $0 == line || $0 == line + " " } == 1, "\(line) in \(lines)")
        }
    }

    @Test(arguments: [
        "file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "127.0.0.1", "", "http://",
        "http://u:p@127.0.0.1/",
        "http://127.0.0.1:99999/", "http://a b/",
    ])
    func `refuses other addresses`(url: String) async {
        #expect(await failure(testClient(), HTTPClientRequest(url: url)) == .invalidRequest)
    }

    @Test(arguments: [("X", "a\r\nY: b"), ("X\r\nY", "a"), ("X Y", "a"), ("", "a"), ("X", "a\0b")])
    func `refuses headers that would break out`(name: String, value: String) async {
        let request = HTTPClientRequest(url: "http://127.0.0.1:1/", headers: [(name, value)])
        #expect(await failure(testClient(), request) == .invalidRequest)
    }

    @Test func `refuses methods that would break out`() async {
        let request = HTTPClientRequest(method: "GET / HTTP/1.1\r\nX:", url: "http://127.0.0.1:1/")
        #expect(await failure(testClient(), request) == .invalidRequest)
    }
}
