import HTTPClient
import HTTPServing
import Testing

/// What a client makes of what it hears.
struct ResponseTests {
    static func send(_ reply: String) async throws -> HTTPClientResponse {
        let server = ScriptedServer { peer in
            _ = await peer.receiveRequest()
            await peer.send(reply)
        }
        return try await testClient().send(HTTPClientRequest(url: server.url()))
    }

    @Test func `reads status, headers and body`() async throws {
        let response = try await Self.send(
            "HTTP/1.1 404 Not There\r\nX-One:  a b \r\nx-two: c\r\nX-Two: d\r\nX-Empty:\r\nContent-Length: 3\r\n\r\nabc"
        )
        #expect(response.status == 404)
        #expect(
            response.header("x-one") == "a b" && response.header("X-TWO") == "c" && response.header("X-Empty") == "")
        #expect(response.headers.map(\.name) == ["X-One", "x-two", "X-Two", "X-Empty", "Content-Length"])
        #expect(response.body == Array("abc".utf8))
    }

    @Test func `reads a chunked body and ignores its trailers`() async throws {
        let response = try await Self.send(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\nX-Late: a\r\n\r\n")
        #expect(response.body == Array("abc".utf8) && response.header("X-Late") == nil)
    }

    @Test func `skips interim responses`() async throws {
        let response = try await Self.send(
            "HTTP/1.1 100 \r\n\r\nHTTP/1.1 103 Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 \r\nContent-Length: 1\r\n\r\nb")
        #expect(response.status == 200 && response.header("Link") == nil && response.body == Array("b".utf8))
    }

    @Test func `does not follow redirects`() async throws {
        let response = try await Self.send(
            "HTTP/1.1 302 \r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")
        #expect(response.status == 302 && response.header("location") == "http://127.0.0.1:1/")
    }

    @Test func `uses a connection again`() async throws {
        let server = ScriptedServer { peer in
            while await !peer.receiveRequest().isEmpty { await peer.send(noContent) }
        }
        let client = testClient()
        for _ in 0..<20 { #expect(try await client.send(HTTPClientRequest(url: server.url())).status == 204) }
        #expect(server.connectionsAccepted == 1)
    }

    @Test func `makes a new connection when the kept one is dead`() async throws {
        let server = ScriptedServer { peer in
            _ = await peer.receiveRequest()
            await peer.send(noContent)
        }
        let client = testClient()
        for _ in 0..<5 {
            let request = HTTPClientRequest(method: "POST", url: server.url(), body: Array("abc".utf8))
            #expect(try await client.send(request).status == 204)
        }
        #expect(server.connectionsAccepted == 5)
    }

    @Test func `many requests at once share one client`() async throws {
        struct Echo: HTTPHandler {
            func handle(_ request: HTTPRequest) async -> HTTPReply {
                await sleep(milliseconds: 5)
                return HTTPReply(status: 200, body: Array(request.path.utf8) + request.body)
            }
        }
        let server = HTTPServer(configuration: HTTPServerConfiguration(), handler: Echo())
        let port = try server.start()
        let client = testClient()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<50 {
                group.addTask {
                    let request = HTTPClientRequest(
                        method: "POST", url: "http://127.0.0.1:\(port)/\(number)", body: Array("x".utf8))
                    let response = try await client.send(request)
                    #expect(response.body == Array("/\(number)x".utf8))
                }
            }
            try await group.waitForAll()
        }
        await server.shutdown(graceSeconds: 0)
    }
}
