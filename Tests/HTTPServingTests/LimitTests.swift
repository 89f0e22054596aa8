import HTTPServing
import Testing

/// Deadlines and caps, with clients that are slow or too many.
struct LimitTests {
    @Test func `a head that trickles in is given up at its deadline`() async throws {
        try await withServer(configure: { $0.headMilliseconds = 200 }) { test in
            let connection = try await test.connect()
            async let reply = connection.receiveAll()
            for byte in "GET / HTTP/1.1\r\nX: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" {
                if await connection.send(String(byte)) == 0 { break }
                await sleep(milliseconds: 20)
            }
            #expect(await reply.hasPrefix("HTTP/1.1 408 "))
            try await test.expectStillServing()
        }
    }

    @Test func `a connection that says nothing is closed without a word`() async throws {
        try await withServer(configure: { $0.headMilliseconds = 100 }) { test in
            let connection = try await test.connect()
            #expect(await connection.isClosed())
        }
    }

    @Test func `a second head has its own deadline from its first byte`() async throws {
        try await withServer(configure: { $0.headMilliseconds = 200 }) { test in
            let connection = try await test.connect()
            await connection.send("GET /1 HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(await connection.receiveReply().hasSuffix("GET /1 "))
            await sleep(milliseconds: 400)
            await connection.send("GET /2 HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(await connection.receiveReply().hasSuffix("GET /2 "))
            await connection.send("GET /3 HTTP")
            #expect(await connection.receiveAll().hasPrefix("HTTP/1.1 408 "))
        }
    }

    @Test func `an idle connection is closed`() async throws {
        try await withServer(configure: { $0.idleMilliseconds = 100 }) { test in
            let connection = try await test.connect()
            await connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(await connection.receiveReply().hasSuffix("GET / "))
            #expect(await connection.isClosed())
        }
    }

    @Test func `a body below the lowest rate is given up`() async throws {
        let limits: (inout HTTPServerConfiguration) -> Void = {
            $0.transferGraceMilliseconds = 200
            $0.transferBytesPerSecondMin = 1_000_000
        }
        try await withServer(configure: limits) { test in
            let connection = try await test.connect()
            async let reply = connection.receiveAll()
            await connection.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
            for _ in 0..<1000 {
                if await connection.send("a") == 0 { break }
                await sleep(milliseconds: 20)
            }
            #expect(await reply.hasPrefix("HTTP/1.1 408 "))
            try await test.expectStillServing()
        }
    }

    @Test func `a slow body above the lowest rate is read to its end`() async throws {
        let limits: (inout HTTPServerConfiguration) -> Void = {
            $0.transferGraceMilliseconds = 1000
            $0.transferBytesPerSecondMin = 1
        }
        try await withServer(configure: limits) { test in
            let connection = try await test.connect()
            await connection.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\n")
            for _ in 0..<20 {
                await connection.send("a")
                await sleep(milliseconds: 75)
            }
            #expect(await connection.receiveReply().hasSuffix(String(repeating: "a", count: 20)))
        }
    }

    @Test func `a peer that does not read its reply is dropped`() async throws {
        let big = ClosureHandler { _ in HTTPReply(status: 200, body: [UInt8](repeating: 0, count: 32 << 20)) }
        let limits: (inout HTTPServerConfiguration) -> Void = {
            $0.transferGraceMilliseconds = 200
            $0.transferBytesPerSecondMin = 1_000_000_000
        }
        try await withServer(big, configure: limits) { test in
            let connection = try await test.connect()
            await connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(await eventually { await test.server.statistics.requestsHandled == 1 })
            #expect(await eventually { await test.server.statistics.connectionsOpen == 0 })
            withExtendedLifetime(connection) {}
        }
    }

    @Test func `stalled bodies cannot use up the memory`() async throws {
        try await withServer(configure: { $0.bodyBytesInFlightMax = 3000 }) { test in
            let request = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"
            var stalled: [RawConnection] = []
            for _ in 0..<3 {
                let connection = try await test.connect()
                await connection.send(request)
                stalled.append(connection)
            }
            #expect(await eventually { await test.server.statistics.bodyBytesInFlight == 3000 })
            let reply = try await test.exchange(request)
            #expect(reply.hasPrefix("HTTP/1.1 503 ") && reply.contains("\r\nRetry-After: 1\r\n"))
            try await test.expectStillServing()

            stalled[0].reset()
            #expect(await eventually { await test.server.statistics.bodyBytesInFlight == 2000 })
            let connection = try await test.connect()
            await connection.send(request + String(repeating: "a", count: 1000))
            #expect(await connection.receiveReply().hasPrefix("HTTP/1.1 200 "))
            #expect(await eventually { await test.server.statistics.bodyBytesInFlight == 2000 })
        }
    }

    @Test func `beyond the cap nobody is accepted until somebody leaves`() async throws {
        try await withServer(configure: { $0.connectionsMax = 2 }) { test in
            let first = try await test.connect()
            let second = try await test.connect()
            #expect(await eventually { await test.server.statistics.connectionsOpen == 2 })
            let third = try await test.connect()
            await third.send("GET /3 HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(await third.receiveReply(seconds: 0.2) == "")
            first.reset()
            #expect(await third.receiveReply().hasSuffix("GET /3 "))
            withExtendedLifetime(second) {}
        }
    }

    @Test func `one address cannot take all connections`() async throws {
        try await withServer(configure: { $0.connectionsPerAddressMax = 2 }) { test in
            let first = try await test.connect()
            let second = try await test.connect()
            #expect(await eventually { await test.server.statistics.connectionsOpen == 2 })
            let third = try await test.connect()
            #expect(await third.isClosed())
            let elsewhere = try await test.connect(from: "127.0.0.2")
            await elsewhere.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(await elsewhere.receiveReply().hasSuffix("GET / "))
            first.reset()
            #expect(await eventually { await test.server.statistics.connectionsOpen == 2 })
            try await test.expectStillServing()
            #expect(await test.server.statistics.connectionsTurnedAway == 1)
            withExtendedLifetime(second) {}
        }
    }
}
