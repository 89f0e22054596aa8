import Testing

@testable import HTTPClient

struct EventParserTests {
    static func events(_ text: String) -> [HTTPClientEvent]? {
        var parser = EventParser()
        return parser.events(in: Array(text.utf8))
    }

    @Test(arguments: [
        ("data: a\n\n", [HTTPClientEvent(data: "a")]),
        ("data:a\r\rdata: b\r\n\r\n", [.init(data: "a"), .init(data: "b")]),
        ("data: a\ndata:\ndata:  b\n\n", [.init(data: "a\n\n b")]), ("data\n\n", [.init(data: "")]),
        ("event: t\ndata: a\n\ndata: b\n\n", [.init(type: "t", data: "a"), .init(data: "b")]),
        (
            "id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n",
            [
                .init(data: "a", lastID: "1"), .init(data: "b", lastID: "1"), .init(data: "c"),
            ]
        ),
        ("id: 1\n\nid: 2\0\ndata: a\n\n", [.init(data: "a", lastID: "1")]), (": comment\n\n:\n\n", []),
        ("event: t\n\n", []), ("data: a\n", []), ("\u{FEFF}data: a\n\n", [.init(data: "a")]),
        ("new: x\ndata: a\n\n", [.init(data: "a")]),
    ])
    func `reads as the standard says, however the bytes are cut`(text: String, events: [HTTPClientEvent]) {
        #expect(Self.events(text) == events)
        var parser = EventParser()
        #expect(text.utf8.flatMap { parser.events(in: [$0]) ?? [] } == events)
    }

    @Test func `remembers the wait before the next connection`() {
        var parser = EventParser()
        _ = parser.events(in: Array("retry: 10\nretry: 1x\nretry:\nretry: 99999999999999999999\n".utf8))
        #expect(parser.retryMilliseconds == 10)
    }

    @Test func `gives up on an event without end`() {
        #expect(Self.events(String(repeating: "a", count: EventParser.bytesMax + 1)) == nil)
        #expect(Self.events(String(repeating: "data: aaaaaaaaaa\n", count: EventParser.bytesMax / 10)) == nil)
    }
}
