import AnnotationModel
import ChangeLog
import Compression
import WireFormat

extension FuzzTarget {
    /// The body of a request or a reply, compressed or not.
    static let messages = FuzzTarget(
        "messages", "every message and segment: decoding, encoding again to the same bytes", lengthMax: 8192
    ) { input in
        guard let first = input.first else { return }
        var body = Array(input.dropFirst())
        if first >= 0x80 {
            do { body = try Zstd.decompress(body, maximumSize: WireLimits.bodyBytesMax) } catch { return }
            try require(body.count <= WireLimits.bodyBytesMax, "a body is larger than allowed")
            let again = try Zstd.decompress(Zstd.compress(body), maximumSize: body.count)
            try require(again == body, "compression loses something")
        }
        try messageTypes[Int(first & 0x7F) % messageTypes.count](body)
    }

    private static let messageTypes: [@Sendable ([UInt8]) throws -> Void] = [
        { try check(Segment.self, $0) },
        { try check(PushRequest.self, $0) },
        { try check(PullReply.self, $0) },
        { try check(PushReply.self, $0) },
        { try check(Heads.self, $0) },
        { try check(PullRequest.self, $0) },
        { try check(ConnectRequest.self, $0) },
        { try check(ConnectReply.self, $0) },
        { try check(HeadsRequest.self, $0) },
        { try check(VectorRequest.self, $0) },
        { try check(VectorReply.self, $0) },
        { try check(CheckpointProof.self, $0) },
        { try check(CheckpointReply.self, $0) },
        { try check(Bundle.self, $0) },
        { try check(ReceiptsRequest.self, $0) },
        { try check(ReceiptsReply.self, $0) },
        { try check(SnapshotRequest.self, $0) },
        { try check(SnapshotReply.self, $0) },
        { try check(SnapshotPiece.self, $0) },
    ]

    private static func check<Message: WireMessage & Equatable>(_ type: Message.Type, _ body: [UInt8]) throws {
        let message: Message
        do { message = try Message(decoding: body) } catch {
            // What a client is told and an operator logs.
            _ = "\(error)"
            return
        }
        try require(message.encoded == body, "a \(type) has two encodings")
        try requireRefusal("a \(type) with a byte more is accepted") { _ = try Message(decoding: body + [0]) }
        try requireRefusal("a \(type) without its last byte is accepted") { _ = try Message(decoding: body.dropLast()) }
        switch message {
        case let segment as Segment: try checkChanges(of: segment)
        case let request as PushRequest: for segment in request.segments { try checkChanges(of: segment) }
        case let bundle as Bundle:
            for segment in bundle.segments { try checkChanges(of: segment) }
            _ = bundle.proofs(using: cryptography)
        case let reply as PullReply:
            for segment in reply.pages.flatMap(\.segments) { try checkChanges(of: segment) }
        case let piece as SnapshotPiece: for record in piece.records { _ = try? record.decoded() }
        case let heads as Heads: _ = heads.digest(using: cryptography)
        default: break
        }
    }

    private static let cryptography = FuzzCryptography()

    /// The chain that a segment stands for is what packing its changes gives again.
    static func checkChanges(of segment: Segment) throws {
        let changes = segment.changes(using: cryptography)
        try require(changes.count == segment.entries.count, "a segment has another number of changes than entries")
        try require(changes.last?.header.seq == segment.lastSeq, "a segment ends elsewhere than it says")
        try require(
            Segment(packing: changes, certificate: segment.certificate) == segment,
            "a segment changes when it is unpacked and packed")
        for change in changes { if let payload = change.payload { try checkPayload(payload, change) } }
    }

    private static func checkPayload(_ bytes: [UInt8], _ change: Change) throws {
        let payload: Payload
        do { payload = try Payload(decoding: bytes, by: change.header.replica) } catch { return }
        var state = LayerState()
        state.receive(change.header.stamp, payload.operations)
    }
}
