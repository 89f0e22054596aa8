public import AnnotationModel

/// What the change log needs of cryptography, so that no pure target links a library for it.
///
/// On Linux `OpenSSLCryptography` provides it; an app elsewhere provides its platform's own.
public protocol CryptographyProvider: Sendable {
    /// SHA-256 (FIPS 180-4).
    func sha256(_ bytes: [UInt8]) -> Digest

    /// Bytes from the system's cryptographic generator.
    func randomBytes(_ count: Int) -> [UInt8]

    /// A new Ed25519 key pair (RFC 8032).
    func makeSigningKey() -> SigningKey

    /// The key pair of a stored seed; `nil` unless it has 32 bytes.
    func signingKey(seed: [UInt8]) -> SigningKey?

    /// The Ed25519 signature of `message`: 64 bytes.
    func sign(_ message: [UInt8], with key: SigningKey) -> Signature

    /// Whether `signature` is `key`'s over `message`.
    func isValid(_ signature: Signature, of message: [UInt8], by key: PublicKey) -> Bool
}

extension CryptographyProvider {
    public func randomIdentifier<Tag>() -> Identifier<Tag> {
        Identifier(high: randomWord(), low: randomWord())
    }

    public func randomWord() -> UInt64 {
        randomBytes(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}

/// An Ed25519 private key: the 32-byte seed of RFC 8032 and its public half.
public struct SigningKey: Sendable {
    public let seed: [UInt8]
    public let publicKey: PublicKey

    public init(seed: [UInt8], publicKey: PublicKey) {
        precondition(seed.count == 32, "an Ed25519 seed has 32 bytes")
        self.seed = seed
        self.publicKey = publicKey
    }
}

/// An Ed25519 public key: 32 bytes.
public struct PublicKey: Hashable, Sendable {
    public let bytes: [UInt8]

    public init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.bytes = bytes
    }
}

extension PublicKey: CustomStringConvertible {
    /// 64 hexadecimal digits.
    public var description: String { bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }

    /// What `description` gives, in any case of letters.
    public init?(hexadecimal text: String) {
        let digits = text.compactMap(\.hexDigitValue)
        guard digits.count == 64, text.utf8.count == 64 else { return nil }
        self.init(bytes: stride(from: 0, to: 64, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) })
    }
}

/// An Ed25519 signature: 64 bytes.
public struct Signature: Hashable, Sendable {
    public let bytes: [UInt8]

    public init?(bytes: [UInt8]) {
        guard bytes.count == 64 else { return nil }
        self.bytes = bytes
    }
}
