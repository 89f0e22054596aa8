import SQLiteBinding

/// What SQLite itself does with the workload's lines: the limit that every other figure is held against.
///
/// The same tables and statements as the C program that measured the peers' machine, through the store's own binding.
struct RawSQLite {
    private static let rowsPerTransaction = 1000
    private static let singleCommits = 1000

    private let step: Step

    init(_ step: Step) { self.step = step }

    func run() throws {
        let workload = Workload(records: step.count)
        let lines = workload.records.map(WorkloadLines.line)
        let ids = workload.records.map(\.id)
        for kind in Kind.allCases { try step.report(try bulk(kind, ids, lines)) }
        try step.report(try commits("raw-commit", lines, isFull: false))
        try step.report(try commits("raw-commit-full", lines, isFull: true))
    }

    private enum Kind: String, CaseIterable {
        case integer, uuid, log, search
        var hasID: Bool { self != .integer }
        var hasLog: Bool { self == .log || self == .search }
    }

    private func open(_ name: String, isFull: Bool) throws -> Connection {
        var options = Connection.Options()
        options.isFullySynchronous = isFull
        return try Connection(path: "\(step.folder)/\(name).sqlite", options: options)
    }

    private func bulk(_ kind: Kind, _ ids: [String], _ lines: [String]) throws -> Sample {
        let db = try open("raw-\(kind.rawValue)", isFull: false)
        try db.execute(
            kind.hasID
                ? "CREATE TABLE r (n INTEGER PRIMARY KEY, id TEXT UNIQUE, body TEXT)"
                : "CREATE TABLE r (n INTEGER PRIMARY KEY, body TEXT)")
        let row = try db.prepare(
            kind.hasID ? "INSERT INTO r (n, id, body) VALUES (?1, ?2, ?3)" : "INSERT INTO r (n, body) VALUES (?1, ?3)")
        var log: Statement?
        if kind.hasLog {
            try db.execute(
                "CREATE TABLE log (seq INTEGER PRIMARY KEY, id TEXT, op TEXT, at INTEGER, client INTEGER, body TEXT)")
            log = try db.prepare("INSERT INTO log (seq, id, op, at, client, body) VALUES (?1, ?2, 'put', ?1, 1, ?3)")
        }
        var search: Statement?
        if kind == .search {
            try db.execute("CREATE VIRTUAL TABLE f USING fts5 (body, content = '', tokenize = 'unicode61')")
            search = try db.prepare("INSERT INTO f (rowid, body) VALUES (?1, ?3)")
        }
        let seconds = try Stopwatch.measure {
            for start in stride(from: 0, to: lines.count, by: Self.rowsPerTransaction) {
                try db.transaction {
                    for place in start..<min(start + Self.rowsPerTransaction, lines.count) {
                        row.bind(place + 1, at: 1)
                        if kind.hasID { row.bind(ids[place], at: 2) }
                        row.bind(lines[place], at: 3)
                        try row.run()
                        if let log {
                            log.bind(place + 1, at: 1)
                            log.bind(ids[place], at: 2)
                            log.bind(lines[place], at: 3)
                            try log.run()
                        }
                        if let search {
                            search.bind(place + 1, at: 1)
                            search.bind(lines[place], at: 3)
                            try search.run()
                        }
                    }
                }
            }
        }
        return Sample("raw-\(kind.rawValue)", count: lines.count, seconds: seconds)
    }

    private func commits(_ name: String, _ lines: [String], isFull: Bool) throws -> Sample {
        let db = try open(name, isFull: isFull)
        try db.execute("CREATE TABLE r (n INTEGER PRIMARY KEY, body TEXT)")
        let row = try db.prepare("INSERT INTO r (body) VALUES (?1)")
        let seconds = try Stopwatch.measure {
            for number in 0..<Self.singleCommits {
                row.bind(lines[number % lines.count], at: 1)
                try row.run()
            }
        }
        return Sample(name, count: Self.singleCommits, seconds: seconds)
    }
}
