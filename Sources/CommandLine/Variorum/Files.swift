import Glibc

/// A file that could not be read or written.
public struct FileError: Error, Sendable, CustomStringConvertible {
    public let path: String
    public let reason: String
    public let exitCode: ExitCode

    init(_ path: String, _ errorNumber: Int32, isWriting: Bool = false) {
        self.path = path
        reason = String(cString: strerror(errorNumber))
        exitCode =
            switch errorNumber {
            case ENOENT, ENOTDIR: isWriting ? .cannotCreate : .noInput
            case EACCES, EPERM, EROFS: .noPermission
            case EISDIR, EEXIST: isWriting ? .cannotCreate : .noInput
            default: .inputOutput
            }
    }

    init(_ path: String, _ reason: String, _ exitCode: ExitCode) {
        self.path = path
        self.reason = reason
        self.exitCode = exitCode
    }

    public var description: String { "\(path): \(reason)" }
}

/// Reading, listing and replacing files, without anything that could be left half-written.
enum Files {
    /// All bytes of a file.
    ///
    /// - Throws: Also for a file of more than `sizeInBytesMax` bytes, before much of it is read.
    static func read(_ path: String, atMost sizeInBytesMax: Int) throws(FileError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(path, errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 256 * 1024)
        while true {
            let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw FileError(path, errno)
            }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
            if bytes.count > sizeInBytesMax {
                throw FileError(path, "more than \(sizeInBytesMax) bytes, which is the limit", .dataError)
            }
        }
    }

    /// Replaces a file: at every moment it has the old bytes or the new ones. What is no regular file, such as a
    /// device or a named pipe, is written to instead.
    static func replace(_ path: String, with bytes: [UInt8]) throws(FileError) {
        var status = stat()
        let isSpecial = stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
        let target = isSpecial ? path : "\(path).new-\(getpid())"
        let descriptor = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw FileError(path, errno, isWriting: true) }
        var failure: Int32?
        do throws(OutputError) { try FileOutput(fileDescriptor: descriptor).write(bytes) } catch {
            failure = error.errorNumber
        }
        if failure == nil, fsync(descriptor) != 0, errno != EINVAL { failure = errno }
        if close(descriptor) != 0, failure == nil { failure = errno }
        if failure == nil, !isSpecial, rename(target, path) != 0 { failure = errno }
        if let failure {
            if !isSpecial { unlink(target) }
            throw FileError(path, failure, isWriting: true)
        }
    }

    /// Makes a folder unless it is there.
    ///
    /// - Throws: Also where something else has its name, or the folder above it is missing.
    static func makeFolder(_ path: String) throws(FileError) {
        if mkdir(path, 0o777) == 0 { return }
        let number = errno
        if number != EEXIST || !isFolder(path) { throw FileError(path, number, isWriting: true) }
    }

    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// The regular files below a folder, sorted by path. Hidden ones and what links lead to are left out, so that
    /// no ring of links can be walked.
    static func walk(_ folder: String) throws(FileError) -> [String] {
        guard let stream = opendir(folder) else { throw FileError(folder, errno) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        var files: [String] = []
        for name in names.sorted() {
            let path = folder.hasSuffix("/") ? folder + name : folder + "/" + name
            var status = stat()
            guard lstat(path, &status) == 0 else { continue }
            switch status.st_mode & S_IFMT {
            case S_IFDIR: files += try walk(path)
            case S_IFREG: files.append(path)
            default: break
            }
        }
        return files
    }

    /// The last part of a path.
    static func name(of path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }

    /// What follows the last dot of a file's name, in lower case; empty when there is none.
    static func suffix(of path: String) -> String {
        let name = name(of: path)
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return "" }
        return name[name.index(after: dot)...].lowercased()
    }

    /// A file's name without what follows its last dot.
    static func stem(of path: String) -> String {
        let name = name(of: path)
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return name }
        return String(name[..<dot])
    }
}
