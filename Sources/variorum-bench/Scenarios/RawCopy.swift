import CommandLine
import SQLiteBinding

/// Writes the rows of a finished store into a database with the same tables and indexes: what SQLite itself needs for
/// what a new replica ends with, if nothing had to be fetched, decoded, checked or merged.
///
/// Records, typed tables and search index are written; the log, which the store has too, is not. Rows are read outside
/// the clock. The order is that of the store's own record numbers, which is SQLite's fastest.
struct RawCopy {
    /// Records in one transaction: about 6,000 rows.
    private static let recordsPerTransaction = 1000
    /// What records refer to, in an order in which no reference is ahead of what it names.
    private static let named = ["workspace", "member", "replica", "layer"]
    private static let searchShadows: Set<String> = [
        "search_data", "search_idx", "search_content", "search_docsize", "search_config",
    ]

    private let source: Connection
    private let target: Connection
    private let path: String

    init(of store: String, to path: String) throws {
        var reading = Connection.Options()
        reading.isReadOnly = true
        source = try Connection(path: store, options: reading)
        var writing = Connection.Options()
        writing.isFullySynchronous = false
        target = try Connection(path: path, options: writing)
        self.path = path
    }

    func measure(_ count: Int) throws -> Sample {
        try copySchema()
        for name in Self.named {
            let table = try Table(name, key: "num", source, target)
            let rows = try table.rows(Int64.min...Int64.max)
            try target.transaction { try table.insert(rows) }
        }
        let tables = try recordTables()
        let last = try number("SELECT coalesce(max(num), 0) FROM record")
        var seconds = 0.0
        var rowCount = 0
        for start in stride(from: Int64(1), through: last, by: Self.recordsPerTransaction) {
            let places = start...start + Int64(Self.recordsPerTransaction) - 1
            let rows = try tables.map { try $0.rows(places) }
            rowCount += rows.reduce(0) { $0 + $1.count }
            seconds += try Stopwatch.measure {
                try target.transaction { for (table, rows) in zip(tables, rows) { try table.insert(rows) } }
            }
        }
        let copied = try target.prepare("SELECT count(*) FROM annotation")
        guard try copied.step(), copied.int(0) == count else { throw BenchError("the copy lacks annotations") }
        copied.reset()
        return Sample(
            "raw-same-indexes", count: count, seconds: seconds,
            facts: [
                ("rows", Double(rowCount)),
                ("database_bytes", ScratchFolder.fileBytes(path) + ScratchFolder.fileBytes(path + "-wal")),
            ])
    }

    /// Tables, indexes, view and search index, in the order in which the store made them.
    private func copySchema() throws {
        let select = try source.prepare(
            "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY rowid"
        )
        while try select.step() {
            if !Self.searchShadows.contains(select.text(0)) { try target.execute(select.text(1)) }
        }
    }

    /// `record`, every table with rows of a record, and last the search index: FTS5 writes what it gathered when a
    /// statement comes that may have to be undone by itself.
    private func recordTables() throws -> [Table] {
        let select = try source.prepare(
            """
            SELECT s.name FROM sqlite_schema s JOIN pragma_table_info(s.name) c ON c.name = 'record'
            WHERE s.type = 'table' AND s.name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY s.rowid
            """)
        var names: [String] = []
        while try select.step() { names.append(select.text(0)) }
        var tables = [try Table("record", key: "num", source, target)]
        for name in names { tables.append(try Table(name, key: "record", source, target)) }
        return tables + [try Table.search(source, target)]
    }

    private func number(_ sql: String) throws -> Int64 {
        let select = try source.prepare(sql)
        guard try select.step() else { return 0 }
        defer { select.reset() }
        return select.int64(0)
    }
}

/// The statements that copy one table.
private struct Table {
    enum Cell {
        case null
        case integer(Int64)
        case text(String)
        case bytes([UInt8])
    }

    typealias Row = [Cell]

    private let types: [String]
    private let selection: Statement
    private let insertion: Statement

    /// - Parameter key: The column that orders the rows; the table's own columns otherwise, as strict tables declare them.
    init(_ name: String, key: String, _ source: Connection, _ target: Connection) throws {
        let columns = try source.prepare("SELECT name, type FROM pragma_table_info(?1) ORDER BY cid")
        columns.bind(name, at: 1)
        var names: [String] = []
        var types: [String] = []
        while try columns.step() {
            names.append(columns.text(0))
            types.append(columns.text(1))
        }
        guard !names.isEmpty else { throw BenchError("the store has no table \(name)") }
        try self.init(from: name, names, to: name, names, types, key: key, source, target)
    }

    static func search(_ source: Connection, _ target: Connection) throws -> Table {
        try Table(
            from: "search_source", ["record", "text"], to: "search", ["rowid", "text"], ["INTEGER", "TEXT"],
            key: "record", source, target)
    }

    private init(
        from origin: String, _ columns: [String], to name: String, _ targets: [String], _ types: [String],
        key: String, _ source: Connection, _ target: Connection
    ) throws {
        func list(_ names: [String]) -> String { names.map { "\"\($0)\"" }.joined(separator: ", ") }
        self.types = types
        selection = try source.prepare(
            "SELECT \(list(columns)) FROM \"\(origin)\" WHERE \"\(key)\" BETWEEN ?1 AND ?2 ORDER BY \"\(key)\"")
        let places = targets.indices.map { "?\($0 + 1)" }.joined(separator: ", ")
        insertion = try target.prepare("INSERT INTO \"\(name)\" (\(list(targets))) VALUES (\(places))")
    }

    func rows(_ keys: ClosedRange<Int64>) throws -> [Row] {
        selection.bind(keys.lowerBound, at: 1)
        selection.bind(keys.upperBound, at: 2)
        var rows: [Row] = []
        while try selection.step() {
            rows.append(
                types.enumerated().map { place, type in
                    let column = Int32(place)
                    if selection.isNull(column) { return .null }
                    switch type {
                    case "INTEGER": return .integer(selection.int64(column))
                    case "TEXT": return .text(selection.text(column))
                    default: return .bytes(selection.blob(column))
                    }
                })
        }
        return rows
    }

    func insert(_ rows: [Row]) throws {
        for row in rows {
            for (place, cell) in row.enumerated() {
                let index = Int32(place + 1)
                switch cell {
                case .null: insertion.bindNull(at: index)
                case .integer(let value): insertion.bind(value, at: index)
                case .text(let value): insertion.bind(value, at: index)
                case .bytes(let value): insertion.bind(value, at: index)
                }
            }
            try insertion.run()
        }
    }
}
