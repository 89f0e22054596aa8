package struct ParserLimits {
    var headBytesMax: Int
    var headerCountMax: Int
    var bodyBytesMax: Int

    package init(headBytesMax: Int, headerCountMax: Int, bodyBytesMax: Int) {
        self.headBytesMax = headBytesMax
        self.headerCountMax = headerCountMax
        self.bodyBytesMax = bodyBytesMax
    }
}

/// Turns the bytes of a connection into requests: bytes in, steps out, no I/O and no clock.
///
/// States: head -> (head step) -> body -> (body step) -> head … ; after a refusal it is of no more use.
/// The caller decides at the head step whether it wants the body.
package struct RequestParser {
    package enum Step: Equatable {
        /// Nothing more can be said before more bytes are fed.
        case needsMore
        /// A head is complete; the body, maybe empty, is the next step.
        case head(RequestHead)
        case body([UInt8])
        case refusal(Refusal)
    }

    private enum State {
        case head
        case body(length: Int)
    }

    private let limits: ParserLimits
    private var state = State.head
    private var pending: [UInt8] = []
    /// Pending bytes before this one were consumed.
    private var start = 0
    /// Pending bytes before this one hold no end of a head and no forbidden byte.
    private var scanned = 0
    private var body: [UInt8] = []
    private var skippedEmptyLine = false

    package init(limits: ParserLimits) {
        self.limits = limits
    }

    /// Whether a message has begun but is not complete.
    package var isInsideMessage: Bool {
        if case .body = state { return true }
        return start < pending.count
    }

    /// Body bytes received so far of the current message.
    package var bodyBytesReceived: Int {
        if case .body(let length) = state { return min(body.count + pending.count - start, length) }
        return 0
    }

    package mutating func feed(_ bytes: [UInt8]) {
        if start == pending.count {
            (pending, start, scanned) = (bytes, 0, 0)
        } else {
            pending.removeFirst(start)
            (start, scanned) = (0, scanned - start)
            pending += bytes
        }
    }

    /// The next step; call it again until it needs more.
    ///
    /// - Complexity: O(n) over all calls, n the bytes fed.
    package mutating func step() -> Step {
        do throws(Refusal) {
            switch state {
            case .head:
                guard let head = try takeHead() else { return .needsMore }
                state = .body(length: head.contentLength)
                return .head(head)
            case .body(let length):
                guard takeBody(length: length) else { return .needsMore }
                state = .head
                defer { body = [] }
                return .body(body)
            }
        } catch {
            return .refusal(error)
        }
    }

    /// Forgets what was fed beyond the last step: nothing more of this connection will be read.
    package mutating func discardPending() { (pending, start, scanned) = ([], 0, 0) }

    private mutating func takeHead() throws(Refusal) -> RequestHead? {
        skipEmptyLine()
        guard let end = try endOfHead() else {
            guard pending.count - start <= limits.headBytesMax else { throw .headTooLarge }
            return nil
        }
        guard end - start <= limits.headBytesMax else { throw .headTooLarge }
        let head = try RequestHead(pending[start..<end], limits: limits)
        consume(to: end)
        skippedEmptyLine = false
        return head
    }

    /// One CRLF before a request line is ignored, as RFC 9112 section 2.2 asks for the sake of old clients.
    private mutating func skipEmptyLine() {
        guard !skippedEmptyLine, pending.count - start >= 2 else { return }
        if pending[start] == carriageReturn, pending[start + 1] == lineFeed {
            consume(to: start + 2)
            skippedEmptyLine = true
        }
    }

    /// Looks for the empty line, and refuses at once what no head may hold: NUL and other control bytes, a CR
    /// without LF or an LF without CR. A TLS greeting on a plain port ends here with its first byte.
    private mutating func endOfHead() throws(Refusal) -> Int? {
        var index = max(scanned, start)
        while index < pending.count {
            let byte = pending[index]
            if byte == carriageReturn {
                guard index + 1 < pending.count else { break }
                guard pending[index + 1] == lineFeed else { throw .badRequest }
                index += 2
                guard index - start > 2 else { throw .badRequest }
                if index - start >= 4, pending[index - 4] == carriageReturn, pending[index - 3] == lineFeed {
                    return index
                }
            } else {
                guard isFieldValueByte(byte) else { throw .badRequest }
                index += 1
            }
        }
        scanned = index
        return nil
    }

    private mutating func takeBody(length: Int) -> Bool {
        let available = min(pending.count - start, length - body.count)
        if available > 0 {
            body += pending[start..<(start + available)]
            consume(to: start + available)
        }
        return body.count == length
    }

    private mutating func consume(to index: Int) {
        start = index
        scanned = index
        if start == pending.count { (pending, start, scanned) = ([], 0, 0) }
    }
}
