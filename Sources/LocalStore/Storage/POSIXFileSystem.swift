#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The files of the machine.
public struct POSIXFileSystem: FileSystem {
    /// What it asks of the system.
    package enum Call: String, Sendable, CaseIterable {
        case look, makeFolder, open, read, write, flush, rename, flushFolder
    }

    /// A test's hand: gives the `errno` with which a call fails, or 0 to let it through.
    private let fault: (@Sendable (Call) -> Int32)?

    public init() { fault = nil }

    package init(fault: @escaping @Sendable (Call) -> Int32) { self.fault = fault }

    /// Asks the system; with a fault it is not asked.
    private func ask(_ call: Call, _ body: () -> Int32) -> Int32 {
        if let fault {
            let number = fault(call)
            if number != 0 {
                errno = number
                return -1
            }
        }
        return body()
    }

    public func read(_ path: String, maximum: Int) throws -> [UInt8]? {
        let descriptor = ask(.open) { open(path, O_RDONLY | O_CLOEXEC) }
        if descriptor < 0 {
            if errno == ENOENT { return nil }
            throw Self.failure("cannot be read", path)
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 * 1024)
        while bytes.count <= maximum {
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

    public func write(_ bytes: [UInt8], to path: String) throws {
        try write(bytes, to: path, O_CREAT | O_TRUNC) { fsync($0) }
    }

    public func append(_ bytes: [UInt8], to path: String) throws {
        try write(bytes, to: path, O_APPEND, flush: Self.synchroniseData)
    }

    private func write(_ bytes: [UInt8], to path: String, _ flags: Int32, flush: (Int32) -> Int32) throws {
        let descriptor = ask(.open) { open(path, O_WRONLY | O_CLOEXEC | flags, 0o600) }
        guard descriptor >= 0 else { throw Self.failure("cannot be written", path) }
        let isWritten = writeAll(bytes, to: descriptor) && ask(.flush) { flush(descriptor) } == 0
        let error = isWritten ? nil : Self.failure("cannot be written", path)
        // A network's file system may say only now that something was not written.
        let isClosed = close(descriptor) == 0
        if let error { throw error }
        guard isClosed else { throw Self.failure("cannot be written", path) }
    }

    public func rename(_ path: String, to target: String) throws {
        let result = ask(.rename) {
            #if canImport(Glibc)
                Glibc.rename(path, target)
            #else
                Darwin.rename(path, target)
            #endif
        }
        guard result == 0 else { throw Self.failure("cannot be renamed", path) }
    }

    public func synchroniseFolder(of path: String) throws {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let descriptor = ask(.open) { open(folder, O_RDONLY | O_CLOEXEC) }
        guard descriptor >= 0 else { throw Self.failure("cannot be read", folder) }
        let isFlushed = ask(.flushFolder) { fsync(descriptor) } == 0
        // Some file systems do not know how to flush a folder.
        let error = isFlushed || errno == EINVAL ? nil : Self.failure("cannot be written", folder)
        close(descriptor)
        if let error { throw error }
    }

    public func remove(_ path: String) { unlink(path) }

    public func exists(_ path: String) throws -> Bool {
        if ask(.look, { access(path, F_OK) }) == 0 { return true }
        if errno == ENOENT || errno == ENOTDIR { return false }
        throw Self.failure("cannot be looked at", path)
    }

    /// Whether a file or folder that is there may not be written.
    static func isReadOnly(_ path: String) -> Bool { access(path, W_OK) != 0 && (errno == EROFS || errno == EACCES) }

    public func makeFolder(_ path: String) throws {
        if ask(.makeFolder, { mkdir(path, 0o700) }) != 0 && errno != EEXIST {
            throw Self.failure("cannot be made", path)
        }
    }

    public func inode(of path: String) throws -> UInt64 {
        var status = stat()
        guard ask(.look, { stat(path, &status) }) == 0 else { throw Self.failure("cannot be looked at", path) }
        return UInt64(status.st_ino)
    }

    public func exclusively<T>(in folder: String, _ body: () throws -> T) throws -> T {
        let descriptor = ask(.open) { open(folder, O_RDONLY | O_CLOEXEC) }
        guard descriptor >= 0 else { throw Self.failure("cannot be read", folder) }
        defer { close(descriptor) }
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else { throw Self.failure("cannot be locked", folder) }
        }
        return try body()
    }

    /// The name that systemd gives a machine.
    public var machineName: String {
        guard let bytes = try? POSIXFileSystem().read("/etc/machine-id", maximum: 1024) else { return "" }
        return String(
            decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }.filter { $0 > 0x20 && $0 < 0x7F }, as: UTF8.self)
    }

    public var draftSuffix: String { ".new-\(getpid())" }

    private func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var written = 0
        while written < bytes.count {
            // Under a test's hand in two pieces, so that a file that is written in part is among what may happen.
            let end = fault != nil && written == 0 ? max(bytes.count / 2, 1) : bytes.count
            let count = ask(.write) {
                Int32(
                    bytes.withUnsafeBytes { bytes in
                        Self.write(descriptor, bytes.baseAddress.map { $0 + written }, end - written)
                    })
            }
            if count < 0 && errno == EINTR { continue }
            if count < 0 { return false }
            written += Int(count)
        }
        return true
    }

    private static func write(_ descriptor: Int32, _ start: UnsafeRawPointer?, _ count: Int) -> Int {
        #if canImport(Glibc)
            Glibc.write(descriptor, start, count)
        #else
            Darwin.write(descriptor, start, count)
        #endif
    }

    private static func synchroniseData(_ descriptor: Int32) -> Int32 {
        #if canImport(Glibc)
            fdatasync(descriptor)
        #else
            fsync(descriptor)
        #endif
    }

    private static func failure(_ what: String, _ path: String) -> StoreError {
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
