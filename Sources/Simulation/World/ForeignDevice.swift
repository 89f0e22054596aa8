import AnnotationModel
import ChangeLog
import HTTPServing
import SyncClient
import WireFormat

/// A device that runs a newer version: it writes kinds, fields, operations and payloads that nobody else here knows.
///
/// `@unchecked Sendable`: a simulation runs on one thread.
final class ForeignDevice: @unchecked Sendable {
    private let cryptography: any CryptographyProvider
    private let transport: SimulatedTransport
    private let key: SigningKey
    private var account: ConnectReply?
    private var replica: ReplicaID
    private var layer: LayerID?
    private var changes: [Change] = []
    private var acknowledged = 0
    private var isBusy = false

    init(token: String, member: Int, cryptography: any CryptographyProvider, network: SimulatedNetwork) {
        self.cryptography = cryptography
        key = cryptography.makeSigningKey()
        replica = cryptography.randomIdentifier()
        transport = SimulatedTransport(
            network: network, line: SimulatedLine(seed: 1), token: token, member: member, process: SimulatedProcess())
    }

    /// Makes a change and pushes what the server lacks.
    func write(seed: UInt64) async {
        guard !isBusy else { return }
        isBusy = true
        defer { isBusy = false }
        do {
            if account == nil {
                account = try await transport.connect(
                    ConnectRequest(publicKey: key.publicKey, deviceName: "foreign"))
            }
            guard let account, let workspace = account.workspaces.first?.workspace else { return }
            if layer == nil {
                let heads = try await transport.heads(HeadsRequest(workspace: workspace, digest: nil))
                layer = heads?.layers.first { $0.kind == LayerKind.shared.rawValue }?.layer
            }
            guard let layer else { return }
            make(in: layer, author: account.member, seed: seed)
            try await push(workspace)
        } catch {}
    }

    private func push(_ workspace: WorkspaceID) async throws {
        for _ in 0..<3 where acknowledged < changes.count {
            let segment = Segment(packing: Array(changes[acknowledged...]))
            let reply = try await transport.push(PushRequest(workspace: workspace, segments: [segment]))
            guard let result = reply.results.first else { return }
            switch result.status {
            case .accepted, .gap: acknowledged = min(changes.count, Int(result.heldSeq))
            default: return
            }
        }
    }

    private func make(in layer: LayerID, author: MemberID, seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let seq = UInt64(changes.count) + 1
        let payload = Self.payload(&random, replica: replica, action: cryptography.randomIdentifier())
        let header = ChangeHeader(
            layer: layer, replica: replica, seq: seq, author: author, lamport: seq, wallTime: 0,
            previous: changes.last?.hash ?? .zero, payloadHash: cryptography.sha256(payload))
        var change = Change(header: header, hash: header.hash(using: cryptography), payload: payload)
        let statement = SignedStatement.chainHead(layer: layer, replica: replica, seq: seq, hash: change.hash)
        change.signature = cryptography.sign(statement, with: key)
        changes.append(change)
    }

    private static func payload(_ random: inout SplitMix64, replica: ReplicaID, action: ActionID) -> [UInt8] {
        // [2, null, null, [], []]: a version whose form this one does not know.
        if random.chance(1, in: 4) { return [0x85, 0x02, 0xF6, 0xF6, 0x80, 0x80] }
        let record = RecordID(high: random.next(), low: 0)
        let kind = random.pick([Kind.code, Kind(rawValue: 99)])
        var operations = [
            Operation(
                record: record, kind: kind, action: .create([FieldValue(Field(rawValue: 77), .text("from the future"))])
            )
        ]
        operations.append(
            Operation(
                record: record, kind: kind,
                action: .write(Field(rawValue: 78), .integer(Int64(random.below(9))), isContested: true)))
        if random.chance(1, in: 2) {
            operations.append(
                Operation(record: record, kind: kind, action: .add(Field(rawValue: 79), .text("element"))))
        }
        // [31, "new"]: an operation that nobody here knows.
        if random.chance(1, in: 2) {
            operations.append(
                Operation(record: record, kind: kind, action: .unknown([0x82, 0x18, 0x1F, 0x63, 0x6E, 0x65, 0x77])))
        }
        return Payload(action: action, operations: operations).encoded(by: replica)
    }
}
