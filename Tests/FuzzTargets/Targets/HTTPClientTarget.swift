import HTTPClient
import SyncClient

extension FuzzTarget {
    /// What a server, or whatever stands in front of one, answers.
    static let httpClient = FuzzTarget(
        "http-client", "a response: event streams cut anywhere and against their definition, heads, error bodies",
        lengthMax: 4096
    ) { input in
        guard let first = input.first else { return }
        let bytes = Array(input.dropFirst())
        switch first % 3 {
        case 0: try checkEvents(bytes, seed: first / 3)
        case 1: try checkHead(bytes)
        default: checkRefusal(bytes)
        }
    }

    private static func checkEvents(_ bytes: [UInt8], seed: UInt8) throws {
        var whole = EventParser()
        let events = whole.events(in: bytes)
        var parts = EventParser()
        var together: [HTTPClientEvent]? = []
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start + 1 + Int(seed % 17))
            if let more = parts.events(in: Array(bytes[start..<end])) { together? += more } else { together = nil }
            start = end
        }
        try require(events == together, "a cut changes the events")
        try require(whole.retryMilliseconds == parts.retryMilliseconds, "a cut changes the time to wait")
        try require(events == definedEvents(bytes), "the events are not those of the definition")
    }

    /// Section 9.2.6 of WHATWG HTML, on the whole stream.
    private static func definedEvents(_ bytes: [UInt8]) -> [HTTPClientEvent] {
        var bytes = bytes[...]
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
        var lines: [[UInt8]] = [[]]
        var isAfterReturn = false
        for byte in bytes {
            defer { isAfterReturn = byte == 0x0D }
            if byte == 0x0A, isAfterReturn { continue }
            if byte == 0x0A || byte == 0x0D { lines.append([]) } else { lines[lines.count - 1].append(byte) }
        }
        // What follows the last line end is not a line yet.
        lines.removeLast()
        var events: [HTTPClientEvent] = []
        var (type, data, id) = ("", [String](), "")
        for line in lines {
            if line.isEmpty {
                if !data.isEmpty {
                    events.append(
                        HTTPClientEvent(
                            type: type.isEmpty ? "message" : type, data: data.joined(separator: "\n"), lastID: id))
                }
                (type, data) = ("", [])
                continue
            }
            let parts = line.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
            var value = parts.count == 2 ? parts[1] : []
            if value.first == 0x20 { value = value.dropFirst() }
            let text = String(decoding: value, as: UTF8.self)
            if parts[0].elementsEqual("event".utf8) { type = text }
            if parts[0].elementsEqual("data".utf8) { data.append(text) }
            if parts[0].elementsEqual("id".utf8), !value.contains(0) { id = text }
        }
        return events
    }

    private static func checkHead(_ bytes: [UInt8]) throws {
        var head = ResponseHead()
        for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
            try require(Array(line + [0x0A]).withUnsafeBytes { head.take($0) }, "a small head is too large")
        }
        try require(!head.isComplete || head.status >= 200, "a head is complete with an interim status")
    }

    /// The error that a reply of another status than 200 becomes.
    private static func checkRefusal(_ bytes: [UInt8]) {
        var source = ByteSource(bytes)
        let status = 100 + Int(source.number() % 500)
        let wait = source.text()
        let error = SyncError(status: status, body: source.rest, retryAfterSeconds: Int(wait))
        _ = (error.description, error.retryAfterSeconds)
    }
}
