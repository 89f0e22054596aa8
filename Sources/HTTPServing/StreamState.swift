/// What a connection knows of the stream that it sends.
struct StreamState {
    var isChunked: Bool
    /// `nil` for a body of another kind.
    var events: HTTPReplyStream.EventRules?
    /// Held until the stream ends.
    var subscriber: (any HTTPEventSubscriber)?
    /// Bytes handed to the connection, framing included, and how many of them were unread, or gone, at the last check.
    var bytesWritten = 0
    var bytesMovedAtCheck = 0
    var bytesUnsentAtCheck = 0
    /// An event was dropped and the peer does not know yet.
    var hasDroppedEvents = false
    /// Producers (one, in practice) that wait for the peer to read.
    var waiters: [CheckedContinuation<Void, Never>] = []

    /// A piece with the framing of RFC 9112, section 7.1.
    func framed(_ piece: [UInt8]) -> [UInt8] {
        guard isChunked else { return piece }
        var bytes = Array("\(String(piece.count, radix: 16))\r\n".utf8)
        bytes.reserveCapacity(bytes.count + piece.count + 2)
        bytes += piece
        bytes += "\r\n".utf8
        return bytes
    }

    static let lastChunk = Array("0\r\n\r\n".utf8)

    /// Whether the peer has read, since the last check, what waited for it then, or at least so many bytes.
    mutating func isMoving(unsentBytes: Int, enoughBytes: Int) -> Bool {
        let moved = bytesWritten - unsentBytes
        defer { (bytesMovedAtCheck, bytesUnsentAtCheck) = (moved, unsentBytes) }
        return moved - bytesMovedAtCheck >= min(bytesUnsentAtCheck, enoughBytes)
    }
}
