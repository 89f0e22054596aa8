import ChangeLog
import FoundationEssentials

/// By what a client knows a server without an authority: SHA-256 of its SubjectPublicKeyInfo.
struct PublicKeyPin: Equatable {
    let digest: Digest

    init(_ digest: Digest) { self.digest = digest }

    /// Reads a pin as `variorumd` prints it, or in the standard alphabet and with padding as other tools do.
    init?(_ text: String) {
        let standard = text.replacing("-", with: "+").replacing("_", with: "/").filter { $0 != "=" } + "="
        guard let bytes = Data(base64Encoded: standard), let digest = Digest(bytes: bytes) else { return nil }
        self.digest = digest
    }

    /// Base64 with the URL-safe alphabet, 43 characters.
    var text: String { base64URL(digest.bytes) }

    /// Base64 with the standard alphabet and padding, as libcurl wants it.
    var base64: String { Data(digest.bytes).base64EncodedString() }
}
