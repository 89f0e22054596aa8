import CCurl

extension HTTPClientError {
    /// Maps libcurl's result codes (<curl/curl.h>, `CURLcode`), in this one place.
    ///
    /// - Parameter verification: What OpenSSL found of the certificate (<openssl/x509_vfy.h>, `X509_V_ERR_…`); 0, or 1
    ///   as libcurl begins with, for nothing.
    init(curlCode: Int32, verification: Int = 0, detail: String) {
        let code: Code =
            switch curlCode {
            case 3, 43, 67: .invalidRequest  // URL, argument, user name in URL
            case 5, 6: .couldNotResolve
            case 7, 45: .couldNotConnect
            case 28: .timeout
            case 35, 53, 54, 58, 59, 64, 66, 80, 82, 83: .tlsFailure
            case 60, 91:  // the certificate does not verify
                switch verification {
                case 9, 10, 13, 14: .certificateOutOfDate  // notBefore and notAfter: not yet, no more, unreadable
                case 0, 1, 62, 64: .otherName  // libcurl's own comparison, after OpenSSL's; name, address
                default: .unknownAuthority
                }
            case 77: .badAuthorities
            case 90: .otherKey
            case 16, 18, 52, 55, 56, 92, 95: .cutInTheMiddle
            case 63: .tooLarge
            case 1, 8, 61, 88: .malformedResponse  // HTTP/0.9, weird reply, content encoding, chunk
            case 42: .cancelled
            default: .system
            }
        let text = String(cString: ccurl_code_text(curlCode))
        self.init(
            code: code, debugDescription: detail.isEmpty ? "\(text) (\(curlCode))" : "\(text) (\(curlCode)): \(detail)")
    }
}
