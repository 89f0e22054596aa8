import AnnotationModel
import ChangeLog
import SQLiteBinding
import WireFormat

/// Finding every change of a record without an index, and making a record anew from them.
///
/// Every operation applied to a record is live in its state or was superseded by one that was applied, so that the
/// dots lead from the state back through the whole history, or as far as a snapshot.
extension StoreCore {
    /// Keys of the changes in the log that hold operations on the record.
    ///
    /// Complexity: O(h) changes read, h = the record's history.
    /// - Parameter reachesBehindSnapshot: Whether those that a snapshot stands for are among them, as far as they are here.
    func history(
        of key: RecordBuffer.Key, state: RecordState, reachesBehindSnapshot: Bool = false
    ) throws -> Set<Int64> {
        var found: Set<Int64> = []
        var dots = state.liveDots + state.deletions.flatMap(\.covers)
        // What a snapshot stands for leads no further, but to what it names and came after it: that may be superseded already,
        // and then nothing else leads there.
        if let base = try baseState(of: key) { dots += base.awaited }
        var chains: [ReplicaID: ChainRow?] = [:]
        while let dot = dots.popLast() {
            if chains[dot.replica] == nil {
                chains[dot.replica] = .some(try chain(layer: key.layer, replica: try num(of: dot.replica)))
            }
            guard let chain = chains[dot.replica] ?? nil, dot.seq <= chain.heldSeq,
                reachesBehindSnapshot || dot.seq >= chain.firstWholeSeq
            else { continue }
            let id = chain.changeID(dot.seq)
            guard found.insert(id).inserted, let row = try changeRow(id) else { continue }
            for operation in readableOperations(of: row, replica: dot.replica) where operation.record == key.record {
                dots += operation.supersedes
                if case .delete(let covers) = operation.action { dots += covers }
            }
        }
        return found
    }

    /// A record's state from exactly these changes, in so far as they are in the log and have effect, and what a snapshot says
    /// of it.
    func replay(_ key: RecordBuffer.Key, changes: Set<Int64>, vector: VersionVector) throws -> RecordState {
        var operations: [(operation: ChangeLog.Operation, index: UInt32, stamp: Stamp)] = []
        for id in changes {
            guard let row = try changeRow(id) else { continue }
            let replica = try replicaOfChange(id)
            let stamp = try self.stamp(of: row, replica: replica)
            for (index, operation) in readableOperations(of: row, replica: replica).enumerated()
            where operation.record == key.record {
                if case .unknown = operation.action { continue }
                operations.append((operation, UInt32(index), stamp))
            }
        }
        return try (baseState(of: key) ?? RecordState()).adding(operations, vector: vector)
    }

    func replicaOfChange(_ id: Int64) throws -> ReplicaID {
        let select = try db.statement("SELECT replica FROM chain WHERE num = ?1")
        select.bind(ChainRow.split(id).chain, at: 1)
        guard try select.step() else { throw StoreError(.damaged, "\(path): a change belongs to no chain") }
        defer { select.reset() }
        return try replica(select.int64(0))
    }

    func stamp(of row: ChangeRow, replica: ReplicaID) throws -> Stamp {
        Stamp(
            replica: replica, seq: row.seq, lamport: row.lamport, author: try member(row.author),
            wallTime: row.wallTime)
    }

    /// The operations of a change that has effect and that this version can read; a newer payload is kept unread.
    func readableOperations(of row: ChangeRow, replica: ReplicaID) -> [ChangeLog.Operation] {
        (try? operations(of: row, replica: replica)) ?? []
    }

    /// Records that a payload touches.
    func touchedRecords(_ payload: [UInt8], by replica: ReplicaID) -> Set<RecordID> {
        Set(((try? Payload(decoding: payload, by: replica).operations) ?? []).map(\.record))
    }
}
