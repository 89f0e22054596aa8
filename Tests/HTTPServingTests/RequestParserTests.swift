import Testing

@testable import HTTPServing

struct RequestParserTests {
    static let limits = ParserLimits(headBytesMax: 500, headerCountMax: 10, bodyBytesMax: 1000)

    /// All steps until the parser needs more or refuses.
    static func steps(_ pieces: [ArraySlice<UInt8>]) -> [RequestParser.Step] {
        var parser = RequestParser(limits: limits)
        var steps: [RequestParser.Step] = []
        for piece in pieces {
            parser.feed(Array(piece))
            while true {
                let step = parser.step()
                if step == .needsMore { break }
                steps.append(step)
                if case .refusal = step { return steps }
            }
        }
        return steps
    }

    static func steps(_ text: String) -> [RequestParser.Step] { steps([Array(text.utf8)[...]]) }

    static func head(_ text: String) -> RequestHead? {
        if case .head(let head) = steps(text).first { head } else { nil }
    }

    @Test func `reads a request with body and the one after it`() throws {
        let steps = Self.steps(
            "POST /a/b?c=d&e HTTP/1.1\r\nHost: x:1\r\nX-Note:  two words \t\r\nContent-Length: 3\r\n\r\nabc"
                + "GET / HTTP/1.0\r\n\r\n")
        try #require(steps.count == 4)
        guard case .head(let head) = steps[0], case .head(let second) = steps[2] else {
            Issue.record("no heads in \(steps)")
            return
        }
        #expect(head.method == "POST" && head.path == "/a/b" && head.query == "c=d&e")
        #expect(head.headers["x-note"] == "two words")
        #expect(head.contentLength == 3 && !head.closes)
        #expect(steps[1] == .body(Array("abc".utf8)))
        #expect(second.closes && second.path == "/" && second.query == nil)
        #expect(steps[3] == .body([]))
    }

    @Test func `how the bytes are cut makes no difference`() {
        let texts = [
            "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nabcdGET / HTTP/1.1\r\nHost: y\r\n\r\n",
            "\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
            "\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n",
            "GET / HTTP/1.1\nHost: x\n\n",
        ]
        for text in texts {
            let bytes = Array(text.utf8)
            let whole = Self.steps([bytes[...]])
            #expect(Self.steps(bytes.indices.map { bytes[$0...$0] }) == whole, "byte by byte: \(text)")
            for cut in bytes.indices {
                #expect(Self.steps([bytes[..<cut], bytes[cut...]]) == whole, "cut at \(cut): \(text)")
            }
        }
    }

    @Test func `a proper prefix of a request is never a request nor an error`() {
        let bytes = Array("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nabcd".utf8)
        for length in 0..<bytes.count {
            for step in Self.steps([bytes[..<length]]) {
                if case .head = step { continue }
                Issue.record("\(step) after \(length) bytes")
            }
        }
    }

    @Test func `random damage never traps`() {
        var generator = SplitMix(seed: 1)
        let bytes = Array("POST /a?b HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\nabcd".utf8)
        for _ in 0..<20_000 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                damaged[Int.random(in: damaged.indices, using: &generator)] = UInt8.random(
                    in: 0...255, using: &generator)
            }
            _ = Self.steps([damaged[...]])
        }
    }

    @Test(arguments: [
        "GET  / HTTP/1.1\r\nHost: x\r\n\r\n", " GET / HTTP/1.1\r\nHost: x\r\n\r\n", "GET /\r\nHost: x\r\n\r\n",
        "GET / HTTP/1.1 \r\nHost: x\r\n\r\n", "GET\t/ HTTP/1.1\r\nHost: x\r\n\r\n", "G(T / HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET / http/1.1\r\nHost: x\r\n\r\n", "GET / HTTP/1.1x\r\nHost: x\r\n\r\n", "GET / HTTP/11\r\nHost: x\r\n\r\n",
        "GET a HTTP/1.1\r\nHost: x\r\n\r\n", "GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET * HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /\u{e9} HTTP/1.1\r\nHost: x\r\n\r\n", "GET http:///a HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET http://u@h/a HTTP/1.1\r\nHost: x\r\n\r\n", "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\n: v\r\n\r\n", "GET / HTTP/1.1\nHost: x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nA: \rb\r\n\r\n", "\u{16}\u{3}\u{1}",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: \r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1,1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
    ])
    func `refuses as malformed`(text: String) {
        #expect(Self.steps(text) == [.refusal(.badRequest)])
    }

    @Test(arguments: [
        ("GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505), ("GET / HTTP/1.2\r\nHost: x\r\n\r\n", 505),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n", 413),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999999\r\n\r\n", 413),
        ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
        ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 501),
        ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n", 411),
        ("POST / HTTP/1.1\r\nHost: x\r\nExpect: wonders\r\n\r\n", 417),
        ("GET /\(String(repeating: "a", count: 500)) HTTP/1.1\r\nHost: x\r\n\r\n", 431),
        (String(repeating: "a", count: 501), 431),
        ("GET / HTTP/1.1\r\nHost: x\r\n\(String(repeating: "A: b\r\n", count: 10))\r\n", 431),
    ])
    func `refuses with a code of its own`(text: String, status: Int) {
        #expect(Self.steps(text) == [.refusal(Refusal(status: status))])
    }

    @Test func `reads the absolute form and the asterisk form`() {
        let absolute = Self.head("GET HTTP://example.org:80?q HTTP/1.1\r\nHost: example.org\r\n\r\n")
        #expect(absolute?.path == "/" && absolute?.query == "q")
        #expect(Self.head("GET http://[::1]/a/b HTTP/1.1\r\nHost: x\r\n\r\n")?.path == "/a/b")
        #expect(Self.head("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n")?.path == "*")
    }

    @Test func `finds close in a list of connection options`() {
        #expect(Self.head("GET / HTTP/1.1\r\nHost: x\r\nConnection: foo, Close\r\n\r\n")?.closes == true)
        #expect(Self.head("GET / HTTP/1.1\r\nHost: x\r\nConnection: closed\r\n\r\n")?.closes == false)
    }
}

struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
