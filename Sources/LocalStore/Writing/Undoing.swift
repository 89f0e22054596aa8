public import AnnotationModel
import ChangeLog
import SQLiteBinding
import WireFormat

extension LocalStore {
    /// Takes back the newest own action that is not taken back yet, as a new change.
    ///
    /// What others wrote since stays: only what the action's own operations still show is reversed.
    /// - Returns: The action taken back, or `nil` if there is none.
    public func undo() throws -> ActionID? {
        try write { transaction in
            guard let action = try transaction.core.lastAction() else { return nil }
            try transaction.reverse(action)
            return action
        }
    }
}

extension StoreCore {
    fileprivate func lastAction() throws -> ActionID? {
        let select = try db.statement(
            "SELECT id FROM action WHERE is_undone = 0 AND undoes IS NULL ORDER BY num DESC LIMIT 1")
        guard try select.step() else { return nil }
        defer { select.reset() }
        return ActionID(select, 0)
    }

    fileprivate func changes(of action: ActionID) throws -> [Int64] {
        let select = try db.statement("SELECT change FROM action_change WHERE action = ?1 ORDER BY change DESC")
        select.bind(action, at: 1)
        var ids: [Int64] = []
        while try select.step() { ids.append(select.int64(0)) }
        return ids
    }
}

extension WriteTransaction {
    /// Writes the opposite of every operation of an action, last first.
    fileprivate func reverse(_ action: ActionID) throws {
        undoes = action
        for id in try core.changes(of: action) {
            guard let row = try core.changeRow(id) else { continue }
            let replica = try core.replicaOfChange(id)
            let layer = try core.layerOfChange(id)
            let operations = core.readableOperations(of: row, replica: replica)
            for (index, operation) in operations.enumerated().reversed() {
                let dot = Dot(replica: replica, seq: row.seq, index: UInt32(index))
                try reverse(operation, dot, in: layer)
            }
        }
        let update = try core.db.statement("UPDATE action SET is_undone = 1 WHERE id = ?1")
        update.bind(action, at: 1)
        try update.run()
    }

    private func reverse(_ operation: ChangeLog.Operation, _ dot: Dot, in layer: LayerRow) throws {
        let state = try self.state(of: operation.record, in: layer.id)
        let (record, kind) = (operation.record, operation.kind)
        switch operation.action {
        case .create:
            guard state.creations.contains(where: { $0.dot == dot }), let delete = state.delete(record, kind) else {
                return
            }
            try perform(delete, in: layer.id)
        case .write(let field, let value, let isContested):
            let live = state.candidates(field)
            // Somebody has written over it: theirs stays.
            guard
                let own = try live.first(where: { try $0.dot == dot || ($0.value == value && isOwnUndo($0.dot, layer)) }
                )
            else { return }
            // A write that settled a conflict brings all the values back into it, others the one that showed.
            var before = try operation.supersedes.compactMap {
                try core.write(at: $0, field: field, of: record, layer: layer)
            }
            before.sort { $0.stamp.precedes($1.stamp) }
            var values = before.map(\.value)
            if !isContested { values = values.suffix(1) }
            if values.isEmpty { values = [.null] }
            for (place, value) in values.enumerated() {
                try perform(
                    Operation(
                        record: record, kind: kind, action: .write(field, value, isContested: isContested),
                        supersedes: place == 0 ? [own.dot] : []), in: layer.id)
            }
        case .add(let field, let element):
            let live = state.elements.filter { $0.field == field && $0.element == element && $0.isPresent }
            guard let own = try live.first(where: { try $0.dot == dot || isOwnUndo($0.dot, layer) }) else { return }
            try perform(
                Operation(record: record, kind: kind, action: .remove(field, element), supersedes: [own.dot]),
                in: layer.id)
        case .remove(let field, let element):
            guard let add = state.add(element, to: field, of: record, kind) else { return }
            try perform(add, in: layer.id)
        case .delete:
            let own = try state.deletions.map(\.dot).first { try $0 == dot || isOwnUndo($0, layer) }
            guard let own else { return }
            try perform(Operation(record: record, kind: kind, action: .restore, supersedes: [own]), in: layer.id)
        case .restore:
            guard try state.restorations.contains(where: { try $0.dot == dot || isOwnUndo($0.dot, layer) }),
                let delete = state.delete(record, kind)
            else { return }
            try perform(delete, in: layer.id)
        case .unknown: return
        }
    }

    /// Whether an operation was made by an undo on this store: it then stands for what it brought back, so that
    /// undoing can go on with the action before.
    private func isOwnUndo(_ dot: Dot, _ layer: LayerRow) throws -> Bool {
        let replica = try core.num(of: dot.replica)
        guard try core.isOwn(replica), let chain = try core.chain(layer: layer.num, replica: replica),
            let payload = try core.changeRow(chain.changeID(dot.seq))?.payload
        else { return false }
        return try Payload(decoding: payload, by: dot.replica).undoes != nil
    }
}

extension StoreCore {
    func layerOfChange(_ id: Int64) throws -> LayerRow {
        let select = try db.statement("SELECT layer FROM chain WHERE num = ?1")
        select.bind(ChainRow.split(id).chain, at: 1)
        guard try select.step() else { throw StoreError(.damaged, "\(path): a change belongs to no chain") }
        let num = select.int64(0)
        select.reset()
        return try layer(num: num)
    }

    /// What the operation at `dot` wrote to a register, and when, if it is in the log.
    fileprivate func write(
        at dot: Dot, field: Field, of record: RecordID, layer: LayerRow
    ) throws -> (value: Value, stamp: Stamp)? {
        guard let chain = try chain(layer: layer.num, replica: try num(of: dot.replica)) else { return nil }
        guard let row = try changeRow(chain.changeID(dot.seq)) else {
            // What was written over since was live in the snapshot.
            let base = try baseState(of: RecordBuffer.Key(layer: layer.num, record: record))
            return base?.registers.first { $0.dot == dot }.map { ($0.value, $0.stamp) }
        }
        let operations = readableOperations(of: row, replica: dot.replica)
        guard operations.indices.contains(Int(dot.index)),
            case .write(field, let value, _) = operations[Int(dot.index)].action
        else { return nil }
        return (value, try stamp(of: row, replica: dot.replica))
    }
}
