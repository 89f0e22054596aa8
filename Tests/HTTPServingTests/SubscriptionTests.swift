import HTTPServing
import Synchronization
import Testing

/// Event streams that somebody else sends to.
struct SubscriptionTests {
    /// Who has subscribed and not left yet.
    private final class Audience: Sendable {
        let writers = Mutex<[Int: HTTPEventWriter]>([:])
        private let next = Atomic(0)

        var all: [HTTPEventWriter] { writers.withLock { Array($0.values) } }

        func subscriber() -> Subscriber {
            Subscriber(self, next.wrappingAdd(1, ordering: .relaxed).newValue)
        }
    }

    private final class Subscriber: HTTPEventSubscriber {
        let audience: Audience
        let number: Int

        init(_ audience: Audience, _ number: Int) {
            self.audience = audience
            self.number = number
        }

        deinit { _ = audience.writers.withLock { $0.removeValue(forKey: number) } }

        func began(_ writer: HTTPEventWriter) { audience.writers.withLock { $0[number] = writer } }
    }

    private static func handler(
        _ audience: Audience, pingMilliseconds: Int64 = 60_000, unreadBytesMax: Int = 4096
    ) -> ClosureHandler {
        ClosureHandler { request in
            if request.path == "/alive" { return await echo.handle(request) }
            return HTTPReply(
                status: 200,
                stream: .subscription(
                    pingMilliseconds: pingMilliseconds, unreadBytesMax: unreadBytesMax,
                    resync: HTTPServerEvent(type: "resync").encoded(), first: HTTPServerEvent(data: "first").encoded(),
                    audience.subscriber()))
        }
    }

    @Test func `a subscriber gets the first event, then what is sent to all, then the end`() async throws {
        let audience = Audience()
        try await withServer(Self.handler(audience)) { test in
            let connections = [try await test.connect(), try await test.connect()]
            for connection in connections { await connection.send(StreamTests.get) }
            #expect(await eventually { audience.all.count == 2 })
            // No request is being handled: nobody waits.
            #expect(await eventually { await test.server.statistics.requestsBeingHandled == 0 })
            await HTTPEventWriter.send(HTTPServerEvent(data: "all").encoded(), to: audience.all)
            for writer in audience.all { await writer.end() }
            for connection in connections {
                let reply = await connection.receiveAll()
                #expect(
                    reply == "HTTP/1.1 200 \r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
                        + StreamTests.chunk("data: first\n\n") + StreamTests.chunk("data: all\n\n") + "0\r\n\r\n")
            }
            #expect(await eventually { audience.all.isEmpty })
        }
    }

    @Test func `who leaves is forgotten, and what was pipelined is not read`() async throws {
        let audience = Audience()
        try await withServer(Self.handler(audience, pingMilliseconds: 30)) { test in
            let connection = try await test.connect()
            await connection.send(StreamTests.get + String(repeating: "x", count: 30_000))
            #expect(await eventually { audience.all.count == 1 })
            let writer = try #require(audience.all.first)
            connection.reset()
            #expect(await eventually { audience.all.isEmpty })
            await #expect(throws: HTTPStreamEnded.self) { try await writer.send(HTTPServerEvent(data: "late")) }
            await writer.end()
            try await test.expectStillServing()
        }
    }

    @Test func `a request that nobody waits for any more leaves no subscriber`() async throws {
        let audience = Audience()
        let (asked, answer) = (Gate(), Gate())
        let inner = Self.handler(audience)
        let handler = ClosureHandler { request in
            let reply = await inner.handle(request)
            if request.path != "/alive" {
                asked.open()
                await answer.wait()
            }
            return reply
        }
        try await withServer(handler) { test in
            let connection = try await test.connect()
            await connection.send(StreamTests.get)
            await asked.wait()
            connection.reset()
            #expect(await eventually { await test.server.statistics.connectionsOpen == 0 })
            answer.open()
            #expect(await eventually { await test.server.statistics.requestsBeingHandled == 0 })
            #expect(audience.all.isEmpty)
        }
        let head = "HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        try await withServer(Self.handler(audience)) { test in
            let reply = try await test.exchange(head)
            #expect(reply == "HTTP/1.1 200 \r\nConnection: close\r\n\r\n")
            #expect(audience.all.isEmpty)
        }
    }

    @Test func `what waits for a slow peer is bounded, and it is told so once it reads`() async throws {
        let audience = Audience()
        let event = HTTPServerEvent(data: String(repeating: "a", count: 1000)).encoded()
        try await withServer(Self.handler(audience)) { test in
            let connection = try await test.connect()
            await connection.send(StreamTests.get)
            #expect(await eventually { audience.all.count == 1 })
            let writer = try #require(audience.all.first)
            while try await writer.send(event) {}
            let end = Task {
                while try await !writer.send(HTTPServerEvent(type: "after", data: "b")) { await sleep(milliseconds: 5) }
                await writer.end()
            }
            let received = await connection.receive(until: { $0.suffix(5).elementsEqual("0\r\n\r\n".utf8) })
            try await end.value
            let tail = String(received.suffix(200).drop { $0 != "e" })
            #expect(
                tail == "event: resync\ndata: \n\n\r\n" + StreamTests.chunk("event: after\ndata: b\n\n")
                    + "0\r\n\r\n")
        }
    }

    @Test func `a shutdown ends subscriptions with a hint`() async throws {
        let audience = Audience()
        let server = HTTPServer(configuration: HTTPServerConfiguration(), handler: Self.handler(audience))
        let connection = try await RawConnection(port: try server.start())
        await connection.send(StreamTests.get)
        #expect(await eventually { audience.all.count == 1 })
        async let ended: Void = server.shutdown(graceSeconds: 30)
        let reply = await connection.receiveAll()
        #expect(reply.contains("\r\nretry: ") && reply.hasSuffix("\n\n\r\n0\r\n\r\n"))
        await ended
        #expect(await eventually { audience.all.isEmpty })
    }
}
