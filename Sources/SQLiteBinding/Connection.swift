import CSQLite

/// One connection to one database file.
///
/// Not for concurrent use: whoever owns it serialises access (a lock, an actor on its own executor).
public final class Connection {
    let pointer: OpaquePointer
    private var cache: [String: Statement] = [:]
    /// The statements of `cache` by where their text was when it was last asked for.
    private var literals: [UnsafeRawPointer: Statement] = [:]
    /// Whether something went wrong below SQL since the last `recover`.
    private var hasFailed = false
    /// What went wrong where nothing can be thrown: binding a value, reading a column.
    private var failure: SQLiteError?
    /// Whether `body` of `transaction` or `reading` runs: a transaction that is open at any other time was left behind.
    private var isWithinBody = false
    public let path: String

    public struct Options: Sendable {
        public var isReadOnly = false
        public var createsFile = true
        /// How long to wait for another process's lock, in milliseconds.
        public var busyTimeoutMilliseconds: Int32 = 10_000
        /// FULL makes a commit durable before it returns; NORMAL keeps the file consistent but may lose the
        /// last commits at a power cut.
        public var isFullySynchronous = true
        /// Name of an SQLite VFS, for fault injection; `nil` for the system's.
        public var vfs: String?
        /// Bytes of page cache, at most.
        public var cacheBytes = 8 << 20
        public init() {}
    }

    /// Opens `path` in WAL mode with foreign keys on.
    public init(path: String, options: Options = Options()) throws(SQLiteError) {
        _ = Self.hasConfiguredLibrary
        var pointer: OpaquePointer?
        var flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        flags |= options.isReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE
        if options.createsFile && !options.isReadOnly { flags |= SQLITE_OPEN_CREATE }
        let result = sqlite3_open_v2(path, &pointer, flags, options.vfs)
        guard result == SQLITE_OK, let pointer else {
            let error = SQLiteError(pointer, result: result, sql: nil)
            sqlite3_close_v2(pointer)
            throw error
        }
        self.pointer = pointer
        self.path = path
        // From here on a throw runs `deinit`, which closes.
        sqlite3_busy_timeout(pointer, options.busyTimeoutMilliseconds)
        // Identifiers in double quotes are identifiers; misspelt ones are errors.
        _ = vr_sqlite3_db_config_bool(pointer, Int32(SQLITE_DBCONFIG_DQS_DML), 0)
        _ = vr_sqlite3_db_config_bool(pointer, Int32(SQLITE_DBCONFIG_DQS_DDL), 0)
        // A database is data from outside: its schema may not run functions with side effects.
        _ = vr_sqlite3_db_config_bool(pointer, Int32(SQLITE_DBCONFIG_DEFENSIVE), 1)
        _ = vr_sqlite3_db_config_bool(pointer, Int32(SQLITE_DBCONFIG_TRUSTED_SCHEMA), 0)
        if !options.isReadOnly {
            try execute("PRAGMA journal_mode = WAL")
        }
        try execute("PRAGMA synchronous = \(options.isFullySynchronous ? "FULL" : "NORMAL")")
        try execute("PRAGMA foreign_keys = ON")
        try execute("PRAGMA cache_size = -\(options.cacheBytes / 1024)")
        try execute("PRAGMA temp_store = MEMORY")
        // Compiled in advance: it is needed when memory has run out.
        _ = try statement("ROLLBACK")
    }

    /// Whether it could be: a program that uses SQLite in other ways, too, may have been first.
    private static let hasConfiguredLibrary = vr_sqlite3_config_without_memory_statistics() == SQLITE_OK

    deinit {
        literals.removeAll()
        cache.removeAll()
        sqlite3_close_v2(pointer)
    }

    /// Runs statements without arguments or rows: schema, pragmas, transaction control.
    public func execute(_ sql: String) throws(SQLiteError) {
        try throwFailure()
        let result = sqlite3_exec(pointer, sql, nil, nil, nil)
        guard result == SQLITE_OK else {
            let error = SQLiteError(pointer, result: result, sql: sql)
            noteFailure(error)
            throw error
        }
    }

    /// The prepared statement of `sql`, kept for the next time.
    public func statement(_ sql: String) throws(SQLiteError) -> Statement {
        let place = Self.place(of: sql)
        // Equality of one and the same literal is found without looking at its bytes.
        if let place, let known = literals[place], known.sql == sql { return known }
        let statement: Statement
        if let known = cache[sql] { statement = known } else { statement = try Statement(self, sql: sql) }
        cache[sql] = statement
        if let place {
            if literals.count >= Self.literalsMax { literals.removeAll() }
            literals[place] = statement
        }
        return statement
    }

    /// Programs have a few hundred; SQL that is put together at run time lies in ever new places.
    private static let literalsMax = 1000

    /// Where a string has its bytes, which is where a literal has them for as long as the program runs: quicker to look up
    /// than a few hundred bytes are to hash. Other strings may come to lie in the same place: compare. `nil` for short
    /// strings, which lie nowhere.
    private static func place(of sql: String) -> UnsafeRawPointer? {
        if sql.utf8.count < 16 { return nil }
        return sql.utf8.withContiguousStorageIfAvailable { UnsafeRawPointer($0.baseAddress) } ?? nil
    }

    /// A statement of the caller's own, for a nested use of the same SQL or one built at run time from constants.
    public func prepare(_ sql: String) throws(SQLiteError) -> Statement {
        try Statement(self, sql: sql)
    }

    /// Runs `body` between BEGIN IMMEDIATE and COMMIT; everything is undone when it throws.
    public func transaction<T>(_ body: () throws -> T) throws -> T {
        precondition(!isWithinBody, "a transaction cannot begin within another")
        return try within("BEGIN IMMEDIATE") {
            let result = try body()
            try throwFailure()
            try statement("COMMIT").run()
            return result
        }
    }

    /// Runs `body` on one unchanging view of the database.
    public func reading<T>(_ body: () throws -> T) throws -> T {
        if isWithinBody {
            let result = try body()
            try throwFailure()
            return result
        }
        return try within("BEGIN") {
            let result = try body()
            try throwFailure()
            try statement("ROLLBACK").run()
            return result
        }
    }

    private func within<T>(_ begin: String, _ body: () throws -> T) throws -> T {
        failure = nil
        if isInTransaction { try statement("ROLLBACK").run() }
        try recover()
        try statement(begin).run()
        isWithinBody = true
        defer { isWithinBody = false }
        do {
            return try body()
        } catch {
            // A value that could not be read may have led to `error`.
            let cause: any Error = failure ?? error
            failure = nil
            abandon()
            throw cause
        }
    }

    /// Ends what is open. A statement that is still running would keep the view of the database that it began with.
    private func abandon() {
        var statement = sqlite3_next_stmt(pointer, nil)
        while let running = statement {
            if sqlite3_stmt_busy(running) != 0 { sqlite3_reset(running) }
            statement = sqlite3_next_stmt(pointer, running)
        }
        // SQLite may have rolled back by itself (disk full, I/O error). Where this fails, the next `within` does it.
        if isInTransaction { try? self.statement("ROLLBACK").run() }
    }

    func note(_ failure: SQLiteError) {
        self.failure = failure
        noteFailure(failure)
    }

    func takeFailure() -> SQLiteError? {
        defer { failure = nil }
        return failure
    }

    /// Throws what a binding or a column could not report: with it, nothing that was read counts.
    public func throwFailure() throws(SQLiteError) {
        if let failure = takeFailure() { throw failure }
    }

    // MARK: After failures

    /// An error of the disk or of memory may have left FTS5 with counts in memory that the rollback took from the file
    /// (SQLite 3.40: `fts5StorageLoadTotals` keeps its cache although the read behind it failed, and the transaction
    /// was undone meanwhile). The next commit would write them.
    func noteFailure(_ error: SQLiteError) {
        if ![.constraint, .busy, .readOnly].contains(error.code) { hasFailed = true }
    }

    /// Lets go of everything that virtual tables remember: they are connected afresh at their next use.
    private func recover() throws(SQLiteError) {
        guard hasFailed else { return }
        try execute("PRAGMA writable_schema = RESET")
        hasFailed = false
    }

    public var isInTransaction: Bool { sqlite3_get_autocommit(pointer) == 0 }
    public var changes: Int64 { sqlite3_changes64(pointer) }
    public var lastInsertedRow: Int64 { sqlite3_last_insert_rowid(pointer) }

    /// Copies the whole database, as one moment sees it, to a new file at `path`.
    public func copy(to path: String) throws(SQLiteError) {
        let statement = try prepare("VACUUM INTO ?1")
        statement.bind(path, at: 1)
        try statement.run()
    }

    /// Makes a running statement of this connection fail with `interrupted`. May be called from any thread.
    public func interrupt() { sqlite3_interrupt(pointer) }
}

public enum SQLiteLibrary {
    public static var version: String { String(cString: sqlite3_libversion()) }
}
