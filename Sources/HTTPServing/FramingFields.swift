/// The few fields that decide where a message ends and what becomes of the connection.
struct FramingFields {
    private var lengths: [ArraySlice<UInt8>] = []
    private var encodings: [ArraySlice<UInt8>] = []
    private var expectations: [ArraySlice<UInt8>] = []
    private(set) var hostCount = 0
    private(set) var closes = false

    mutating func take(name: ArraySlice<UInt8>, value: ArraySlice<UInt8>) throws(Refusal) {
        if equalIgnoringCase(name, "Content-Length".utf8) {
            lengths.append(value)
        } else if equalIgnoringCase(name, "Transfer-Encoding".utf8) {
            encodings.append(value)
        } else if equalIgnoringCase(name, "Expect".utf8) {
            expectations.append(value)
        } else if equalIgnoringCase(name, "Host".utf8) {
            hostCount += 1
            guard hostCount == 1, value.allSatisfy(isHostByte) else { throw .badRequest }
        } else if equalIgnoringCase(name, "Connection".utf8) {
            for option in value.split(separator: UInt8(ascii: ",")) {
                if equalIgnoringCase(trimmed(option), "close".utf8) { closes = true }
            }
        }
    }

    /// The length of the body.
    ///
    /// One `Content-Length` of digits or none. Equal repetitions are refused too: the proxy in front may have
    /// counted differently. A chunked body is answered 411 rather than parsed: nobody who talks to this server
    /// needs one, and chunk framing is where parsers disagree.
    func contentLength(minorVersion: Int, limits: ParserLimits) throws(Refusal) -> Int {
        if !encodings.isEmpty {
            guard lengths.isEmpty, minorVersion == 1 else { throw .badRequest }
            guard encodings.count == 1, equalIgnoringCase(encodings[0], "chunked".utf8) else { throw .notImplemented }
            throw .lengthRequired
        }
        guard let digits = lengths.first else { return 0 }
        guard lengths.count == 1, !digits.isEmpty, digits.allSatisfy(isDigit) else { throw .badRequest }
        guard digits.count <= 18 else { throw .bodyTooLarge }
        let length = digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        guard length <= limits.bodyBytesMax else { throw .bodyTooLarge }
        return length
    }

    func expectsContinue(minorVersion: Int) throws(Refusal) -> Bool {
        guard minorVersion == 1, let first = expectations.first else { return false }
        guard expectations.count == 1, equalIgnoringCase(first, "100-continue".utf8) else { throw .expectationFailed }
        return true
    }
}
