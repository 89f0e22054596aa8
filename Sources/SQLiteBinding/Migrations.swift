/// One step of a schema's history.
public struct Migration: Sendable {
    public let name: String
    public let sql: String
    /// SHA-256 of `sql`, in hexadecimal: an applied migration is never edited.
    public let hash: String

    public init(name: String, sql: String, hash: String) {
        self.name = name
        self.sql = sql
        self.hash = hash
    }
}

/// Why a schema could not be brought up to date. Nothing was changed.
public enum MigrationError: Error, Sendable, CustomStringConvertible {
    /// The database has had migrations that this program does not know.
    case newerSchema(found: String)
    /// An applied migration differs from the one this program has.
    case altered(name: String)
    case brokenForeignKey(table: String)

    public var description: String {
        switch self {
        case .newerSchema(let found):
            "it was made by a newer version of Variorum (schema \(found)); update the program. The file was not touched"
        case .altered(let name):
            "its schema history differs from this program's at \(name); it was made by a different build. "
                + "The file was not touched"
        case .brokenForeignKey(let table):
            "after the upgrade a row of \(table) refers to nothing; the upgrade was taken back"
        }
    }
}

extension Connection {
    /// Applies what is missing of `migrations`: all of it, or nothing.
    ///
    /// - Parameter willUpgrade: Called before a database that has had some of them is changed, with the newest of those;
    ///   what it throws ends the upgrade.
    public func migrate(_ migrations: [Migration], willUpgrade: (Migration) throws -> Void = { _ in }) throws {
        let applied = try appliedMigrations(migrations)
        if applied == migrations.count { return }
        if applied > 0 { try willUpgrade(migrations[applied - 1]) }
        try transaction {
            try execute(
                """
                CREATE TABLE IF NOT EXISTS migration (
                    number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, sha256 TEXT NOT NULL
                ) STRICT
                """)
            // Another process may have been quicker.
            for number in try appliedMigrations(migrations)..<migrations.count {
                let migration = migrations[number]
                try execute(migration.sql)
                let check = try prepare("PRAGMA foreign_key_check")
                if try check.step() { throw MigrationError.brokenForeignKey(table: check.text(0)) }
                let insert = try prepare("INSERT INTO migration (number, name, sha256) VALUES (?1, ?2, ?3)")
                insert.bind(number, at: 1)
                insert.bind(migration.name, at: 2)
                insert.bind(migration.hash, at: 3)
                try insert.run()
            }
        }
    }

    /// How many migrations have been applied, after checking that they are this program's.
    private func appliedMigrations(_ migrations: [Migration]) throws -> Int {
        let exists = try prepare("SELECT 1 FROM sqlite_schema WHERE name = 'migration'")
        guard try exists.step() else { return 0 }
        exists.reset()
        let rows = try prepare("SELECT name, sha256 FROM migration ORDER BY number")
        var count = 0
        while try rows.step() {
            guard count < migrations.count else { throw MigrationError.newerSchema(found: rows.text(0)) }
            guard rows.text(0) == migrations[count].name, rows.text(1) == migrations[count].hash else {
                throw MigrationError.altered(name: rows.text(0))
            }
            count += 1
        }
        return count
    }
}
