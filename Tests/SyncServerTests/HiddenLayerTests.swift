import AnnotationModel
import ChangeLog
import Foundation
import HTTPClient
import HTTPServing
import LocalStore
import ServerStore
import SyncClient
import Testing
import WireFormat

/// On the wire a layer that one may not read is as one that does not exist: same status, same headers, same bytes.
@Suite struct HiddenLayerTests {
    private static let nowhere = LayerID(high: 0x0BAD_1DEA, low: 0x0123_4567_89AB_CDEF)

    @Test func nothingTellsAHiddenLayerFromNone() async throws {
        var configuration = HTTPServerConfiguration()
        configuration.sendsDate = false
        let live = try await LiveServer(configuration: configuration)
        let ben = try await live.device("ben", of: "ben")
        let ana = try await live.device("ana", of: "ana")
        for number in 0..<3 { try ben.addCode("hidden \(number)", in: .private) }
        try await ben.sync()
        let hidden = try ben.layer(.private)
        let vector = try await ben.transport.vector(VectorRequest(workspace: live.workspace, layer: hidden))
        let epoch = try required(vector.epoch)
        #expect(vector.position == 3)
        #expect(try await live.store.refreshSnapshots(from: 3) == 1)

        let identity = try await live.store.identity()
        let key = try ana.store.signingKey()

        /// Every request that names a layer, for this one.
        func requests(_ layer: LayerID) throws -> [(path: String, body: [UInt8])] {
            let replica = ReplicaID(high: 77, low: 77)
            let account = try required(try ana.store.syncLink()).member
            func segment(_ signer: SigningKey, first: UInt64 = 1) -> Segment {
                var segment = Segment(
                    layer: layer, replica: replica, author: account, firstSeq: first, previous: .zero,
                    entries: [
                        Segment.Entry(
                            lamport: 1, wallTime: 0, body: .payload(Payload(operations: []).encoded(by: replica)))
                    ],
                    signatures: [])
                guard let change = segment.changes(using: live.cryptography).last else { return segment }
                let statement = SignedStatement.chainHead(
                    layer: layer, replica: replica, seq: change.header.seq, hash: change.hash)
                segment.signatures = [
                    Segment.SignedHead(
                        seq: change.header.seq, signature: live.cryptography.sign(statement, with: signer))
                ]
                return segment
            }
            let cursors = [
                FeedCursor(layer: layer, epoch: epoch, position: 0, feedHash: .zero),
                FeedCursor(layer: layer, epoch: epoch, position: 3, feedHash: vector.feedHash),
                FeedCursor(layer: layer, epoch: epoch, position: 4, feedHash: vector.feedHash),
            ]
            // A signature that the server did make, and one that it did not.
            let statement = SignedStatement.checkpoint(
                server: identity.server, layer: layer, epoch: epoch, position: 4, feedHash: vector.feedHash)
            let genuine = live.cryptography.sign(statement, with: identity.key)
            let forged = live.cryptography.sign(statement, with: key)
            return [
                ("/v1/push", PushRequest(workspace: live.workspace, segments: [segment(key)]).encoded),
                ("/v1/push", PushRequest(workspace: live.workspace, segments: [segment(identity.key)]).encoded),
                ("/v1/push", PushRequest(workspace: live.workspace, segments: [segment(key, first: 9)]).encoded),
                ("/v1/pull", PullRequest(workspace: live.workspace, cursors: cursors, byteBudget: 1000).encoded),
                ("/v1/vector", VectorRequest(workspace: live.workspace, layer: layer).encoded),
                (
                    "/v1/snapshot",
                    SnapshotRequest(
                        workspace: live.workspace, layer: layer, position: 0, firstPiece: 0, byteBudget: 1 << 20
                    ).encoded
                ),
                (
                    "/v1/snapshot",
                    SnapshotRequest(
                        workspace: live.workspace, layer: layer, position: 3, firstPiece: 1, byteBudget: 1 << 20
                    ).encoded
                ),
                (
                    "/v1/checkpoint",
                    CheckpointProof(workspace: live.workspace, cursor: cursors[2], signature: genuine).encoded
                ),
                (
                    "/v1/checkpoint",
                    CheckpointProof(workspace: live.workspace, cursor: cursors[2], signature: forged).encoded
                ),
            ]
        }

        func answer(_ request: (path: String, body: [UInt8])) async throws -> [UInt8] {
            let head = [
                "POST \(request.path) HTTP/1.1", "Host: a", "Connection: close", "Authorization: Bearer \(ana.token)",
                "Content-Length: \(request.body.count)",
            ]
            return try await Sockets.exchange(
                [UInt8]((head.joined(separator: "\r\n") + "\r\n\r\n").utf8) + request.body, port: live.port)
        }

        for (secret, none) in zip(try requests(hidden), try requests(Self.nowhere)) {
            let answers = (try await answer(secret), try await answer(none))
            // But for the id, which the asker has named.
            let expected = answers.1.replacing(Self.nowhere.bytes, with: hidden.bytes)
            #expect(hexadecimal(answers.0) == hexadecimal(expected), "\(secret.path)")
        }
        // Nothing came of it.
        let after = try await ben.transport.vector(VectorRequest(workspace: live.workspace, layer: hidden))
        #expect(after.heads == vector.heads && after.epoch == vector.epoch)
        let heads = try await ana.transport.heads(HeadsRequest(workspace: live.workspace, digest: nil))
        #expect(try required(heads).layers.allSatisfy { $0.layer != hidden })
    }

    /// A listener's bytes are the same whether others work in layers that it may not read or do not.
    @Test func liveUpdatesSayNothingOfAHiddenLayer() async throws {
        var configuration = HTTPServerConfiguration()
        configuration.sendsDate = false
        func heard(hiddenPushes: Int) async throws -> (text: String, shared: LayerID, epoch: EpochID) {
            let live = try await LiveServer(configuration: configuration)
            let ben = try await live.device("ben", of: "ben")
            let ana = try await live.device("ana", of: "ana")
            let (hears, isToldOwn) = (
                try LiveStream(ana, workspace: live.workspace, port: live.port),
                try LiveStream(ben, workspace: live.workspace, port: live.port)
            )
            for stream in [hears, isToldOwn] { stream.read() }
            #expect(await eventually { hears.events.count == 1 && isToldOwn.events.count == 1 })
            for number in 0..<hiddenPushes {
                try ben.addCode("hidden \(number)", in: .private)
                try await ben.sync()
                // His own other devices hear of it.
                #expect(await eventually { isToldOwn.events.count == 2 + number })
            }
            let shared = try ben.layer(.shared)
            try ben.addCode("seen", in: .shared)
            try await ben.sync()
            #expect(await eventually { hears.events.count == 2 })
            await live.server.shutdown(graceSeconds: 0)
            #expect(await eventually { hears.hasEnded })
            let head = try await live.store.audience(of: shared, workspace: live.workspace)
            return (hears.text, shared, try required(head).epoch)
        }
        /// Without what differs between any two servers: ids, and the moment to come again.
        func plain(_ heard: (text: String, shared: LayerID, epoch: EpochID)) -> String {
            heard.text.replacing("\(heard.shared)", with: "LAYER").replacing("\(heard.epoch)", with: "EPOCH")
                .replacing(/retry: \d+/, with: "retry: N")
        }
        let (quiet, busy) = (try await heard(hiddenPushes: 0), try await heard(hiddenPushes: 3))
        #expect(plain(quiet) == plain(busy))
        #expect(plain(busy).contains("event: moved\ndata: LAYER 1 EPOCH\n\n"))
    }

    @Test func aWorkspaceOfOthersIsAsNone() async throws {
        var configuration = HTTPServerConfiguration()
        configuration.sendsDate = false
        let live = try await LiveServer(configuration: configuration)
        let ana = try await live.device("ana", of: "ana")
        let other = try await live.store.addWorkspace(title: "Other")
        let none = WorkspaceID(high: 4, low: 4)
        func bodies(_ workspace: WorkspaceID) throws -> [(String, [UInt8])] {
            let layer = try ana.layer(.shared)
            let cursor = FeedCursor(layer: layer, epoch: EpochID(high: 1, low: 1), position: 0, feedHash: .zero)
            return [
                ("/v1/heads", HeadsRequest(workspace: workspace, digest: nil).encoded),
                ("/v1/push", PushRequest(workspace: workspace, segments: []).encoded),
                ("/v1/pull", PullRequest(workspace: workspace, cursors: [cursor], byteBudget: 1).encoded),
                ("/v1/vector", VectorRequest(workspace: workspace, layer: layer).encoded),
                (
                    "/v1/snapshot",
                    SnapshotRequest(workspace: workspace, layer: layer, position: 0, firstPiece: 0, byteBudget: 0)
                        .encoded
                ),
            ]
        }
        for ((path, first), (_, second)) in zip(try bodies(other), try bodies(none)) {
            let answers = (try await ana.post(path, first), try await ana.post(path, second))
            #expect(answers.0.status == answers.1.status && answers.0.body == answers.1.body, "\(path)")
        }
        #expect(try await ana.post("/v1/heads", bodies(other)[0].1).status == 404)
        var answers: [[UInt8]] = []
        for workspace in [other, none] {
            let request = "GET /v1/live?workspace=\(workspace) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
            let bytes = [UInt8]((request + "Authorization: Bearer \(ana.token)\r\n\r\n").utf8)
            answers.append(try await Sockets.exchange(bytes, port: live.port))
        }
        #expect(answers[0] == answers[1])
        #expect(String(decoding: answers[0], as: UTF8.self).hasPrefix("HTTP/1.1 404 "))
    }
}

func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined()
}
