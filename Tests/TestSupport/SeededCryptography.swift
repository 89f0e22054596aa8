import AnnotationModel
public import ChangeLog
import Cryptography
import Simulation
import Synchronization

/// Real hashes and signatures; keys and ids from a seed, so that a failing seed fails again.
public final class SeededCryptography: CryptographyProvider {
    private let real = OpenSSLCryptography()
    private let random: Mutex<SplitMix64>

    public init(seed: UInt64) { random = Mutex(SplitMix64(seed: seed)) }

    /// Begins the sequence of ids and keys again.
    public func restart(seed: UInt64) { random.withLock { $0 = SplitMix64(seed: seed) } }

    public func sha256(_ bytes: [UInt8]) -> Digest { real.sha256(bytes) }

    public func randomBytes(_ count: Int) -> [UInt8] {
        random.withLock { random in (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) } }
    }

    public func makeSigningKey() -> SigningKey {
        guard let key = real.signingKey(seed: randomBytes(32)) else { preconditionFailure("a seed makes a key") }
        return key
    }

    public func signingKey(seed: [UInt8]) -> SigningKey? { real.signingKey(seed: seed) }
    public func sign(_ message: [UInt8], with key: SigningKey) -> Signature { real.sign(message, with: key) }
    public func isValid(_ signature: Signature, of message: [UInt8], by key: PublicKey) -> Bool {
        real.isValid(signature, of: message, by: key)
    }
}
