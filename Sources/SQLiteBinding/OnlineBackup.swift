import CSQLite

extension Connection {
    /// Copies the whole database, page by page, as one moment sees it, to a new file at `path`, which needs no log
    /// beside it. Writers go on meanwhile; what they commit is not in the copy.
    ///
    /// SQLite's online backup, and not VACUUM INTO, which would build every table anew: this reads each page once,
    /// holds a few of them in memory and can say how far it has come. The open view keeps it from beginning again
    /// with every commit of another process.
    ///
    /// The file is durable on return; its name is so once its folder is.
    ///
    /// - Parameters:
    ///   - vfs: Name of the SQLite VFS that writes the copy; `nil` for the system's.
    ///   - progress: Called with pages that are done and pages in all; what it throws ends the copy.
    /// - Throws: `full` where there is no room. What there is of the file stays then.
    public func backUp(
        to path: String, vfs: String? = nil, progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
    ) throws {
        try reading {
            // The view begins with the first read.
            let first = try prepare("SELECT count(*) FROM sqlite_schema")
            _ = try first.step()
            first.reset()
            try copyPages(to: path, vfs: vfs, progress)
        }
        var options = Options()
        options.vfs = vfs
        // The pages say that a log stands beside the file.
        try Connection(path: path, options: options).execute("PRAGMA journal_mode = DELETE")
    }

    private func copyPages(to path: String, vfs: String?, _ progress: (Int, Int) throws -> Void) throws {
        var target: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        let opened = sqlite3_open_v2(path, &target, flags, vfs)
        defer { sqlite3_close_v2(target) }
        func check(_ result: Int32) throws(SQLiteError) {
            guard result == SQLITE_OK || result == SQLITE_DONE else {
                throw SQLiteError(target, result: result, sql: nil)
            }
        }
        try check(opened)
        // Nobody trusts the file before it is whole: there is nothing to roll back to.
        try check(sqlite3_exec(target, "PRAGMA journal_mode = OFF; PRAGMA synchronous = FULL", nil, nil, nil))
        guard let backup = sqlite3_backup_init(target, "main", pointer, "main") else {
            throw SQLiteError(target, result: sqlite3_errcode(target), sql: nil)
        }
        var result = SQLITE_OK
        do {
            while result == SQLITE_OK {
                result = sqlite3_backup_step(backup, 256)
                let total = Int(sqlite3_backup_pagecount(backup))
                try progress(total - Int(sqlite3_backup_remaining(backup)), total)
            }
        } catch {
            sqlite3_backup_finish(backup)
            throw error
        }
        let finished = sqlite3_backup_finish(backup)
        try check(result)
        try check(finished)
    }
}
