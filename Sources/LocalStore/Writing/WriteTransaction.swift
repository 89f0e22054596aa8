public import AnnotationModel
public import ChangeLog
import SQLiteBinding
import WireFormat

/// One user action: everything in it happens, in every layer that it touches, or nothing.
///
/// Each touched layer gets one change; an action id ties them for undo and display. Valid inside the closure of
/// `LocalStore.write` only. Step 2 of docs/one-annotation.md.
public final class WriteTransaction {
    /// What is being written to one layer.
    private final class Draft {
        let row: LayerRow
        var chain: ChainRow
        let stamp: Stamp
        /// The author's.
        let role: Role
        var operations: [ChangeLog.Operation] = []

        init(row: LayerRow, chain: ChainRow, stamp: Stamp, role: Role) {
            self.row = row
            self.chain = chain
            self.stamp = stamp
            self.role = role
        }
    }

    let core: StoreCore
    let buffer: RecordBuffer
    /// Identifies this action in every change it makes.
    public let action: ActionID
    var undoes: ActionID?
    /// Makes the transaction count for undo; not set where it only re-issues work.
    var isUndoable = true
    private var drafts: [LayerID: Draft] = [:]
    private var order: [LayerID] = []

    init(_ core: StoreCore) {
        self.core = core
        buffer = RecordBuffer(core)
        action = core.cryptography.randomIdentifier()
    }

    /// Reading within the transaction sees the store as it was before; use the store's own values for what was written.
    public var reader: StoreReader { StoreReader(core: core) }

    // MARK: Records

    /// Creates a record.
    ///
    /// - Parameters:
    ///   - id: The id, where it is derived from content; else a fresh one is made.
    ///   - values: Fields and their values; a set field may occur several times.
    /// - Returns: The record's id.
    /// - Throws: `notWritable`, `noSuchLayer`, `invalid` (see `Model.checkCreation`).
    @discardableResult
    public func create(
        _ kind: Kind, in layer: LayerID, id: RecordID? = nil, _ values: [(Field, Value)]
    ) throws -> RecordID {
        guard let definition = Model.definition(of: kind) else {
            throw StoreError(.invalid, "there is no kind of record with number \(kind.rawValue)")
        }
        var writeOnce: [(Field, Value)] = []
        var rest: [(FieldDefinition, Value)] = []
        for (field, value) in values {
            guard let known = definition.definition(of: field) else {
                throw StoreError(.invalid, "a \(definition.name) has no field number \(field.rawValue)")
            }
            if known.rule == .writeOnce {
                writeOnce.append((field, value))
            } else {
                try Model.check(value, for: field, of: definition, rule: known.rule)
                rest.append((known, value))
            }
        }
        try Model.checkCreation(kind, writeOnce)
        try begin(layer)
        let record = id ?? core.idSource.make(in: layer) { core.cryptography.randomWord() }
        let fields = writeOnce.sorted { $0.0 < $1.0 }.map { FieldValue($0.0, $0.1) }
        try perform(Operation(record: record, kind: kind, action: .create(fields)), in: layer)
        var seen: [Field: Set<Value>] = [:]
        for (field, value) in rest {
            switch field.rule {
            case .addWinsSet:
                // A set knows no order and no doubles.
                guard seen[field.field, default: []].insert(value).inserted else { continue }
                try perform(Operation(record: record, kind: kind, action: .add(field.field, value)), in: layer)
            case .register, .contested:
                guard !value.isNull else { continue }
                try perform(
                    Operation(
                        record: record, kind: kind,
                        action: .write(field.field, value, isContested: field.rule == .contested)), in: layer)
            case .writeOnce: break
            }
        }
        return record
    }

    /// Writes a register, in place of every value that shows or is in conflict now. `null` clears it.
    ///
    /// - Returns: Whether anything changed.
    /// - Throws: `noSuchRecord`, `notWritable`, `invalid`.
    @discardableResult
    public func set(_ field: Field, of record: RecordID, in layer: LayerID, to value: Value) throws -> Bool {
        let (state, definition) = try existing(record, layer)
        let known = try Self.field(field, of: definition)
        try Model.check(value, for: field, of: definition, rule: known.rule)
        let candidates = state.candidates(field)
        if candidates.isEmpty && value.isNull { return false }
        if candidates.count == 1 && candidates[0].value == value { return false }
        try perform(
            state.write(value, to: field, isContested: known.rule == .contested, of: record, definition.kind), in: layer
        )
        return true
    }

    /// Adds an element to a set; `false` if it is there already.
    @discardableResult
    public func add(_ element: Value, to field: Field, of record: RecordID, in layer: LayerID) throws -> Bool {
        let (state, definition) = try existing(record, layer)
        try Model.check(element, for: field, of: definition, rule: .addWinsSet)
        guard let operation = state.add(element, to: field, of: record, definition.kind) else { return false }
        try perform(operation, in: layer)
        return true
    }

    /// Removes an element from a set; `false` if it is not there.
    @discardableResult
    public func remove(_ element: Value, from field: Field, of record: RecordID, in layer: LayerID) throws -> Bool {
        let (state, definition) = try existing(record, layer)
        try Model.check(element, for: field, of: definition, rule: .addWinsSet)
        guard let operation = state.remove(element, from: field, of: record, definition.kind) else { return false }
        try perform(operation, in: layer)
        return true
    }

    /// Deletes a record as it stands here; edits made elsewhere meanwhile bring it back, as a conflict.
    public func delete(_ record: RecordID, in layer: LayerID) throws {
        let (state, definition) = try existing(record, layer)
        guard let operation = state.delete(record, definition.kind) else { return }
        try perform(operation, in: layer)
    }

    /// Takes every deletion of a record back; `false` if there is none.
    @discardableResult
    public func restore(_ record: RecordID, in layer: LayerID) throws -> Bool {
        try begin(layer)
        let state = try self.state(of: record, in: layer)
        guard let kind = state.kind, let operation = state.restore(record, kind) else { return false }
        try perform(operation, in: layer)
        return true
    }

    /// The merged state of a record, with what this transaction has done to it.
    public func state(of record: RecordID, in layer: LayerID) throws -> RecordState {
        try buffer.state(RecordBuffer.Key(layer: try core.layer(layer).num, record: record))
    }

    private func existing(_ record: RecordID, _ layer: LayerID) throws -> (RecordState, KindDefinition) {
        try begin(layer)
        let state = try self.state(of: record, in: layer)
        guard state.isAlive, let kind = state.kind else {
            throw StoreError(
                .noSuchRecord, "there is no record \(record.short) in this layer (it may have been deleted)")
        }
        guard let definition = Model.definition(of: kind) else {
            throw StoreError(
                .newerVersion, "record \(record.short) was made by a newer version of Variorum, which alone can edit it"
            )
        }
        return (state, definition)
    }

    private static func field(_ field: Field, of definition: KindDefinition) throws -> FieldDefinition {
        guard let known = definition.definition(of: field) else {
            throw StoreError(.invalid, "a \(definition.name) has no field number \(field.rawValue)")
        }
        return known
    }

    // MARK: Changes

    @discardableResult
    private func begin(_ layer: LayerID) throws -> Draft {
        if let draft = drafts[layer] { return draft }
        let row = try core.layer(layer)
        let replica: ReplicaID = try core.identifier(.replica)
        let replicaNum = try core.num(of: replica)
        let chain =
            try core.chain(layer: row.num, replica: replicaNum) ?? ChainRow(layer: row.num, replica: replicaNum)
        let stamp = Stamp(
            replica: replica, seq: chain.heldSeq + 1, lamport: try core.lamport(of: row) + 1,
            author: try core.identifier(.member), wallTime: core.clock())
        let draft = Draft(row: row, chain: chain, stamp: stamp, role: try core.role(of: stamp.author))
        drafts[layer] = draft
        order.append(layer)
        return draft
    }

    /// Applies one operation and writes it down for the layer's change.
    func perform(_ operation: ChangeLog.Operation, in layer: LayerID) throws {
        let draft = try begin(layer)
        guard draft.operations.count < WireLimits.operationsMax else { throw Self.tooLarge }
        try core.checkAccess(operation, author: draft.stamp.author, role: draft.role, layer: draft.row) {
            try self.state(of: operation.record, in: layer).creation?.stamp.author
        }
        try buffer.apply(
            operation, index: UInt32(draft.operations.count), stamp: draft.stamp, layer: draft.row.num)
        draft.operations.append(operation)
    }

    private static let tooLarge = StoreError(
        .tooLarge, "this is more than one transaction can hold; divide it into several")

    /// Writes changes and records; called once, before the commit.
    func finish() throws -> [RecordBuffer.Key] {
        var changeIDs: [Int64] = []
        for layer in order {
            guard let draft = drafts[layer], !draft.operations.isEmpty else { continue }
            let stamp = draft.stamp
            let payload = Payload(action: action, undoes: undoes, operations: draft.operations)
                .encoded(by: stamp.replica)
            guard payload.count <= WireLimits.payloadBytesMax else { throw Self.tooLarge }
            let header = ChangeHeader(
                layer: layer, replica: stamp.replica, seq: stamp.seq, author: stamp.author, lamport: stamp.lamport,
                wallTime: stamp.wallTime, previous: draft.chain.headHash,
                payloadHash: core.cryptography.sha256(payload))
            let change = Change(header: header, hash: header.hash(using: core.cryptography), payload: payload)
            try core.append(change, to: &draft.chain, isAcked: false)
            try core.save(&draft.chain)
            try core.touch(draft.row, lamport: stamp.lamport)
            changeIDs.append(draft.chain.changeID(stamp.seq))
        }
        if isUndoable && !changeIDs.isEmpty { try core.remember(action, undoes: undoes, changes: changeIDs) }
        return try buffer.flush()
    }
}

extension StoreCore {
    /// Highest Lamport counter seen in a layer.
    func lamport(of layer: LayerRow) throws -> UInt64 {
        let select = try db.statement("SELECT lamport FROM layer WHERE num = ?1")
        select.bind(layer.num, at: 1)
        guard try select.step() else { return 0 }
        defer { select.reset() }
        return UInt64(select.int64(0))
    }

    /// Notes that a layer changed.
    func touch(_ layer: LayerRow, lamport: UInt64) throws {
        let update = try db.statement(
            "UPDATE layer SET lamport = max(lamport, ?2), revision = revision + 1 WHERE num = ?1")
        update.bind(layer.num, at: 1)
        update.bind(lamport, at: 2)
        try update.run()
    }

    func remember(_ action: ActionID, undoes: ActionID?, changes: [Int64]) throws {
        let insert = try db.statement("INSERT INTO action (id, undoes) VALUES (?1, ?2)")
        insert.bind(action, at: 1)
        insert.bind(undoes, at: 2)
        try insert.run()
        for change in changes {
            let link = try db.statement("INSERT INTO action_change (action, change) VALUES (?1, ?2)")
            link.bind(action, at: 1)
            link.bind(change, at: 2)
            try link.run()
        }
    }
}
