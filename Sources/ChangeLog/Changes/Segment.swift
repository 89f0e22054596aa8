public import AnnotationModel

/// A run of consecutive changes of one replica in one layer: how changes travel, in pushes, feeds and bundles.
///
/// What consecutive headers have in common is said once; previous hashes and payload hashes are computed
/// by the reader, who then checks them against the signature.
public struct Segment: Hashable, Sendable {
    public let layer: LayerID
    public let replica: ReplicaID
    public let author: MemberID
    public let firstSeq: UInt64
    /// Hash of the header before `firstSeq`; zero before the first.
    public let previous: Digest
    public var entries: [Entry]
    /// Signatures of the chain's head, each at the seq it covers up to, ascending.
    public var signatures: [SignedHead]
    /// Who the maker's device is, where the carrier is somebody else.
    public var certificate: DeviceCertificate?

    public var lastSeq: UInt64 { firstSeq + UInt64(entries.count) - 1 }

    public init(
        layer: LayerID, replica: ReplicaID, author: MemberID, firstSeq: UInt64, previous: Digest, entries: [Entry],
        signatures: [SignedHead], certificate: DeviceCertificate? = nil
    ) {
        self.layer = layer
        self.replica = replica
        self.author = author
        self.firstSeq = firstSeq
        self.previous = previous
        self.entries = entries
        self.signatures = signatures
        self.certificate = certificate
    }

    /// What one change has of its own.
    public struct Entry: Hashable, Sendable {
        public let lamport: UInt64
        public let wallTime: Int64
        public let body: Body

        public init(lamport: UInt64, wallTime: Int64, body: Body) {
            self.lamport = lamport
            self.wallTime = wallTime
            self.body = body
        }
    }

    public enum Body: Hashable, Sendable {
        case payload([UInt8])
        case withheld(Withholding, payloadHash: Digest)
    }

    public struct SignedHead: Hashable, Sendable {
        public let seq: UInt64
        public let signature: Signature
        public init(seq: UInt64, signature: Signature) {
            self.seq = seq
            self.signature = signature
        }
    }
}

/// The server's word that a device key belongs to a member: what lets anybody carry the member's changes.
public struct DeviceCertificate: Hashable, Sendable {
    public let member: MemberID
    public let publicKey: PublicKey
    /// The server's; absent where no server has vouched for the key yet.
    public let signature: Signature?

    public init(member: MemberID, publicKey: PublicKey, signature: Signature?) {
        self.member = member
        self.publicKey = publicKey
        self.signature = signature
    }
}
