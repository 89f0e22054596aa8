import Glibc

/// What systemd, or whoever started the server, wants to be told, and what it hands over.
///
/// The protocol of sd_notify(3) and sd_listen_fds(3), which is a datagram and three variables.
struct ServiceManager: Sendable {
    private let environment: @Sendable (String) -> String?

    init(environment: @escaping @Sendable (String) -> String? = environmentVariable) {
        self.environment = environment
    }

    /// The listening socket that was handed over, `nil` if none was.
    ///
    /// - Throws: Where there are several: the server would not know which is for whom.
    func handedOverSocket() throws(ConfigurationError) -> Int32? {
        guard let process = environment("LISTEN_PID").flatMap({ pid_t($0) }), process == getpid(),
            let count = environment("LISTEN_FDS").flatMap({ Int($0) }), count > 0
        else { return nil }
        guard count == 1 else {
            throw ConfigurationError("\(count) sockets were handed over (LISTEN_FDS); the server takes one")
        }
        return 3  // SD_LISTEN_FDS_START
    }

    /// Half of the time after which the manager takes silence for death, in milliseconds; `nil` if it does not.
    var watchdogMilliseconds: Int64? {
        guard let microseconds = environment("WATCHDOG_USEC").flatMap({ Int64($0) }), microseconds > 0,
            environment("WATCHDOG_PID").flatMap({ pid_t($0) }) ?? getpid() == getpid()
        else { return nil }
        return max(1, microseconds / 2000)
    }

    /// Sends assignments such as `READY=1`; does nothing if nobody listens.
    func notify(_ assignments: String...) {
        guard let path = environment("NOTIFY_SOCKET"), path.hasPrefix("/") || path.hasPrefix("@") else { return }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(path.utf8)
        // "@" stands for the NUL of an abstract name.
        if bytes[0] == UInt8(ascii: "@") { bytes[0] = 0 }
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let length = socklen_t(MemoryLayout.offset(of: \sockaddr_un.sun_path)! + bytes.count)
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let message = Array(assignments.joined(separator: "\n").utf8)
        withUnsafeBytes(of: &address) { address in
            _ = sendto(
                descriptor, message, message.count, Int32(MSG_NOSIGNAL),
                address.baseAddress!.assumingMemoryBound(to: sockaddr.self), length)
        }
    }

    /// What Type=notify-reload wants beside RELOADING=1.
    static var monotonicTime: String {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return "MONOTONIC_USEC=\(time.tv_sec * 1_000_000 + time.tv_nsec / 1000)"
    }
}
