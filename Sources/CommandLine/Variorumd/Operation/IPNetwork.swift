import Glibc

/// A numeric address; an IPv4 address and the same mapped into IPv6 are one.
struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    /// As in IPv6, 16 of them.
    let bytes: [UInt8]

    /// Nothing but the address is taken: no port, brackets, zone or spaces.
    init?(_ text: some StringProtocol) {
        guard text.utf8.count < Int(INET6_ADDRSTRLEN), !text.utf8.contains(0) else { return nil }
        let text = String(text)
        var buffer = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &buffer) == 1 {
            bytes = Self.mapped + buffer[..<4]
        } else if inet_pton(AF_INET6, text, &buffer) == 1 {
            bytes = buffer
        } else {
            return nil
        }
    }

    private static let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]

    var isVersion4: Bool { bytes.starts(with: Self.mapped) }

    /// As everybody writes it.
    var description: String {
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let own = isVersion4 ? Array(bytes[12...]) : bytes
        inet_ntop(isVersion4 ? AF_INET : AF_INET6, own, &buffer, socklen_t(buffer.count))
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// An address, or all that begin with the same bits: `10.0.0.0/8`, `2001:db8::/32`.
struct IPNetwork: Hashable, Sendable {
    let address: IPAddress
    /// Of 128.
    let bitCount: Int

    /// Refused is what somebody may have meant otherwise: bits beyond the prefix, and everybody's addresses.
    init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(parts[0]) else { return nil }
        let isVersion4 = !parts[0].contains(":")
        var bits = isVersion4 ? 32 : 128
        if parts.count == 2 {
            guard parts[1].utf8.count <= 3, parts[1].utf8.allSatisfy({ $0 &- UInt8(ascii: "0") < 10 }),
                let given = Int(parts[1]), (1...bits).contains(given)
            else { return nil }
            bits = given
        }
        self.address = address
        bitCount = isVersion4 ? bits + 96 : bits
        guard (bitCount..<128).allSatisfy({ address.bytes[$0 / 8] & (0x80 >> ($0 % 8)) == 0 }) else { return nil }
    }

    func contains(_ other: IPAddress) -> Bool {
        let whole = bitCount / 8
        guard address.bytes[..<whole] == other.bytes[..<whole] else { return false }
        let rest = bitCount % 8
        return rest == 0 || (address.bytes[whole] ^ other.bytes[whole]) >> (8 - rest) == 0
    }
}
