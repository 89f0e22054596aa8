import AnnotationModel
import ChangeLog
import SQLiteBinding
import WireFormat

/// A row of a feed as a snapshot needs it.
struct FeedRow: Sendable {
    let chain: Int64
    let stamp: Stamp
    let hash: Digest
    let feedHash: Digest
    /// `nil` where it is withheld: then the change is without effect.
    let payload: [UInt8]?
}

/// The operations of consecutive changes of a feed, by record: what a snapshot is carried forward by.
///
/// Payloads are read once. What they do is kept encoded, which takes a tenth of the room of operations.
struct FeedStretch: Sendable {
    /// Consecutive operations of one change on one record.
    private struct Run: Sendable {
        let record: RecordID
        /// Number of its change within the stretch: ascending with its position.
        let change: UInt32
        let firstIndex: UInt32
        let start: UInt32
        let length: UInt32
    }

    private let limits: SnapshotLimits
    private var stamps: [Stamp] = []
    private var runs: [Run] = []
    private var bytes: [UInt8] = []
    /// The next run to give.
    private var next = 0
    /// Where the feed stands after the stretch.
    private(set) var position: UInt64
    private(set) var feedHash: Digest
    /// Where the chains end after it, by their rows.
    private(set) var chains: [Int64: SnapshotHead.Chain]

    init(after position: UInt64, feedHash: Digest, chains: [Int64: SnapshotHead.Chain], limits: SnapshotLimits) {
        (self.position, self.feedHash, self.chains, self.limits) = (position, feedHash, chains, limits)
    }

    var vector: VersionVector {
        VersionVector(Dictionary(uniqueKeysWithValues: chains.values.map { ($0.replica, $0.seq) }))
    }

    /// Takes the next change in. - Returns: Whether there was room for it and everything in it can be read: what a newer
    /// version made is not left out of a snapshot, but waits for an upgrade.
    mutating func add(_ row: FeedRow) -> Bool {
        guard runs.count + stamps.count < limits.runsMax, bytes.count < limits.operationBytesMax else { return false }
        if let payload = row.payload {
            guard let operations = try? Payload(decoding: payload, by: row.stamp.replica).operations else {
                return false
            }
            for operation in operations {
                if case .unknown = operation.action { return false }
            }
            add(operations, of: row.stamp.replica)
        }
        stamps.append(row.stamp)
        position += 1
        feedHash = row.feedHash
        chains[row.chain] = SnapshotHead.Chain(
            replica: row.stamp.replica, seq: row.stamp.seq, hash: row.hash, lamport: row.stamp.lamport)
        return true
    }

    private mutating func add(_ operations: [ChangeLog.Operation], of replica: ReplicaID) {
        var first = 0
        while first < operations.count {
            var end = first + 1
            while end < operations.count, operations[end].record == operations[first].record { end += 1 }
            let encoded = Payload(operations: Array(operations[first..<end])).encoded(by: replica)
            runs.append(
                Run(
                    record: operations[first].record, change: UInt32(stamps.count), firstIndex: UInt32(first),
                    start: UInt32(bytes.count), length: UInt32(encoded.count)))
            bytes += encoded
            first = end
        }
    }

    /// Ends the gathering: from now on records can be taken out.
    mutating func sort() {
        runs.sort { left, right in
            if left.record != right.record { return left.record < right.record }
            return left.change != right.change ? left.change < right.change : left.firstIndex < right.firstIndex
        }
    }

    /// The next record to take out; `nil` at the end.
    var nextRecord: RecordID? { next < runs.count ? runs[next].record : nil }

    /// Takes the operations on `nextRecord` out, in the feed's order.
    mutating func takeNext() throws -> [(operation: ChangeLog.Operation, index: UInt32, stamp: Stamp)] {
        var result: [(operation: ChangeLog.Operation, index: UInt32, stamp: Stamp)] = []
        guard let record = nextRecord else { return result }
        while next < runs.count, runs[next].record == record {
            let run = runs[next]
            let stamp = stamps[Int(run.change)]
            let encoded = Array(bytes[Int(run.start)..<Int(run.start + run.length)])
            let operations = try Payload(decoding: encoded, by: stamp.replica).operations
            for (place, operation) in operations.enumerated() {
                result.append((operation, run.firstIndex + UInt32(place), stamp))
            }
            next += 1
        }
        return result
    }
}
