import HTTPClient
import Testing

/// Each way to fail has a code of its own.
struct FailureTests {
    /// How a request fails that is answered so, after which the connection closes.
    static func failure(
        _ reply: String, resets: Bool = false, configure: (inout HTTPClientConfiguration) -> Void = { _ in }
    ) async -> HTTPClientError.Code? {
        let server = ScriptedServer { peer in
            _ = await peer.receiveRequest()
            await peer.send(reply)
            if resets { peer.resetWhenClosed() }
        }
        return await HTTPClientTests.failure(testClient(configure), HTTPClientRequest(url: server.url()))
    }

    /// How a request fails that is answered so, after which the server says nothing more.
    static func failureWhenSilent(
        _ reply: String, configure: (inout HTTPClientConfiguration) -> Void
    ) async -> HTTPClientError.Code? {
        let server = ScriptedServer { peer in
            _ = await peer.receiveRequest()
            await peer.send(reply)
            await peer.waitForEnd()
        }
        return await HTTPClientTests.failure(testClient(configure), HTTPClientRequest(url: server.url()))
    }

    @Test func `a name that does not exist`() async {
        let label = String(repeating: "a", count: 64)  // one more than a label may have: no need to ask anybody
        let request = HTTPClientRequest(url: "http://\(label).invalid/")
        #expect(await HTTPClientTests.failure(testClient(), request) == .couldNotResolve)
    }

    @Test func `a port where nobody listens`() async {
        let dead = DeadPort()
        let request = HTTPClientRequest(url: "http://127.0.0.1:\(dead.port)/")
        #expect(await HTTPClientTests.failure(testClient(), request) == .couldNotConnect)
        withExtendedLifetime(dead) {}
    }

    @Test func `an answer that does not come`() async {
        #expect(await Self.failureWhenSilent("") { $0.timeoutMilliseconds = 100 } == .timeout)
        #expect(await Self.failureWhenSilent("HTTP/1.1 200 \r\n") { $0.timeoutMilliseconds = 100 } == .timeout)
    }

    @Test func `a request can have a time of its own`() async {
        let server = ScriptedServer { await $0.waitForEnd() }
        var request = HTTPClientRequest(url: server.url())
        request.timeoutMilliseconds = 100
        #expect(await HTTPClientTests.failure(testClient(), request) == .timeout)
    }

    @Test func `an answer that stalls`() async {
        let reply = "HTTP/1.1 200 \r\nContent-Length: 10\r\n\r\nabc"
        #expect(await Self.failureWhenSilent(reply) { $0.lowSpeedSeconds = 1 } == .timeout)
    }

    @Test(arguments: [
        "", "HTTP/1.1 200", "HTTP/1.1 200 \r\nContent-Length: 10\r\n\r\nabc",
        "HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
    ])
    func `a connection that breaks`(reply: String) async {
        #expect(await Self.failure(reply) == .cutInTheMiddle)
        #expect(await Self.failure(reply, resets: true) == .cutInTheMiddle)
    }

    @Test(arguments: ["SSH-2.0-OpenSSH_9.2\r\n", "hello\n", "\0\0\0\0\0\0\0\0\0\0"])
    func `somebody who does not speak HTTP`(reply: String) async {
        #expect(await Self.failure(reply) == .malformedResponse)
    }

    @Test func `an answer that is too large`() async {
        let limit: (inout HTTPClientConfiguration) -> Void = { $0.responseBytesMax = 100 }
        let body = String(repeating: "a", count: 101)
        #expect(
            await Self.failureWhenSilent("HTTP/1.1 200 \r\nContent-Length: 101\r\n\r\n", configure: limit) == .tooLarge)
        #expect(await Self.failure("HTTP/1.1 200 \r\n\r\n\(body)", configure: limit) == .tooLarge)
        let chunked = "HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n65\r\n\(body)\r\n0\r\n\r\n"
        #expect(await Self.failure(chunked, configure: limit) == .tooLarge)
        let exact = "HTTP/1.1 200 \r\n\r\n\(body.dropFirst())"
        #expect(await Self.failure(exact, configure: limit) == nil)
    }

    @Test func `a head without end`() async {
        let fields = String(repeating: "X: \(String(repeating: "a", count: 1000))\r\n", count: 400)
        #expect(await Self.failure("HTTP/1.1 200 \r\n\(fields)\r\n") == .tooLarge)
    }

    @Test func `no TLS where TLS is expected`() async {
        let server = ScriptedServer { peer in
            await peer.send("HTTP/1.1 400 \r\n\r\n")
            await peer.waitForEnd()
        }
        let request = HTTPClientRequest(url: "https://127.0.0.1:\(server.port)/")
        #expect(await HTTPClientTests.failure(testClient(), request) == .tlsFailure)
    }

    @Test func `cancelling ends a request at once and closes its connection`() async {
        let (asked, closed) = (AsyncStream<Void>.makeStream(), AsyncStream<Void>.makeStream())
        let server = ScriptedServer { peer in
            _ = await peer.receiveRequest()
            asked.continuation.yield()
            await peer.waitForEnd()
            closed.continuation.yield()
        }
        let client = testClient { $0.timeoutMilliseconds = 0 }
        let request = Task { await HTTPClientTests.failure(client, HTTPClientRequest(url: server.url())) }
        for await _ in asked.stream { break }
        request.cancel()
        #expect(await request.value == .cancelled)
        for await _ in closed.stream { break }
    }

    @Test func `a cancelled task does not even begin`() async {
        let server = ScriptedServer { await $0.send(noContent) }
        let client = testClient()
        // Many times: the worker may see the cancellation before anybody waits for the answer.
        for _ in 0..<500 {
            let request = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return await HTTPClientTests.failure(client, HTTPClientRequest(url: server.url()))
            }
            #expect(await request.value == .cancelled)
        }
        #expect(server.connectionsAccepted == 0)
    }

    @Test func `clients come and go`() async throws {
        let server = ScriptedServer { peer in
            while await !peer.receiveRequest().isEmpty { await peer.send(noContent) }
        }
        for _ in 0..<50 {
            #expect(try await testClient().send(HTTPClientRequest(url: server.url())).status == 204)
        }
    }

    @Test func `a description says what to do and names nobody`() async throws {
        let dead = DeadPort()
        do throws(HTTPClientError) {
            _ = try await testClient().send(HTTPClientRequest(url: "http://127.0.0.1:\(dead.port)/"))
            Issue.record("somebody answered")
        } catch {
            #expect(error.description.contains("Check that it runs") && !error.description.contains("127.0.0.1"))
            #expect(error.debugDescription.contains("127.0.0.1"))
        }
        withExtendedLifetime(dead) {}
    }
}
