/// A complete request: its head passed every check and its body is there.
public struct HTTPRequest: Sendable {
    /// The method as sent; methods are case-sensitive (RFC 9110, section 9.1).
    public var method: String
    /// The path as sent, still percent-encoded, beginning with "/" (or "*" for OPTIONS).
    public var path: String
    /// What follows the first "?", still percent-encoded.
    public var query: String?
    public var headers: HTTPHeaders
    public var body: [UInt8]
    /// The numeric address of the peer of the connection, which may be a reverse proxy.
    public var remoteAddress: String

    public init(
        method: String, path: String, query: String? = nil, headers: HTTPHeaders = [:], body: [UInt8] = [],
        remoteAddress: String = ""
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.remoteAddress = remoteAddress
    }

    /// The path's segments, each decoded on its own, so an encoded "/" never splits one.
    ///
    /// `nil` if an escape is malformed or a segment is not UTF-8. `"/a//b/"` gives `["a", "", "b", ""]`,
    /// `"/"` gives `[""]`.
    public var pathSegments: [String]? {
        guard path.utf8.first == UInt8(ascii: "/") else { return nil }
        var segments: [String] = []
        for encoded in path.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            guard let segment = percentDecoded(encoded, plusIsSpace: false) else { return nil }
            segments.append(segment)
        }
        return segments
    }

    /// The query as name and value pairs in order, decoded ("+" means space); no "=" gives an empty value.
    ///
    /// `nil` if an escape is malformed or a part is not UTF-8; empty if there is no query.
    public var queryItems: [(name: String, value: String)]? {
        guard let query else { return [] }
        var items: [(name: String, value: String)] = []
        for pair in query.utf8.split(separator: UInt8(ascii: "&")) {
            let equals = pair.firstIndex(of: UInt8(ascii: "="))
            let encodedValue = equals.map { pair[pair.index(after: $0)...] } ?? pair[pair.endIndex...]
            guard let name = percentDecoded(pair[..<(equals ?? pair.endIndex)], plusIsSpace: true),
                let value = percentDecoded(encodedValue, plusIsSpace: true)
            else { return nil }
            items.append((name, value))
        }
        return items
    }
}
