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

    /// What SQLite asks of a disk.
    public enum Call: Int32, Sendable, CaseIterable {
        case read, write, flush, truncate, fileSize, lock, open, delete, look, mapIndex, lockIndex

        /// With what result it fails.
        var failure: Int32 {
            switch self {
            case .read: SQLITE_IOERR | 1 << 8
            case .write: SQLITE_IOERR | 3 << 8
            case .flush: SQLITE_IOERR | 4 << 8
            case .truncate: SQLITE_IOERR | 6 << 8
            case .fileSize: SQLITE_IOERR | 7 << 8
            case .lock: SQLITE_IOERR | 15 << 8
            case .open: SQLITE_CANTOPEN
            case .delete: SQLITE_IOERR | 10 << 8
            case .look: SQLITE_IOERR | 13 << 8
            case .mapIndex: SQLITE_IOERR | 21 << 8
            case .lockIndex: SQLITE_IOERR | 20 << 8
            }
        }
    }

    /// How calls fail.
    public enum Mode: Sendable {
        /// One call does.
        case once
        /// So do all after it: the disk is gone.
        case fromThenOn
        /// One call does, among writes alone, and half of what it should write is written.
        case halfWritten
    }

    private struct Plan {
        var call = 0
        var mode = Mode.once
        var isArmed = false
        var calls = 0
        var failures = 0
    }

    private let plan = Mutex(Plan())

    /// Makes the `number`-th call from now on fail.
    public func fail(atCall number: Int, _ mode: Mode = .once) {
        plan.withLock { $0 = Plan(call: number, mode: mode, isArmed: true) }
    }

    /// Ends that; how many calls there were, and how many of them failed.
    @discardableResult
    public func disarm() -> (calls: Int, failures: Int) {
        plan.withLock {
            $0.isArmed = false
            return ($0.calls, $0.failures)
        }
    }

    /// Whether the call at hand has to fail.
    fileprivate func takesFault(_ call: Call) -> Bool {
        plan.withLock { plan in
            guard plan.isArmed, plan.mode != .halfWritten || call == .write else { return false }
            plan.calls += 1
            guard plan.calls == plan.call || (plan.mode == .fromThenOn && plan.calls > plan.call) else { return false }
            plan.failures += 1
            return true
        }
    }

    fileprivate var writesHalf: Bool { plan.withLock { $0.isArmed && $0.mode == .halfWritten } }

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
            if Registry.fails(vfs, .open) {
                // Without methods there is nothing to close.
                file?.pointee.pMethods = nil
                return FaultyDisk.Call.open.failure
            }
            let result = sqlite3_vfs_find(nil)?.pointee.xOpen(vfs, name, file, flags, outFlags) ?? SQLITE_ERROR
            if result == SQLITE_OK, let vfs, let file { Registry.opened(file, on: vfs) }
            return result
        }
        vfs.pointee.xDelete = { vfs, name, isDurable in
            if Registry.fails(vfs, .delete) { return FaultyDisk.Call.delete.failure }
            return sqlite3_vfs_find(nil)?.pointee.xDelete(vfs, name, isDurable) ?? SQLITE_IOERR
        }
        vfs.pointee.xAccess = { vfs, name, flags, result in
            if Registry.fails(vfs, .look) { return FaultyDisk.Call.look.failure }
            return sqlite3_vfs_find(nil)?.pointee.xAccess(vfs, name, flags, result) ?? SQLITE_IOERR
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
            let disk = Registry.disk(of: file)
            if disk?.isFull == true { return SQLITE_FULL }
            if disk?.takesFault(.write) == true {
                if disk?.writesHalf == true {
                    _ = Registry.original(of: file)?.xWrite(file, bytes, count / 2, offset)
                }
                return FaultyDisk.Call.write.failure
            }
            return Registry.original(of: file)?.xWrite(file, bytes, count, offset) ?? SQLITE_IOERR
        }
        table.pointee.xSync = { file, flags in
            Registry.disk(of: file)?.countSync()
            if Registry.fails(file, .flush) { return FaultyDisk.Call.flush.failure }
            return Registry.original(of: file)?.xSync(file, flags) ?? SQLITE_IOERR
        }
        table.pointee.xRead = { file, bytes, count, offset in
            if Registry.fails(file, .read) { return FaultyDisk.Call.read.failure }
            return Registry.original(of: file)?.xRead(file, bytes, count, offset) ?? SQLITE_IOERR
        }
        table.pointee.xTruncate = { file, size in
            if Registry.fails(file, .truncate) { return FaultyDisk.Call.truncate.failure }
            return Registry.original(of: file)?.xTruncate(file, size) ?? SQLITE_IOERR
        }
        table.pointee.xFileSize = { file, size in
            if Registry.fails(file, .fileSize) { return FaultyDisk.Call.fileSize.failure }
            return Registry.original(of: file)?.xFileSize(file, size) ?? SQLITE_IOERR
        }
        table.pointee.xLock = { file, level in
            if Registry.fails(file, .lock) { return FaultyDisk.Call.lock.failure }
            return Registry.original(of: file)?.xLock(file, level) ?? SQLITE_IOERR
        }
        // Files with a write-ahead index have the second version of the table.
        if table.pointee.iVersion >= 2 {
            table.pointee.xShmMap = { file, region, size, extends, place in
                if Registry.fails(file, .mapIndex) { return FaultyDisk.Call.mapIndex.failure }
                return Registry.original(of: file)?.xShmMap(file, region, size, extends, place) ?? SQLITE_IOERR
            }
            table.pointee.xShmLock = { file, offset, count, flags in
                if flags & SQLITE_SHM_LOCK != 0, Registry.fails(file, .lockIndex) {
                    return FaultyDisk.Call.lockIndex.failure
                }
                return Registry.original(of: file)?.xShmLock(file, offset, count, flags) ?? SQLITE_IOERR
            }
        }
        return UInt(bitPattern: table)
    }

    private static func fails(_ vfs: UnsafeMutablePointer<sqlite3_vfs>?, _ call: FaultyDisk.Call) -> Bool {
        let key = UInt(bitPattern: vfs)
        return state.withLock { $0.disks[key] }?.takesFault(call) ?? false
    }

    private static func fails(_ file: UnsafeMutablePointer<sqlite3_file>?, _ call: FaultyDisk.Call) -> Bool {
        disk(of: file)?.takesFault(call) ?? false
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
