import AnnotationModel
import ChangeLog
import Cryptography
import WireFormat

/// A snapshot of the example world's shared layer behind its first five changes.
extension ExampleWorld {
    static let snapshotPiece = SnapshotPiece(
        records: state.records.sorted { $0.key < $1.key }.map {
            SnapshotPiece.Record(id: $0.key, state: $0.value.encoded, awaited: $0.value.encodedAwaited)
        })

    static let snapshotHead = SnapshotHead(
        layer: shared, epoch: epoch, position: snapshotPoint.position, feedHash: snapshotPoint.feedHash,
        chains: [(anaReplica, anaChanges), (benReplica, benChanges)].map { replica, changes in
            let last = changes[changes.count - 1]
            return SnapshotHead.Chain(
                replica: replica, seq: last.header.seq, hash: last.hash, lamport: last.header.lamport)
        },
        recordCount: UInt64(snapshotPiece.records.count), pieces: [cryptography.sha256(packedPiece)])

    static let snapshotStatement = SignedStatement.snapshot(
        server: server, digest: cryptography.sha256(snapshotHead.encoded))
    static let snapshotSignature = cryptography.sign(snapshotStatement, with: serverKey)

    static let snapshotRequest = SnapshotRequest(
        workspace: workspace, layer: shared, position: 0, firstPiece: 0, byteBudget: 1_048_576)
    static let snapshotReply = SnapshotReply(
        layer: shared, head: snapshotHead, signature: snapshotSignature, checkpoint: signature(snapshotPoint),
        firstPiece: 0, pieces: [packedPiece])
    static let snapshotReplyNone = SnapshotReply(
        layer: id(0xA2), head: nil, signature: nil, checkpoint: nil, firstPiece: 0, pieces: [])

    private static let snapshotPoint: FeedCursor = {
        let changes = anaChanges + benChanges
        let feedHash = changes.reduce(Digest.zero) {
            FeedHash.next($0, header: $1.hash, withheld: $1.withheld, using: cryptography)
        }
        return FeedCursor(layer: shared, epoch: epoch, position: UInt64(changes.count), feedHash: feedHash)
    }()

    /// The piece in a zstd frame of one raw block (RFC 8878, section 3.1.1): the same bytes whatever version packs it.
    private static let packedPiece: [UInt8] = {
        let content = snapshotPiece.encoded
        precondition((256..<65_792).contains(content.count), "the frame's size takes two bytes")
        func littleEndian(_ number: Int, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
        }
        let head: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0x60]
        return head + littleEndian(content.count - 256, 2) + littleEndian(content.count << 3 | 1, 3) + content
    }()
}
