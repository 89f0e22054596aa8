import Glibc

/// A numeric address and a port: `127.0.0.1:8642`, `[::1]:8642`; `:8642` is every IPv4 address.
struct ListenAddress: Equatable {
    let host: String
    let port: UInt16

    init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]),
            text[text.index(after: colon)...].utf8.allSatisfy({ $0 &- UInt8(ascii: "0") < 10 })
        else { return nil }
        var host = String(text[..<colon])
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        if isBracketed { host = String(host.dropFirst().dropLast()) }
        if host.isEmpty && !isBracketed { host = "0.0.0.0" }
        var address = in6_addr()
        guard !host.utf8.contains(0), inet_pton(isBracketed ? AF_INET6 : AF_INET, host, &address) == 1 else {
            return nil
        }
        self.host = host
        self.port = port
    }

    /// Whether only programs on this machine reach a numeric address.
    static func isLoopback(_ host: String) -> Bool {
        var address = in6_addr()
        if inet_pton(AF_INET, host, &address) == 1 { return host.hasPrefix("127.") }
        guard inet_pton(AF_INET6, host, &address) == 1 else { return false }
        return withUnsafeBytes(of: address) { $0.dropLast().allSatisfy { $0 == 0 } && $0.last == 1 }
    }

    var isLoopback: Bool { Self.isLoopback(host) }
}
