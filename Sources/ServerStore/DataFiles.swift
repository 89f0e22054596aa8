import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Notices when the files under an open database are removed, exchanged or cut off.
///
/// SQLite goes on with what it has open, also where no path leads to it any more: what would be written and
/// acknowledged there is gone with the process. So nothing is acknowledged, and nothing answered, that was not looked
/// up here afterwards.
final class DataFiles: Sendable {
    private struct File {
        let path: String
        let inode: UInt64
        let isGrowing: Bool
        /// A database and its log never shrink while somebody has them open.
        var size: Int64
    }

    private let files: Mutex<[File]>

    /// - Parameters:
    ///   - growing: Files that only grow.
    ///   - others: Files whose identity alone counts.
    init(growing: [String], others: [String]) throws(ServerStoreError) {
        var files: [File] = []
        for (paths, isGrowing) in [(growing, true), (others, false)] {
            for path in paths {
                guard let found = Self.look(at: path) else { throw Self.failure(path, "cannot be seen") }
                files.append(File(path: path, inode: found.inode, isGrowing: isGrowing, size: found.size))
            }
        }
        self.files = Mutex(files)
    }

    /// - Throws: `unavailable`, until the server is started anew.
    func check() throws(ServerStoreError) {
        let failure = files.withLock { files -> ServerStoreError? in
            for place in files.indices {
                let file = files[place]
                guard let found = Self.look(at: file.path) else { return Self.failure(file.path, "is gone") }
                guard found.inode == file.inode else { return Self.failure(file.path, "is another file") }
                guard !file.isGrowing || found.size >= file.size else {
                    return Self.failure(file.path, "was cut off")
                }
                files[place].size = found.size
            }
            return nil
        }
        if let failure { throw failure }
    }

    private static func failure(_ path: String, _ what: String) -> ServerStoreError {
        ServerStoreError(
            .unavailable,
            "\(path) \(what), under the running server; nothing is taken and nothing given any more. Stop the server, put "
                + "the data folder back from a backup, start it: clients send again what it lacks then")
    }

    private static func look(at path: String) -> (inode: UInt64, size: Int64)? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return (UInt64(status.st_ino), Int64(status.st_size))
    }
}
