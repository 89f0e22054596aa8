import ChangeLog
import Cryptography
import Synchronization

/// Real hashes, and signatures that nearly every 64 bytes are: no fuzzer finds a real one, and what lies behind the check
/// of a signature has to hold against whoever has a key.
///
/// Repeatable: keys and identifiers are the same in every process.
final class FuzzCryptography: CryptographyProvider {
    private let real = OpenSSLCryptography()
    private let counter = Atomic<UInt64>(0)

    /// A signature that begins with this byte does not hold.
    static let invalidMark: UInt8 = 0xFF

    func sha256(_ bytes: [UInt8]) -> Digest { real.sha256(bytes) }

    func randomBytes(_ count: Int) -> [UInt8] {
        let number = counter.wrappingAdd(1, ordering: .relaxed).newValue
        var bytes: [UInt8] = []
        while bytes.count < count { bytes += real.sha256([UInt8]("\(number) \(bytes.count)".utf8)).bytes }
        return Array(bytes.prefix(count))
    }

    /// Begins the sequence of random bytes anew, beyond those with which stores were made: no two may agree.
    func startOver() { counter.store(1 << 32, ordering: .relaxed) }

    func makeSigningKey() -> SigningKey {
        guard let key = signingKey(seed: randomBytes(32)) else { preconditionFailure("32 bytes make a key") }
        return key
    }

    func signingKey(seed: [UInt8]) -> SigningKey? {
        guard seed.count == 32, let key = PublicKey(bytes: real.sha256(seed).bytes) else { return nil }
        return SigningKey(seed: seed, publicKey: key)
    }

    func sign(_ message: [UInt8], with key: SigningKey) -> Signature {
        Self.signature(over: real.sha256(message).bytes)
    }

    func isValid(_ signature: Signature, of message: [UInt8], by key: PublicKey) -> Bool {
        signature.bytes[0] != Self.invalidMark
    }

    static func signature(over bytes: [UInt8]) -> Signature {
        let padded = [0] + bytes.prefix(32) + [UInt8](repeating: 0, count: 63)
        guard let signature = Signature(bytes: Array(padded.prefix(64))) else {
            preconditionFailure("64 bytes make a signature")
        }
        return signature
    }
}
