import HTTPServing

/// An error as the client sees it: a status, a word for programs, a sentence for people. See docs/sync-protocol.md.
struct Problem: Error {
    let status: Int
    let code: String
    let message: String
    let headers: [(name: String, value: String)]

    init(_ status: Int, _ code: String, _ message: String, headers: [(String, String)] = []) {
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers.map { (name: $0.0, value: $0.1) }
    }

    /// The store cannot be read or written now; nothing of the request was done.
    static func unavailable(isFull: Bool) -> Problem {
        Problem(
            503, isFull ? "disk_full" : "unavailable",
            isFull
                ? "the server's disk is full; its operator has to make room"
                : "the server's store is not available now",
            headers: [("Retry-After", isFull ? "60" : "5")])
    }

    /// A device asks more often than the operator lets it.
    static func tooManyRequests(seconds: Int64) -> Problem {
        Problem(
            429, "too_many_requests", "this device asks too often; try again in \(seconds) s",
            headers: [("Retry-After", "\(seconds)")])
    }

    /// A push was refused as a whole. How much there is, or would be, is nobody's business but the operator's.
    static let quotaExceeded = Problem(
        507, "quota_exceeded",
        "the workspace has no room for this: its quota is used up; the server's operator can raise it",
        headers: [("Retry-After", "300")])

    var reply: HTTPReply {
        let text = "{\"error\":\"\(code)\",\"message\":\"\(Self.escaped(message))\"}\n"
        return HTTPReply(
            status: status, headers: HTTPHeaders([(name: "Content-Type", value: "application/json")] + headers),
            body: [UInt8](text.utf8))
    }

    /// The escapes that RFC 8259 section 7 demands.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
