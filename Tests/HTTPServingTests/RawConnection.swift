import Glibc

/// A client made of bytes, for saying what no proper client would. It never blocks a thread, because
/// the server's handlers run on the same pool.
final class RawConnection: Sendable {
    private let descriptor: Int32

    struct Failure: Error {
        var call: String
        var number: Int32
    }

    init(port: UInt16, from address: String = "127.0.0.1") async throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var peer = sockaddr_in()
        peer.sin_family = sa_family_t(AF_INET)
        peer.sin_port = port.bigEndian
        peer.sin_addr.s_addr = inet_addr("127.0.0.1")
        var own = peer
        own.sin_port = 0
        own.sin_addr.s_addr = inet_addr(address)
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let connected = withUnsafeBytes(of: &own) { own in
            withUnsafeBytes(of: &peer) { peer in
                bind(descriptor, own.baseAddress!.assumingMemoryBound(to: sockaddr.self), length) == 0
                    && connect(descriptor, peer.baseAddress!.assumingMemoryBound(to: sockaddr.self), length) == 0
            }
        }
        guard connected else {
            let number = errno
            Glibc.close(descriptor)
            throw Failure(call: "connect", number: number)
        }
    }

    deinit { Glibc.close(descriptor) }

    /// Sends everything, or as much as goes before the peer resets; returns how many bytes went.
    @discardableResult
    func send(_ text: String) async -> Int {
        await send(Array(text.utf8))
    }

    @discardableResult
    func send(_ bytes: [UInt8]) async -> Int {
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
        return sent
    }

    /// What arrives until the end, a reset, or `seconds` of silence.
    func receiveAll(seconds: Double = 10) async -> String {
        await receive(seconds: seconds) { _ in false }
    }

    /// What arrives until `isEnough` says so, the end, a reset, or `seconds` of silence.
    func receive(seconds: Double = 10, until isEnough: (ArraySlice<UInt8>) -> Bool) async -> String {
        var received: [UInt8] = []
        while !isEnough(received[...]), let bytes = await receiveSome(seconds: seconds) { received += bytes }
        return String(decoding: received, as: UTF8.self)
    }

    /// How many bytes arrive until the end, a reset, or `seconds` of silence.
    func receiveCount(seconds: Double = 10) async -> Int {
        var count = 0
        while let bytes = await receiveSome(seconds: seconds) { count += bytes.count }
        return count
    }

    /// One reply with a `Content-Length` or without a body.
    func receiveReply(seconds: Double = 10) async -> String {
        await receive(seconds: seconds) { bytes in
            guard let end = endOfHead(bytes) else { return false }
            let fields = String(decoding: bytes[..<end], as: UTF8.self).split(whereSeparator: \.isNewline)
            let length = fields.first { $0.hasPrefix("Content-Length: ") }.flatMap { Int($0.dropFirst(16)) } ?? 0
            return bytes.count - end >= length
        }
    }

    /// Whether the peer has closed or reset the connection within `seconds`, and sent nothing before.
    func isClosed(within seconds: Double = 10) async -> Bool {
        let start = ContinuousClock.now
        let received = await receiveSome(seconds: seconds)
        return received == nil && start.duration(to: .now) < .seconds(seconds)
    }

    /// The next bytes, or `nil` at the end, after a reset, or after `seconds` of silence.
    private func receiveSome(seconds: Double) async -> [UInt8]? {
        let start = ContinuousClock.now
        while true {
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            if count > 0 { return Array(buffer[..<count]) }
            guard count < 0, errno == EAGAIN, start.duration(to: .now) < .seconds(seconds) else { return nil }
            await sleep(milliseconds: 1)
        }
    }

    func closeSending() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Breaks the connection with a reset instead of an orderly end.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        var none = sockaddr()
        none.sa_family = sa_family_t(AF_UNSPEC)
        // Dissolving the association sends the reset now; the descriptor is closed in deinit.
        connect(descriptor, &none, socklen_t(MemoryLayout<sockaddr>.size))
    }
}

/// The index after the first empty line.
func endOfHead(_ bytes: ArraySlice<UInt8>) -> Int? {
    bytes.indices.first { bytes[$0...].starts(with: "\r\n\r\n".utf8) }.map { $0 + 4 }
}

func sleep(milliseconds: Int) async {
    try? await Task.sleep(for: .milliseconds(milliseconds))
}

/// Waits until the condition holds; gives up after a generous time.
func eventually(_ condition: @Sendable () async -> Bool) async -> Bool {
    for _ in 0..<1000 {
        if await condition() { return true }
        await sleep(milliseconds: 10)
    }
    return false
}
