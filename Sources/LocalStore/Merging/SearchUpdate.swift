import SQLiteBinding

/// What one transaction changes in the search index, written in one stretch at its end.
///
/// FTS5 gathers the terms of a transaction in memory and writes them as one segment at the commit, unless a savepoint
/// comes in between: then it writes what it has, and many small segments have to be merged. Every SQL statement that
/// writes several rows or may fail half-way is such a savepoint. So the index is left alone until all tables are
/// written, and then gets single rows with their values bound.
struct SearchUpdate {
    private var removals: [(record: Int64, text: String)] = []
    private var additions: [(record: Int64, text: String)] = []

    /// Notes what the index has of a record, before its typed row changes: the index keeps no text of its own, so that
    /// what is removed must be told as it was entered.
    mutating func willChange(_ record: Int64, of table: TypedTable, _ core: StoreCore) throws {
        if let text = try core.searchText(of: record, in: table) { removals.append((record, text)) }
    }

    /// Notes what the index should have of a record, after its typed row was written.
    mutating func didChange(_ record: Int64, of table: TypedTable, _ core: StoreCore) throws {
        guard let text = try core.searchText(of: record, in: table) else { return }
        if let last = removals.last, last.record == record, last.text.utf8.elementsEqual(text.utf8) {
            removals.removeLast()
        } else {
            additions.append((record, text))
        }
    }

    mutating func write(to core: StoreCore) throws {
        if !removals.isEmpty {
            let remove = try core.db.statement("INSERT INTO search (search, rowid, text) VALUES ('delete', ?1, ?2)")
            for (record, text) in removals {
                remove.bind(record, at: 1)
                remove.bind(text, at: 2)
                try remove.run()
            }
        }
        if !additions.isEmpty {
            let add = try core.db.statement("INSERT INTO search (rowid, text) VALUES (?1, ?2)")
            for (record, text) in additions {
                add.bind(record, at: 1)
                add.bind(text, at: 2)
                try add.run()
            }
        }
        removals.removeAll()
        additions.removeAll()
    }
}

extension StoreCore {
    /// The text of a record that search reads; `nil` if it has none.
    fileprivate func searchText(of record: Int64, in table: TypedTable) throws -> String? {
        guard let sql = table.selectSearchText else { return nil }
        let select = try db.statement(sql)
        select.bind(record, at: 1)
        guard try select.step() else { return nil }
        defer { select.reset() }
        return select.text(0)
    }
}
