import COpenSSL

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What a certificate says of itself.
public struct CertificateFacts: Sendable, Hashable {
    /// Seconds since 1970.
    public let notBefore: Int64
    public let notAfter: Int64
    /// Host names and addresses that it is for.
    public let names: [String]

    /// - Parameter certificate: PEM; of a chain the first counts, which is the server's. `nil` if there is none.
    public init?(of certificate: [UInt8]) {
        let handle = certificate.withUnsafeBytes { bytes -> OpaquePointer? in
            guard let input = BIO_new_mem_buf(bytes.baseAddress, Int32(clamping: bytes.count)) else { return nil }
            defer { BIO_free(input) }
            return PEM_read_bio_X509(input, nil, nil, nil)
        }
        defer {
            X509_free(handle)
            ERR_clear_error()
        }
        guard let handle, let notBefore = Self.seconds(X509_get0_notBefore(handle)),
            let notAfter = Self.seconds(X509_get0_notAfter(handle))
        else { return nil }
        (self.notBefore, self.notAfter) = (notBefore, notAfter)
        names = Self.names(of: handle)
    }

    private static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64? {
        var parts = tm()
        guard ASN1_TIME_to_tm(time, &parts) == 1 else { return nil }
        return Int64(timegm(&parts))
    }

    private static func names(of certificate: OpaquePointer) -> [String] {
        guard let list = X509_get_ext_d2i(certificate, NID_subject_alt_name, nil, nil) else { return [] }
        let alternatives = OpaquePointer(list)
        defer {
            OPENSSL_sk_pop_free(alternatives, { GENERAL_NAME_free($0?.assumingMemoryBound(to: GENERAL_NAME.self)) })
        }
        return (0..<OPENSSL_sk_num(alternatives)).compactMap { place in
            OPENSSL_sk_value(alternatives, place).flatMap { text(of: $0.assumingMemoryBound(to: GENERAL_NAME.self)) }
        }
    }

    private static func text(of name: UnsafePointer<GENERAL_NAME>) -> String? {
        let type = name.pointee.type
        guard type == GEN_DNS || type == GEN_IPADD, let value = name.pointee.d.ia5 else { return nil }
        let bytes = UnsafeBufferPointer(start: ASN1_STRING_get0_data(value), count: Int(ASN1_STRING_length(value)))
        if type == GEN_DNS { return String(decoding: bytes, as: UTF8.self) }
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        guard bytes.count == 4 || bytes.count == 16,
            inet_ntop(family, bytes.baseAddress, &buffer, socklen_t(buffer.count)) != nil
        else { return nil }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
