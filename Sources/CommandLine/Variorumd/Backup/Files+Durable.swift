import ChangeLog
import Cryptography
import Glibc

/// What the copying of backups needs: large files in little memory, and names that are there after a power cut.
extension Files {
    /// SHA-256 and size of a file.
    static func digest(of path: String) throws(FileError) -> (digest: Digest, size: Int) {
        try copy(path, to: nil, mode: 0)
    }

    /// Copies a file to one that must not be there, durably.
    ///
    /// - Returns: SHA-256 and size of what was copied.
    @discardableResult
    static func copy(
        _ path: String, to target: String?, mode: mode_t
    ) throws(FileError) -> (digest: Digest, size: Int) {
        let source = open(path, O_RDONLY | O_CLOEXEC)
        guard source >= 0 else { throw FileError(path, errno) }
        defer { close(source) }
        var descriptor: Int32 = -1
        if let target {
            descriptor = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
            guard descriptor >= 0 else { throw FileError(target, errno, isWriting: true) }
            // Whatever the umask says.
            fchmod(descriptor, mode)
        }
        defer { if descriptor >= 0 { close(descriptor) } }
        var stream = SHA256Stream()
        var size = 0
        var chunk = [UInt8](repeating: 0, count: 256 * 1024)
        while true {
            let count = chunk.withUnsafeMutableBytes { Glibc.read(source, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw FileError(path, errno) }
            if count == 0 { break }
            stream.update(chunk[..<count])
            size += count
            guard let target else { continue }
            do {
                try FileOutput(fileDescriptor: descriptor).write(Array(chunk[..<count]))
            } catch {
                throw FileError(target, error.errorNumber, isWriting: true)
            }
        }
        if let target, fsync(descriptor) != 0 { throw FileError(target, errno, isWriting: true) }
        return (stream.finish(), size)
    }

    /// Makes durable what was made or renamed in a folder.
    static func synchronise(folder: String) throws(FileError) {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(folder, errno) }
        defer { close(descriptor) }
        // Some file systems have nothing to synchronise in a folder.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw FileError(folder, errno, isWriting: true) }
    }

    /// The folder that a path is in.
    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    static func mode(of path: String) throws(FileError) -> mode_t {
        var status = stat()
        guard stat(path, &status) == 0 else { throw FileError(path, errno) }
        return status.st_mode & 0o777
    }

    /// The names in a folder, sorted, hidden ones too.
    static func names(in folder: String) throws(FileError) -> [String] {
        guard let stream = opendir(folder) else { throw FileError(folder, errno) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}
