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
        try await expectNothingTaken(of: [.init(lamport: 1, wallTime: 0, body: .payload([0xFF]))])
    }

    @Test func aChainWhoseCounterGoesBackIsNotTaken() async throws {
        let empty = Payload(operations: []).encoded(by: replica)
        // Within one segment the decoder sees to it; here they come in two.
        try await expectNothingTaken(of: [
            .init(lamport: 5, wallTime: 0, body: .payload(empty)),
            .init(lamport: 5, wallTime: 0, body: .payload(empty)),
        ])
        try await expectNothingTaken(of: [.init(lamport: 0, wallTime: 0, body: .payload(empty))])
    }

    private let replica = ReplicaID(high: 8, low: 8)

    /// Reads a bundle with these changes of an unknown device, each in a segment of its own and signed.
    private func expectNothingTaken(of entries: [Segment.Entry]) async throws {
        let team = try await Team(members: ["ana"], seed: 3)
        let store = try team.store("desk")
        let (key, member) = (team.cryptography.makeSigningKey(), MemberID(high: 7, low: 7))
        let layer = try store.read { try $0.ownLayer(.shared) }
        var segments: [Segment] = []
        var previous = Digest.zero
        for (place, entry) in entries.enumerated() {
            let seq = UInt64(place + 1)
            var segment = Segment(
                layer: layer, replica: replica, author: member, firstSeq: seq, previous: previous, entries: [entry],
                signatures: [])
            previous = try #require(segment.changes(using: team.cryptography).first).hash
            let statement = SignedStatement.chainHead(layer: layer, replica: replica, seq: seq, hash: previous)
            segment.signatures = [.init(seq: seq, signature: team.cryptography.sign(statement, with: key))]
            segments.append(segment)
        }
        let bundle = Bundle(
            workspace: try store.read { try $0.workspace().id }, title: "", layers: [], members: [],
            devices: [
                ReplicaDevice(
                    replica: replica,
                    certificate: DeviceCertificate(member: member, publicKey: key.publicKey, signature: nil))
            ], segments: segments)
        expectUnverified { _ = try store.read(bundle) }
        let report = try store.check()
        #expect(report.isClean && report.layers.allSatisfy { $0.changeCount == 0 })
    }
}
