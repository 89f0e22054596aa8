import CSQLite

/// An error that SQLite reported.
public struct SQLiteError: Error, Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible {
    /// What kind of trouble, for `catch` and for advice.
    public struct Code: Sendable, Hashable {
        public let rawValue: Int32
        public init(rawValue: Int32) { self.rawValue = rawValue }
        /// Another process holds the lock longer than the busy timeout.
        public static let busy = Code(rawValue: SQLITE_BUSY)
        public static let readOnly = Code(rawValue: SQLITE_READONLY)
        public static let full = Code(rawValue: SQLITE_FULL)
        public static let inputOutput = Code(rawValue: SQLITE_IOERR)
        public static let corrupt = Code(rawValue: SQLITE_CORRUPT)
        public static let notADatabase = Code(rawValue: SQLITE_NOTADB)
        public static let cannotOpen = Code(rawValue: SQLITE_CANTOPEN)
        public static let constraint = Code(rawValue: SQLITE_CONSTRAINT)
        public static let interrupted = Code(rawValue: SQLITE_INTERRUPT)
        public static let outOfMemory = Code(rawValue: SQLITE_NOMEM)
    }

    /// The primary result code.
    public var code: Code { Code(rawValue: extendedCode & 0xFF) }
    public let extendedCode: Int32
    public let message: String
    /// The statement, without its arguments: they may hold people's text.
    public let sql: String?

    public var description: String {
        switch code {
        case .busy: "the database is in use by another process; try again"
        case .readOnly: "the database or its folder is read-only"
        case .full: "the disk is full"
        case .inputOutput: "reading or writing the database failed (\(message))"
        case .corrupt: "the database file is damaged (\(message))"
        case .notADatabase: "the file is not a database"
        case .cannotOpen: "the database file cannot be opened"
        case .outOfMemory: "there was not enough memory"
        default: "database error: \(message)"
        }
    }

    public var debugDescription: String {
        "SQLite \(extendedCode): \(message)" + (sql.map { " in \($0)" } ?? "")
    }

    init(extendedCode: Int32, message: String, sql: String?) {
        self.extendedCode = extendedCode
        self.message = message
        self.sql = sql
    }

    static func outOfMemory(in sql: String) -> SQLiteError {
        SQLiteError(extendedCode: SQLITE_NOMEM, message: "out of memory", sql: sql)
    }

    init(_ connection: OpaquePointer?, result: Int32, sql: String?) {
        let text = connection.flatMap { sqlite3_errmsg($0) } ?? sqlite3_errstr(result)
        extendedCode = connection.map { sqlite3_extended_errcode($0) } ?? result
        message = text.map { String(cString: $0) } ?? "unknown error"
        self.sql = sql
    }
}
