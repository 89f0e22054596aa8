import Dispatch
import Glibc
import Synchronization

/// Passes connections on to a port of this machine and counts the bytes each way.
final class CountingRelay: Sendable {
    let port: UInt16
    private let counts = Mutex((up: 0, down: 0))
    private let queue = DispatchQueue(label: "relay", attributes: .concurrent)

    init(to target: UInt16) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 16) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        guard isListening else { throw BenchError("no port for the relay: \(String(cString: strerror(errno)))") }
        port = UInt16(bigEndian: address.sin_port)
        queue.async { self.accept(on: listener, for: target) }
    }

    /// What has passed since the last call.
    func take() -> (up: Int, down: Int) {
        counts.withLock { counts in
            defer { counts = (0, 0) }
            return counts
        }
    }

    private static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    /// Until the process ends.
    private func accept(on listener: Int32, for target: UInt16) {
        while true {
            let client = Glibc.accept(listener, nil, nil)
            guard client >= 0 else { return }
            let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = Self.loopback(target)
            let isConnected = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
            guard isConnected else { return }
            for descriptor in [client, server] {
                var on: Int32 = 1
                setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
            }
            queue.async { self.pass(from: client, to: server) { counts, count in counts.up += count } }
            queue.async { self.pass(from: server, to: client) { counts, count in counts.down += count } }
        }
    }

    private func pass(
        from source: Int32, to target: Int32, _ add: @Sendable (inout (up: Int, down: Int), Int) -> Void
    ) {
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = read(source, &buffer, buffer.count)
            guard count > 0 else { break }
            // Counted before it is passed on: who has the answer finds its bytes counted.
            counts.withLock { add(&$0, count) }
            var sent = 0
            while sent < count {
                let written = buffer[sent..<count].withUnsafeBytes { write(target, $0.baseAddress, $0.count) }
                guard written > 0 else { return }
                sent += written
            }
        }
        shutdown(target, Int32(SHUT_WR))
    }
}
