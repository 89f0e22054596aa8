import Foundation
import HTTPServing
import Testing

/// Many who are slow, stuck or gone at once: the others are answered meanwhile, and nothing is left of them.
struct RobustnessTests {
    /// Bytes that this process has resident.
    private static var residentBytes: Int {
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return pages * sysconf(Int32(_SC_PAGESIZE))
    }

    private static var descriptorCount: Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0
    }

    /// What this process may grow by, clients and allocator included; what is guarded against costs many times as much.
    private static let growthMax = 96 << 20

    @Test func `ten thousand connections opened and dropped leave nothing behind`() async throws {
        try await withServer(configure: { $0.connectionsPerAddressMax = 10_000 }) { test in
            try await test.expectStillServing()
            let before = (memory: Self.residentBytes, descriptors: Self.descriptorCount)
            let beginnings = ["", "GET / HT", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc"]
            for round in 0..<100 {
                var batch: [RawConnection] = []
                for number in 0..<100 {
                    let connection = try await test.connect()
                    let beginning = beginnings[number % beginnings.count]
                    if !beginning.isEmpty { await connection.send(beginning) }
                    batch.append(connection)
                }
                if round % 10 == 0 { try await test.expectStillServing() }
                // Half of them with a reset, the others with an orderly end.
                for (number, connection) in batch.enumerated() where number % 2 == 0 { connection.reset() }
            }
            #expect(await eventually { await test.server.statistics.connectionsOpen == 0 })
            #expect(await test.server.statistics.connectionsAccepted >= 10_000)
            #expect(await test.server.statistics.bodyBytesInFlight == 0)
            #expect(await eventually { Self.descriptorCount <= before.descriptors })
            #expect(Self.residentBytes - before.memory < Self.growthMax)
            try await test.expectStillServing()
        }
    }

    @Test func `slow heads and bodies by the hundred hold nobody up`() async throws {
        let limits: (inout HTTPServerConfiguration) -> Void = {
            $0.connectionsPerAddressMax = 10_000
            $0.headMilliseconds = 2000
            $0.transferGraceMilliseconds = 2000
        }
        try await withServer(configure: limits) { test in
            let before = Self.residentBytes
            var slow: [RawConnection] = []
            for number in 0..<600 {
                let connection = try await test.connect()
                // A body that is promised costs nothing before it comes; beyond the limit of all promises it is refused.
                await connection.send(
                    number % 2 == 0
                        ? "GET / HTTP/1.1\r\nX-Slow: "
                        : "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1048576\r\n\r\na")
                slow.append(connection)
                if number % 100 == 0 { try await test.expectStillServing() }
            }
            #expect(await test.server.statistics.bodyBytesInFlight <= HTTPServerConfiguration().bodyBytesInFlightMax)
            #expect(Self.residentBytes - before < Self.growthMax)
            // A byte now and then extends no deadline.
            let clients = slow
            let isEmpty = await eventually {
                for connection in clients { await connection.send("a") }
                return await test.server.statistics.connectionsOpen == 0
            }
            #expect(isEmpty)
            #expect(await test.server.statistics.bodyBytesInFlight == 0)
            try await test.expectStillServing()
        }
    }

    @Test func `readers that stall by the hundred cost what is unread of each and no more`() async throws {
        let handler = ClosureHandler { request in
            guard request.path == "/endless" else { return await echo.handle(request) }
            return HTTPReply(
                status: 200,
                stream: .body { writer in
                    while true { try await writer.write([UInt8](repeating: 0, count: 16 << 10)) }
                })
        }
        let limits: (inout HTTPServerConfiguration) -> Void = {
            $0.connectionsPerAddressMax = 10_000
            $0.transferGraceMilliseconds = 1000
        }
        try await withServer(handler, configure: limits) { test in
            let before = Self.residentBytes
            var stalled: [RawConnection] = []
            for _ in 0..<300 {
                let connection = try await test.connect()
                await connection.send("GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
                stalled.append(connection)
            }
            try await test.expectStillServing()
            #expect(Self.residentBytes - before < Self.growthMax)
            #expect(await eventually { await test.server.statistics.connectionsOpen == 0 })
            #expect(await eventually { await test.server.statistics.requestsBeingHandled == 0 })
            try await test.expectStillServing()
            withExtendedLifetime(stalled) {}
        }
    }
}
