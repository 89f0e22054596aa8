import CEvent

/// A listening stream socket that somebody else has bound.
public struct HTTPListeningSocket: Sendable {
    public let descriptor: Int32
    /// The numeric address, `nil` for a Unix socket.
    public let address: String?
    /// 0 for a Unix socket.
    public let port: UInt16

    /// Looks at a descriptor, and makes it non-blocking and close-on-exec.
    ///
    /// - Throws: `badAddress` if it is no listening stream socket of TCP or Unix.
    public init(descriptor: Int32) throws(HTTPServerError) {
        var port: UInt16 = 0
        var address = [CChar](repeating: 0, count: 64)
        guard cevent_adopt(descriptor, &address, address.count, &port) == 0 else {
            throw HTTPServerError(
                code: .badAddress, debugDescription: "descriptor \(descriptor) is no listening socket")
        }
        let text = String(decoding: address.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        self.descriptor = descriptor
        self.address = text.isEmpty ? nil : text
        self.port = port
    }
}
