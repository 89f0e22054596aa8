import CSQLite
import Foundation
import Synchronization

/// A disk that a test can fill up, whose calls it can make fail, and whose flushes it can count: an SQLite VFS over the
/// system's own.
///
/// Name it to a store (`vfs:`); every file that SQLite opens through it lies on this disk.
public final class FaultyDisk: Sendable {
    public let name = "faulty-disk-" + UUID().uuidString
    private let filled = Atomic<Bool>(false)
    private let syncs = Atomic<Int>(0)

    public init() {
        Registry.add(self)
    }

    /// While it is full, every write fails as on a full disk.
    public var isFull: Bool {
        get { filled.load(ordering: .relaxed) }
        set { filled.store(newValue, ordering: .relaxed) }
    }

    /// Calls until one fails; 0 and below: none does.
    private let countdown = Atomic<Int>(0)
    private let failures = Atomic<Int>(0)

    /// Makes the `number`-th read, write, flush or truncation from now on fail with an I/O error, once.
    public func fail(atCall number: Int) {
        failures.store(0, ordering: .relaxed)
        countdown.store(number, ordering: .relaxed)
    }

    /// Ends that; whether a call has failed.
    public func disarm() -> Bool {
        countdown.store(0, ordering: .relaxed)
        return failures.load(ordering: .relaxed) > 0
    }

    /// Whether the call at hand has to fail.
    fileprivate func takesFault() -> Bool {
        guard countdown.load(ordering: .relaxed) > 0, countdown.subtract(1, ordering: .relaxed).newValue == 0 else {
            return false
        }
        failures.add(1, ordering: .relaxed)
        return true
    }

    /// How often SQLite has waited for the disk.
    public var syncCount: Int { syncs.load(ordering: .relaxed) }

    fileprivate func countSync() { syncs.add(1, ordering: .relaxed) }
}

/// What C functions can reach: the disks by VFS and by open file, and the system's own functions. Keys are addresses.
///
/// The structures that the addresses are of are made once and never changed or freed: a store may use its disk for as
/// long as the process lives.
private enum Registry {
    private struct State {
        var disks: [UInt: FaultyDisk] = [:]
        var files: [UInt: FaultyDisk] = [:]
        /// Our method tables, by those they were made from, and back.
        var tables: [UInt: UInt] = [:]
        var originals: [UInt: UInt] = [:]
    }

    private static let state = Mutex(State())

    static func add(_ disk: FaultyDisk) {
        guard let system = sqlite3_vfs_find(nil) else { fatalError("SQLite has no VFS") }
        let vfs = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
        vfs.initialize(to: system.pointee)
        vfs.pointee.zName = UnsafePointer(strdup(disk.name))
        vfs.pointee.pNext = nil
        vfs.pointee.xOpen = { vfs, name, file, flags, outFlags in
            let result = sqlite3_vfs_find(nil)?.pointee.xOpen(vfs, name, file, flags, outFlags) ?? SQLITE_ERROR
            if result == SQLITE_OK, let vfs, let file { Registry.opened(file, on: vfs) }
            return result
        }
        let key = UInt(bitPattern: vfs)
        state.withLock { $0.disks[key] = disk }
        sqlite3_vfs_register(vfs, 0)
    }

    private static func opened(_ file: UnsafeMutablePointer<sqlite3_file>, on vfs: UnsafeMutablePointer<sqlite3_vfs>) {
        let (vfsKey, fileKey) = (UInt(bitPattern: vfs), UInt(bitPattern: file))
        let original = UInt(bitPattern: file.pointee.pMethods)
        let table = state.withLock { state in
            state.files[fileKey] = state.disks[vfsKey]
            if let known = state.tables[original] { return known }
            let table = makeTable(from: original)
            state.tables[original] = table
            state.originals[table] = original
            return table
        }
        file.pointee.pMethods = UnsafePointer(bitPattern: table)
    }

    private static func makeTable(from original: UInt) -> UInt {
        guard let original = UnsafePointer<sqlite3_io_methods>(bitPattern: original) else {
            fatalError("an open file has methods")
        }
        let table = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
        table.initialize(to: original.pointee)
        table.pointee.xWrite = { file, bytes, count, offset in
            if Registry.disk(of: file)?.isFull == true { return SQLITE_FULL }
            if Registry.disk(of: file)?.takesFault() == true { return SQLITE_IOERR | 3 << 8 }
            return Registry.original(of: file)?.xWrite(file, bytes, count, offset) ?? SQLITE_IOERR
        }
        table.pointee.xSync = { file, flags in
            Registry.disk(of: file)?.countSync()
            if Registry.disk(of: file)?.takesFault() == true { return SQLITE_IOERR | 4 << 8 }
            return Registry.original(of: file)?.xSync(file, flags) ?? SQLITE_IOERR
        }
        table.pointee.xRead = { file, bytes, count, offset in
            if Registry.disk(of: file)?.takesFault() == true { return SQLITE_IOERR | 1 << 8 }
            return Registry.original(of: file)?.xRead(file, bytes, count, offset) ?? SQLITE_IOERR
        }
        table.pointee.xTruncate = { file, size in
            if Registry.disk(of: file)?.takesFault() == true { return SQLITE_IOERR | 6 << 8 }
            return Registry.original(of: file)?.xTruncate(file, size) ?? SQLITE_IOERR
        }
        return UInt(bitPattern: table)
    }

    private static func disk(of file: UnsafeMutablePointer<sqlite3_file>?) -> FaultyDisk? {
        let key = UInt(bitPattern: file)
        return state.withLock { $0.files[key] }
    }

    private static func original(of file: UnsafeMutablePointer<sqlite3_file>?) -> sqlite3_io_methods? {
        let key = UInt(bitPattern: file?.pointee.pMethods)
        let original = state.withLock { $0.originals[key] }
        return original.flatMap { UnsafePointer<sqlite3_io_methods>(bitPattern: $0) }?.pointee
    }
}
