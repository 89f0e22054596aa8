public import AnnotationModel

/// Per replica, the highest seq held without a gap.
public struct VersionVector: Hashable, Sendable {
    public private(set) var seqs: [ReplicaID: UInt64]

    public init(_ seqs: [ReplicaID: UInt64] = [:]) {
        self.seqs = seqs.filter { $0.value > 0 }
    }

    /// 0 for a replica of which nothing is held.
    public subscript(replica: ReplicaID) -> UInt64 {
        get { seqs[replica] ?? 0 }
        set { seqs[replica] = newValue == 0 ? nil : newValue }
    }

    public func contains(_ dot: Dot) -> Bool { self[dot.replica] >= dot.seq }

    /// Whether everything that `other` holds is held here.
    public func covers(_ other: VersionVector) -> Bool {
        other.seqs.allSatisfy { self[$0.key] >= $0.value }
    }

    /// By replica id, as canonical encodings want it.
    public var sorted: [(replica: ReplicaID, seq: UInt64)] {
        seqs.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}
