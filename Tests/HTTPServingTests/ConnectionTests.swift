import HTTPServing
import Synchronization
import Testing

/// Order, ends and breaks of connections.
struct ConnectionTests {
    @Test func `pipelined requests are answered in order`() async throws {
        let handler = ClosureHandler { request in
            if request.path == "/1" { await sleep(milliseconds: 100) }
            return HTTPReply(status: 200, body: Array(request.path.utf8))
        }
        try await withServer(handler) { test in
            let last = "GET /3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            let reply = try await test.exchange(
                "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nPOST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab" + last)
            #expect(
                reply == "HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\n/1HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\n/2"
                    + "HTTP/1.1 200 \r\nConnection: close\r\nContent-Length: 2\r\n\r\n/3")
        }
    }

    @Test func `a client that pipelines without reading is not served ahead`() async throws {
        let body = [UInt8](repeating: UInt8(ascii: "a"), count: 256 << 10)
        let handler = ClosureHandler { _ in HTTPReply(status: 200, body: body) }
        try await withServer(handler) { test in
            let connection = try await test.connect()
            // 200 requests ask for 50 MB, far above what the socket buffers hold.
            await connection.send(String(repeating: "GET / HTTP/1.1\r\nHost: x\r\n\r\n", count: 200))
            #expect(await eventually { await test.server.statistics.requestsHandled > 0 })
            await sleep(milliseconds: 200)
            let handled = await test.server.statistics.requestsHandled
            #expect(handled < 100)
            connection.closeSending()
            #expect(await connection.receiveCount() > 50 << 20)
            #expect(await test.server.statistics.requestsHandled == 200)
        }
    }

    @Test func `a flood of pipelined bytes waits in the kernel`() async throws {
        let release = Gate()
        let handler = ClosureHandler { _ in
            await release.wait()
            return HTTPReply(status: 204)
        }
        try await withServer(handler) { test in
            let connection = try await test.connect()
            let flood = String(repeating: "GET / HTTP/1.1\r\nHost: x\r\n\r\n", count: 1 << 20)
            async let sent = connection.send(flood)
            #expect(await eventually { await test.server.statistics.requestsBeingHandled == 1 })
            await sleep(milliseconds: 200)
            #expect(await test.server.statistics.requestsBeingHandled == 1)
            connection.reset()
            release.open()
            #expect(await sent < flood.utf8.count)
        }
    }

    @Test func `a client that has closed its half still gets its reply`() async throws {
        let handler = ClosureHandler { _ in
            await sleep(milliseconds: 100)
            return HTTPReply(status: 200, body: Array("late".utf8))
        }
        try await withServer(handler) { test in
            let connection = try await test.connect()
            await connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n")
            connection.closeSending()
            let reply = "HTTP/1.1 200 \r\nContent-Length: 4\r\n\r\nlate"
            #expect(await connection.receiveAll() == reply + reply)
        }
    }

    @Test func `an end inside a message closes the connection`() async throws {
        try await withServer { test in
            for part in ["GET / HT", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab"] {
                let connection = try await test.connect()
                await connection.send(part)
                connection.closeSending()
                #expect(await connection.receiveAll() == "")
            }
            #expect(await eventually { await test.server.statistics.connectionsOpen == 0 })
            #expect(await test.server.statistics.bodyBytesInFlight == 0)
        }
    }

    @Test func `a reset cancels the handler`() async throws {
        let (started, cancelled) = (Gate(), Gate())
        let handler = ClosureHandler { request in
            guard request.path == "/wait" else { return await echo.handle(request) }
            started.open()
            try? await Task.sleep(for: .seconds(60))
            if Task.isCancelled { cancelled.open() }
            return HTTPReply(status: 204)
        }
        try await withServer(handler) { test in
            let connection = try await test.connect()
            await connection.send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n")
            await started.wait()
            connection.reset()
            await cancelled.wait()
            try await test.expectStillServing()
        }
    }

    @Test func `survives storms of resets`() async throws {
        let handler = ClosureHandler { request in
            if request.path == "/slow" { await sleep(milliseconds: 5) }
            return await echo.handle(request)
        }
        try await withServer(handler) { test in
            let beginnings = [
                "", "GET / HT", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc", "\0",
            ]
            for round in 0..<50 {
                for beginning in beginnings {
                    let connection = try await test.connect()
                    if !beginning.isEmpty { await connection.send(beginning) }
                    if round % 3 == 0 { await sleep(milliseconds: 1) }
                    connection.reset()
                }
            }
            try await test.expectStillServing()
            #expect(await eventually { await test.server.statistics.connectionsOpen == 0 })
            #expect(await eventually { await test.server.statistics.requestsBeingHandled == 0 })
            #expect(await test.server.statistics.bodyBytesInFlight == 0)
        }
    }

    @Test func `many clients at once`() async throws {
        try await withServer { test in
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for client in 0..<20 {
                    group.addTask {
                        let connection = try await test.connect()
                        for request in 0..<20 {
                            let path = "/\(client)/\(request)"
                            await connection.send("POST \(path) HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc")
                            guard await connection.receiveReply().hasSuffix("POST \(path) abc") else { return false }
                        }
                        return true
                    }
                }
                for try await succeeded in group { #expect(succeeded) }
            }
        }
    }
}

/// Opens once, for everybody.
final class Gate: Sendable {
    private let state = Mutex((isOpen: false, waiters: [CheckedContinuation<Void, Never>]()))

    func open() {
        let waiters = state.withLock { state in
            defer { state = (true, []) }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    func wait() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiters.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }
}
