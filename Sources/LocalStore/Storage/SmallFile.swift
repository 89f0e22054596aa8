#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Reading and replacing the few small files that stand beside the database.
enum SmallFile {
    /// The file's bytes, `nil` if there is none. At most 1 MiB.
    static func read(_ path: String) throws -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 {
            if errno == ENOENT { return nil }
            throw failure("cannot be read", path)
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 * 1024)
        while bytes.count < 1 << 20 {
            let count = read(descriptor, into: &buffer)
            if count < 0 {
                if errno == EINTR { continue }
                throw failure("cannot be read", path)
            }
            if count == 0 { return bytes }
            bytes.append(contentsOf: buffer[0..<count])
        }
        throw StoreError(.damaged, "\(path) is too large")
    }

    /// Replaces the file: it has the old bytes or the new ones at every moment, also across a power cut.
    static func replace(_ path: String, with bytes: [UInt8], mode: mode_t = 0o600) throws {
        let temporary = path + ".new-\(getpid())"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw failure("cannot be written", temporary) }
        guard writeAll(bytes, to: descriptor) else {
            let error = failure("cannot be written", temporary)
            close(descriptor)
            unlink(temporary)
            throw error
        }
        guard fsync(descriptor) == 0, close(descriptor) == 0, (try? rename(temporary, to: path)) != nil else {
            let error = failure("cannot be written", path)
            unlink(temporary)
            throw error
        }
    }

    /// Adds to the end of a file that exists, durably. A power cut may leave the beginning of `bytes` there.
    static func append(_ bytes: [UInt8], to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("cannot be written", path) }
        let isWritten = writeAll(bytes, to: descriptor) && synchroniseData(descriptor) == 0
        let error = isWritten ? nil : failure("cannot be written", path)
        close(descriptor)
        if let error { throw error }
    }

    private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress! + written, $0.count - written) }
            if count < 0 && errno == EINTR { continue }
            if count < 0 { return false }
            written += count
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

    fileprivate static func synchroniseFolder(of path: String) {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let descriptor = open(folder, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    static func makeFolder(_ path: String) throws {
        if mkdir(path, 0o700) != 0 && errno != EEXIST { throw failure("cannot be made", path) }
    }

    /// Names the file itself, whatever it is called: its inode.
    static func inode(of path: String) -> UInt64? {
        var status = stat()
        return stat(path, &status) == 0 ? UInt64(status.st_ino) : nil
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

extension SmallFile {
    static func remove(_ path: String) { unlink(path) }

    /// Puts the file in the place of another, also across a power cut.
    static func rename(_ path: String, to target: String) throws {
        #if canImport(Glibc)
            let result = Glibc.rename(path, target)
        #else
            let result = Darwin.rename(path, target)
        #endif
        guard result == 0 else { throw failure("cannot be renamed", path) }
        synchroniseFolder(of: target)
    }
}
