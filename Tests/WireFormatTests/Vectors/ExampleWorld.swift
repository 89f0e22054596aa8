import AnnotationModel
import ChangeLog
import Cryptography
import WireFormat

/// Two devices, a server and their changes, always the same: what the vectors show.
enum ExampleWorld {
    static let cryptography = OpenSSLCryptography()

    // The keys of RFC 8032 section 7.1, TEST 1 to 3.
    static let anaKey = key("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    static let serverKey = key("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    static let benKey = key("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7")

    static let server: ServerID = id(0x50)
    static let workspace: WorkspaceID = id(0x60)
    static let shared: LayerID = id(0xA0)
    static let personal: LayerID = id(0xA1)
    static let epoch: EpochID = id(0xE0)
    static let newEpoch: EpochID = id(0xE1)
    static let ana: MemberID = id(0x01)
    static let ben: MemberID = id(0x02)
    static let anaReplica: ReplicaID = id(0x11)
    static let benReplica: ReplicaID = id(0x12)
    static let annotation: RecordID = id(0x31)
    static let code: RecordID = id(0x32)
    static let later: RecordID = id(0x33)
    static let action: ActionID = id(0x41)

    /// Sixteen bytes of which the first says what it is.
    static func id<Tag>(_ first: UInt8) -> Identifier<Tag> {
        Identifier(high: UInt64(first) << 56 | 0x01_0203_0405_0607, low: 0x0809_0A0B_0C0D_0E0F)
    }

    private static func key(_ seed: String) -> SigningKey {
        guard let key = cryptography.signingKey(seed: bytes(hexadecimal: seed)) else { preconditionFailure("no key") }
        return key
    }

    private static func dot(_ replica: ReplicaID, _ seq: UInt64, _ index: UInt32) -> Dot {
        Dot(replica: replica, seq: seq, index: index)
    }

    // MARK: Payloads

    static let anaPayloads: [Payload] = [
        // An annotation and a code, made by one user action.
        Payload(
            action: action,
            operations: [
                Operation(
                    record: annotation, kind: Kind(rawValue: 8),
                    action: .create([
                        FieldValue(Field(rawValue: 1), .identifier(id(0x21))),
                        FieldValue(Field(rawValue: 2), .identifier(id(0x22))),
                        FieldValue(Field(rawValue: 3), .list([.integer(4), .integer(12)])),
                        FieldValue(
                            Field(rawValue: 4), .list([.text("ministry"), .text("The "), .text(" denied the report.")])),
                    ])),
                Operation(
                    record: annotation, kind: Kind(rawValue: 8),
                    action: .write(Field(rawValue: 5), .text("Which ministry? საგარეო"), isContested: true)),
                Operation(
                    record: annotation, kind: Kind(rawValue: 8), action: .add(Field(rawValue: 7), .text("denial"))),
                Operation(
                    record: annotation, kind: Kind(rawValue: 8), action: .add(Field(rawValue: 7), .text("official"))),
                Operation(record: code, kind: Kind(rawValue: 10), action: .create([])),
                Operation(
                    record: code, kind: Kind(rawValue: 10),
                    action: .write(Field(rawValue: 1), .text("denial"), isContested: true)),
            ]),
        // What can become of records; its author has seen Ben's first change.
        Payload(
            undoes: action,
            operations: [
                Operation(
                    record: annotation, kind: Kind(rawValue: 8),
                    action: .write(Field(rawValue: 5), .text("The foreign ministry."), isContested: true),
                    supersedes: [dot(anaReplica, 1, 1)]),
                Operation(
                    record: annotation, kind: Kind(rawValue: 8),
                    action: .write(Field(rawValue: 9), .integer(80), isContested: false)),
                Operation(
                    record: annotation, kind: Kind(rawValue: 8), action: .remove(Field(rawValue: 7), .text("denial")),
                    supersedes: [dot(anaReplica, 1, 2), dot(benReplica, 1, 1)]),
                Operation(
                    record: code, kind: Kind(rawValue: 10),
                    action: .delete(covers: [dot(anaReplica, 1, 4), dot(anaReplica, 1, 5)])),
                Operation(
                    record: later, kind: Kind(rawValue: 9), action: .restore, supersedes: [dot(benReplica, 1, 2)]),
            ]),
        // Every type of value, in a kind that nobody knows, and an operation of a newer version.
        Payload(
            operations: everyValue.enumerated().map { place, value in
                Operation(
                    record: later, kind: Kind(rawValue: 60_000),
                    action: .write(Field(rawValue: UInt16(place + 1)), value, isContested: false))
            } + [Operation(record: later, kind: Kind(rawValue: 60_000), action: .unknown(unknownOperation))]),
        // What the server refused.
        Payload(operations: [
            Operation(
                record: code, kind: Kind(rawValue: 10),
                action: .write(Field(rawValue: 4), .text("#aa3300"), isContested: false))
        ]),
    ]

    static let everyValue: [Value] = [
        .null, .boolean(false), .boolean(true), .integer(0), .integer(-1), .integer(23), .integer(24), .integer(255),
        .integer(256), .integer(65_536), .integer(4_294_967_296), .integer(.max), .integer(.min), .text(""),
        .text("e\u{301} 🇬🇪 \u{200F}שלום"), .bytes([]), .bytes([0, 255]), .identifier(id(0x23)), .list([]),
        .list([.list([.integer(-25), .text("deep")]), .null]),
    ]

    /// `[99, "of a newer version", [1, 2]]`
    static let unknownOperation: [UInt8] = {
        var writer = CBORWriter()
        writer.array(3)
        writer.unsigned(99)
        writer.text("of a newer version")
        writer.array(2)
        writer.unsigned(1)
        writer.unsigned(2)
        return writer.bytes
    }()

    static let benPayload = Payload(operations: [
        Operation(
            record: annotation, kind: Kind(rawValue: 8),
            action: .write(Field(rawValue: 5), .text("Which one?"), isContested: true),
            supersedes: [dot(anaReplica, 1, 1)]),
        Operation(record: annotation, kind: Kind(rawValue: 8), action: .add(Field(rawValue: 7), .text("denial"))),
        Operation(record: later, kind: Kind(rawValue: 9), action: .delete(covers: [])),
    ])

    // MARK: Changes

    /// Ana's four changes; the last has lost its payload to a refusal. Signed at the second and the last.
    static let anaChanges = changes(
        by: anaReplica, ana, anaPayloads, lamports: [1, 3, 4, 5],
        times: [1_700_000_000_000, 1_700_000_001_500, 1_699_999_940_000, 1_700_000_200_000], signedAt: [2, 4],
        refused: [4], anaKey)
    static let benChanges = changes(
        by: benReplica, ben, [benPayload], lamports: [2], times: [1_700_000_000_900], signedAt: [1], refused: [], benKey
    )

    private static func changes(
        by replica: ReplicaID, _ author: MemberID, _ payloads: [Payload], lamports: [UInt64], times: [Int64],
        signedAt: Set<UInt64>, refused: Set<UInt64>, _ key: SigningKey
    ) -> [Change] {
        var previous = Digest.zero
        return payloads.enumerated().map { place, payload in
            let seq = UInt64(place + 1)
            let encoded = payload.encoded(by: replica)
            let header = ChangeHeader(
                layer: shared, replica: replica, seq: seq, author: author, lamport: lamports[place],
                wallTime: times[place], previous: previous, payloadHash: cryptography.sha256(encoded))
            let hash = header.hash(using: cryptography)
            previous = hash
            let statement = SignedStatement.chainHead(layer: shared, replica: replica, seq: seq, hash: hash)
            return Change(
                header: header, hash: hash, payload: refused.contains(seq) ? nil : encoded,
                withheld: refused.contains(seq) ? .refused : nil,
                signature: signedAt.contains(seq) ? cryptography.sign(statement, with: key) : nil)
        }
    }

    static let anaCertificate = certificate(ana, anaKey)
    static let benCertificate = certificate(ben, benKey)

    private static func certificate(_ member: MemberID, _ key: SigningKey) -> DeviceCertificate {
        let statement = SignedStatement.device(server: server, member: member, publicKey: key.publicKey)
        return DeviceCertificate(
            member: member, publicKey: key.publicKey, signature: cryptography.sign(statement, with: serverKey))
    }

    /// As Ana's device pushes it.
    static let anaSegment = Segment(packing: anaChanges)
    /// As Ana's device pushes what Ben made.
    static let benSegmentCarried = Segment(packing: benChanges, certificate: benCertificate)
    static let benSegment = Segment(packing: benChanges)

    // MARK: The feed

    /// Six changes that nobody shows lie before.
    static let cursor = FeedCursor(
        layer: shared, epoch: epoch, position: 6, feedHash: cryptography.sha256([UInt8]("six changes".utf8)))
    static let reached: FeedCursor = {
        var hash = cursor.feedHash
        for change in anaChanges + benChanges {
            hash = FeedHash.next(hash, header: change.hash, withheld: change.withheld, using: cryptography)
        }
        return FeedCursor(layer: shared, epoch: epoch, position: 11, feedHash: hash)
    }()

    /// For Ana's fourth change.
    static let receiptStatement = SignedStatement.receipt(
        server: server, layer: shared, replica: anaReplica, seq: 4, hash: anaChanges[3].hash,
        receivedAt: 1_700_000_500_000)
    static let receipt = ChainReceipt(
        layer: shared, replica: anaReplica,
        receipt: Receipt(
            seq: 4, receivedAt: 1_700_000_500_000, signature: cryptography.sign(receiptStatement, with: serverKey)))

    static func checkpoint(_ cursor: FeedCursor) -> [UInt8] {
        SignedStatement.checkpoint(
            server: server, layer: cursor.layer, epoch: cursor.epoch, position: cursor.position,
            feedHash: cursor.feedHash)
    }

    static func signature(_ cursor: FeedCursor) -> Signature { cryptography.sign(checkpoint(cursor), with: serverKey) }

    /// The shared layer after all changes above, but the refused one.
    static let state: LayerState = {
        var state = LayerState()
        for change in anaChanges + benChanges {
            let operations = change.payload.flatMap { try? Payload(decoding: $0, by: change.header.replica).operations }
            state.receive(change.header.stamp, operations ?? [])
        }
        return state
    }()
}
