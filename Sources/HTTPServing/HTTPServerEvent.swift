/// A server-sent event (WHATWG HTML, section 9.2).
public struct HTTPServerEvent: Sendable, Hashable {
    /// What a client names in `Last-Event-ID` when it connects again. Line ends and NUL are left out.
    public var id: String?
    /// The type; without one, clients say "message". Line ends are left out.
    public var type: String?
    public var data: String
    /// How long a client shall wait before it connects again.
    public var retryMilliseconds: Int?

    public init(id: String? = nil, type: String? = nil, data: String = "", retryMilliseconds: Int? = nil) {
        self.id = id
        self.type = type
        self.data = data
        self.retryMilliseconds = retryMilliseconds
    }

    /// The bytes of the event, to be made once and sent to many.
    public func encoded() -> HTTPEncodedEvent {
        var bytes: [UInt8] = []
        func append(_ name: String, _ value: some Sequence<UInt8>) {
            bytes += name.utf8
            bytes += ": ".utf8
            bytes += value
            bytes.append(lineFeed)
        }
        if let id { append("id", id.utf8.filter { !Self.isLineEnd($0) && $0 != 0 }) }
        if let type { append("event", type.utf8.filter { !Self.isLineEnd($0) }) }
        if let retryMilliseconds { append("retry", String(retryMilliseconds).utf8) }
        if !data.isEmpty || (id == nil && type == nil && retryMilliseconds == nil) || type != nil {
            var rest = Array(data.utf8)[...]
            while let end = rest.firstIndex(where: Self.isLineEnd) {
                append("data", rest[..<end])
                let isPair = rest[end] == carriageReturn && end + 1 < rest.endIndex && rest[end + 1] == lineFeed
                rest = rest[(end + (isPair ? 2 : 1))...]
            }
            append("data", rest)
        }
        bytes.append(lineFeed)
        return HTTPEncodedEvent(bytes: bytes)
    }

    private static func isLineEnd(_ byte: UInt8) -> Bool { byte == carriageReturn || byte == lineFeed }
}

/// The bytes of one event, shared by all streams they are sent to.
public struct HTTPEncodedEvent: Sendable {
    package let bytes: [UInt8]
}
