import HTTPServing
import Testing

@testable import struct HTTPServing.ReplyEncoder
@testable import func HTTPServing.httpDate

/// The bytes of replies.
struct ReplyTests {
    static func exchange(_ reply: HTTPReply, request: String = "GET / HTTP/1.1\r\nHost: x\r\n") async throws -> String {
        var text = ""
        try await withServer(ClosureHandler { _ in reply }) { test in
            text = try await test.exchange("\(request)Connection: close\r\n\r\n")
        }
        return text
    }

    @Test func `nothing is sent that need not be`() async throws {
        try await withServer(ClosureHandler { _ in HTTPReply(status: 204) }) { test in
            let connection = try await test.connect()
            await connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(await connection.receiveReply() == "HTTP/1.1 204 \r\n\r\n")
        }
    }

    @Test func `the date is sent unless a proxy does it`() async throws {
        try await withServer(ClosureHandler { _ in HTTPReply(status: 204) }, configure: { $0.sendsDate = true }) {
            test in
            let connection = try await test.connect()
            await connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            let reply = await connection.receiveReply()
            #expect(reply.hasPrefix("HTTP/1.1 204 \r\nDate: ") && reply.hasSuffix(" GMT\r\n\r\n"))
            #expect(reply.utf8.count == "HTTP/1.1 204 \r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n".utf8.count)
        }
    }

    @Test func `framing is the server's business`() async throws {
        let reply = HTTPReply(
            status: 200,
            headers: ["X-Note": "a", "content-length": "9", "Transfer-Encoding": "chunked", "Date": "today"],
            body: Array("abc".utf8))
        #expect(
            try await Self.exchange(reply)
                == "HTTP/1.1 200 \r\nX-Note: a\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc")
    }

    @Test func `a HEAD reply has the length but not the body`() async throws {
        let reply = HTTPReply(status: 200, body: Array("abc".utf8))
        #expect(
            try await Self.exchange(reply, request: "HEAD / HTTP/1.1\r\nHost: x\r\n")
                == "HTTP/1.1 200 \r\nConnection: close\r\nContent-Length: 3\r\n\r\n")
    }

    @Test func `HTTP 1.0 is answered and closed`() async throws {
        try await withServer { test in
            let reply = try await test.exchange("GET / HTTP/1.0\r\n\r\n")
            #expect(reply == "HTTP/1.1 200 \r\nConnection: close\r\nContent-Length: 6\r\n\r\nGET / ")
        }
    }

    @Test(arguments: [
        HTTPReply(status: 200, headers: ["X": "a\r\nSet-Cookie: b"]), HTTPReply(status: 200, headers: ["X Y": "a"]),
        HTTPReply(status: 200, headers: ["": "a"]), HTTPReply(status: 100), HTTPReply(status: 999),
    ])
    func `a malformed reply becomes a 500`(reply: HTTPReply) async throws {
        #expect(
            try await Self.exchange(reply) == "HTTP/1.1 500 \r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
    }

    @Test func `a handler can ask to close`() async throws {
        try await withServer(ClosureHandler { _ in HTTPReply(status: 204, headers: ["Connection": "close"]) }) { test in
            let reply = try await test.exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(reply == "HTTP/1.1 204 \r\nConnection: close\r\n\r\n")
        }
    }

    @Test func `a client that waits for it is told to continue`() async throws {
        try await withServer { test in
            let connection = try await test.connect()
            await connection.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
            #expect(await connection.receiveReply() == "HTTP/1.1 100 \r\n\r\n")
            await connection.send("abc")
            #expect(await connection.receiveReply().hasSuffix("POST / abc"))
            await connection.send(
                "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\nExpect: 100-continue\r\n\r\n")
            #expect(await connection.receiveReply().hasPrefix("HTTP/1.1 413 "))
        }
    }

    @Test func `a body as large as allowed arrives whole`() async throws {
        let handler = ClosureHandler { request in
            HTTPReply(status: 200, body: Array("\(request.body.count) \(request.body.allSatisfy { $0 == 7 })".utf8))
        }
        try await withServer(handler) { test in
            let connection = try await test.connect()
            await connection.send("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1048576\r\n\r\n")
            await connection.send([UInt8](repeating: 7, count: 1 << 20))
            #expect(await connection.receiveReply().hasSuffix("1048576 true"))
        }
    }

    @Test func `dates have the one form of HTTP`() {
        #expect(httpDate(secondsSinceEpoch: 784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(httpDate(secondsSinceEpoch: 0) == "Thu, 01 Jan 1970 00:00:00 GMT")
        #expect(httpDate(secondsSinceEpoch: 951_782_399) == "Mon, 28 Feb 2000 23:59:59 GMT")
        #expect(httpDate(secondsSinceEpoch: 951_782_400) == "Tue, 29 Feb 2000 00:00:00 GMT")
    }
}
