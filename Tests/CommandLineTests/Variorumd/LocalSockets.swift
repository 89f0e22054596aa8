import Foundation

struct SocketFailure: Error { let number = errno }

/// What a service manager listens on: a datagram socket with a time-out of ten seconds.
final class NotifySocket {
    let path: String
    private let descriptor: Int32

    init(_ path: String) throws {
        self.path = path
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        guard withUnixAddress(path, { bind(descriptor, $0, $1) }) == 0 else { throw SocketFailure() }
        var patience = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    /// The next message, other than those to pass over.
    func next(besides passedOver: String? = nil) -> String? {
        while true {
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            let message = String(decoding: buffer[..<count], as: UTF8.self)
            if message != passedOver { return message }
        }
    }
}

func listenLoopback() throws -> (descriptor: Int32, port: UInt16) {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard withLoopbackAddress(0, { bind(descriptor, $0, $1) }) == 0, listen(descriptor, 16) == 0 else {
        throw SocketFailure()
    }
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    _ = withUnsafeMutableBytes(of: &address) {
        getsockname(descriptor, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), &length)
    }
    return (descriptor, UInt16(bigEndian: address.sin_port))
}

func listenUnix(_ path: String) throws -> (descriptor: Int32, port: UInt16) {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    guard withUnixAddress(path, { bind(descriptor, $0, $1) }) == 0, listen(descriptor, 16) == 0 else {
        throw SocketFailure()
    }
    return (descriptor, 0)
}

enum SocketPlace {
    case unix(String)
    case loopback(UInt16)
}

/// Asks for /healthz and gives back everything that comes.
func connectAndAsk(_ place: SocketPlace) throws -> String {
    let descriptor: Int32
    let result: Int32
    switch place {
    case .unix(let path):
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        result = withUnixAddress(path) { connect(descriptor, $0, $1) }
    case .loopback(let port):
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        result = withLoopbackAddress(port) { connect(descriptor, $0, $1) }
    }
    defer { close(descriptor) }
    guard result == 0 else { throw SocketFailure() }
    let request = Array("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".utf8)
    guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else { throw SocketFailure() }
    var reply: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while case let count = recv(descriptor, &buffer, buffer.count, 0), count > 0 { reply += buffer[..<count] }
    return String(decoding: reply, as: UTF8.self)
}

private func withUnixAddress(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    return withUnsafeBytes(of: &address) {
        body($0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t(MemoryLayout<sockaddr_un>.size))
    }
}

private func withLoopbackAddress(_ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    return withUnsafeBytes(of: &address) {
        body($0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t(MemoryLayout<sockaddr_in>.size))
    }
}
