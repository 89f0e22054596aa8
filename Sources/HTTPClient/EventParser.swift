/// Turns the bytes of an event stream into events, as WHATWG HTML section 9.2.6 says: no I/O, any cut of the bytes.
package struct EventParser {
    /// An event and a line may be this long; a server that sends more is not ours.
    static let bytesMax = 1 << 20

    package private(set) var retryMilliseconds: Int?
    private var line: [UInt8] = []
    private var lastWasCarriageReturn = false
    private var isFirstLine = true
    private var type = ""
    private var data = ""
    private var hasData = false
    private var lastID = ""

    package init() {}

    /// The events that these bytes complete, or `nil` if one is too long.
    ///
    /// - Complexity: O(n), n the number of bytes.
    package mutating func events(in bytes: [UInt8]) -> [HTTPClientEvent]? {
        var events: [HTTPClientEvent] = []
        for byte in bytes {
            if byte == UInt8(ascii: "\n"), lastWasCarriageReturn {
                lastWasCarriageReturn = false
                continue
            }
            lastWasCarriageReturn = byte == UInt8(ascii: "\r")
            if lastWasCarriageReturn || byte == UInt8(ascii: "\n") {
                if let event = endLine() { events.append(event) }
            } else {
                line.append(byte)
            }
            guard line.count + data.utf8.count <= EventParser.bytesMax else { return nil }
        }
        return events
    }

    private mutating func endLine() -> HTTPClientEvent? {
        defer { line.removeAll(keepingCapacity: true) }
        if isFirstLine {
            isFirstLine = false
            if line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
        }
        if line.isEmpty { return dispatch() }
        let colon = line.firstIndex(of: UInt8(ascii: ":"))
        var value = colon.map { line[($0 + 1)...] } ?? []
        if value.first == UInt8(ascii: " ") { value.removeFirst() }
        let text = String(decoding: value, as: UTF8.self)
        switch String(decoding: line[..<(colon ?? line.endIndex)], as: UTF8.self) {
        case "event": type = text
        case "data":
            if hasData { data += "\n" }
            data += text
            hasData = true
        case "id" where !value.contains(0): lastID = text
        case "retry" where !value.isEmpty && value.allSatisfy({ $0 &- UInt8(ascii: "0") < 10 }):
            retryMilliseconds = Int(text) ?? retryMilliseconds
        default: break  // a comment or something newer
        }
        return nil
    }

    private mutating func dispatch() -> HTTPClientEvent? {
        defer { (type, data, hasData) = ("", "", false) }
        guard hasData else { return nil }
        return HTTPClientEvent(type: type.isEmpty ? "message" : type, data: data, lastID: lastID)
    }
}
