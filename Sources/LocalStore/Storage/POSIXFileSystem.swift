#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The files of the machine.
public struct POSIXFileSystem: FileSystem {
    public init() {}

    public func read(_ path: String, maximum: Int) throws -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 {
            if errno == ENOENT { return nil }
            throw Self.failure("cannot be read", path)
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 * 1024)
        while bytes.count <= maximum {
            let count = Self.read(descriptor, into: &buffer)
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
        // Several processes may replace one file: each has a draft of its own.
        try write(bytes, to: path, O_CREAT | O_TRUNC) { fsync($0) }
    }

    public func append(_ bytes: [UInt8], to path: String) throws {
        try write(bytes, to: path, O_APPEND, synchronise: Self.synchroniseData)
    }

    private func write(_ bytes: [UInt8], to path: String, _ flags: Int32, synchronise: (Int32) -> Int32) throws {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC | flags, 0o600)
        guard descriptor >= 0 else { throw Self.failure("cannot be written", path) }
        let isWritten = Self.writeAll(bytes, to: descriptor) && synchronise(descriptor) == 0
        let error = isWritten ? nil : Self.failure("cannot be written", path)
        close(descriptor)
        if let error { throw error }
    }

    public func rename(_ path: String, to target: String) throws {
        #if canImport(Glibc)
            let result = Glibc.rename(path, target)
        #else
            let result = Darwin.rename(path, target)
        #endif
        guard result == 0 else { throw Self.failure("cannot be renamed", path) }
    }

    public func synchroniseFolder(of path: String) {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let descriptor = open(folder, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    public func remove(_ path: String) { unlink(path) }

    public func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    public func makeFolder(_ path: String) throws {
        if mkdir(path, 0o700) != 0 && errno != EEXIST { throw Self.failure("cannot be made", path) }
    }

    public func inode(of path: String) -> UInt64? {
        var status = stat()
        return stat(path, &status) == 0 ? UInt64(status.st_ino) : nil
    }

    /// The name that systemd gives a machine.
    public var machineName: String {
        guard let bytes = try? read("/etc/machine-id", maximum: 1024) else { return "" }
        return String(
            decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }.filter { $0 > 0x20 && $0 < 0x7F }, as: UTF8.self)
    }

    public var draftSuffix: String { ".new-\(getpid())" }

    private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { bytes in
                Self.write(descriptor, bytes.baseAddress.map { $0 + written }, bytes.count - written)
            }
            if count < 0 && errno == EINTR { continue }
            if count < 0 { return false }
            written += count
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
