import Glibc
import Synchronization

/// A server that says what it is told to, right or wrong. It never blocks a thread of the pool.
final class ScriptedServer: Sendable {
    let port: UInt16
    private let descriptor: Int32
    private let state = Mutex((connections: 0, task: Task<Void, Never>?.none))

    /// Runs the script once for every connection, side by side; the connection closes when the script ends.
    init(_ script: @escaping @Sendable (Peer) async -> Void) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        port = bindToLoopback(descriptor)
        precondition(listen(descriptor, 64) == 0)
        self.descriptor = descriptor
        let task = Task { [weak self] in
            await withDiscardingTaskGroup { group in
                while !Task.isCancelled {
                    let connection = accept(descriptor, nil, nil)
                    if connection >= 0 {
                        self?.state.withLock { $0.connections += 1 }
                        group.addTask { await script(Peer(descriptor: connection)) }
                    } else {
                        await sleep(milliseconds: 1)
                    }
                }
                group.cancelAll()
            }
            close(descriptor)
        }
        state.withLock { $0.task = task }
    }

    deinit { state.withLock { $0.task }?.cancel() }

    var connectionsAccepted: Int { state.withLock { $0.connections } }

    func url(_ path: String = "/") -> String { "http://127.0.0.1:\(port)\(path)" }
}

/// The server's end of one connection.
final class Peer: Sendable {
    private let descriptor: Int32

    init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    func send(_ text: String) async {
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress!, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
            }
            if count > 0 {
                sent += count
            } else if errno == EAGAIN {
                await sleep(milliseconds: 1)
            } else {
                break
            }
        }
    }

    /// One request with its body, or what there is of it at the end.
    func receiveRequest() async -> String {
        var received: [UInt8] = []
        while let bytes = await receiveSome() {
            received += bytes
            guard let end = received.indices.first(where: { received[$0...].starts(with: "\r\n\r\n".utf8) }) else {
                continue
            }
            let fields = String(decoding: received[..<end], as: UTF8.self).split(whereSeparator: \.isNewline)
            let length = fields.first { $0.hasPrefix("Content-Length: ") }.flatMap { Int($0.dropFirst(16)) }
            if received.count - end - 4 >= length ?? 0 { break }
        }
        return String(decoding: received, as: UTF8.self)
    }

    /// Waits until the client closes or resets the connection.
    func waitForEnd() async {
        while await receiveSome() != nil {}
    }

    private func receiveSome() async -> [UInt8]? {
        while !Task.isCancelled {
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            if count > 0 { return Array(buffer[..<count]) }
            guard count < 0, errno == EAGAIN else { return nil }
            await sleep(milliseconds: 1)
        }
        return nil
    }

    /// Makes the end of the connection a reset.
    func resetWhenClosed() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }
}

/// A port that is taken but on which nobody listens, so that connecting to it is refused.
final class DeadPort: Sendable {
    let port: UInt16
    private let descriptor: Int32

    init() {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        port = bindToLoopback(descriptor)
    }

    deinit { close(descriptor) }
}

/// - Returns: the port that the system chose.
private func bindToLoopback(_ descriptor: Int32) -> UInt16 {
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutableBytes(of: &name) { name in
        let address = name.baseAddress!.assumingMemoryBound(to: sockaddr.self)
        precondition(bind(descriptor, address, length) == 0)
        getsockname(descriptor, address, &length)
    }
    return UInt16(bigEndian: name.sin_port)
}

func sleep(milliseconds: Int) async {
    try? await Task.sleep(for: .milliseconds(milliseconds))
}
