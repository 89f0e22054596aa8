#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What `SmallFiles` asks of the system.
package enum SmallFileCall: String, Sendable, CaseIterable {
    case look, makeFolder, open, read, write, flush, rename, flushFolder
}

/// Reading and replacing the few small files that stand beside the database.
struct SmallFiles: Sendable {
    /// A test's hand: gives the `errno` with which a call fails, or 0 to let it through.
    var fault: (@Sendable (SmallFileCall) -> Int32)?

    /// Those of the system, undisturbed.
    static let system = SmallFiles()

    /// Asks the system; with a fault it is not asked.
    private func ask(_ call: SmallFileCall, _ body: () -> Int32) -> Int32 {
        if let fault {
            let number = fault(call)
            if number != 0 {
                errno = number
                return -1
            }
        }
        return body()
    }

    /// The file's bytes, `nil` if there is none. At most 1 MiB.
    func read(_ path: String) throws -> [UInt8]? {
        let descriptor = ask(.open) { open(path, O_RDONLY | O_CLOEXEC) }
        if descriptor < 0 {
            if errno == ENOENT { return nil }
            throw Self.failure("cannot be read", path)
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 * 1024)
        while bytes.count < 1 << 20 {
            let count = Int(ask(.read) { Int32(Self.read(descriptor, into: &buffer)) })
            if count < 0 {
                if errno == EINTR { continue }
                throw Self.failure("cannot be read", path)
            }
            if count == 0 { return bytes }
            bytes.append(contentsOf: buffer[0..<count])
        }
        throw StoreError(.damaged, "\(path) is too large")
    }

    /// Replaces the file: it has the old bytes or the new ones at every moment, also across a power cut.
    func replace(_ path: String, with bytes: [UInt8], mode: mode_t = 0o600) throws {
        let temporary = path + ".new-\(getpid())"
        let descriptor = ask(.open) { open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode) }
        guard descriptor >= 0 else { throw Self.failure("cannot be written", temporary) }
        do {
            let isWritten = writeAll(bytes, to: descriptor) && ask(.flush) { fsync(descriptor) } == 0
            let error = isWritten ? nil : Self.failure("cannot be written", temporary)
            // A network's file system may say only now that something was not written.
            let isClosed = close(descriptor) == 0
            if let error { throw error }
            guard isClosed else { throw Self.failure("cannot be written", temporary) }
            try rename(temporary, to: path)
        } catch {
            unlink(temporary)
            throw error
        }
    }

    /// Adds to the end of a file that exists, durably. A power cut may leave the beginning of `bytes` there.
    func append(_ bytes: [UInt8], to path: String) throws {
        let descriptor = ask(.open) { open(path, O_WRONLY | O_APPEND | O_CLOEXEC) }
        guard descriptor >= 0 else { throw Self.failure("cannot be written", path) }
        let isWritten = writeAll(bytes, to: descriptor) && ask(.flush) { Self.synchroniseData(descriptor) } == 0
        let error = isWritten ? nil : Self.failure("cannot be written", path)
        close(descriptor)
        if let error { throw error }
    }

    private func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var written = 0
        while written < bytes.count {
            // Under a test's hand in two pieces, so that a file that is written in part is among what may happen.
            let end = fault != nil && written == 0 ? max(bytes.count / 2, 1) : bytes.count
            let count = ask(.write) {
                Int32(bytes.withUnsafeBytes { write(descriptor, $0.baseAddress! + written, end - written) })
            }
            if count < 0 && errno == EINTR { continue }
            if count < 0 { return false }
            written += Int(count)
        }
        return true
    }

    private static func synchroniseData(_ descriptor: Int32) -> Int32 {
        #if canImport(Glibc)
            fdatasync(descriptor)
        #else
            fsync(descriptor)
        #endif
    }

    /// Makes it durable under which names the files of a folder are.
    private func flushFolder(of path: String) throws {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let descriptor = ask(.open) { open(folder, O_RDONLY | O_CLOEXEC) }
        guard descriptor >= 0 else { throw Self.failure("cannot be read", folder) }
        let isFlushed = ask(.flushFolder) { fsync(descriptor) } == 0
        // Some file systems do not know how to flush a folder.
        let error = isFlushed || errno == EINVAL ? nil : Self.failure("cannot be written", folder)
        close(descriptor)
        if let error { throw error }
    }

    /// - Throws: If the system does not say: a file that cannot be seen now may well be there.
    func exists(_ path: String) throws -> Bool {
        if ask(.look, { access(path, F_OK) }) == 0 { return true }
        if errno == ENOENT || errno == ENOTDIR { return false }
        throw Self.failure("cannot be looked at", path)
    }

    /// Whether a file or folder that is there may not be written.
    func isReadOnly(_ path: String) -> Bool { access(path, W_OK) != 0 && (errno == EROFS || errno == EACCES) }

    func makeFolder(_ path: String) throws {
        if ask(.makeFolder, { mkdir(path, 0o700) }) != 0 && errno != EEXIST {
            throw Self.failure("cannot be made", path)
        }
    }

    /// Names the file itself, whatever it is called: its inode.
    func inode(of path: String) throws -> UInt64 {
        var status = stat()
        guard ask(.look, { stat(path, &status) }) == 0 else { throw Self.failure("cannot be looked at", path) }
        return UInt64(status.st_ino)
    }

    fileprivate static func failure(_ what: String, _ path: String) -> StoreError {
        let number = errno
        let reason = String(cString: strerror(number))
        let code: StoreError.Code =
            number == ENOSPC || number == EDQUOT
            ? .diskFull : number == EROFS || number == EACCES ? .readOnly : .inputOutput
        return StoreError(code, "\(path) \(what): \(reason)")
    }

    private static func read(_ descriptor: Int32, into buffer: inout [UInt8]) -> Int {
        buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
    }

    private static func read(_ descriptor: Int32, _ start: UnsafeMutableRawPointer?, _ count: Int) -> Int {
        #if canImport(Glibc)
            Glibc.read(descriptor, start, count)
        #else
            Darwin.read(descriptor, start, count)
        #endif
    }
}

extension SmallFiles {
    func remove(_ path: String) { unlink(path) }

    /// Puts the file in the place of another, also across a power cut.
    func rename(_ path: String, to target: String) throws {
        let result = ask(.rename) {
            #if canImport(Glibc)
                Glibc.rename(path, target)
            #else
                Darwin.rename(path, target)
            #endif
        }
        guard result == 0 else { throw Self.failure("cannot be renamed", path) }
        try flushFolder(of: target)
    }

    /// Runs `body` while no other process does the same with this folder; the system lets go when a process ends.
    func exclusively<T>(in folder: String, _ body: () throws -> T) throws -> T {
        let descriptor = ask(.open) { open(folder, O_RDONLY | O_CLOEXEC) }
        guard descriptor >= 0 else { throw Self.failure("cannot be read", folder) }
        defer { close(descriptor) }
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else { throw Self.failure("cannot be locked", folder) }
        }
        return try body()
    }
}
