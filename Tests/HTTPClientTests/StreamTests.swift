import HTTPClient
import HTTPServing
import Synchronization
import Testing

/// Responses that are read while they arrive.
struct StreamTests {
    @Test func `the head is there before the body`() async throws {
        let (seen, seenHead) = AsyncStream<Void>.makeStream()
        let server = ScriptedServer { peer in
            _ = await peer.receiveRequest()
            await peer.send("HTTP/1.1 200 \r\nX-Note: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            await peer.send("3\r\nabc\r\n")
            for await _ in seen { break }
            await peer.send("2\r\nde\r\n0\r\n\r\n")
        }
        let stream = try await testClient().stream(HTTPClientRequest(url: server.url()))
        #expect(stream.status == 200 && stream.header("x-note") == "a")
        var body: [UInt8] = []
        for try await piece in stream {
            body += piece
            seenHead.yield()
        }
        #expect(body == Array("abcde".utf8))
    }

    @Test func `an empty body ends at once`() async throws {
        let server = ScriptedServer { peer in
            _ = await peer.receiveRequest()
            await peer.send("HTTP/1.1 204 \r\n\r\n")
        }
        let stream = try await testClient().stream(HTTPClientRequest(url: server.url()))
        var iterator = stream.makeAsyncIterator()
        #expect(try await iterator.next() == nil)
        #expect(try await iterator.next() == nil)
    }

    @Test func `a large body arrives whole, however slowly it is read`() async throws {
        struct Download: HTTPHandler {
            func handle(_ request: HTTPRequest) async -> HTTPReply {
                HTTPReply(
                    status: 200,
                    stream: .body { writer in
                        for number in 0..<400 {
                            try await writer.write([UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 50_000))
                        }
                    })
            }
        }
        let server = HTTPServer(configuration: HTTPServerConfiguration(), handler: Download())
        let port = try server.start()
        let stream = try await testClient().stream(HTTPClientRequest(url: "http://127.0.0.1:\(port)/"))
        var (count, isInOrder) = (0, true)
        for try await piece in stream {
            if count < 2_000_000 { await sleep(milliseconds: 2) }
            for offset in stride(from: 0, to: piece.count, by: 997) {
                isInOrder = isInOrder && piece[offset] == UInt8(truncatingIfNeeded: (count + offset) / 50_000)
            }
            count += piece.count
        }
        #expect(count == 20_000_000 && isInOrder)
        await server.shutdown(graceSeconds: 1)
    }

    @Test func `what is not read is not received`() async throws {
        let written = Atomic(0)
        struct Flood: HTTPHandler {
            let count: @Sendable (Int) -> Void
            func handle(_ request: HTTPRequest) async -> HTTPReply {
                HTTPReply(
                    status: 200,
                    stream: .body { writer in
                        while true {
                            try await writer.write([UInt8](repeating: 0, count: 32 << 10))
                            count(32 << 10)
                        }
                    })
            }
        }
        let flood = Flood { written.add($0, ordering: .relaxed) }
        let server = HTTPServer(configuration: HTTPServerConfiguration(), handler: flood)
        let port = try server.start()
        do {
            let stream = try await testClient().stream(HTTPClientRequest(url: "http://127.0.0.1:\(port)/"))
            await sleep(milliseconds: 300)
            #expect(written.load(ordering: .relaxed) < 30 << 20)
            withExtendedLifetime(stream) {}
        }
        // Letting the stream go closes the connection, which ends the producer.
        for _ in 0..<1000 where await server.statistics.connectionsOpen > 0 { await sleep(milliseconds: 10) }
        #expect(await server.statistics.connectionsOpen == 0)
        await server.shutdown(graceSeconds: 1)
    }

    @Test func `a cut shows after what came before it`() async throws {
        let server = ScriptedServer { peer in
            _ = await peer.receiveRequest()
            await peer.send("HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
        }
        let stream = try await testClient().stream(HTTPClientRequest(url: server.url()))
        var body: [UInt8] = []
        do {
            for try await piece in stream { body += piece }
            Issue.record("ended")
        } catch {
            #expect(error.code == .cutInTheMiddle)
        }
        #expect(body == Array("abc".utf8))
    }

    @Test func `a stream that cannot begin throws`() async throws {
        let dead = DeadPort()
        do throws(HTTPClientError) {
            _ = try await testClient().stream(HTTPClientRequest(url: "http://127.0.0.1:\(dead.port)/"))
            Issue.record("somebody answered")
        } catch {
            #expect(error.code == .couldNotConnect)
        }
        withExtendedLifetime(dead) {}
    }

    @Test func `cancelling the reader ends the stream`() async throws {
        let (closed, didClose) = AsyncStream<Void>.makeStream()
        let server = ScriptedServer { peer in
            _ = await peer.receiveRequest()
            await peer.send("HTTP/1.1 200 \r\n\r\nabc")
            await peer.waitForEnd()
            didClose.yield()
        }
        let stream = try await testClient().stream(HTTPClientRequest(url: server.url()))
        let reader = Task { () -> HTTPClientError.Code? in
            do throws(HTTPClientError) {
                for try await _ in stream {}
                return nil
            } catch {
                return error.code
            }
        }
        await sleep(milliseconds: 50)
        reader.cancel()
        #expect(await reader.value == .cancelled)
        for await _ in closed { break }
    }

    @Test func `a stream and requests share a session`() async throws {
        let server = ScriptedServer { peer in
            while case let request = await peer.receiveRequest(), !request.isEmpty {
                await peer.send(request.hasPrefix("GET /stream") ? "HTTP/1.1 200 \r\n\r\nabc" : noContent)
            }
        }
        let client = testClient()
        let stream = try await client.stream(HTTPClientRequest(url: server.url("/stream")))
        for _ in 0..<5 { #expect(try await client.send(HTTPClientRequest(url: server.url())).status == 204) }
        var iterator = stream.makeAsyncIterator()
        #expect(try await iterator.next() == Array("abc".utf8))
    }

    @Test func `events come from end to end`() async throws {
        struct Hub: HTTPHandler {
            func handle(_ request: HTTPRequest) async -> HTTPReply {
                .events(
                    .events(pingMilliseconds: 20) { writer in
                        let first = request.headers["Last-Event-ID"].flatMap(Int.init) ?? 0
                        try await writer.send(HTTPServerEvent(retryMilliseconds: 1234))
                        for number in (first + 1)...(first + 3) {
                            try await writer.send(
                                HTTPServerEvent(id: "\(number)", type: "moved", data: "layer \(number)\nof many"))
                            await sleep(milliseconds: 50)
                        }
                    })
            }
        }
        let server = HTTPServer(configuration: HTTPServerConfiguration(), handler: Hub())
        let port = try server.start()
        let request = HTTPClientRequest(url: "http://127.0.0.1:\(port)/", headers: [("Last-Event-ID", "7")])
        let sequence = try await testClient().events(request)
        #expect(sequence.status == 200)
        var iterator = sequence.makeAsyncIterator()
        for number in 8...10 {
            let expected = HTTPClientEvent(type: "moved", data: "layer \(number)\nof many", lastID: "\(number)")
            #expect(try await iterator.next() == expected)
        }
        #expect(try await iterator.next() == nil)
        #expect(iterator.retryMilliseconds == 1234)
        await server.shutdown(graceSeconds: 1)
    }

    /// The pings of an idle stream are slower than any speed that libcurl can be told to ask for.
    @Test func `a stream that asks for it may be as slow as it likes`() async throws {
        let server = ScriptedServer { peer in
            _ = await peer.receiveRequest()
            await peer.send("HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n3\r\n:\n\n\r\n")
            await sleep(milliseconds: 3500)
            await peer.send("3\r\nabc\r\n0\r\n\r\n")
        }
        let client = testClient { $0.lowSpeedSeconds = 1 }
        var request = HTTPClientRequest(url: server.url())
        request.lowSpeedSeconds = 0
        var body: [UInt8] = []
        for try await piece in try await client.stream(request) { body += piece }
        #expect(body == Array(":\n\nabc".utf8))
    }
}
