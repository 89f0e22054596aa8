import COpenSSL
public import ChangeLog

/// SHA-256 of bytes that come piece by piece, such as those of a large file.
public struct SHA256Stream: ~Copyable {
    private let context: OpaquePointer

    public init() {
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
            preconditionFailure("OpenSSL has no memory for a hash")
        }
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    public mutating func update(_ bytes: some Collection<UInt8>) {
        let status =
            bytes.withContiguousStorageIfAvailable { EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
            ?? Array(bytes).withUnsafeBytes { EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
        precondition(status == 1, "OpenSSL could not hash")
    }

    /// The digest of all that came.
    public consuming func finish() -> Digest {
        var bytes = [UInt8](repeating: 0, count: 32)
        let status = EVP_DigestFinal_ex(context, &bytes, nil)
        guard status == 1, let digest = Digest(bytes: bytes) else { preconditionFailure("OpenSSL could not hash") }
        return digest
    }
}
