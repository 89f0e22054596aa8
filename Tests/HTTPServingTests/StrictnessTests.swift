import HTTPServing
import Testing

/// What a lenient server lets through, said to a real one over a real socket.
struct StrictnessTests {
    static let post = "POST / HTTP/1.1\r\nHost: x\r\n"

    @Test(arguments: [
        ("two different lengths", "\(post)Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde", 400),
        ("two equal lengths", "\(post)Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd", 400),
        ("a length with a sign", "\(post)Content-Length: +4\r\n\r\nabcd", 400),
        ("a hexadecimal length", "\(post)Content-Length: 0x4\r\n\r\nabcd", 400),
        ("a chunked body", "\(post)Transfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n", 411),
        ("a chunked body with a C number", "\(post)Transfer-Encoding: chunked\r\n\r\n0x4\r\nabcd\r\n0\r\n\r\n", 411),
        ("an unknown transfer coding", "\(post)Transfer-Encoding: xchunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n", 501),
        ("length and chunked", "\(post)Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        ("chunked and length", "\(post)Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n", 400),
        ("a space before the colon", "\(post)X-Note : a\r\n\r\n", 400),
        ("a NUL in a value", "\(post)X-Note: a\0b\r\n\r\n", 400),
        ("a NUL in a name", "\(post)X\0Note: a\r\n\r\n", 400),
        ("a folded line", "\(post)X-Note: a\r\n b\r\n\r\n", 400),
        ("a folded line with a tab", "\(post)X-Note: a\r\n\tb\r\n\r\n", 400),
        ("a body of two gigabytes", "\(post)Content-Length: 2147483648\r\n\r\n", 413),
        ("a length beyond 64 bits", "\(post)Content-Length: 18446744073709551617\r\n\r\n", 413),
        ("a head without end", "\(post)X: \(String(repeating: "a", count: 17 << 10))", 431),
        ("too many fields", "\(post)\(String(repeating: "A: b\r\n", count: 101))\r\n", 431),
        ("a TLS greeting", "\u{16}\u{3}\u{1}\u{2}\0\u{1}", 400),
    ])
    func `refuses and closes`(what: String, bytes: String, status: Int) async throws {
        try await withServer { test in
            // A second request hides behind the first: it must never be answered.
            let reply = try await test.exchange(bytes + "\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(reply == "HTTP/1.1 \(status) \r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
            try await test.expectStillServing()
            let statistics = await test.server.statistics
            #expect(statistics.requestsRefused == 1 && statistics.requestsHandled == 1)
        }
    }

    @Test func `answers before a large body and does not read it`() async throws {
        try await withServer { test in
            let connection = try await test.connect()
            await connection.send("\(Self.post)Content-Length: 104857600\r\n\r\n")
            async let sent = connection.send([UInt8](repeating: 0, count: 100 << 20))
            let reply = await connection.receiveReply()
            #expect(reply.hasPrefix("HTTP/1.1 413 "))
            #expect(await sent < 100 << 20)
            try await test.expectStillServing()
        }
    }
}
