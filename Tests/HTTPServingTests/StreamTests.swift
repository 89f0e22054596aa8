import HTTPServing
import Synchronization
import Testing

/// Replies whose body is made while it is sent.
struct StreamTests {
    static let get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"

    static func chunk(_ text: String) -> String { "\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n" }

    static func body(_ produce: @escaping @Sendable (HTTPBodyWriter) async throws -> Void) -> ClosureHandler {
        ClosureHandler { request in
            request.path == "/alive" ? await echo.handle(request) : HTTPReply(status: 200, stream: .body(produce))
        }
    }

    static func events(
        pingMilliseconds: Int64 = 60_000, _ produce: @escaping @Sendable (HTTPEventWriter) async throws -> Void
    ) -> ClosureHandler {
        ClosureHandler { request in
            request.path == "/alive"
                ? await echo.handle(request)
                : HTTPReply(status: 200, stream: .events(pingMilliseconds: pingMilliseconds, produce))
        }
    }

    @Test func `a body in pieces is chunked and leaves the connection open`() async throws {
        let handler = Self.body { writer in
            try await writer.write(Array("abc".utf8))
            try await writer.write([])
            await sleep(milliseconds: 20)
            try await writer.write([UInt8](repeating: UInt8(ascii: "d"), count: 16))
        }
        try await withServer(handler) { test in
            let reply =
                "HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n10\r\ndddddddddddddddd\r\n0\r\n\r\n"
            let connection = try await test.connect()
            await connection.send(Self.get + Self.get)
            connection.closeSending()
            #expect(await connection.receiveAll() == reply + reply)
        }
    }

    @Test func `HTTP 1.0 gets it bare until the end`() async throws {
        try await withServer(Self.body { try await $0.write(Array("abc".utf8)) }) { test in
            let reply = try await test.exchange("GET / HTTP/1.0\r\n\r\n")
            #expect(reply == "HTTP/1.1 200 \r\nConnection: close\r\n\r\nabc")
        }
    }

    @Test func `an empty body is one chunk`() async throws {
        try await withServer(Self.body { _ in }) { test in
            let connection = try await test.connect()
            await connection.send(Self.get)
            connection.closeSending()
            #expect(await connection.receiveAll() == "HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
        }
    }

    @Test func `HEAD produces nothing`() async throws {
        try await withServer(Self.body { _ in Issue.record("produced") }) { test in
            let reply = try await test.exchange("HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            #expect(reply == "HTTP/1.1 200 \r\nConnection: close\r\n\r\n")
        }
    }

    @Test func `a producer that fails cuts the connection`() async throws {
        let handler = Self.body { writer in
            try await writer.write(Array("abc".utf8))
            await sleep(milliseconds: 50)
            throw CancellationError()
        }
        try await withServer(handler) { test in
            let reply = try await test.exchange(Self.get)
            #expect(reply.hasSuffix("3\r\nabc\r\n"))
            try await test.expectStillServing()
        }
    }

    @Test func `a producer waits for its reader`() async throws {
        let written = Atomic(0)
        let handler = Self.body { writer in
            for _ in 0..<1000 {
                try await writer.write([UInt8](repeating: 0, count: 32 << 10))
                written.add(1, ordering: .relaxed)
            }
        }
        try await withServer(handler) { test in
            let connection = try await test.connect()
            await connection.send(Self.get)
            #expect(await eventually { written.load(ordering: .relaxed) > 0 })
            await sleep(milliseconds: 300)
            // 32 MB in all; the socket buffers hold some megabytes.
            #expect(written.load(ordering: .relaxed) < 600)
            connection.closeSending()
            #expect(await connection.receiveCount() > 32_000 << 10)
            #expect(written.load(ordering: .relaxed) == 1000)
        }
    }

    @Test func `a producer whose reader leaves is cancelled`() async throws {
        let ended = Gate()
        let handler = Self.body { writer in
            do {
                while true { try await writer.write([UInt8](repeating: 0, count: 32 << 10)) }
            } catch {
                ended.open()
                throw error
            }
        }
        try await withServer(handler) { test in
            let connection = try await test.connect()
            await connection.send(Self.get)
            await sleep(milliseconds: 50)
            connection.reset()
            await ended.wait()
            #expect(await eventually { await test.server.statistics.requestsBeingHandled == 0 })
            try await test.expectStillServing()
        }
    }

    @Test func `a reader that stops reading is dropped`() async throws {
        let handler = Self.body { writer in
            while true { try await writer.write([UInt8](repeating: 0, count: 32 << 10)) }
        }
        try await withServer(handler, configure: { $0.transferGraceMilliseconds = 100 }) { test in
            let connection = try await test.connect()
            await connection.send(Self.get)
            #expect(await eventually { await test.server.statistics.connectionsOpen == 1 })
            #expect(await eventually { await test.server.statistics.connectionsOpen == 0 })
            withExtendedLifetime(connection) {}
        }
    }

    @Test func `events are sent at once and outlive every timeout`() async throws {
        let handler = ClosureHandler { _ in
            .events(
                .events(pingMilliseconds: 60_000) { writer in
                    try await writer.send(HTTPServerEvent(id: "1", type: "moved", data: "a\nb"))
                    await sleep(milliseconds: 500)
                    try await writer.send(HTTPServerEvent(data: "late"))
                    try await Task.sleep(for: .seconds(60))
                })
        }
        let limits: (inout HTTPServerConfiguration) -> Void = {
            $0.idleMilliseconds = 100
            $0.headMilliseconds = 100
            $0.transferGraceMilliseconds = 100
        }
        try await withServer(handler, configure: limits) { test in
            let connection = try await test.connect()
            await connection.send(Self.get)
            let reply = await connection.receive {
                $0.count > 0 && String(decoding: $0, as: UTF8.self).contains("late\n\n\r\n")
            }
            #expect(
                reply == "HTTP/1.1 200 \r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
                    + "X-Accel-Buffering: no\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + Self.chunk("id: 1\nevent: moved\ndata: a\ndata: b\n\n") + Self.chunk("data: late\n\n"))
        }
    }

    @Test func `an idle event stream is pinged`() async throws {
        let handler = Self.events(pingMilliseconds: 30) { _ in try await Task.sleep(for: .seconds(60)) }
        try await withServer(handler) { test in
            let connection = try await test.connect()
            await connection.send(Self.get)
            let reply = await connection.receive {
                String(decoding: $0, as: UTF8.self).contains("3\r\n:\n\n\r\n3\r\n:\n\n\r\n")
            }
            #expect(reply.contains("chunked\r\n\r\n3\r\n:\n\n\r\n"))
        }
    }

    @Test func `an event stream ends when its reader leaves`() async throws {
        let (started, ended) = (Gate(), Gate())
        let handler = Self.events { _ in
            started.open()
            try? await Task.sleep(for: .seconds(60))
            ended.open()
        }
        try await withServer(handler) { test in
            let connection = try await test.connect()
            await connection.send(Self.get)
            await started.wait()
            connection.closeSending()
            await ended.wait()
            #expect(await eventually { await test.server.statistics.connectionsOpen == 0 })
        }
    }

    @Test func `a slow reader loses events and is told so`() async throws {
        let (dropped, release) = (Gate(), Gate())
        let event = HTTPServerEvent(data: String(repeating: "a", count: 30_000)).encoded()
        let handler = Self.events { writer in
            // Fills the socket buffers and 64 kB, then drops.
            while try await writer.send(event) {}
            dropped.open()
            await release.wait()
            while try await !writer.send(HTTPServerEvent(type: "after", data: "b")) { await sleep(milliseconds: 5) }
        }
        try await withServer(handler) { test in
            let connection = try await test.connect()
            await connection.send(Self.get)
            await dropped.wait()
            release.open()
            let received = await connection.receive(until: { $0.suffix(5).elementsEqual("0\r\n\r\n".utf8) })
            let tail = String(received.suffix(200).drop { $0 != "e" })
            #expect(tail == "event: resync\ndata: \n\n\r\n" + Self.chunk("event: after\ndata: b\n\n") + "0\r\n\r\n")
        }
    }

    @Test func `a reader of events that has stalled is dropped`() async throws {
        let event = HTTPServerEvent(data: String(repeating: "a", count: 30_000)).encoded()
        let handler = Self.events(pingMilliseconds: 100) { writer in
            while true {
                try await writer.send(event)
                await Task.yield()
            }
        }
        try await withServer(handler) { test in
            let connection = try await test.connect()
            await connection.send(Self.get)
            #expect(await eventually { await test.server.statistics.connectionsOpen == 1 })
            #expect(await eventually { await test.server.statistics.connectionsOpen == 0 })
            withExtendedLifetime(connection) {}
        }
    }

    @Test func `a shutdown ends event streams with a hint`() async throws {
        let started = Gate()
        let handler = Self.events { _ in
            started.open()
            try await Task.sleep(for: .seconds(60))
        }
        let server = HTTPServer(configuration: HTTPServerConfiguration(), handler: handler)
        let connection = try await RawConnection(port: try server.start())
        await connection.send(Self.get)
        await started.wait()
        async let ended: Void = server.shutdown(graceSeconds: 30)
        let reply = await connection.receiveAll()
        #expect(reply.contains("\r\nretry: ") && reply.hasSuffix("\n\n\r\n0\r\n\r\n"))
        await ended
    }

    @Test func `many streams at once`() async throws {
        let handler = Self.events { writer in
            for number in 0..<20 { try await writer.send(HTTPServerEvent(data: "\(number)")) }
        }
        try await withServer(handler) { test in
            var connections: [RawConnection] = []
            for _ in 0..<100 { connections.append(try await test.connect()) }
            for connection in connections { await connection.send(Self.get) }
            for connection in connections {
                let reply = await connection.receive(until: { $0.suffix(5).elementsEqual("0\r\n\r\n".utf8) })
                #expect(reply.contains("data: 0\n\n") && reply.contains("data: 19\n\n"))
            }
        }
    }

    @Test(arguments: [
        (HTTPServerEvent(), "data: \n\n"), (HTTPServerEvent(data: "a"), "data: a\n\n"),
        (HTTPServerEvent(data: "a\r\nb\rc\n"), "data: a\ndata: b\ndata: c\ndata: \n\n"),
        (HTTPServerEvent(id: "1\n2\0", type: "t\r", data: "é"), "id: 12\nevent: t\ndata: é\n\n"),
        (HTTPServerEvent(type: "t"), "event: t\ndata: \n\n"),
        (HTTPServerEvent(retryMilliseconds: 5), "retry: 5\n\n"),
    ])
    func `events are encoded line by line`(event: HTTPServerEvent, text: String) async throws {
        try await withServer(Self.events { try await $0.send(event) }) { test in
            let connection = try await test.connect()
            await connection.send(Self.get)
            let reply = await connection.receive(until: { $0.suffix(5).elementsEqual("0\r\n\r\n".utf8) })
            #expect(reply.hasSuffix("\r\n\r\n\(Self.chunk(text))0\r\n\r\n"))
        }
    }
}
