import CCurl

extension HTTPClientError {
    /// Maps libcurl's result codes (<curl/curl.h>, `CURLcode`), in this one place.
    init(curlCode: Int32, detail: String) {
        let code: Code =
            switch curlCode {
            case 3, 43, 67: .invalidRequest  // URL, argument, user name in URL
            case 5, 6: .couldNotResolve
            case 7, 45: .couldNotConnect
            case 28: .timeout
            case 35, 53, 54, 58, 59, 60, 64, 66, 77, 80, 82, 83, 91: .tlsFailure
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
