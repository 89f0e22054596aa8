public import ChangeLog
import SQLiteBinding

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A server's database, only read: nothing in it is changed, and it is not upgraded. A server may be running on it.
///
/// For one task at a time.
public final class ServerDatabase {
    let db: Connection
    let cryptography: any CryptographyProvider

    /// What the database file is called in a data folder, and in a backup.
    public static let fileName = "server.sqlite"

    /// - Parameter folder: A data folder or a backup.
    /// - Throws: `notAStore`, `unavailable`.
    public init(folder: String, cryptography: any CryptographyProvider) throws(ServerStoreError) {
        let path = folder + "/" + Self.fileName
        guard access(path, F_OK) == 0 else {
            throw ServerStoreError(.notAStore, "there is no server store in \(folder): \(Self.fileName) is missing")
        }
        var options = Connection.Options()
        options.isReadOnly = true
        do {
            db = try Connection(path: path, options: options)
        } catch {
            throw ServerStoreError(translating: error)
        }
        self.cryptography = cryptography
    }

    /// Copies the database as it is at one moment to a new file, durably; see `Connection.backUp`.
    ///
    /// - Parameter progress: Called with pages that are done and pages in all.
    /// - Throws: `diskFull`, `unavailable`; what there is of the file stays then.
    public func copy(to path: String, progress: (_ done: Int, _ total: Int) -> Void) throws(ServerStoreError) {
        do {
            try db.backUp(to: path, progress: progress)
        } catch {
            throw ServerStoreError(translating: error)
        }
    }

    /// - Throws: `unavailable` also where the database is no server's.
    public func facts() throws(ServerStoreError) -> ServerFacts {
        do {
            return try db.reading { try ServerFacts(reading: db) }
        } catch {
            throw ServerStoreError(translating: error)
        }
    }

    func rows(_ sql: String, _ arguments: Int64..., body: (Statement) throws -> Void) throws {
        let select = try db.prepare(sql)
        for (place, argument) in arguments.enumerated() { select.bind(argument, at: Int32(place + 1)) }
        while try select.step() { try body(select) }
    }
}
