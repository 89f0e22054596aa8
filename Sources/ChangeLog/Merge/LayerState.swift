public import AnnotationModel

/// The merged state of one layer in memory: what a store keeps in tables, without a store.
///
/// Changes may be received in any order and any number of times. Those that run ahead of a gap in their
/// replica's sequence wait until it closes.
public struct LayerState: Sendable {
    public private(set) var records: [RecordID: RecordState] = [:]
    public private(set) var vector = VersionVector()
    /// Received ahead of a gap.
    private var early: [ReplicaID: [UInt64: (stamp: Stamp, operations: [Operation])]] = [:]

    public init() {}

    /// Takes one change in; what is known already changes nothing.
    public mutating func receive(_ stamp: Stamp, _ operations: [Operation]) {
        let held = vector[stamp.replica]
        if stamp.seq <= held { return }
        if stamp.seq > held + 1 {
            early[stamp.replica, default: [:]][stamp.seq] = (stamp, operations)
            return
        }
        apply(stamp, operations)
        while let next = early[stamp.replica]?.removeValue(forKey: vector[stamp.replica] + 1) {
            apply(next.stamp, next.operations)
        }
    }

    private mutating func apply(_ stamp: Stamp, _ operations: [Operation]) {
        for (index, operation) in operations.enumerated() {
            if case .unknown = operation.action { continue }
            records[operation.record, default: RecordState()].apply(
                operation, index: UInt32(index), stamp: stamp, vector: vector)
        }
        vector[stamp.replica] = stamp.seq
    }

    /// Whether changes wait for a gap to close.
    public var hasGaps: Bool { early.contains { !$0.value.isEmpty } }
}
