import AnnotationModel
import ChangeLog
import Simulation
import TestSupport
import Testing
import WireFormat

/// One type on the wire, so that a test can go through all of them.
struct WireType: Sendable, CustomTestStringConvertible {
    let name: String
    /// Encodes a random value; fails the test unless it decodes to the same.
    let roundTrip: @Sendable (inout RandomWire) throws -> [UInt8]
    /// Decodes and encodes again.
    let again: @Sendable ([UInt8]) throws -> [UInt8]
    /// Whether there is one encoding of each value and the decoder knows: not so where the bytes are the truth.
    let isBijective: Bool

    var testDescription: String { name }

    private init<T: Equatable & SendableMetatype>(
        _ name: String, isBijective: Bool, encode: @escaping @Sendable (T) -> [UInt8],
        decode: @escaping @Sendable ([UInt8]) throws -> T, make: @escaping @Sendable (inout RandomWire) -> T
    ) {
        self.name = name
        self.isBijective = isBijective
        roundTrip = { wire in
            let value = make(&wire)
            let bytes = encode(value)
            let decoded = try decode(bytes)
            #expect(decoded == value)
            return bytes
        }
        again = { bytes in encode(try decode(bytes)) }
    }

    private init<T: WireMessage & Equatable & SendableMetatype>(
        _ name: String, _ make: @escaping @Sendable (inout RandomWire) -> T
    ) {
        self.init(name, isBijective: true, encode: { $0.encoded }, decode: { try T(decoding: $0) }, make: make)
    }

    private static let maker: ReplicaID = ExampleWorld.anaReplica

    static let all: [WireType] = [
        WireType(
            "payload", isBijective: false, encode: { $0.encoded(by: maker) },
            decode: { try Payload(decoding: $0, by: maker) }, make: { $0.payload(by: maker) }),
        WireType(
            "record state", isBijective: false, encode: { $0.encoded },
            decode: { try RecordState(decoding: $0) },
            make: { wire in
                let state = wire.state()
                // The canonical bytes leave out what is awaited.
                return RecordState(
                    creations: state.creations, registers: state.registers, elements: state.elements,
                    deletions: state.deletions, restorations: state.restorations, awaited: [])
            }),
        WireType("segment") { $0.segment() },
        WireType("connect request") { ConnectRequest(publicKey: $0.key(), deviceName: $0.text()) },
        WireType("connect reply") { wire in
            ConnectReply(
                server: wire.id(), serverKey: wire.key(), member: wire.id(), memberName: wire.text(),
                certificate: wire.certificate(),
                workspaces: wire.list(3) { WorkspaceEntry(workspace: $0.id(), title: $0.text()) })
        },
        WireType("heads request") { HeadsRequest(workspace: $0.id(), digest: $0.optional { $0.id() }) },
        WireType("heads") { $0.heads() },
        WireType("push request") { PushRequest(workspace: $0.id(), segments: $0.list(3) { $0.segment() }) },
        WireType("push reply") { PushReply(results: $0.list(3) { $0.result() }, headsDigest: $0.id()) },
        WireType("cursor") { $0.cursor() },
        WireType("pull request") {
            PullRequest(workspace: $0.id(), cursors: $0.list(3) { $0.cursor() }, byteBudget: $0.random.next())
        },
        WireType("pull reply") { PullReply(pages: $0.list(2) { $0.page() }, devices: $0.list(2) { $0.device() }) },
        WireType("vector request") { VectorRequest(workspace: $0.id(), layer: $0.id()) },
        WireType("vector reply") { wire in
            VectorReply(
                layer: wire.id(), epoch: wire.optional { $0.id() },
                heads: wire.list(3) { ChainHead(replica: $0.id(), seq: $0.counter(), hash: $0.digest()) },
                position: wire.counter(), feedHash: wire.digest(), signature: wire.optional { $0.signature() })
        },
        WireType("checkpoint proof") {
            CheckpointProof(workspace: $0.id(), cursor: $0.cursor(), signature: $0.signature())
        },
        WireType("checkpoint reply") { CheckpointReply(layer: $0.id(), epoch: $0.optional { $0.id() }) },
        WireType("join request") { wire in
            JoinRequest(
                code: wire.text(), name: wire.text(), password: wire.text(), device: wire.introduction())
        },
        WireType("login request") { wire in
            LoginRequest(name: wire.text(), password: wire.text(), device: wire.introduction())
        },
        WireType("enrolment reply") { wire in
            EnrolmentReply(
                token: wire.text(),
                connection: ConnectReply(
                    server: wire.id(), serverKey: wire.key(), member: wire.id(), memberName: wire.text(),
                    certificate: wire.certificate(),
                    workspaces: wire.list(3) { WorkspaceEntry(workspace: $0.id(), title: $0.text()) }))
        },
        WireType("invite request") { wire in
            InviteRequest(
                purpose: wire.random.chance(1, in: 2)
                    ? .ownDevice : .member(wire.id(), role: UInt8(1 + wire.random.below(255))),
                seconds: wire.random.next())
        },
        WireType("invite reply") { InviteReply(code: $0.text(), expiresAt: $0.random.next()) },
        WireType("devices request") { DevicesRequest(revoked: $0.optional { $0.key() }) },
        WireType("device list") { wire in
            DeviceList(
                devices: wire.list(3) { wire in
                    DeviceEntry(
                        publicKey: wire.key(), name: wire.text(), enrolledAt: wire.random.next(),
                        lastSeenAt: wire.random.next(), isRevoked: wire.random.chance(1, in: 2),
                        isThis: wire.random.chance(1, in: 2))
                })
        },
        WireType("password request") { PasswordRequest(old: $0.text(), new: $0.text()) },
        WireType("bundle") { wire in
            Bundle(
                workspace: wire.id(), title: wire.text(),
                layers: wire.list(2) {
                    BundleLayer(
                        layer: $0.id(), kind: UInt8(truncatingIfNeeded: $0.random.next()),
                        owner: $0.optional { $0.id() })
                }, members: wire.roster(), devices: wire.list(2) { $0.device() },
                segments: wire.list(2) { $0.segment() },
                server: wire.optional { KnownServer(server: $0.id(), key: $0.key()) },
                receipts: wire.list(3) { $0.receipt() })
        },
        WireType("snapshot request") { wire in
            SnapshotRequest(
                workspace: wire.id(), layer: wire.id(), position: wire.counter(),
                firstPiece: UInt64(wire.random.below(1 << 20)), byteBudget: wire.random.next())
        },
        WireType("snapshot reply") { wire in
            SnapshotReply(
                layer: wire.id(), head: wire.optional { $0.snapshotHead() },
                signature: wire.optional { $0.signature() },
                checkpoint: wire.optional { $0.signature() }, firstPiece: UInt64(wire.random.below(1 << 20)),
                pieces: wire.list(3) { [UInt8]($0.text().utf8) })
        },
        WireType("snapshot piece") { wire in
            let ids: [RecordID] = wire.list(4) { $0.id() }
            return SnapshotPiece(
                records: Set(ids).sorted().map { id in
                    let state = wire.state()
                    return SnapshotPiece.Record(id: id, state: state.encoded, awaited: state.encodedAwaited)
                })
        },
        WireType("receipts request") { wire in
            ReceiptsRequest(
                workspace: wire.id(), layer: wire.id(),
                changes: wire.list(3) { ChangeName(replica: $0.id(), seq: $0.counter()) })
        },
        WireType("receipts reply") { ReceiptsReply(receipts: $0.list(3) { $0.receipt() }) },
    ]
}
