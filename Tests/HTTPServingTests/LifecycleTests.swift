import HTTPServing
import Synchronization
import Testing

struct LifecycleTests {
    static let get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"

    @Test func `a shutdown lets a request finish and says that it was the last`() async throws {
        let (started, release) = (Gate(), Gate())
        let handler = ClosureHandler { _ in
            started.open()
            await release.wait()
            return HTTPReply(status: 204)
        }
        let server = HTTPServer(configuration: HTTPServerConfiguration(), handler: handler)
        let port = try server.start()
        let idle = try await RawConnection(port: port)
        let busy = try await RawConnection(port: port)
        await busy.send(Self.get)
        await started.wait()
        async let ended: Void = server.shutdown(graceSeconds: 30)
        #expect(await idle.isClosed())
        await #expect(throws: RawConnection.Failure.self) { try await RawConnection(port: port) }
        release.open()
        let reply = await busy.receiveAll()
        #expect(reply.hasPrefix("HTTP/1.1 204 ") && reply.contains("\r\nConnection: close\r\n"))
        await ended
    }

    @Test func `patience ends and the handler is cancelled`() async throws {
        let (started, cancelled) = (Gate(), Gate())
        let handler = ClosureHandler { _ in
            started.open()
            try? await Task.sleep(for: .seconds(60))
            if Task.isCancelled { cancelled.open() }
            return HTTPReply(status: 204)
        }
        let server = HTTPServer(configuration: HTTPServerConfiguration(), handler: handler)
        let connection = try await RawConnection(port: try server.start())
        await connection.send(Self.get)
        await started.wait()
        await server.shutdown(graceSeconds: 0.1)
        await cancelled.wait()
        #expect(await connection.isClosed())
    }

    @Test func `a handler that ignores cancellation finds the server gone`() async throws {
        let (started, release, finished) = (Gate(), Gate(), Gate())
        let handler = ClosureHandler { _ in
            started.open()
            await release.wait()
            finished.open()
            return HTTPReply(status: 204)
        }
        weak let server: HTTPServer?
        do {
            let running = HTTPServer(configuration: HTTPServerConfiguration(), handler: handler)
            server = running
            let connection = try await RawConnection(port: try running.start())
            await connection.send(Self.get)
            await started.wait()
            await running.shutdown(graceSeconds: 0)
        }
        release.open()
        await finished.wait()
        await sleep(milliseconds: 50)
        #expect(server == nil)
    }

    @Test func `a server that is let go closes its connections`() async throws {
        let connection: RawConnection
        do {
            let server = HTTPServer(configuration: HTTPServerConfiguration(), handler: echo)
            connection = try await RawConnection(port: try server.start())
            await connection.send(Self.get)
            #expect(await connection.receiveReply().hasPrefix("HTTP/1.1 200 "))
        }
        #expect(await connection.isClosed())
    }

    @Test func `two shutdowns at once both return`() async throws {
        let server = HTTPServer(configuration: HTTPServerConfiguration(), handler: echo)
        let connection = try await RawConnection(port: try server.start())
        await connection.send("GET / HT")
        await sleep(milliseconds: 50)
        async let first: Void = server.shutdown(graceSeconds: 0.2)
        async let second: Void = server.shutdown(graceSeconds: 0.2)
        _ = await (first, second)
        await server.shutdown(graceSeconds: 0)
    }

    @Test func `starting fails with a reason`() async throws {
        let server = HTTPServer(configuration: HTTPServerConfiguration(), handler: echo)
        var configuration = HTTPServerConfiguration()
        configuration.port = try server.start()
        func code(_ server: HTTPServer) -> HTTPServerError.Code? {
            do throws(HTTPServerError) {
                _ = try server.start()
                return nil
            } catch {
                return error.code
            }
        }
        #expect(code(server) == .alreadyStarted)
        #expect(code(HTTPServer(configuration: configuration, handler: echo)) == .addressInUse)
        configuration.address = "no address"
        #expect(code(HTTPServer(configuration: configuration, handler: echo)) == .badAddress)
        configuration.address = "192.0.2.1"
        #expect(code(HTTPServer(configuration: configuration, handler: echo)) == .badAddress)
        await server.shutdown(graceSeconds: 0)
    }

    @Test func `starting and stopping leaves nothing behind`() async throws {
        for _ in 0..<50 {
            let server = HTTPServer(configuration: HTTPServerConfiguration(), handler: echo)
            let connection = try await RawConnection(port: try server.start())
            await connection.send(Self.get)
            #expect(await connection.receiveReply().hasSuffix("GET / "))
            await server.shutdown(graceSeconds: 0)
        }
    }
}
