/// Turns replies into the bytes of HTTP/1.1, as few as RFC 9110 and 9112 allow: no reason phrase, no server name.
struct ReplyEncoder {
    let sendsDate: Bool
    private var dateSeconds = Int64.min
    private var dateField: [UInt8] = []

    init(sendsDate: Bool) {
        self.sendsDate = sendsDate
    }

    /// A reply, or the 500 that stands for one that must not go out: a status that is not final, or a header
    /// field that would break the framing.
    mutating func encode(_ reply: HTTPReply, isHead: Bool, closes: Bool, secondsSinceEpoch: Int64) -> [UInt8] {
        let reply = Self.isWellFormed(reply) ? reply : HTTPReply(status: 500)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(128 + (isHead ? 0 : reply.body.count))
        appendHead(reply, closes: closes, secondsSinceEpoch: secondsSinceEpoch, to: &bytes)
        let hasBody = Self.hasBody(reply)
        if hasBody && reply.stream == nil { bytes += "Content-Length: \(reply.body.count)\r\n".utf8 }
        bytes += "\r\n".utf8
        if hasBody && !isHead { bytes += reply.body }
        return bytes
    }

    /// The head of a reply whose body follows in pieces.
    mutating func encodeHead(
        _ reply: HTTPReply, isChunked: Bool, closes: Bool, secondsSinceEpoch: Int64
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        appendHead(reply, closes: closes, secondsSinceEpoch: secondsSinceEpoch, to: &bytes)
        if isChunked { bytes += "Transfer-Encoding: chunked\r\n".utf8 }
        bytes += "\r\n".utf8
        return bytes
    }

    mutating func encode(_ refusal: Refusal, secondsSinceEpoch: Int64) -> [UInt8] {
        var reply = HTTPReply(status: refusal.status)
        if let seconds = refusal.retryAfterSeconds { reply.headers.append("Retry-After", String(seconds)) }
        return encode(reply, isHead: false, closes: true, secondsSinceEpoch: secondsSinceEpoch)
    }

    private mutating func appendHead(
        _ reply: HTTPReply, closes: Bool, secondsSinceEpoch: Int64, to bytes: inout [UInt8]
    ) {
        bytes += "HTTP/1.1 \(reply.status) \r\n".utf8
        if sendsDate {
            if dateSeconds != secondsSinceEpoch {
                dateField = Array("Date: \(httpDate(secondsSinceEpoch: secondsSinceEpoch))\r\n".utf8)
                dateSeconds = secondsSinceEpoch
            }
            bytes += dateField
        }
        for field in reply.headers.fields where !Self.isOwnField(field.name) {
            bytes += field.name.utf8
            bytes += ": ".utf8
            bytes += field.value.utf8
            bytes += "\r\n".utf8
        }
        if closes { bytes += "Connection: close\r\n".utf8 }
    }

    /// Fields that the server writes itself.
    private static func isOwnField(_ name: String) -> Bool {
        ["Content-Length", "Transfer-Encoding", "Connection", "Date"].contains { equalIgnoringCase($0, name) }
    }

    static func isWellFormed(_ reply: HTTPReply) -> Bool {
        (200...599).contains(reply.status)
            && reply.headers.fields.allSatisfy {
                !$0.name.isEmpty && $0.name.utf8.allSatisfy(isTokenByte) && $0.value.utf8.allSatisfy(isFieldValueByte)
            }
    }

    static func hasBody(_ reply: HTTPReply) -> Bool {
        reply.status != 204 && reply.status != 304
    }

    static func asksToClose(_ reply: HTTPReply) -> Bool {
        reply.headers.values(of: "Connection").contains { equalIgnoringCase($0, "close") }
    }
}
