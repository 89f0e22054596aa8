import AnnotationModel
import ChangeLog
import Cryptography

/// Real hashes; signatures either real or ideal ones that cost a hash; keys and ids from a seed.
///
/// `@unchecked Sendable`: a simulation runs on one thread.
final class SimulatedCryptography: CryptographyProvider, @unchecked Sendable {
    private let real = OpenSSLCryptography()
    private var random: SplitMix64
    private let isIdeal: Bool
    /// Seeds by public key: what lets an ideal signature be checked. Nobody else looks here.
    private var seeds: [PublicKey: [UInt8]] = [:]

    /// - Parameter isIdeal: Takes signatures to be unforgeable instead of computing Ed25519.
    init(seed: UInt64, isIdeal: Bool) {
        random = SplitMix64(seed: seed)
        self.isIdeal = isIdeal
    }

    func sha256(_ bytes: [UInt8]) -> Digest { real.sha256(bytes) }

    func randomBytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next() >> 11) }
    }

    func makeSigningKey() -> SigningKey {
        guard let key = signingKey(seed: randomBytes(32)) else { preconditionFailure("a seed makes a key") }
        return key
    }

    func signingKey(seed: [UInt8]) -> SigningKey? {
        guard isIdeal else { return real.signingKey(seed: seed) }
        guard seed.count == 32, let publicKey = PublicKey(bytes: sha256(seed).bytes) else { return nil }
        seeds[publicKey] = seed
        return SigningKey(seed: seed, publicKey: publicKey)
    }

    func sign(_ message: [UInt8], with key: SigningKey) -> Signature {
        guard isIdeal else { return real.sign(message, with: key) }
        return idealSignature(message, seed: key.seed)
    }

    func isValid(_ signature: Signature, of message: [UInt8], by key: PublicKey) -> Bool {
        guard isIdeal else { return real.isValid(signature, of: message, by: key) }
        guard let seed = seeds[key] else { return false }
        return signature == idealSignature(message, seed: seed)
    }

    private func idealSignature(_ message: [UInt8], seed: [UInt8]) -> Signature {
        let half = sha256(seed + message)
        guard let signature = Signature(bytes: half.bytes + sha256(half.bytes).bytes) else {
            preconditionFailure("two digests make a signature")
        }
        return signature
    }
}
