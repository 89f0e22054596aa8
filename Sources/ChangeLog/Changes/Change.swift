public import AnnotationModel

/// The part of a change that the hash chain runs over.
public struct ChangeHeader: Hashable, Sendable {
    public let layer: LayerID
    public let replica: ReplicaID
    /// From 1, dense within the replica and layer.
    public let seq: UInt64
    public let author: MemberID
    public let lamport: UInt64
    /// Milliseconds since 1970, by the author's clock.
    public let wallTime: Int64
    /// Hash of the replica's previous header in this layer; zero for the first.
    public let previous: Digest
    /// SHA-256 of the encoded payload.
    public let payloadHash: Digest

    public init(
        layer: LayerID, replica: ReplicaID, seq: UInt64, author: MemberID, lamport: UInt64, wallTime: Int64,
        previous: Digest, payloadHash: Digest
    ) {
        self.layer = layer
        self.replica = replica
        self.seq = seq
        self.author = author
        self.lamport = lamport
        self.wallTime = wallTime
        self.previous = previous
        self.payloadHash = payloadHash
    }

    public var stamp: Stamp {
        Stamp(replica: replica, seq: seq, lamport: lamport, author: author, wallTime: wallTime)
    }
}

/// The part of a change that can be withheld, redacted or compacted away while the chain still verifies.
public struct Payload: Hashable, Sendable {
    /// Ties together the changes that one user action made in several layers.
    public var action: ActionID?
    /// The action that this one takes back.
    public var undoes: ActionID?
    public var operations: [Operation]

    public init(action: ActionID? = nil, undoes: ActionID? = nil, operations: [Operation]) {
        self.action = action
        self.undoes = undoes
        self.operations = operations
    }
}

/// Why a payload is not there.
public enum Withholding: UInt8, Sendable, CaseIterable {
    /// The author might not write in the layer.
    case refused = 1
    /// The one who carried the header did not have the payload.
    case unavailable = 2
    /// The server has let go of the payload after it had its effect, which its snapshots hold.
    case compacted = 3

    /// Whether the change does nothing.
    public var isWithoutEffect: Bool { self != .compacted }

    public var explanation: String {
        switch self {
        case .refused: "its author may not write in this layer"
        case .unavailable: "its content was not available when the header arrived"
        case .compacted: "its content is not kept any more; what it did is in the server's snapshots"
        }
    }
}

/// A change as it travels: the decoded header, its hash, and the payload's bytes exactly as its maker encoded them.
public struct Change: Hashable, Sendable {
    public let header: ChangeHeader
    /// SHA-256 of the encoded header.
    public let hash: Digest
    /// The encoded payload, or `nil` where it is withheld.
    public var payload: [UInt8]?
    public var withheld: Withholding?
    /// The device's signature over the chain up to here, where the maker signed at this change.
    public var signature: Signature?

    public init(
        header: ChangeHeader, hash: Digest, payload: [UInt8]?, withheld: Withholding? = nil, signature: Signature? = nil
    ) {
        precondition((payload == nil) == (withheld != nil), "a change has a payload or a reason for not having one")
        self.header = header
        self.hash = hash
        self.payload = payload
        self.withheld = withheld
        self.signature = signature
    }
}
