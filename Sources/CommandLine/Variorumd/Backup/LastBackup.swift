import Glibc

/// When a data folder was last backed up and where to, kept in the folder itself for `variorumd doctor`.
struct LastBackup {
    static let fileName = "last-backup"

    /// Milliseconds since 1970.
    let at: Int64
    let path: String

    init(at: Int64, path: String) {
        self.at = at
        self.path = path
    }

    /// `nil` where none is known.
    init?(in folder: String) {
        guard let bytes = try? Files.read(folder + "/" + Self.fileName, atMost: 1 << 16) else { return nil }
        let parts = String(decoding: bytes, as: UTF8.self).split(separator: " ", maxSplits: 1)
        guard parts.count == 2, let at = Int64(parts[0]) else { return nil }
        self.init(at: at, path: String(parts[1].prefix { $0 != "\n" }))
    }

    func write(in folder: String) throws(FileError) {
        try Files.replace(folder + "/" + Self.fileName, with: Array("\(at) \(path)\n".utf8))
    }
}
