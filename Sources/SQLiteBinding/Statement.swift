import CSQLite

/// A prepared statement, reset whenever a use ends.
///
/// Belongs to its connection and is used only by whoever holds the connection.
public final class Statement {
    private let pointer: OpaquePointer
    private unowned let connection: Connection
    public let sql: String

    init(_ connection: Connection, sql: String) throws(SQLiteError) {
        var pointer: OpaquePointer?
        let flags = UInt32(SQLITE_PREPARE_PERSISTENT)
        let result = sqlite3_prepare_v3(connection.pointer, sql, -1, flags, &pointer, nil)
        guard result == SQLITE_OK, let pointer else {
            throw SQLiteError(connection.pointer, result: result, sql: sql)
        }
        self.pointer = pointer
        self.connection = connection
        self.sql = sql
    }

    deinit { sqlite3_finalize(pointer) }

    private func fail(_ result: Int32) -> SQLiteError {
        let error = SQLiteError(connection.pointer, result: result, sql: sql)
        sqlite3_reset(pointer)
        connection.noteFailure(error)
        return error
    }

    // MARK: Binding. Indices count from 1, as in SQL.

    public func bind(_ value: Int64, at index: Int32) { check(sqlite3_bind_int64(pointer, index, value)) }
    public func bind(_ value: Int, at index: Int32) { bind(Int64(value), at: index) }
    public func bind(_ value: UInt64, at index: Int32) { bind(Int64(bitPattern: value), at: index) }
    public func bind(_ value: Bool, at index: Int32) { bind(value ? 1 : 0 as Int64, at: index) }
    public func bindNull(at index: Int32) { check(sqlite3_bind_null(pointer, index)) }

    public func bind(_ value: String, at index: Int32) {
        var value = value
        check(
            value.withUTF8 { buffer in
                buffer.withMemoryRebound(to: CChar.self) {
                    vr_sqlite3_bind_text_copy(pointer, index, $0.baseAddress, UInt64($0.count))
                }
            })
    }

    public func bind(_ value: [UInt8], at index: Int32) {
        value.withUnsafeBytes { bindBytes($0, at: index) }
    }

    func bindBytes(_ bytes: UnsafeRawBufferPointer, at index: Int32) {
        check(
            // A null pointer would bind NULL instead of an empty blob.
            bytes.count == 0
                ? sqlite3_bind_zeroblob(pointer, index, 0)
                : vr_sqlite3_bind_blob_copy(pointer, index, bytes.baseAddress, UInt64(bytes.count)))
    }

    public func bind(_ value: String?, at index: Int32) {
        if let value { bind(value, at: index) } else { bindNull(at: index) }
    }

    public func bind(_ value: [UInt8]?, at index: Int32) {
        if let value { bind(value, at: index) } else { bindNull(at: index) }
    }

    public func bind(_ value: Int64?, at index: Int32) {
        if let value { bind(value, at: index) } else { bindNull(at: index) }
    }

    /// A binding fails for want of memory, else only for a wrong index or a value over SQLite's limits: our own bug.
    private func check(_ result: Int32) {
        precondition(result == SQLITE_OK || result == SQLITE_NOMEM, "binding failed (\(result)) in \(sql)")
        if result == SQLITE_NOMEM { connection.note(.outOfMemory(in: sql)) }
    }

    /// SQLite gives NULL for a value that it had no memory for.
    private func checkMemory() {
        if sqlite3_errcode(connection.pointer) & 0xFF == SQLITE_NOMEM { connection.note(.outOfMemory(in: sql)) }
    }

    // MARK: Stepping

    /// Moves to the next row; `false` at the end, when the statement is reset.
    ///
    /// - Throws: Also what a binding or a column before it could not report.
    public func step() throws(SQLiteError) -> Bool {
        if let failure = connection.takeFailure() {
            sqlite3_reset(pointer)
            throw failure
        }
        switch sqlite3_step(pointer) {
        case SQLITE_ROW: return true
        case SQLITE_DONE:
            sqlite3_reset(pointer)
            return false
        case let result: throw fail(result)
        }
    }

    /// Runs to the end, ignoring rows.
    public func run() throws(SQLiteError) {
        while try step() {}
    }

    /// Ends a use early.
    public func reset() {
        sqlite3_reset(pointer)
    }

    // MARK: Columns. Indices count from 0, as in SQL.

    public func int64(_ column: Int32) -> Int64 { sqlite3_column_int64(pointer, column) }
    public func int(_ column: Int32) -> Int { Int(sqlite3_column_int64(pointer, column)) }
    public func bool(_ column: Int32) -> Bool { sqlite3_column_int64(pointer, column) != 0 }
    public func isNull(_ column: Int32) -> Bool { sqlite3_column_type(pointer, column) == SQLITE_NULL }

    public func text(_ column: Int32) -> String {
        guard let start = sqlite3_column_text(pointer, column) else {
            checkMemory()
            return ""
        }
        let buffer = UnsafeBufferPointer(start: start, count: Int(sqlite3_column_bytes(pointer, column)))
        return String(decoding: buffer, as: UTF8.self)
    }

    public func optionalText(_ column: Int32) -> String? { isNull(column) ? nil : text(column) }

    public func blob(_ column: Int32) -> [UInt8] { withBytes(column) { [UInt8]($0) } }

    /// The bytes of a blob or a text, none for NULL, where SQLite has them.
    func withBytes<Result>(_ column: Int32, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        guard let start = sqlite3_column_blob(pointer, column) else {
            checkMemory()
            return body(UnsafeRawBufferPointer(start: nil, count: 0))
        }
        return body(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(pointer, column))))
    }

    public func optionalBlob(_ column: Int32) -> [UInt8]? { isNull(column) ? nil : blob(column) }

    /// How many columns a row has.
    public var columnCount: Int32 { sqlite3_column_count(pointer) }
    public func columnName(_ column: Int32) -> String {
        guard let name = sqlite3_column_name(pointer, column) else {
            connection.note(.outOfMemory(in: sql))
            return ""
        }
        return String(cString: name)
    }
}
