import AnnotationModel
import CSQLite
import Glibc

/// An SQLite VFS whose files lie on simulated machines: `/machine/…` is a file of the machine of that name.
///
/// Everything that SQLite asks of the system (files, locks, shared memory, time, randomness) comes from here, so that a
/// run depends on its seed alone. See sqlite.org/vfs.html and sqlite.org/c3ref/io_methods.html.
///
/// `@unchecked Sendable`: a simulation runs on one thread.
final class SimulatedVFS: @unchecked Sendable {
    let name: String
    private let vfs: UnsafeMutablePointer<sqlite3_vfs>
    fileprivate var machines: [String: SimulatedMachine] = [:]
    fileprivate let clock: () -> Int64
    fileprivate var random: SplitMix64

    /// - Parameter clock: Milliseconds since 1970.
    init(seed: UInt64, clock: @escaping () -> Int64) {
        self.clock = clock
        random = SplitMix64(seed: seed)
        guard let system = sqlite3_vfs_find(nil) else { fatalError("SQLite has no VFS") }
        vfs = .allocate(capacity: 1)
        vfs.initialize(to: system.pointee)
        name = "simulation-\(UInt(bitPattern: vfs))"
        vfs.pointee.zName = UnsafePointer(strdup(name))
        vfs.pointee.pNext = nil
        vfs.pointee.szOsFile = Int32(MemoryLayout<OpenFile>.size)
        vfs.pointee.pAppData = Unmanaged.passUnretained(self).toOpaque()
        vfs.pointee.xOpen = openFile
        vfs.pointee.xDelete = deleteFile
        vfs.pointee.xAccess = accessFile
        vfs.pointee.xFullPathname = { _, path, size, target in
            guard let path, let target, strlen(path) < Int(size) else { return SQLITE_CANTOPEN }
            strcpy(target, path)
            return SQLITE_OK
        }
        vfs.pointee.xRandomness = { vfs, count, target in
            guard let world = SimulatedVFS.of(vfs), let target else { return 0 }
            for place in 0..<Int(count) { target[place] = CChar(truncatingIfNeeded: world.random.next()) }
            return count
        }
        vfs.pointee.xSleep = { _, microseconds in microseconds }
        vfs.pointee.xCurrentTimeInt64 = { vfs, target in
            // Julian days in milliseconds.
            target?.pointee = (SimulatedVFS.of(vfs)?.clock() ?? 0) + 210_866_760_000_000
            return SQLITE_OK
        }
        vfs.pointee.xCurrentTime = { vfs, target in
            target?.pointee = Double((SimulatedVFS.of(vfs)?.clock() ?? 0) + 210_866_760_000_000) / 86_400_000
            return SQLITE_OK
        }
        vfs.pointee.xGetLastError = { _, _, _ in 0 }
        let result = sqlite3_vfs_register(vfs, 0)
        precondition(result == SQLITE_OK, "the VFS could not be registered")
    }

    deinit {
        sqlite3_vfs_unregister(vfs)
        free(UnsafeMutableRawPointer(mutating: vfs.pointee.zName))
        vfs.deinitialize(count: 1)
        vfs.deallocate()
    }

    func add(_ machine: SimulatedMachine) { machines[machine.name] = machine }

    fileprivate static func of(_ vfs: UnsafeMutablePointer<sqlite3_vfs>?) -> SimulatedVFS? {
        vfs?.pointee.pAppData.map { Unmanaged<SimulatedVFS>.fromOpaque($0).takeUnretainedValue() }
    }

    fileprivate func machine(of path: String) -> SimulatedMachine? {
        machines[String(path.dropFirst().prefix { $0 != "/" })]
    }
}

/// What SQLite allocates for an open file: its own part and ours.
private struct OpenFile {
    var base: sqlite3_file
    /// A retained `OpenHandle`.
    var handle: UnsafeMutableRawPointer?
}

/// A connection's hold on a file.
private final class OpenHandle {
    let machine: SimulatedMachine
    let process: SimulatedProcess
    let file: SimulatedFile
    let path: String
    let isTemporary: Bool
    let isJournal: Bool

    init(machine: SimulatedMachine, file: SimulatedFile, path: String, flags: Int32) {
        self.machine = machine
        process = machine.process
        self.file = file
        self.path = path
        isTemporary = flags & SQLITE_OPEN_DELETEONCLOSE != 0
        isJournal = flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL) != 0
    }

    var id: ObjectIdentifier { ObjectIdentifier(self) }

    static func of(_ file: UnsafeMutablePointer<sqlite3_file>?) -> OpenHandle {
        let open = UnsafeMutableRawPointer(file!).assumingMemoryBound(to: OpenFile.self)
        return Unmanaged<OpenHandle>.fromOpaque(open.pointee.handle!).takeUnretainedValue()
    }

    enum Go {
        case on
        /// Does half of its work, then fails with `code`.
        case half(Int32)
        case stop(Int32)
    }

    func begin(_ code: Int32, isWrite: Bool = false) -> Go {
        if process.isDead { return .stop(code) }
        switch machine.faults.next(isWrite: isWrite) {
        case .none: return .on
        case .fail: return .stop(code)
        case .short: return .half(code)
        case .full: return .stop(SQLITE_FULL)
        case .crash:
            process.isDead = true
            return .half(code)
        }
    }
}

private enum IOError {
    static let read = SQLITE_IOERR | 1 << 8
    static let shortRead = SQLITE_IOERR | 2 << 8
    static let write = SQLITE_IOERR | 3 << 8
    static let sync = SQLITE_IOERR | 4 << 8
    static let truncate = SQLITE_IOERR | 6 << 8
    static let status = SQLITE_IOERR | 7 << 8
    static let delete = SQLITE_IOERR | 10 << 8
    static let lock = SQLITE_IOERR | 15 << 8
    static let sharedMemoryMap = SQLITE_IOERR | 21 << 8
}

private func openFile(
    _ vfs: UnsafeMutablePointer<sqlite3_vfs>?, _ name: UnsafePointer<CChar>?,
    _ target: UnsafeMutablePointer<sqlite3_file>?, _ flags: Int32, _ outFlags: UnsafeMutablePointer<Int32>?
) -> Int32 {
    let open = UnsafeMutableRawPointer(target!).assumingMemoryBound(to: OpenFile.self)
    open.pointee.base.pMethods = nil
    open.pointee.handle = nil
    guard let world = SimulatedVFS.of(vfs), let name else { return SQLITE_CANTOPEN }
    let path = String(cString: name)
    guard let machine = world.machine(of: path), !machine.process.isDead else { return SQLITE_CANTOPEN }
    switch machine.faults.next(isWrite: false) {
    case .none, .full: break
    case .fail, .short: return SQLITE_CANTOPEN
    case .crash:
        machine.process.isDead = true
        return SQLITE_CANTOPEN
    }
    if machine.file(path) == nil && flags & SQLITE_OPEN_CREATE == 0 { return SQLITE_CANTOPEN }
    let handle = OpenHandle(
        machine: machine, file: machine.makeFile(path), path: path, flags: flags)
    open.pointee.handle = Unmanaged.passRetained(handle).toOpaque()
    open.pointee.base.pMethods = methods
    outFlags?.pointee = flags
    return SQLITE_OK
}

private func deleteFile(
    _ vfs: UnsafeMutablePointer<sqlite3_vfs>?, _ name: UnsafePointer<CChar>?, _ synchronises: Int32
) -> Int32 {
    guard let world = SimulatedVFS.of(vfs), let name else { return IOError.delete }
    let path = String(cString: name)
    guard let machine = world.machine(of: path), !machine.process.isDead else { return IOError.delete }
    switch machine.faults.next(isWrite: false) {
    case .none, .full: break
    case .fail, .short: return IOError.delete
    case .crash:
        machine.process.isDead = true
        return IOError.delete
    }
    // SQLITE_IOERR_DELETE_NOENT
    if machine.file(path) == nil { return SQLITE_IOERR | 23 << 8 }
    machine.remove(path)
    if synchronises != 0 { machine.synchroniseNames() }
    return SQLITE_OK
}

private func accessFile(
    _ vfs: UnsafeMutablePointer<sqlite3_vfs>?, _ name: UnsafePointer<CChar>?, _ flags: Int32,
    _ result: UnsafeMutablePointer<Int32>?
) -> Int32 {
    guard let world = SimulatedVFS.of(vfs), let name else { return SQLITE_IOERR }
    let path = String(cString: name)
    result?.pointee = world.machine(of: path)?.file(path) == nil ? 0 : 1
    return SQLITE_OK
}

/// One table for all open files; never changed or freed.
nonisolated(unsafe) private let methods: UnsafePointer<sqlite3_io_methods> = {
    let table = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
    var methods = sqlite3_io_methods()
    // 2: with shared memory, without memory mapping.
    methods.iVersion = 2
    methods.xClose = { file in
        let open = UnsafeMutableRawPointer(file!).assumingMemoryBound(to: OpenFile.self)
        guard let pointer = open.pointee.handle else { return SQLITE_OK }
        let handle = Unmanaged<OpenHandle>.fromOpaque(pointer).takeRetainedValue()
        open.pointee.handle = nil
        handle.file.locks.unlock(handle.id, level: 0)
        handle.file.shared.unmap(handle.id)
        if handle.isTemporary && !handle.process.isDead { handle.machine.remove(handle.path) }
        return SQLITE_OK
    }
    methods.xRead = { file, buffer, count, offset in
        let handle = OpenHandle.of(file)
        guard case .on = handle.begin(IOError.read) else { return IOError.read }
        let target = UnsafeMutableRawBufferPointer(start: buffer, count: Int(count))
        return handle.file.read(into: target, at: Int(offset)) == Int(count) ? SQLITE_OK : IOError.shortRead
    }
    methods.xWrite = { file, bytes, count, offset in
        let handle = OpenHandle.of(file)
        switch handle.begin(IOError.write, isWrite: true) {
        case .on:
            handle.file.write(UnsafeRawBufferPointer(start: bytes, count: Int(count)), at: Int(offset))
            return SQLITE_OK
        case .half(let code):
            handle.file.write(UnsafeRawBufferPointer(start: bytes, count: Int(count) / 2), at: Int(offset))
            return code
        case .stop(let code): return code
        }
    }
    methods.xTruncate = { file, size in
        let handle = OpenHandle.of(file)
        guard case .on = handle.begin(IOError.truncate) else { return IOError.truncate }
        handle.file.truncate(to: Int(size))
        return SQLITE_OK
    }
    methods.xSync = { file, _ in
        let handle = OpenHandle.of(file)
        guard case .on = handle.begin(IOError.sync) else { return IOError.sync }
        handle.file.synchronise()
        // SQLite's own VFS flushes the folder with the first flush of a new journal.
        if handle.isJournal && !handle.file.isNameDurable { handle.machine.synchroniseNames() }
        handle.file.isNameDurable = true
        return SQLITE_OK
    }
    methods.xFileSize = { file, size in
        let handle = OpenHandle.of(file)
        guard case .on = handle.begin(IOError.status) else { return IOError.status }
        size?.pointee = sqlite3_int64(handle.file.data.count)
        return SQLITE_OK
    }
    methods.xLock = { file, level in
        let handle = OpenHandle.of(file)
        if handle.process.isDead { return IOError.lock }
        return handle.file.locks.lock(handle.id, level: level) ? SQLITE_OK : SQLITE_BUSY
    }
    methods.xUnlock = { file, level in
        let handle = OpenHandle.of(file)
        handle.file.locks.unlock(handle.id, level: level)
        return SQLITE_OK
    }
    methods.xCheckReservedLock = { file, result in
        result?.pointee = OpenHandle.of(file).file.locks.isReserved ? 1 : 0
        return SQLITE_OK
    }
    methods.xFileControl = { _, _, _ in SQLITE_NOTFOUND }
    methods.xSectorSize = { _ in 4096 }
    methods.xDeviceCharacteristics = { _ in SQLITE_IOCAP_POWERSAFE_OVERWRITE }
    methods.xShmMap = { file, region, size, extends, target in
        let handle = OpenHandle.of(file)
        guard case .on = handle.begin(IOError.sharedMemoryMap) else { return IOError.sharedMemoryMap }
        target?.pointee = handle.file.shared.map(
            handle.id, region: Int(region), size: Int(size), extends: extends != 0)
        return SQLITE_OK
    }
    methods.xShmLock = { file, first, count, flags in
        let handle = OpenHandle.of(file)
        let slots = Int(first)..<Int(first + count)
        if flags & SQLITE_SHM_UNLOCK != 0 {
            handle.file.shared.unlock(handle.id, slots)
            return SQLITE_OK
        }
        if handle.process.isDead { return IOError.lock }
        let isExclusive = flags & SQLITE_SHM_EXCLUSIVE != 0
        return handle.file.shared.lock(handle.id, slots, exclusively: isExclusive) ? SQLITE_OK : SQLITE_BUSY
    }
    methods.xShmBarrier = { _ in }
    methods.xShmUnmap = { file, _ in
        let handle = OpenHandle.of(file)
        handle.file.shared.unmap(handle.id)
        return SQLITE_OK
    }
    table.initialize(to: methods)
    return UnsafePointer(table)
}()
