import AnnotationModel
import ChangeLog
import SQLiteBinding
import WireFormat

/// The records that one transaction touches: loaded once, merged in memory, written once.
///
/// Step 3 of docs/one-annotation.md (after the operations are made), and step 8 (when they arrive elsewhere).
final class RecordBuffer {
    struct Key: Hashable {
        let layer: Int64
        let record: RecordID
    }

    /// A class, so that an operation finds its record once and changes it in place.
    private final class Entry {
        let num: Int64
        var state: RecordState
        let wasAliveAs: Kind?
        let hadConflicts: Bool
        var isDirty = false

        init(num: Int64, state: RecordState, wasAliveAs: Kind?, hadConflicts: Bool) {
            self.num = num
            self.state = state
            self.wasAliveAs = wasAliveAs
            self.hadConflicts = hadConflicts
        }
    }

    private let core: StoreCore
    private var entries: [Key: Entry] = [:]
    private var order: [Key] = []
    fileprivate var vectors: [Int64: VersionVector] = [:]

    init(_ core: StoreCore) { self.core = core }

    /// What has been applied of a layer so far in this transaction.
    func vector(layer: Int64) throws -> VersionVector {
        if let vector = vectors[layer] { return vector }
        let vector = try core.vector(layer: layer)
        vectors[layer] = vector
        return vector
    }

    func advance(layer: Int64, replica: ReplicaID, to seq: UInt64) throws {
        _ = try vector(layer: layer)
        vectors[layer]?[replica] = seq
    }

    /// Forgets vectors after the log itself was changed.
    func forgetVectors() { vectors.removeAll() }

    func state(_ key: Key) throws -> RecordState { try entry(key).state }

    func apply(_ operation: ChangeLog.Operation, index: UInt32, stamp: Stamp, layer: Int64) throws {
        if case .unknown = operation.action { return }
        let entry = try entry(Key(layer: layer, record: operation.record))
        entry.state.apply(operation, index: index, stamp: stamp, vector: try vector(layer: layer))
        entry.isDirty = true
    }

    func replace(_ key: Key, with state: RecordState) throws {
        let entry = try entry(key)
        entry.state = state
        entry.isDirty = true
    }

    /// Enters a record that has no row yet.
    func insert(_ key: Key, _ state: RecordState) {
        let entry = Entry(num: 0, state: state, wasAliveAs: nil, hadConflicts: false)
        entry.isDirty = true
        if entries.updateValue(entry, forKey: key) == nil { order.append(key) }
    }

    private func entry(_ key: Key) throws -> Entry {
        if let entry = entries[key] { return entry }
        let entry = try load(key)
        entries[key] = entry
        order.append(key)
        return entry
    }

    private func load(_ key: Key) throws -> Entry {
        let select = try core.db.statement(
            "SELECT num, kind, is_alive, state, awaited FROM record WHERE layer = ?1 AND id = ?2")
        select.bind(key.layer, at: 1)
        select.bind(key.record, at: 2)
        guard try select.step() else {
            // Of a snapshot that is being read in, what is touched is there before its turn.
            let state = try core.unreadBaseState(of: key) ?? RecordState()
            return Entry(num: 0, state: state, wasAliveAs: nil, hadConflicts: false)
        }
        defer { select.reset() }
        let state = try RecordState(decoding: select.blob(3), awaited: select.optionalBlob(4))
        return Entry(
            num: select.int64(0), state: state,
            wasAliveAs: select.bool(2) ? Kind(rawValue: UInt16(clamping: select.int64(1))) : nil,
            hadConflicts: !state.conflicts.isEmpty)
    }

    /// Writes everything that changed, in the order in which it was touched, and gives the keys.
    func flush() throws -> [Key] {
        var written: [Key] = []
        var search = SearchUpdate()
        for key in order {
            guard let entry = entries[key], entry.isDirty else { continue }
            let num = try write(entry, key)
            try core.refresh(
                record: num, state: entry.state, wasAliveAs: entry.wasAliveAs, hadConflicts: entry.hadConflicts, &search
            )
            if entry.state.isEmpty { try core.run("DELETE FROM record WHERE num = ?1", num) }
            written.append(key)
        }
        try search.write(to: core)
        entries.removeAll(keepingCapacity: true)
        order.removeAll(keepingCapacity: true)
        return written
    }

    private func write(_ entry: Entry, _ key: Key) throws -> Int64 {
        let kind = Int64(entry.state.kind?.rawValue ?? 0)
        if entry.num == 0 {
            let insert = try core.db.statement(
                "INSERT INTO record (layer, id, kind, is_alive, state, awaited) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
            insert.bind(key.layer, at: 1)
            insert.bind(key.record, at: 2)
            insert.bind(kind, at: 3)
            insert.bind(entry.state.isAlive, at: 4)
            insert.bind(entry.state.encoded, at: 5)
            insert.bind(entry.state.encodedAwaited, at: 6)
            try insert.run()
            return core.db.lastInsertedRow
        }
        let update = try core.db.statement(
            "UPDATE record SET kind = ?2, is_alive = ?3, state = ?4, awaited = ?5 WHERE num = ?1")
        update.bind(entry.num, at: 1)
        update.bind(kind, at: 2)
        update.bind(entry.state.isAlive, at: 3)
        update.bind(entry.state.encoded, at: 4)
        update.bind(entry.state.encodedAwaited, at: 5)
        try update.run()
        return entry.num
    }
}

extension RecordBuffer {
    /// Begins to replay a layer whose tables were emptied.
    ///
    /// - Parameter vector: What is applied before the replay begins.
    func startOver(layer: Int64, from vector: VersionVector) { vectors[layer] = vector }
}
