import ChangeLog
import Synchronization
import TestSupport

/// Ids and keys in two sequences from seeds: what is hidden draws from its own, so that everything else gets the same ids
/// with it and without it, and can be compared byte for byte.
final class TwoStreams: CryptographyProvider {
    private let seen = SeededCryptography(seed: 1)
    private let hidden = SeededCryptography(seed: 2)
    private let isHidden = Atomic(false)

    /// Does something that others must not notice.
    func hide<T>(_ body: () async throws -> T) async rethrows -> T {
        isHidden.store(true, ordering: .sequentiallyConsistent)
        defer { isHidden.store(false, ordering: .sequentiallyConsistent) }
        return try await body()
    }

    private var current: SeededCryptography { isHidden.load(ordering: .sequentiallyConsistent) ? hidden : seen }

    func sha256(_ bytes: [UInt8]) -> Digest { seen.sha256(bytes) }
    func randomBytes(_ count: Int) -> [UInt8] { current.randomBytes(count) }
    func makeSigningKey() -> SigningKey { current.makeSigningKey() }
    func signingKey(seed: [UInt8]) -> SigningKey? { seen.signingKey(seed: seed) }
    func sign(_ message: [UInt8], with key: SigningKey) -> Signature { seen.sign(message, with: key) }
    func isValid(_ signature: Signature, of message: [UInt8], by key: PublicKey) -> Bool {
        seen.isValid(signature, of: message, by: key)
    }
}
