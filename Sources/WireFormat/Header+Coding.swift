public import AnnotationModel
public import ChangeLog

/// `header` of schema/wire/change.cddl.
extension ChangeHeader {
    /// The bytes that the chain hashes.
    public var encoded: [UInt8] {
        var writer = CBORWriter(capacity: 176)
        writer.array(9)
        writer.unsigned(1)
        writer.identifier(layer)
        writer.identifier(replica)
        writer.unsigned(seq)
        writer.identifier(author)
        writer.unsigned(lamport)
        writer.signed(wallTime)
        writer.digest(previous)
        writer.digest(payloadHash)
        return writer.bytes
    }

    /// SHA-256 of the encoded header.
    public func hash(using cryptography: some CryptographyProvider) -> Digest {
        cryptography.sha256(encoded)
    }
}

/// What a device or a server signs: a CBOR array that begins with what kind of statement it is.
public enum SignedStatement {
    /// "The chain of this replica in this layer has this head": made by the device that owns the replica.
    public static func chainHead(layer: LayerID, replica: ReplicaID, seq: UInt64, hash: Digest) -> [UInt8] {
        var writer = CBORWriter(capacity: 112)
        writer.array(5)
        writer.text("variorum chain 1")
        writer.identifier(layer)
        writer.identifier(replica)
        writer.unsigned(seq)
        writer.digest(hash)
        return writer.bytes
    }

    /// "This key belongs to this member": made by the server.
    public static func device(server: ServerID, member: MemberID, publicKey: PublicKey) -> [UInt8] {
        var writer = CBORWriter(capacity: 96)
        writer.array(4)
        writer.text("variorum device 1")
        writer.identifier(server)
        writer.identifier(member)
        writer.byteString(publicKey.bytes)
        return writer.bytes
    }

    /// "At this position the layer's feed had this hash": made by the server.
    public static func checkpoint(
        server: ServerID, layer: LayerID, epoch: EpochID, position: UInt64, feedHash: Digest
    ) -> [UInt8] {
        var writer = CBORWriter(capacity: 128)
        writer.array(6)
        writer.text("variorum feed 1")
        writer.identifier(server)
        writer.identifier(layer)
        writer.identifier(epoch)
        writer.unsigned(position)
        writer.digest(feedHash)
        return writer.bytes
    }

    /// "This is what the layer's changes up to there come to": made by the server.
    ///
    /// - Parameter digest: SHA-256 of the encoded `SnapshotHead`.
    public static func snapshot(server: ServerID, digest: Digest) -> [UInt8] {
        var writer = CBORWriter(capacity: 80)
        writer.array(3)
        writer.text("variorum snapshot 1")
        writer.identifier(server)
        writer.digest(digest)
        return writer.bytes
    }

    /// "At this time I held this chain up to this head": made by the server.
    public static func receipt(
        server: ServerID, layer: LayerID, replica: ReplicaID, seq: UInt64, hash: Digest, receivedAt: Int64
    ) -> [UInt8] {
        var writer = CBORWriter(capacity: 136)
        writer.array(7)
        writer.text("variorum receipt 1")
        writer.identifier(server)
        writer.identifier(layer)
        writer.identifier(replica)
        writer.unsigned(seq)
        writer.digest(hash)
        writer.signed(receivedAt)
        return writer.bytes
    }
}

/// The running hash over a feed: position n covers everything up to it.
public enum FeedHash {
    /// SHA-256(previous ‖ header hash ‖ withheld), withheld being one byte: 0, or the `Withholding` code where the change is
    /// without effect: a feed whose payloads are compacted away is the same feed.
    public static func next(
        _ previous: Digest, header: Digest, withheld: Withholding?, using cryptography: some CryptographyProvider
    ) -> Digest {
        cryptography.sha256(
            previous.bytes + header.bytes + [withheld.map { $0.isWithoutEffect ? $0.rawValue : 0 } ?? 0])
    }
}
