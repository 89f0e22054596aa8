public import AnnotationModel

/// The server's word that it held a chain, up to one change, at one moment.
///
/// Because a chain's head stands for everything before it, a receipt shows that all of it existed by then.
public struct Receipt: Hashable, Sendable {
    public let seq: UInt64
    /// Milliseconds since 1970, by the server's clock.
    public let receivedAt: Int64
    /// The server's over `SignedStatement.receipt`.
    public let signature: Signature

    public init(seq: UInt64, receivedAt: Int64, signature: Signature) {
        self.seq = seq
        self.receivedAt = receivedAt
        self.signature = signature
    }
}

/// A receipt and the chain that it is for.
public struct ChainReceipt: Hashable, Sendable {
    public let layer: LayerID
    public let replica: ReplicaID
    public let receipt: Receipt

    public init(layer: LayerID, replica: ReplicaID, receipt: Receipt) {
        self.layer = layer
        self.replica = replica
        self.receipt = receipt
    }
}

/// A server, and the key by which its word is known.
public struct KnownServer: Hashable, Sendable {
    public let server: ServerID
    public let key: PublicKey

    public init(server: ServerID, key: PublicKey) {
        self.server = server
        self.key = key
    }
}
