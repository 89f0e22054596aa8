import SQLiteBinding

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The copy of a database that the store makes beside it before it changes its schema: the way back to the older
/// version of the program.
public struct UpgradeCopy: Sendable {
    /// Name of the newest migration that the database had, such as `001-initial.sql`.
    public let schema: String
    /// `server-001-initial.sqlite` in the data folder.
    public let path: String

    /// Makes it, durably: under its name it is whole. One that an upgrade left which did not come to its end is replaced.
    ///
    /// - Throws: `diskFull`, `unavailable`; nothing was changed then.
    init(of db: Connection, in folder: String, newest: Migration, vfs: String?) throws {
        schema = newest.name
        let stem = newest.name.hasSuffix(".sql") ? String(newest.name.dropLast(4)) : newest.name
        path = folder + "/server-" + stem + ".sqlite"
        let draft = "\(path).unfinished-\(getpid())"
        unlink(draft)
        do {
            try db.backUp(to: draft, vfs: vfs)
            var status = stat()
            // For nobody's eyes but those that may read the database.
            guard stat(db.path, &status) == 0, chmod(draft, status.st_mode & 0o777) == 0, rename(draft, path) == 0
            else { throw Self.failure(String(cString: strerror(errno)), .unavailable) }
            let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            defer { close(descriptor) }
            guard descriptor >= 0, fsync(descriptor) == 0 || errno == EINVAL else {
                throw Self.failure(String(cString: strerror(errno)), .unavailable)
            }
        } catch {
            for suffix in ["", "-wal", "-shm", "-journal"] { unlink(draft + suffix) }
            guard let error = error as? SQLiteError else { throw error }
            throw Self.failure(error.description, error.code == .full ? .diskFull : .unavailable)
        }
    }

    private static func failure(_ reason: String, _ code: ServerStoreError.Code) -> ServerStoreError {
        ServerStoreError(
            code,
            "the database was not upgraded, for the copy that is made of it first could not be written (\(reason)). "
                + "Nothing was changed; make room for it in the data folder, then start again")
    }
}
