import LocalStore

/// The small files beside a store's database, on a simulated disk.
///
/// `@unchecked Sendable`: a simulation runs on one thread.
struct SimulatedFileSystem: FileSystem, @unchecked Sendable {
    private let machine: SimulatedMachine
    private let process: SimulatedProcess

    /// The files as the process that runs now sees them.
    init(_ machine: SimulatedMachine) {
        self.machine = machine
        process = machine.process
    }

    private func failure(_ path: String) -> StoreError { StoreError(.inputOutput, "\(path): simulated fault") }

    /// - Returns: How much of a write of `count` bytes happens before it fails; `nil` for a call that goes through.
    private func begin(_ path: String, writing count: Int = 0, isWrite: Bool = false) throws -> Int? {
        if process.isDead { throw failure(path) }
        switch machine.faults.next(isWrite: isWrite) {
        case .none: return nil
        case .fail: throw failure(path)
        case .full: throw StoreError(.diskFull, "\(path): simulated full disk")
        case .short: return count / 2
        case .crash:
            process.isDead = true
            return count / 2
        }
    }

    func read(_ path: String, maximum: Int) throws -> [UInt8]? {
        if try begin(path) != nil { throw failure(path) }
        return machine.file(path)?.data
    }

    func write(_ bytes: [UInt8], to path: String) throws { try write(bytes, to: path, fromEnd: false) }

    func append(_ bytes: [UInt8], to path: String) throws {
        guard machine.file(path) != nil else { throw failure(path) }
        try write(bytes, to: path, fromEnd: true)
    }

    private func write(_ bytes: [UInt8], to path: String, fromEnd: Bool) throws {
        let cut = try begin(path, writing: bytes.count, isWrite: true)
        let file = machine.makeFile(path)
        if !fromEnd { file.truncate(to: 0) }
        bytes.prefix(cut ?? bytes.count).withUnsafeBytes { file.write($0, at: file.data.count) }
        if cut != nil { throw failure(path) }
        // The flush is a call of its own.
        if try begin(path) != nil { throw failure(path) }
        file.synchronise()
        file.isNameDurable = true
    }

    func rename(_ path: String, to target: String) throws {
        if try begin(path) != nil { throw failure(path) }
        guard machine.rename(path, to: target) else { throw failure(path) }
    }

    func synchroniseFolder(of path: String) throws {
        if try begin(path) != nil { throw failure(path) }
        machine.synchroniseNames()
    }

    func exclusively<T>(in folder: String, _ body: () throws -> T) throws -> T { try body() }

    func remove(_ path: String) {
        if !process.isDead { machine.remove(path) }
    }

    func exists(_ path: String) throws -> Bool {
        if try begin(path) != nil { throw failure(path) }
        return machine.file(path) != nil
    }
    func makeFolder(_ path: String) throws { if process.isDead { throw failure(path) } }
    func inode(of path: String) throws -> UInt64 {
        guard try begin(path) == nil, let file = machine.file(path) else { throw failure(path) }
        return file.inode
    }
    var machineName: String { machine.name }
    var draftSuffix: String { ".new" }
}
