/// What a store does with files beside its database. `POSIXFileSystem` in life; simulators put their own in its place
/// (`LocalStore.Options.files`).
public protocol FileSystem: Sendable {
    /// The file's bytes, `nil` if there is none.
    ///
    /// - Throws: `damaged` for a file of more than `maximum` bytes, `inputOutput`.
    func read(_ path: String, maximum: Int) throws -> [UInt8]?

    /// Makes the file, or empties it, and writes it durably. A crash leaves any part of it there.
    func write(_ bytes: [UInt8], to path: String) throws

    /// Adds to the end of a file that exists, durably. A crash may leave the beginning of `bytes` there.
    func append(_ bytes: [UInt8], to path: String) throws

    /// Puts the file in the place of another; across a power cut only after `synchroniseFolder`.
    func rename(_ path: String, to target: String) throws

    /// Makes what was renamed in the folder of `path` durable.
    func synchroniseFolder(of path: String) throws

    func remove(_ path: String)

    /// - Throws: If the system does not say: a file that cannot be seen now may well be there.
    func exists(_ path: String) throws -> Bool

    /// Makes the folder; that it is there already is no error.
    func makeFolder(_ path: String) throws

    /// Names the file itself, whatever it is called: its inode.
    func inode(of path: String) throws -> UInt64

    /// Runs `body` while no other process does the same with this folder; the system lets go when a process ends.
    func exclusively<T>(in folder: String, _ body: () throws -> T) throws -> T

    /// A name of the machine that stays, empty if it has none.
    var machineName: String { get }

    /// Ends the names of drafts; no two processes at work on one folder have the same.
    var draftSuffix: String { get }
}

/// The few small files that stand beside the database, read and replaced whole.
struct SmallFiles {
    let system: any FileSystem

    static let bytesMax = 1 << 20

    /// The file's bytes, `nil` if there is none.
    func read(_ path: String) throws -> [UInt8]? { try system.read(path, maximum: Self.bytesMax) }

    /// Replaces the file: it has the old bytes or the new ones at every moment, also across a power cut.
    func replace(_ path: String, with bytes: [UInt8]) throws {
        let draft = path + system.draftSuffix
        do {
            try system.write(bytes, to: draft)
            try rename(draft, to: path)
        } catch {
            system.remove(draft)
            throw error
        }
    }

    /// Puts the file in the place of another, also across a power cut.
    func rename(_ path: String, to target: String) throws {
        try system.rename(path, to: target)
        try system.synchroniseFolder(of: target)
    }
}
