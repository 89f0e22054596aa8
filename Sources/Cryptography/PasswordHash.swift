import COpenSSL

/// A password as a server keeps it: salted and stretched with scrypt (RFC 7914), the parameters beside the result, so
/// that hashes made with older parameters go on to work.
public struct PasswordHash: Hashable, Sendable, CustomStringConvertible {
    /// Base-2 logarithm of scrypt's N: 2^15 with r = 8 takes 32 MiB and about a tenth of a second.
    public let costExponent: Int
    public let blockSize: Int
    public let parallelism: Int
    let salt: [UInt8]
    let key: [UInt8]

    private static let keyBytes = 32
    /// What a stored hash may make a server spend.
    private static let memoryBytesMax = 256 << 20

    /// Hashes a new password.
    ///
    /// Complexity: by design about 0.1 s and 32 MiB.
    public init(of password: String) {
        var salt = [UInt8](repeating: 0, count: 16)
        precondition(RAND_bytes(&salt, 16) == 1, "the system's random generator failed")
        self.init(salt: salt, key: [])
        guard
            let key = Self.stretch(
                password, salt, costExponent: costExponent, blockSize: blockSize, parallelism: parallelism)
        else { preconditionFailure("OpenSSL has no memory for a password's hash") }
        self = PasswordHash(salt: salt, key: key)
    }

    /// The hash of no password that anybody could find, with the parameters of new ones: comparing with it takes as long.
    public static let decoy = PasswordHash(
        salt: [UInt8](repeating: 0, count: 16), key: [UInt8](repeating: 0, count: keyBytes))

    private init(salt: [UInt8], key: [UInt8]) {
        (costExponent, blockSize, parallelism) = (15, 8, 1)
        (self.salt, self.key) = (salt, key)
    }

    /// Reads `scrypt$15$8$1$salt$key`, salt and key in hexadecimal; `nil` for anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "scrypt", let cost = Int(parts[1]), let block = Int(parts[2]),
            let parallel = Int(parts[3]), (1...24).contains(cost), (1...64).contains(block),
            (1...64).contains(parallel), 128 * block << cost <= Self.memoryBytesMax,
            let salt = Self.bytes(parts[4]), let key = Self.bytes(parts[5]), key.count == Self.keyBytes
        else { return nil }
        (costExponent, blockSize, parallelism) = (cost, block, parallel)
        (self.salt, self.key) = (salt, key)
    }

    public var description: String {
        "scrypt$\(costExponent)$\(blockSize)$\(parallelism)$\(Self.hex(salt))$\(Self.hex(key))"
    }

    /// Whether this is the password; the comparison takes the same time wherever they differ.
    public func matches(_ password: String) -> Bool {
        let other = Self.stretch(
            password, salt, costExponent: costExponent, blockSize: blockSize, parallelism: parallelism)
        guard let other else { return false }
        return CRYPTO_memcmp(other, key, Self.keyBytes) == 0
    }

    private static func stretch(
        _ password: String, _ salt: [UInt8], costExponent: Int, blockSize: Int, parallelism: Int
    ) -> [UInt8]? {
        let password = Array(password.utf8CString)
        var key = [UInt8](repeating: 0, count: keyBytes)
        let status = EVP_PBE_scrypt(
            password, password.count - 1, salt, salt.count, 1 << UInt64(costExponent), UInt64(blockSize),
            UInt64(parallelism), UInt64(memoryBytesMax + (1 << 20)), &key, keyBytes)
        guard status == 1 else {
            ERR_clear_error()
            return nil
        }
        return key
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private static func bytes(_ hex: Substring) -> [UInt8]? {
        let digits = Array(hex.utf8)
        guard digits.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        for place in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(decoding: digits[place..<place + 2], as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(byte)
        }
        return bytes
    }
}
