/// The head of a request, checked against RFC 9112 more strictly than that demands: whatever two parsers could
/// read in two ways is refused, so nothing can be smuggled past a proxy in front.
package struct RequestHead: Equatable {
    package var method: String
    package var path: String
    package var query: String?
    package var headers: HTTPHeaders
    var contentLength: Int
    /// The client waits for `100 Continue` before it sends the body.
    var expectsContinue: Bool
    /// The connection ends with the reply: the client said so, or speaks HTTP/1.0.
    package var closes: Bool
    /// Of HTTP/1.
    package var minorVersion: Int

    package static func == (one: RequestHead, other: RequestHead) -> Bool {
        one.method == other.method && one.path == other.path && one.query == other.query
            && one.headers.fields.elementsEqual(other.headers.fields, by: ==)
            && one.contentLength == other.contentLength && one.expectsContinue == other.expectsContinue
            && one.closes == other.closes && one.minorVersion == other.minorVersion
    }

    /// Parses a head.
    ///
    /// - Parameter bytes: from the method up to and including the empty line.
    /// - Complexity: O(n), n the number of bytes.
    init(_ bytes: ArraySlice<UInt8>, limits: ParserLimits) throws(Refusal) {
        var lines = Lines(rest: bytes)
        let requestLine = try lines.next()
        let parts = requestLine.split(separator: space, omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[0].isEmpty, parts[0].allSatisfy(isTokenByte) else { throw .badRequest }
        minorVersion = try Self.minorVersion(parts[2])
        method = String(decoding: parts[0], as: UTF8.self)

        var fields = FramingFields()
        var headers = HTTPHeaders()
        while case let line = try lines.next(), !line.isEmpty {
            guard headers.fields.count < limits.headerCountMax else { throw .headTooLarge }
            let (name, value) = try Self.field(line)
            try fields.take(name: name, value: value)
            headers.append(String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self))
        }
        guard lines.rest.isEmpty else { throw .badRequest }
        self.headers = headers
        contentLength = try fields.contentLength(minorVersion: minorVersion, limits: limits)
        expectsContinue = try fields.expectsContinue(minorVersion: minorVersion)
        closes = fields.closes || minorVersion == 0
        if minorVersion == 1, fields.hostCount == 0 { throw .badRequest }
        (path, query) = try Self.target(parts[1], method: parts[0])
    }

    private static func minorVersion(_ version: ArraySlice<UInt8>) throws(Refusal) -> Int {
        if version.elementsEqual("HTTP/1.1".utf8) { return 1 }
        if version.elementsEqual("HTTP/1.0".utf8) { return 0 }
        let name = "HTTP/".utf8
        guard version.starts(with: name), version.count == name.count + 3 else { throw .badRequest }
        let number = Array(version.dropFirst(name.count))
        guard isDigit(number[0]), number[1] == UInt8(ascii: "."), isDigit(number[2]) else { throw .badRequest }
        throw .versionNotSupported
    }

    /// A field line is a token, a colon and a value; nothing stands before the colon and no line continues another.
    private static func field(_ line: ArraySlice<UInt8>) throws(Refusal) -> (ArraySlice<UInt8>, ArraySlice<UInt8>) {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { throw .badRequest }
        let name = line[..<colon]
        let value = trimmed(line[(colon + 1)...])
        guard !name.isEmpty, name.allSatisfy(isTokenByte), value.allSatisfy(isFieldValueByte) else {
            throw .badRequest
        }
        return (name, value)
    }

    /// Path and query of the four forms of RFC 9112 section 3.2, of which a server with resources needs three.
    private static func target(
        _ target: ArraySlice<UInt8>, method: ArraySlice<UInt8>
    ) throws(Refusal) -> (String, String?) {
        guard target.allSatisfy(isTargetByte) else { throw .badRequest }
        var origin = target
        if target.elementsEqual("*".utf8) {
            guard method.elementsEqual("OPTIONS".utf8) else { throw .badRequest }
            return ("*", nil)
        }
        if target.first != UInt8(ascii: "/") {
            guard
                let scheme = ["http://", "https://"].first(where: {
                    equalIgnoringCase(target.prefix($0.utf8.count), $0.utf8)
                })
            else { throw .badRequest }
            let afterScheme = target.dropFirst(scheme.utf8.count)
            let end =
                afterScheme.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? afterScheme.endIndex
            let authority = afterScheme[..<end]
            guard !authority.isEmpty, authority.allSatisfy(isHostByte) else { throw .badRequest }
            origin = afterScheme[end...]
        }
        let mark = origin.firstIndex(of: UInt8(ascii: "?"))
        let path = String(decoding: origin[..<(mark ?? origin.endIndex)], as: UTF8.self)
        let query = mark.map { String(decoding: origin[($0 + 1)...], as: UTF8.self) }
        return (path.isEmpty ? "/" : path, query)
    }
}

/// Lines that end in CRLF; a bare CR or LF was refused before.
private struct Lines {
    var rest: ArraySlice<UInt8>

    mutating func next() throws(Refusal) -> ArraySlice<UInt8> {
        guard let end = rest.firstIndex(of: carriageReturn), end + 1 < rest.endIndex, rest[end + 1] == lineFeed else {
            throw .badRequest
        }
        defer { rest = rest[(end + 2)...] }
        return rest[..<end]
    }
}
