import HTTPServing
import Testing

struct ClosureHandler: HTTPHandler {
    var closure: @Sendable (HTTPRequest) async -> HTTPReply

    func handle(_ request: HTTPRequest) async -> HTTPReply { await closure(request) }
}

/// Answers with method, path and body, so a test can tell replies apart.
let echo = ClosureHandler { request in
    HTTPReply(status: 200, body: Array("\(request.method) \(request.path) ".utf8) + request.body)
}

struct TestServer: Sendable {
    let server: HTTPServer
    let port: UInt16

    func connect(from address: String = "127.0.0.1") async throws -> RawConnection {
        try await RawConnection(port: port, from: address)
    }

    /// Sends raw bytes and returns everything that comes back.
    func exchange(_ bytes: String) async throws -> String {
        let connection = try await connect()
        await connection.send(bytes)
        return await connection.receiveAll()
    }

    func expectStillServing(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let reply = try await exchange("GET /alive HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        #expect(reply.hasSuffix("GET /alive "), sourceLocation: sourceLocation)
    }
}

/// Runs a server on a free port of 127.0.0.1 for the time of `body`; afterwards nothing may be left pending.
func withServer(
    _ handler: any HTTPHandler = echo, configure: (inout HTTPServerConfiguration) -> Void = { _ in },
    sourceLocation: SourceLocation = #_sourceLocation, _ body: (TestServer) async throws -> Void
) async throws {
    var configuration = HTTPServerConfiguration()
    configuration.sendsDate = false
    configuration.lingerMilliseconds = 300
    configure(&configuration)
    let server = HTTPServer(configuration: configuration, handler: handler)
    let port = try server.start()
    do {
        try await body(TestServer(server: server, port: port))
    } catch {
        await server.shutdown(graceSeconds: 0)
        throw error
    }
    let statistics = await server.statistics
    if statistics.requestsBeingHandled == 0, statistics.connectionsOpen == 0 {
        #expect(statistics.bodyBytesInFlight == 0, sourceLocation: sourceLocation)
    }
    await server.shutdown(graceSeconds: 1)
}
