public import AnnotationModel
import ChangeLog
import SQLiteBinding
import WireFormat

/// What may become of work that the server refused. Nothing does by itself: it stays listed until somebody decides.
extension LocalStore {
    /// Makes the same records again in a layer where that is allowed.
    ///
    /// - Parameter change: The refused change's key, from `RefusedItem`.
    /// - Returns: How many operations were re-applied.
    @discardableResult
    public func reapply(_ change: Int64, in layer: LayerID) throws -> Int {
        try write { transaction in
            guard let row = try transaction.core.changeRow(change), row.withheld != nil, let bytes = row.payload else {
                throw StoreError(
                    .noSuchRecord, "there is no refused change with number \(change); see `variorum refused`")
            }
            let replica = try transaction.core.replicaOfChange(change)
            let operations = try Payload(decoding: bytes, by: replica).operations
            for operation in operations {
                // What was superseded in the other layer does not exist in this one.
                var action = operation.action
                if case .delete = action { action = .delete(covers: []) }
                try transaction.perform(
                    Operation(record: operation.record, kind: operation.kind, action: action), in: layer)
            }
            try transaction.core.settleRefusal(change, outcome: "re-applied")
            return operations.count
        }
    }

    /// Takes a refused change off the list; it stays in the log.
    public func dismiss(_ change: Int64) throws {
        try exclusively { core in
            try core.db.transaction { try core.settleRefusal(change, outcome: "dismissed") }
        }
    }
}

extension StoreCore {
    fileprivate func settleRefusal(_ change: Int64, outcome: String) throws {
        let update = try db.statement("UPDATE refusal SET outcome = ?2 WHERE change = ?1 AND outcome IS NULL")
        update.bind(change, at: 1)
        update.bind(outcome, at: 2)
        try update.run()
        guard db.changes == 1 else {
            throw StoreError(.noSuchRecord, "there is no refused change with number \(change); see `variorum refused`")
        }
    }
}
