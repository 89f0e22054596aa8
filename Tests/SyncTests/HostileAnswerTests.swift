import AnnotationModel
import ChangeLog
import LocalStore
import SyncClient
import TestSupport
import Testing
import WireFormat

/// What a server or a colleague may say that no honest one does; each was found by fuzzing.
@Suite struct HostileAnswerTests {
    private func deviceWithWork(_ team: Team) async throws -> Device {
        let device = try await team.device("laptop", of: "ana")
        try device.store.write { transaction in
            _ = try transaction.create(.memo, in: try transaction.reader.ownLayer(.shared), [])
        }
        return device
    }

    private func heads(_ device: Device, _ team: Team) async throws -> Heads {
        let link = try #require(try device.store.syncLink())
        let request = HeadsRequest(workspace: link.workspace, digest: nil)
        return try #require(try await team.transport(device.token).heads(request))
    }

    private func expectUnverified(_ body: () throws -> Void) {
        let error = #expect(throws: StoreError.self) { try body() }
        #expect(error?.code == .unverified)
    }

    @Test func aForkBeyondWhatWasPushedIsNoDamageOfTheStore() async throws {
        let team = try await Team(members: ["ana"], seed: 1)
        let device = try await deviceWithWork(team)
        let segments = try device.store.outgoing()
        let segment = try #require(segments.first)
        let heads = try await heads(device, team)
        let head = try #require(heads.layers.first { $0.layer == segment.layer })
        expectUnverified {
            _ = try device.store.record(
                [
                    SegmentResult(
                        layer: segment.layer, replica: segment.replica, status: .fork, heldSeq: 0, conflictSeq: 99,
                        epoch: head.epoch)
                ], of: segments)
        }
        try await device.sync()
        #expect(try device.store.check().isClean)
    }

    @Test func aFeedThatBeginsElsewhereIsNoDamageOfTheStore() async throws {
        let team = try await Team(members: ["ana"], seed: 2)
        let device = try await deviceWithWork(team)
        var heads = try await heads(device, team)
        heads.layers = heads.layers.map {
            LayerHead(
                layer: $0.layer, kind: $0.kind, owner: $0.owner, isWritable: true, epoch: $0.epoch, position: 0,
                feedHash: Digest(words: [1, 2, 3, 4]))
        }
        expectUnverified { [heads] in _ = try device.store.adopt(heads) }
        try await device.sync()
    }

    @Test func aPayloadThatNoVersionCanReadIsNotTaken() async throws {
        let team = try await Team(members: ["ana"], seed: 3)
        let store = try team.store("desk")
        let (key, member, replica) = (
            team.cryptography.makeSigningKey(), MemberID(high: 7, low: 7), ReplicaID(high: 8, low: 8)
        )
        let layer = try store.read { try $0.ownLayer(.shared) }
        var segment = Segment(
            layer: layer, replica: replica, author: member, firstSeq: 1, previous: .zero,
            entries: [Segment.Entry(lamport: 1, wallTime: 0, body: .payload([0xFF]))], signatures: [])
        let change = try #require(segment.changes(using: team.cryptography).first)
        let statement = SignedStatement.chainHead(layer: layer, replica: replica, seq: 1, hash: change.hash)
        segment.signatures = [.init(seq: 1, signature: team.cryptography.sign(statement, with: key))]
        let bundle = Bundle(
            workspace: try store.read { try $0.workspace().id }, title: "", layers: [], members: [],
            devices: [
                ReplicaDevice(
                    replica: replica,
                    certificate: DeviceCertificate(member: member, publicKey: key.publicKey, signature: nil))
            ], segments: [segment])
        expectUnverified { _ = try store.read(bundle) }
        #expect(try store.check().isClean)
    }
}
