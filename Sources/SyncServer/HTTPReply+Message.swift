import Compression
import HTTPServing
import WireFormat

extension HTTPReply {
    /// Bodies under this many bytes are sent as they are.
    private static let compressedFrom = 512

    /// 200 with an encoded message, compressed where the client takes it and it is worth it.
    static func message(_ message: some WireMessage, _ acceptsZstd: Bool) -> HTTPReply {
        let body = message.encoded
        guard acceptsZstd, body.count >= compressedFrom else {
            return HTTPReply(status: 200, headers: ["Content-Type": "application/cbor"], body: body)
        }
        return HTTPReply(
            status: 200, headers: ["Content-Type": "application/cbor", "Content-Encoding": "zstd"],
            body: Zstd.compress(body))
    }
}
