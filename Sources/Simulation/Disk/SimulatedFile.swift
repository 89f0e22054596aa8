import AnnotationModel

/// The content of one file, and what a power cut could take from it.
final class SimulatedFile {
    /// A write or truncation that no flush has followed yet.
    private struct Unsynced {
        let offset: Int
        /// What stood there, as far as the file went.
        let old: [UInt8]
        let oldSize: Int
        /// `nil`: the file was cut off at `offset`.
        let new: [UInt8]?
    }

    let inode: UInt64
    private(set) var data: [UInt8]
    private var unsynced: [Unsynced] = []
    /// Whether a power cut leaves the name in its folder.
    var isNameDurable = false

    // Locks and shared memory are those of the connections that are open; a crash ends them with their file.
    var locks = FileLocks()
    let shared = SharedMemory()

    init(inode: UInt64, data: [UInt8] = []) {
        self.inode = inode
        self.data = data
    }

    /// Fills `buffer` from `offset`; returns how many bytes there were.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) -> Int {
        let count = max(0, min(buffer.count, data.count - offset))
        data.withUnsafeBytes { bytes in
            if count > 0 { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + count)])) }
        }
        for place in count..<buffer.count { buffer[place] = 0 }
        return count
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        let end = offset + bytes.count
        let old = offset < data.count ? Array(data[offset..<min(end, data.count)]) : []
        unsynced.append(Unsynced(offset: offset, old: old, oldSize: data.count, new: Array(bytes)))
        put(bytes, at: offset)
    }

    private func put(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        let end = offset + bytes.count
        if end > data.count { data += [UInt8](repeating: 0, count: end - data.count) }
        data.withUnsafeMutableBytes { target in
            UnsafeMutableRawBufferPointer(rebasing: target[offset..<end]).copyMemory(from: bytes)
        }
    }

    func truncate(to size: Int) {
        guard size < data.count else { return }
        unsynced.append(Unsynced(offset: size, old: Array(data[size...]), oldSize: data.count, new: nil))
        data.removeSubrange(size...)
    }

    func synchronise() { unsynced.removeAll(keepingCapacity: true) }

    /// What is left of the unsynced writes after a power cut: none, all, the first few, or any of them, torn at sectors.
    func cutPower(_ random: inout SplitMix64) {
        guard !unsynced.isEmpty else { return }
        let mode = random.below(4)
        if mode == 0 {
            unsynced.removeAll()
            return
        }
        let writes = unsynced
        for write in writes.reversed() { revert(write) }
        let kept = mode == 1 ? 0 : mode == 2 ? random.below(writes.count + 1) : writes.count
        for write in writes.prefix(kept) {
            if mode == 3 && random.chance(1, in: 2) { continue }
            guard let new = write.new else {
                if write.offset < data.count { data.removeSubrange(write.offset...) }
                continue
            }
            // A disk writes whole sectors; a longer write may be cut between two.
            let sector = 512
            var length = new.count
            if mode == 3 && length > sector && random.chance(1, in: 4) {
                length = sector * random.below(length / sector)
            }
            new[..<length].withUnsafeBytes { put($0, at: write.offset) }
        }
        unsynced.removeAll()
    }

    private func revert(_ write: Unsynced) {
        if write.new == nil {
            data.append(contentsOf: write.old)
            return
        }
        write.old.withUnsafeBytes { put($0, at: write.offset) }
        data.removeSubrange(write.oldSize...)
    }
}

/// SQLite's file locks among the connections of one machine (sqlite.org/lockingv3.html).
struct FileLocks {
    private var shared: Set<ObjectIdentifier> = []
    private var reserved: ObjectIdentifier?
    private var pending: ObjectIdentifier?
    private var exclusive: ObjectIdentifier?

    /// 0 none, 1 shared, 2 reserved, 3 pending, 4 exclusive. - Returns: Whether it was granted.
    mutating func lock(_ owner: ObjectIdentifier, level: Int32) -> Bool {
        func isOther(_ holder: ObjectIdentifier?) -> Bool { holder != nil && holder != owner }
        switch level {
        case 1:
            if isOther(pending) || isOther(exclusive) { return false }
            shared.insert(owner)
        case 2:
            if isOther(reserved) || isOther(pending) || isOther(exclusive) { return false }
            reserved = owner
        default:
            if isOther(reserved) || isOther(pending) || isOther(exclusive) { return false }
            pending = owner
            if level == 4 {
                if shared.contains(where: { $0 != owner }) { return false }
                exclusive = owner
            }
        }
        return true
    }

    mutating func unlock(_ owner: ObjectIdentifier, level: Int32) {
        if reserved == owner { reserved = nil }
        if pending == owner { pending = nil }
        if exclusive == owner { exclusive = nil }
        if level == 0 { shared.remove(owner) }
    }

    var isReserved: Bool { reserved != nil || pending != nil || exclusive != nil }
}

/// The WAL index: memory that the connections of one machine share, and its eight locks (sqlite.org/walformat.html).
final class SharedMemory {
    private var regions: [UnsafeMutableRawPointer] = []
    private var attached: Set<ObjectIdentifier> = []
    private var sharedHolders: [Set<ObjectIdentifier>] = Array(repeating: [], count: 8)
    private var exclusiveHolders: [ObjectIdentifier?] = Array(repeating: nil, count: 8)

    deinit { purge() }

    private func purge() {
        for region in regions { region.deallocate() }
        regions.removeAll()
    }

    func map(_ owner: ObjectIdentifier, region: Int, size: Int, extends: Bool) -> UnsafeMutableRawPointer? {
        attached.insert(owner)
        while regions.count <= region {
            guard extends else { return nil }
            let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
            memory.initializeMemory(as: UInt8.self, repeating: 0, count: size)
            regions.append(memory)
        }
        return regions[region]
    }

    func unmap(_ owner: ObjectIdentifier) {
        attached.remove(owner)
        for slot in 0..<8 { unlock(owner, slot..<(slot + 1)) }
        if attached.isEmpty { purge() }
    }

    func lock(_ owner: ObjectIdentifier, _ slots: Range<Int>, exclusively: Bool) -> Bool {
        for slot in slots {
            if let holder = exclusiveHolders[slot], holder != owner { return false }
            if exclusively && sharedHolders[slot].contains(where: { $0 != owner }) { return false }
        }
        for slot in slots {
            if exclusively { exclusiveHolders[slot] = owner } else { sharedHolders[slot].insert(owner) }
        }
        return true
    }

    func unlock(_ owner: ObjectIdentifier, _ slots: Range<Int>) {
        for slot in slots {
            if exclusiveHolders[slot] == owner { exclusiveHolders[slot] = nil }
            sharedHolders[slot].remove(owner)
        }
    }
}
