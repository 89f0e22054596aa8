import SQLiteBinding

extension ServerCore {
    /// Writes the database's first page anew: SQLite does so even where nothing in it changes.
    func rewriteHeader() throws {
        let select = try db.prepare("SELECT user_version FROM pragma_user_version")
        _ = try select.step()
        // A pragma takes no parameters; the number is SQLite's own.
        try db.execute("PRAGMA user_version = \(select.int64(0))")
    }
}
