import Foundation
import Glibc
import Synchronization

/// Plain sockets for what no proper client says, and for counting bytes.
enum Sockets {
    struct Failure: Error { let call: String }

    /// - Parameter receiveBuffer: Bytes that the kernel takes for us. A small one, with small segments, makes a peer for
    ///   whom little can wait in kernels.
    static func connect(port: UInt16, receiveBuffer: Int32? = nil) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var size = receiveBuffer {
            var segment: Int32 = 536
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
            setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_MAXSEG, &segment, socklen_t(MemoryLayout<Int32>.size))
        }
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        guard withAddress(port: port, { Glibc.connect(descriptor, $0, $1) }) == 0 else {
            close(descriptor)
            throw Failure(call: "connect")
        }
        return descriptor
    }

    static func listen() throws -> (descriptor: Int32, port: UInt16) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard withAddress(port: 0, { bind(descriptor, $0, $1) }) == 0, Glibc.listen(descriptor, 16) == 0 else {
            throw Failure(call: "listen")
        }
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutableBytes(of: &address) {
            getsockname(descriptor, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), &length)
        }
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }

    private static func withAddress(port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return withUnsafeBytes(of: &address) {
            body($0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }

    static func send(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// The next bytes; `nil` at the end of the connection.
    static func receive(from descriptor: Int32) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return count > 0 ? Array(buffer[..<count]) : nil
    }

    /// Sends bytes and gives back everything up to the end of the connection, from a thread that may wait.
    static func exchange(_ request: [UInt8], port: UInt16) async throws -> [UInt8] {
        let descriptor = try connect(port: port)
        return await onThread {
            _ = send(request[...], to: descriptor)
            var reply: [UInt8] = []
            while let bytes = receive(from: descriptor) { reply += bytes }
            close(descriptor)
            return reply
        }
    }

    /// Runs what waits on a thread of its own: the pool of Swift's tasks is the server's too.
    static func onThread<T: Sendable>(_ body: @escaping @Sendable () -> T) async -> T {
        await withCheckedContinuation { continuation in
            Thread { continuation.resume(returning: body()) }.start()
        }
    }
}

/// A TCP proxy that hands everything on and counts it.
final class CountingProxy: Sendable {
    struct Traffic: Sendable {
        var connections = 0
        var sent: [UInt8] = []
        var received: [UInt8] = []
        /// Requests, by their request lines.
        var requests: [String] {
            String(decoding: sent, as: UTF8.self).split(separator: "\r\n").map(String.init)
                .filter { $0.hasSuffix(" HTTP/1.1") }
        }
    }

    let port: UInt16
    private let upstream: UInt16
    private let traffic: SharedTraffic

    private final class SharedTraffic: Sendable { let value = Mutex(Traffic()) }

    init(to upstream: UInt16) throws {
        self.upstream = upstream
        let (listener, port) = try Sockets.listen()
        self.port = port
        let traffic = SharedTraffic()
        self.traffic = traffic
        // Ends with the process, like the connections of a proxy that nobody stops.
        Thread {
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0, let server = try? Sockets.connect(port: upstream) else { return }
                traffic.value.withLock { $0.connections += 1 }
                Self.pump(from: client, to: server) { bytes in traffic.value.withLock { $0.sent += bytes } }
                Self.pump(from: server, to: client) { bytes in traffic.value.withLock { $0.received += bytes } }
            }
        }.start()
    }

    private static func pump(from source: Int32, to target: Int32, count: @escaping @Sendable ([UInt8]) -> Void) {
        Thread {
            while let bytes = Sockets.receive(from: source) {
                // Counted first: when the receiver has it, it shows.
                count(bytes)
                guard Sockets.send(bytes[...], to: target) else { break }
            }
            shutdown(target, Int32(SHUT_WR))
        }.start()
    }

    /// What has passed since the last call.
    func take() -> Traffic {
        traffic.value.withLock { traffic in
            defer { traffic = Traffic() }
            return traffic
        }
    }
}
