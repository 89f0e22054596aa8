import COpenSSL
public import ChangeLog

/// A server's certificate that nobody else signed, with its key: clients trust it by the key's pin.
public struct ServerCertificate: Sendable {
    /// PEM.
    public let certificate: [UInt8]
    /// PEM, PKCS #8, without a passphrase: only for its owner's eyes.
    public let privateKey: [UInt8]
    /// SHA-256 of the SubjectPublicKeyInfo (RFC 7469, section 2.4).
    public let pin: Digest

    /// Why there is no certificate.
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    /// Makes an ECDSA key on P-256 and a certificate for it, valid from yesterday for ten years.
    ///
    /// The day allows for clients whose clock is slow. A pinned client looks at the key alone.
    ///
    /// - Parameter names: Host names and numeric IP addresses of the server, one at least.
    /// - Throws: Where a name is neither.
    public static func selfSigned(for names: [String]) throws(Failure) -> ServerCertificate {
        guard let commonName = names.first else { throw Failure(description: "a certificate needs a name") }
        let alternatives = try names.map(alternativeName).joined(separator: ",")
        guard let made = make(commonName: commonName, alternatives: alternatives) else {
            ERR_clear_error()
            throw Failure(description: "OpenSSL made no certificate for \(names.joined(separator: ", "))")
        }
        return made
    }

    /// The pin of a certificate: SHA-256 of its SubjectPublicKeyInfo, `nil` if there is none in the text.
    ///
    /// - Parameter certificate: PEM; of a chain the first counts, which is the server's.
    public static func pin(of certificate: [UInt8]) -> Digest? {
        let handle = certificate.withUnsafeBytes { bytes -> OpaquePointer? in
            guard let input = BIO_new_mem_buf(bytes.baseAddress, Int32(clamping: bytes.count)) else { return nil }
            defer { BIO_free(input) }
            return PEM_read_bio_X509(input, nil, nil, nil)
        }
        defer {
            X509_free(handle)
            ERR_clear_error()
        }
        return handle.flatMap { X509_get0_pubkey($0) }.flatMap { pin(ofKey: $0) }
    }

    /// How OpenSSL wants a subject alternative name to be written.
    private static func alternativeName(_ name: String) throws(Failure) -> String {
        if let address = a2i_IPADDRESS(name) {
            ASN1_OCTET_STRING_free(address)
            return "IP:" + name
        }
        ERR_clear_error()
        let labels = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let isHostName =
            name.utf8.count <= 253
            && labels.allSatisfy { label in
                (1...63).contains(label.count) && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
                    && label.allSatisfy(isLetterDigitOrHyphen)
            }
        guard isHostName else {
            throw Failure(description: "'\(name)' is neither a host name (letters, digits, - and .) nor an IP address")
        }
        return "DNS:" + name
    }

    private static func isLetterDigitOrHyphen(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10 || byte == UInt8(ascii: "-")
    }

    private static func make(commonName: String, alternatives: String) -> ServerCertificate? {
        guard let key = makeKey() else { return nil }
        defer { EVP_PKEY_free(key) }
        guard let certificate = X509_new() else { return nil }
        defer { X509_free(certificate) }
        let day = 24 * 60 * 60
        guard X509_set_version(certificate, 2) == 1,  // X.509 v3
            setSerialNumber(of: certificate),
            X509_gmtime_adj(X509_getm_notBefore(certificate), -day) != nil,
            X509_gmtime_adj(X509_getm_notAfter(certificate), 3650 * day) != nil,
            X509_set_pubkey(certificate, key) == 1,
            setNames(of: certificate, commonName: commonName),
            add(NID_basic_constraints, "critical,CA:FALSE", to: certificate),
            add(NID_ext_key_usage, "serverAuth", to: certificate),
            add(NID_subject_alt_name, alternatives, to: certificate),
            X509_sign(certificate, key, EVP_sha256()) > 0,
            let certificateText = text(written: { PEM_write_bio_X509($0, certificate) }),
            let keyText = text(written: { PEM_write_bio_PKCS8PrivateKey($0, key, nil, nil, 0, nil, nil) }),
            let pin = pin(ofKey: key)
        else { return nil }
        return ServerCertificate(certificate: certificateText, privateKey: keyText, pin: pin)
    }

    private static func makeKey() -> OpaquePointer? {
        guard let context = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nil) else { return nil }
        defer { EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard EVP_PKEY_keygen_init(context) == 1,
            EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_X9_62_prime256v1) == 1,
            EVP_PKEY_keygen(context, &key) == 1
        else { return nil }
        return key
    }

    /// 16 random bytes, so that two certificates of one name are told apart.
    private static func setSerialNumber(of certificate: OpaquePointer) -> Bool {
        guard let number = BN_new() else { return false }
        defer { BN_free(number) }
        return BN_rand(number, 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1
            && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nil
    }

    private static func setNames(of certificate: OpaquePointer, commonName: String) -> Bool {
        guard let name = X509_get_subject_name(certificate) else { return false }
        // A common name has 64 characters at most (RFC 5280, ub-common-name); what counts is in the alternatives.
        let text = Array(commonName.utf8.prefix(64))
        return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, Int32(text.count), -1, 0) == 1
            && X509_set_issuer_name(certificate, name) == 1
    }

    private static func add(_ extension: Int32, _ value: String, to certificate: OpaquePointer) -> Bool {
        guard let made = X509V3_EXT_conf_nid(nil, nil, `extension`, value) else { return false }
        defer { X509_EXTENSION_free(made) }
        return X509_add_ext(certificate, made, -1) == 1
    }

    private static func text(written write: (OpaquePointer) -> Int32) -> [UInt8]? {
        guard let output = BIO_new(BIO_s_mem()) else { return nil }
        defer { BIO_free(output) }
        guard write(output) == 1 else { return nil }
        var bytes = [UInt8](repeating: 0, count: BIO_ctrl_pending(output))
        let count = Int32(bytes.count)
        guard BIO_read(output, &bytes, count) == count else { return nil }
        return bytes
    }

    private static func pin(ofKey key: OpaquePointer) -> Digest? {
        var bytes = [UInt8](repeating: 0, count: Int(max(0, i2d_PUBKEY(key, nil))))
        guard !bytes.isEmpty else { return nil }
        let count = bytes.withUnsafeMutableBufferPointer { buffer in
            var place = buffer.baseAddress
            return i2d_PUBKEY(key, &place)
        }
        return count == bytes.count ? OpenSSLCryptography().sha256(bytes) : nil
    }
}
