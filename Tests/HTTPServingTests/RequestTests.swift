import HTTPServing
import Testing

struct RequestTests {
    @Test func `segments are decoded one by one`() {
        #expect(HTTPRequest(method: "GET", path: "/").pathSegments == [""])
        #expect(HTTPRequest(method: "GET", path: "/a//b/").pathSegments == ["a", "", "b", ""])
        #expect(HTTPRequest(method: "GET", path: "/a%2Fb/%C3%A9+").pathSegments == ["a/b", "é+"])
        #expect(HTTPRequest(method: "GET", path: "/%zz").pathSegments == nil)
        #expect(HTTPRequest(method: "GET", path: "/%4").pathSegments == nil)
        #expect(HTTPRequest(method: "GET", path: "/%ff").pathSegments == nil)
        #expect(HTTPRequest(method: "OPTIONS", path: "*").pathSegments == nil)
    }

    @Test func `the query is read as pairs`() throws {
        let items = try #require(HTTPRequest(method: "GET", path: "/", query: "a=1&b&a=x%3Dy+z&&c=").queryItems)
        #expect(items.map(\.name) == ["a", "b", "a", "c"])
        #expect(items.map(\.value) == ["1", "", "x=y z", ""])
        #expect(HTTPRequest(method: "GET", path: "/", query: "a=%").queryItems == nil)
        #expect(HTTPRequest(method: "GET", path: "/").queryItems?.isEmpty == true)
    }

    @Test func `header names have no case`() {
        var headers: HTTPHeaders = ["A": "1", "b": "2"]
        headers.append("a", "3")
        #expect(headers["a"] == "1" && headers["B"] == "2" && headers["c"] == nil)
        #expect(headers.values(of: "A") == ["1", "3"])
        headers["a"] = "4"
        #expect(headers.values(of: "A") == ["4"])
    }

    @Test func `the handler sees where a request comes from`() async throws {
        let handler = ClosureHandler { HTTPReply(status: 200, body: Array($0.remoteAddress.utf8)) }
        try await withServer(handler) { test in
            let connection = try await test.connect(from: "127.0.0.3")
            await connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(await connection.receiveReply().hasSuffix("127.0.0.3"))
        }
    }
}
