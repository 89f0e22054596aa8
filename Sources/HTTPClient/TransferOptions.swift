import CCurl

/// A request in the form that libcurl wants, with as few headers on the wire as possible.
struct TransferOptions {
    private let request: HTTPClientRequest
    private let configuration: HTTPClientConfiguration
    private let headerLines: [String]

    /// `nil` if the URL is not of HTTP, or method or headers hold what HTTP does not allow there.
    init?(_ request: HTTPClientRequest, configuration: HTTPClientConfiguration) {
        let scheme = request.url.prefix { $0 != ":" }.lowercased()
        guard scheme == "http" || scheme == "https", !request.url.utf8.contains(0) else { return nil }
        guard Self.isToken(request.method) else { return nil }
        var lines: [String] = []
        for (name, value) in request.headers {
            guard Self.isToken(name), value.utf8.allSatisfy({ ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 }) else {
                return nil
            }
            lines.append(value.isEmpty ? "\(name);" : "\(name): \(value)")
        }
        // What libcurl sends by itself unless told not to. User-Agent is not among it.
        for name in ["Accept", "Expect", "Content-Type"]
        where !request.headers.contains(where: { $0.name.lowercased() == name.lowercased() }) {
            lines.append("\(name):")
        }
        headerLines = lines
        self.request = request
        self.configuration = configuration
    }

    /// Starts the transfer. Its handle must be destroyed before the transfer is let go.
    func start(_ transfer: Transfer, client: OpaquePointer, code: inout Int32) -> OpaquePointer? {
        let pins = configuration.pinnedPublicKeys.map { "sha256//\($0)" }.joined(separator: ";")
        let timeout = request.timeoutMilliseconds ?? (transfer.isStream ? 0 : configuration.timeoutMilliseconds)
        let hasBody = request.body != nil || ["POST", "PUT", "PATCH"].contains(request.method)
        return withCStrings([request.url, request.method] + headerLines) { texts in
            withOptionalCStrings(authoritiesFile, pins.isEmpty ? nil : pins, proxy) { authorities, pins, proxy in
                (request.body ?? []).withUnsafeBytes { body in
                    texts.withUnsafeBufferPointer { texts in
                        var options = ccurl_options(
                            url: texts[0], method: texts[1],
                            header_lines: texts.baseAddress! + 2, header_line_count: texts.count - 2,
                            // An empty array may have no address, but an empty body needs one to be sent at all.
                            body: hasBody ? body.baseAddress ?? UnsafeRawPointer(texts[0]) : nil,
                            body_count: body.count,
                            connect_timeout_milliseconds: configuration.connectTimeoutMilliseconds,
                            timeout_milliseconds: timeout,
                            low_speed_bytes_per_second: configuration.lowSpeedBytesPerSecond,
                            low_speed_seconds: request.lowSpeedSeconds ?? configuration.lowSpeedSeconds,
                            body_bytes_max: transfer.isStream ? 0 : Int64(transfer.bodyBytesMax),
                            authorities_file: authorities, checks_certificate: checksCertificate ? 1 : 0,
                            pinned_public_keys: pins, proxy: proxy,
                            head_line: { context, bytes, count in
                                let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
                                return transfer.takeHeadLine(UnsafeRawBufferPointer(start: bytes, count: count))
                            },
                            body_piece: { context, bytes, count in
                                let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
                                return transfer.takeBodyPiece(UnsafeRawBufferPointer(start: bytes, count: count))
                            },
                            context: Unmanaged.passUnretained(transfer).toOpaque())
                        return ccurl_transfer_start(client, &options, &code)
                    }
                }
            }
        }
    }

    private var authoritiesFile: String? {
        if case .file(let path) = configuration.authorities { path } else { nil }
    }

    private var checksCertificate: Bool {
        configuration.authorities != .pinnedKeysAlone || configuration.pinnedPublicKeys.isEmpty
    }

    private var proxy: String? {
        switch configuration.proxy {
        case .environment: nil
        case .none: ""
        case .url(let url): url
        }
    }

    /// `token` of RFC 9110, section 5.6.2.
    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10
                    || "!#$%&'*+-.^_`|~".utf8.contains(byte)
            }
    }
}

private func withCStrings<Result>(_ strings: [String], _ body: ([UnsafePointer<CChar>]) -> Result) -> Result {
    var bytes: [CChar] = []
    var offsets: [Int] = []
    for string in strings {
        offsets.append(bytes.count)
        bytes += string.utf8CString
    }
    return bytes.withUnsafeBufferPointer { bytes in body(offsets.map { bytes.baseAddress! + $0 }) }
}

private func withOptionalCStrings<Result>(
    _ first: String?, _ second: String?, _ third: String?,
    _ body: (UnsafePointer<CChar>?, UnsafePointer<CChar>?, UnsafePointer<CChar>?) -> Result
) -> Result {
    withCStrings([first, second, third].map { $0 ?? "" }) { texts in
        body(first.map { _ in texts[0] }, second.map { _ in texts[1] }, third.map { _ in texts[2] })
    }
}
