import Glibc

/// A new folder that goes, with everything in it, when this object does.
final class ScratchFolder {
    let path: String

    init(in parent: String) throws {
        var template = Array("\(parent)/variorum-bench-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw BenchError("no folder can be made in \(parent): \(String(cString: strerror(errno)))")
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { Self.remove(path) }

    /// The path of a new folder in this one.
    static func subfolder(_ name: String, of parent: String) -> String {
        let path = parent + "/" + name
        mkdir(path, 0o700)
        return path
    }

    private static func names(in folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    private static func remove(_ path: String) {
        for name in names(in: path) { remove(path + "/" + name) }
        if Glibc.remove(path) != 0 { unlink(path) }
    }

    /// Bytes of all files in a folder.
    static func bytes(in folder: String) -> Double {
        names(in: folder).reduce(0) { sum, name in sum + fileBytes(folder + "/" + name) }
    }

    /// Bytes of a file; 0 where there is none.
    static func fileBytes(_ path: String) -> Double {
        var status = stat()
        return stat(path, &status) == 0 ? Double(status.st_size) : 0
    }
}
