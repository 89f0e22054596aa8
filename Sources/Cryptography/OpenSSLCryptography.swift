import COpenSSL
public import ChangeLog
import Synchronization

/// SHA-256, Ed25519 and random bytes from OpenSSL 3.
///
/// A value without state; every method may be called from any thread. Failures of OpenSSL itself (out of
/// memory, no entropy) trap: there is nothing safe to go on with.
public struct OpenSSLCryptography: CryptographyProvider {
    public init() {}

    public func sha256(_ bytes: [UInt8]) -> Digest {
        var words: InlineArray<4, UInt64> = [0, 0, 0, 0]
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Int(SHA256_DIGEST_LENGTH)) { output in
            let status = bytes.withUnsafeBytes {
                EVP_Digest($0.baseAddress, $0.count, output.baseAddress, nil, Self.algorithm.pointer, nil)
            }
            precondition(status == 1, "OpenSSL has no memory for a hash")
            for index in 0..<4 {
                for offset in 0..<8 { words[index] = words[index] << 8 | UInt64(output[index * 8 + offset]) }
            }
        }
        return Digest(words: words)
    }

    private static let algorithm = Algorithm()

    /// SHA-256 as OpenSSL implements it here. The one-call function `SHA256` looks it up by name at every call, which
    /// costs more than hashing a header does.
    ///
    /// `@unchecked Sendable`: a fetched algorithm is never changed and OpenSSL lets many threads use it at once.
    private struct Algorithm: @unchecked Sendable {
        let pointer: OpaquePointer

        init() {
            guard let pointer = EVP_MD_fetch(nil, "SHA256", nil) else { preconditionFailure("OpenSSL has no SHA-256") }
            self.pointer = pointer
        }
    }

    public func randomBytes(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let status = bytes.withUnsafeMutableBufferPointer { RAND_bytes($0.baseAddress, Int32($0.count)) }
        precondition(status == 1, "the system's random generator failed")
        return bytes
    }

    public func makeSigningKey() -> SigningKey {
        guard let key = signingKey(seed: randomBytes(32)) else { preconditionFailure("OpenSSL made no Ed25519 key") }
        return key
    }

    /// The key pair of a stored seed; `nil` unless it has 32 bytes.
    public func signingKey(seed: [UInt8]) -> SigningKey? {
        guard seed.count == 32, let key = KeyHandle(privateSeed: seed) else { return nil }
        var bytes = [UInt8](repeating: 0, count: 32)
        var length = 32
        guard EVP_PKEY_get_raw_public_key(key.pointer, &bytes, &length) == 1, let publicKey = PublicKey(bytes: bytes)
        else { return nil }
        return SigningKey(seed: seed, publicKey: publicKey)
    }

    public func sign(_ message: [UInt8], with key: SigningKey) -> Signature {
        guard let context = DigestContext() else { preconditionFailure("OpenSSL has no memory for a signature") }
        return PrivateKeys.shared.with(key) { pointer in
            var bytes = [UInt8](repeating: 0, count: 64)
            var length = 64
            guard EVP_DigestSignInit(context.pointer, nil, nil, nil, pointer) == 1,
                EVP_DigestSign(context.pointer, &bytes, &length, message, message.count) == 1,
                let signature = Signature(bytes: bytes)
            else { preconditionFailure("OpenSSL made no Ed25519 signature") }
            return signature
        }
    }

    public func isValid(_ signature: Signature, of message: [UInt8], by key: PublicKey) -> Bool {
        guard let handle = KeyHandle(publicKey: key.bytes), let context = DigestContext() else { return false }
        guard EVP_DigestVerifyInit(context.pointer, nil, nil, nil, handle.pointer) == 1 else { return false }
        let result = EVP_DigestVerify(context.pointer, signature.bytes, 64, message, message.count)
        if result != 1 { ERR_clear_error() }
        return result == 1
    }
}

/// The keys that this process signs with, as OpenSSL has them. To make one from its seed OpenSSL computes the public half,
/// which takes as long as a signature.
private struct PrivateKeys: ~Copyable, Sendable {
    static let shared = PrivateKeys()

    /// A device has one key and so has a server; programs that play many devices do not fill the memory with theirs.
    private static let countMax = 16

    /// `@unchecked Sendable`: OpenSSL lets many threads sign with one EVP_PKEY at once; nothing changes it.
    private final class Key: @unchecked Sendable {
        let handle: KeyHandle

        init(_ handle: consuming KeyHandle) { self.handle = handle }
    }

    private let known = Mutex<[[UInt8]: Key]>([:])

    func with<Result>(_ key: SigningKey, _ body: (OpaquePointer) -> Result) -> Result {
        let key = known.withLock { known in
            if let key = known[key.seed] { return key }
            guard let handle = KeyHandle(privateSeed: key.seed) else {
                preconditionFailure("OpenSSL has no memory for a key")
            }
            if known.count >= Self.countMax { known.removeAll() }
            let new = Key(handle)
            known[key.seed] = new
            return new
        }
        return withExtendedLifetime(key) { body(key.handle.pointer) }
    }
}

/// Owns an EVP_PKEY.
private struct KeyHandle: ~Copyable {
    let pointer: OpaquePointer

    init?(privateSeed: [UInt8]) {
        guard let pointer = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, privateSeed, privateSeed.count) else {
            return nil
        }
        self.pointer = pointer
    }

    init?(publicKey: [UInt8]) {
        guard let pointer = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, publicKey, publicKey.count) else {
            ERR_clear_error()
            return nil
        }
        self.pointer = pointer
    }

    deinit { EVP_PKEY_free(pointer) }
}

/// Owns an EVP_MD_CTX for the length of one call.
private struct DigestContext: ~Copyable {
    let pointer: OpaquePointer

    init?() {
        guard let pointer = EVP_MD_CTX_new() else { return nil }
        self.pointer = pointer
    }

    deinit { EVP_MD_CTX_free(pointer) }
}
