import AnnotationModel

/// One computer with a disk: a device or the server.
///
/// What runs on it is a `SimulatedProcess`; a crash ends that, and the next one finds what the disk kept.
final class SimulatedMachine {
    let name: String
    private(set) var files: [String: SimulatedFile] = [:]
    private(set) var process: SimulatedProcess
    let faults = DiskFaults()
    private var nextInode: UInt64 = 1
    /// Names given, taken and changed since the folder was last flushed, in order.
    private var pendingNames: [NameChange] = []

    private enum NameChange {
        case made(String, SimulatedFile)
        case removed(String, SimulatedFile)
        /// With what had the target's name before.
        case renamed(String, to: String, over: SimulatedFile?)
    }

    init(name: String) {
        self.name = name
        process = SimulatedProcess()
    }

    // MARK: Files

    func file(_ path: String) -> SimulatedFile? { files[path] }

    func makeFile(_ path: String) -> SimulatedFile {
        if let file = files[path] { return file }
        let file = SimulatedFile(inode: nextInode)
        nextInode += 1
        files[path] = file
        pendingNames.append(.made(path, file))
        return file
    }

    func remove(_ path: String) {
        guard let file = files.removeValue(forKey: path) else { return }
        pendingNames.append(.removed(path, file))
    }

    func rename(_ path: String, to target: String) -> Bool {
        guard let file = files.removeValue(forKey: path) else { return false }
        pendingNames.append(.renamed(path, to: target, over: files[target]))
        files[target] = file
        return true
    }

    func synchroniseNames() {
        pendingNames.removeAll()
        for file in files.values { file.isNameDurable = true }
    }

    // MARK: Crashes

    /// The program is killed: what it wrote stays.
    func kill() {
        process.isDead = true
        faults.disarm()
        restart(files.mapValues { (inode: $0.inode, data: $0.data) })
    }

    /// The power goes: what was not flushed may be there or not.
    func cutPower(_ random: inout SplitMix64) {
        process.isDead = true
        faults.disarm()
        let kept = random.below(pendingNames.count + 1)
        for change in pendingNames[kept...].reversed() { revert(change) }
        for (_, file) in files.sorted(by: { $0.key < $1.key }) { file.cutPower(&random) }
        restart(files.mapValues { (inode: $0.inode, data: $0.data) })
    }

    private func revert(_ change: NameChange) {
        switch change {
        case .made(let path, let file):
            // Flushing a new file makes its name durable too, as common file systems do.
            if files[path] === file && !file.isNameDurable { files[path] = nil }
        case .removed(let path, let file):
            if files[path] == nil { files[path] = file }
        case .renamed(let path, let target, let old):
            guard let file = files[target] else { return }
            files[path] = file
            files[target] = old
        }
    }

    /// A new process, on files without open connections.
    private func restart(_ content: [String: (inode: UInt64, data: [UInt8])]) {
        pendingNames.removeAll()
        files = content.mapValues { entry in
            let file = SimulatedFile(inode: entry.inode, data: entry.data)
            file.isNameDurable = true
            return file
        }
        process = SimulatedProcess()
    }

    // MARK: Copies

    /// All files of a machine at one moment.
    typealias Image = [String: [UInt8]]

    /// - Complexity: O(number of files); bytes are shared until somebody writes.
    var image: Image { files.mapValues(\.data) }

    /// Puts an image in the place of what is there, under a process that ends. Files keep their inodes, as a restore in
    /// place does.
    ///
    /// - Parameter paths: Only these; the rest stays as it is.
    func restore(_ image: Image, only paths: ((String) -> Bool) = { _ in true }) {
        process.isDead = true
        faults.disarm()
        var content = files.mapValues { (inode: $0.inode, data: $0.data) }
        for path in content.keys where paths(path) && image[path] == nil { content[path] = nil }
        for (path, data) in image.sorted(by: { $0.key < $1.key }) where paths(path) {
            content[path] = (inode: content[path]?.inode ?? takeInode(), data: data)
        }
        restart(content)
    }

    /// Puts an image of another machine on this one: every file is a new one.
    func receive(_ image: Image) {
        process.isDead = true
        var content: [String: (inode: UInt64, data: [UInt8])] = [:]
        for (path, data) in image.sorted(by: { $0.key < $1.key }) {
            content[path] = (inode: takeInode() + 1000, data: data)
        }
        restart(content)
    }

    private func takeInode() -> UInt64 {
        nextInode += 1
        return nextInode - 1
    }

    /// Whether any file contains `bytes`.
    func contains(_ bytes: [UInt8]) -> Bool {
        files.values.contains { file in file.data.containsBytes(bytes) }
    }
}

/// One life of the program on a machine. After a crash nothing that it still tries has an effect.
///
/// `@unchecked Sendable`: a simulation runs on one thread.
final class SimulatedProcess: @unchecked Sendable {
    var isDead = false
}
