import HTTPServing

/// The reverse proxies that are believed when they say for whom they ask.
struct TrustedProxies: Sendable {
    static let networksMax = 64
    /// Proxies behind one another.
    private static let hopsMax = 16
    private static let headerBytesMax = 2048

    private let networks: [IPNetwork]

    /// None.
    init() { networks = [] }

    /// Addresses and networks with commas between; `nil` where one is none.
    init?(_ text: String) {
        let parts = text.split(separator: ",", maxSplits: Self.networksMax, omittingEmptySubsequences: false)
        let networks = parts.compactMap { IPNetwork(Self.trimmed($0)) }
        guard networks.count == parts.count, parts.count <= Self.networksMax else { return nil }
        self.networks = networks
    }

    /// The numeric address of the client: the peer's, or what a trusted peer says, `X-Forwarded-For`.
    ///
    /// Each proxy appends the address of its own peer. So the list is read from its end for as long as proxies are trusted; the
    /// first that is not is the client. What the client has sent itself stands before it and is never looked at. Where anything
    /// that is looked at is no address, the peer's is the answer.
    func clientAddress(of request: HTTPRequest) -> String {
        guard !networks.isEmpty, let peer = IPAddress(request.remoteAddress), isTrusted(peer) else {
            return request.remoteAddress
        }
        let values = request.headers.values(of: "X-Forwarded-For")
        guard values.reduce(0, { $0 + $1.utf8.count }) <= Self.headerBytesMax else { return request.remoteAddress }
        var client = peer
        let hops = values.flatMap { $0.split(separator: ",", omittingEmptySubsequences: false) }.reversed()
        for (number, hop) in hops.enumerated() {
            guard number < Self.hopsMax, let address = IPAddress(Self.trimmed(hop)) else {
                return request.remoteAddress
            }
            client = address
            if !isTrusted(address) { break }
        }
        return client.description
    }

    private func isTrusted(_ address: IPAddress) -> Bool { networks.contains { $0.contains(address) } }

    private static func trimmed(_ text: Substring) -> Substring {
        func isBlank(_ character: Character) -> Bool { character == " " || character == "\t" }
        var text = text.drop(while: isBlank)
        while let last = text.last, isBlank(last) { text.removeLast() }
        return text
    }
}
