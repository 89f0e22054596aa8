import CEvent

/// A certificate with its key, loaded.
///
/// Sendable because OpenSSL counts the users of a context atomically and nothing changes it once it is made.
final class TLSIdentity: @unchecked Sendable {
    let handle: OpaquePointer

    init(_ files: HTTPServerTLS) throws(HTTPServerError) {
        var why = [CChar](repeating: 0, count: 256)
        guard let handle = cevent_tls_create(files.certificateFile, files.keyFile, &why, why.count) else {
            let reason = String(decoding: why.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            throw HTTPServerError(
                code: .badCertificate, debugDescription: "\(files.certificateFile), \(files.keyFile): \(reason)")
        }
        self.handle = handle
    }

    deinit { cevent_tls_release(handle) }
}
