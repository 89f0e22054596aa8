import Glibc

/// The server that runs on a data folder, as the system knows it.
struct ServingProcess {
    let isRunning: Bool
    /// The limit of open files that it has or may raise its own to; `nil` where that is not to be seen.
    let openFilesMax: Int?

    init(folder: String) {
        let descriptor = open(folder + "/lock", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            (isRunning, openFilesMax) = (false, nil)
            return
        }
        defer { close(descriptor) }
        var status = stat()
        // A shared lock, for an instant: the server's is exclusive.
        isRunning = flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
        openFilesMax =
            isRunning && fstat(descriptor, &status) == 0
            ? Self.holder(ofLockOn: UInt64(status.st_ino)).flatMap(Self.openFilesMax) : nil
    }

    /// `1: FLOCK  ADVISORY  WRITE 4711 08:01:131 0 EOF`
    private static func holder(ofLockOn inode: UInt64) -> Int? {
        guard let bytes = try? Files.read("/proc/locks", atMost: 1 << 20) else { return nil }
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count >= 6, words[1] == "FLOCK", words[3] == "WRITE", words[5].hasSuffix(":\(inode)") {
                return Int(words[4])
            }
        }
        return nil
    }

    /// `Max open files            1024                 524288               files`
    private static func openFilesMax(of process: Int) -> Int? {
        guard let bytes = try? Files.read("/proc/\(process)/limits", atMost: 1 << 16) else { return nil }
        let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first {
            $0.hasPrefix("Max open files")
        }
        return line?.split(separator: " ").dropFirst(4).first.flatMap { Int($0) }
    }
}
