public import AnnotationModel

/// Names one operation within a layer: the change that holds it and its place there.
@frozen
public struct Dot: Hashable, Comparable, Sendable {
    public let replica: ReplicaID
    /// From 1, dense within the replica and layer.
    public let seq: UInt64
    /// From 0, counted over all operations of the change.
    public let index: UInt32

    @inlinable
    public init(replica: ReplicaID, seq: UInt64, index: UInt32) {
        self.replica = replica
        self.seq = seq
        self.index = index
    }

    @inlinable
    public static func < (left: Dot, right: Dot) -> Bool {
        if left.replica != right.replica { return left.replica < right.replica }
        return left.seq != right.seq ? left.seq < right.seq : left.index < right.index
    }
}

/// What every operation of one change has in common, as merge and readers need it.
@frozen
public struct Stamp: Hashable, Sendable {
    public let replica: ReplicaID
    public let seq: UInt64
    /// Orders concurrent writes; counted per layer.
    public let lamport: UInt64
    public let author: MemberID
    /// Milliseconds since 1970, by the author's clock: for people, never for order.
    public let wallTime: Int64

    @inlinable
    public init(replica: ReplicaID, seq: UInt64, lamport: UInt64, author: MemberID, wallTime: Int64) {
        self.replica = replica
        self.seq = seq
        self.lamport = lamport
        self.author = author
        self.wallTime = wallTime
    }

    /// The order among concurrent changes: by Lamport counter, then replica.
    @inlinable
    public func precedes(_ other: Stamp) -> Bool {
        if lamport != other.lamport { return lamport < other.lamport }
        return replica != other.replica ? replica < other.replica : seq < other.seq
    }
}
