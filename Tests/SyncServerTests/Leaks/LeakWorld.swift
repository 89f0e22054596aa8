import AnnotationModel
import ChangeLog
import Cryptography
import Foundation
import HTTPServing
import Interchange
import ServerStore
import SyncServer
import TestSupport
import WireFormat

@testable import CommandLine

/// A server with everything that `variorumd` puts around it, a team, and, in one of two worlds, much that nobody of the
/// observers may know of: others' private layers, another workspace, another user, others' devices and open invitations.
final class LeakWorld: Sendable {
    /// Who looks on.
    enum Observer: String, CaseIterable {
        /// Without a token.
        case outsider
        /// With a token, and of no workspace.
        case stranger
        case member
        /// Whose membership has ended.
        case former
    }

    /// What there is in the busy world alone, by the names that somebody would ask for it.
    struct Hidden: Sendable {
        let workspace: WorkspaceID
        let layer: LayerID
        let epoch: EpochID
        let feedHash: Digest
        let device: PublicKey
        let replica: ReplicaID
        let privateHash: Digest
    }

    static let words = "nobody may read this"
    static let password = "correct horse battery"
    static let hiddenCodes = ["vri_open-invitation-of-an-owner", "vri_open-invitation-of-the-operator"]

    let cryptography: TwoStreams
    let live: LiveServer
    let front: HTTPServer
    let metrics: HTTPServer
    let ports: (front: UInt16, metrics: UInt16)
    let logFile: String
    private let log: Log
    private let logDescriptor: Int32

    let ana: BareDevice
    let ben: BareDevice
    let dan: BareDevice
    let eve: BareDevice
    let shared: LayerID
    let bensPrivate: LayerID
    let bensEpoch: EpochID
    /// Of a blind round in which ana codes, too.
    let bensCoding: LayerID
    /// What is hidden here; `nil` in the quiet world.
    let hidden: Hidden?

    init(isBusy: Bool) async throws {
        let cryptography = TwoStreams()
        var configuration = HTTPServerConfiguration()
        configuration.sendsDate = false
        logFile = NSTemporaryDirectory() + "leak-log-" + UUID().uuidString
        logDescriptor = open(logFile, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        let log = Log(format: .json, level: .debug, descriptor: logDescriptor)
        func hide<T>(_ body: () async throws -> T) async rethrows -> T? {
            isBusy ? try await cryptography.hide(body) : nil
        }
        // Before: another workspace with people of its own.
        let live = try await LiveServer(
            members: ["ana", "ben", "dan"], cryptography: cryptography,
            log: { log.write(.warning, "service", ["message": .text($0)]) },
            before: { store in
                _ = try await hide {
                    _ = try await store.addWorkspace(title: "Hidden workspace")
                    _ = try await store.addUser(name: "mallory")
                    try await store.addMember(workspace: "Hidden workspace", user: "mallory", role: .owner)
                    try await store.set(password: PasswordHash(of: Self.password).description, user: "mallory")
                }
            })
        (self.cryptography, self.live, self.log) = (cryptography, live, log)
        _ = try await live.store.addUser(name: "eve")
        _ = try await live.store.addUser(name: "zoe")
        try await live.store.addMember(workspace: LiveServer.title, user: "ana", role: .analyst)
        try await live.store.addMember(workspace: LiveServer.title, user: "ben", role: .owner)

        ana = try await BareDevice(live, of: "ana")
        let ben = try await BareDevice(live, of: "ben")
        self.ben = ben
        dan = try await BareDevice(live, of: "dan")
        eve = try await BareDevice(live, of: "eve")
        let shared = try await ana.layer(.shared)
        let bensPrivate = try await ben.layer(.private)
        (self.shared, self.bensPrivate) = (shared, bensPrivate)
        bensEpoch = try required(try await ben.heads().layers.first { $0.layer == bensPrivate }).epoch
        func work(_ device: BareDevice, _ number: UInt64, in layer: LayerID, _ text: String) -> Maker {
            var maker = device.maker(in: layer, replica: ReplicaID(high: 0x1EAC, low: number))
            for _ in 0..<3 {
                maker.make(
                    ChangeLog.Operation(
                        record: RecordID(high: 9, low: number), kind: .memo,
                        action: .write(Field.Memo.body, .text(text), isContested: true)))
            }
            return maker
        }

        // Between: private work, and on devices of ben's that nobody else knows.
        let bens = work(ben, 1, in: bensPrivate, Self.words)
        let tablet = try await hide {
            _ = try await ben.push([bens.segment(1, through: 2)])
            let tablet = try await BareDevice(live, of: "ben")
            _ = try await tablet.push([work(tablet, 2, in: bensPrivate, Self.words).segment()])
            return tablet
        }
        _ = try await ben.push([work(ben, 3, in: shared, "all may read this").segment()])
        // A blind round of ana and ben, and what ben codes and submits in it.
        let round = RecordID(high: 9, low: 100)
        var rounds = ben.maker(in: shared, replica: ReplicaID(high: 0x1EAC, low: 7))
        rounds.make(
            payload: Payload(
                operations: [
                    ChangeLog.Operation(
                        record: round, kind: .round,
                        action: .create([
                            FieldValue(Field.Round.isBlind, .boolean(true)),
                            FieldValue(Field.Round.revealRule, .text(RevealRule.all.rawValue)),
                        ])),
                    ChangeLog.Operation(
                        record: round, kind: .round,
                        action: .write(Field.Round.state, .text(RoundState.open.name), isContested: true)),
                ]
                    + [ana.member, ben.member].enumerated().map { number, coder in
                        ChangeLog.Operation(
                            record: RecordID(high: 9, low: 101 + UInt64(number)), kind: .assignment,
                            action: .create([
                                FieldValue(Field.Assignment.round, .identifier(round)),
                                FieldValue(Field.Assignment.document, .identifier(RecordID(high: 9, low: 200))),
                                FieldValue(Field.Assignment.version, .identifier(RecordID(high: 9, low: 201))),
                                FieldValue(
                                    Field.Assignment.coder,
                                    .identifier(RecordID(high: coder.high, low: coder.low))),
                            ]))
                    }
            ).encoded(by: rounds.replica))
        _ = try await ben.push([rounds.segment()])
        let bensCoding = try await ben.layer(.coding)
        self.bensCoding = bensCoding
        _ = try await hide {
            var codings = work(ben, 8, in: bensCoding, Self.words)
            codings.make(
                ChangeLog.Operation(
                    record: RecordID(high: 9, low: 300), kind: .submission,
                    action: .create([
                        FieldValue(Field.Submission.round, .identifier(round)),
                        FieldValue(Field.Submission.assignment, .identifier(RecordID(high: 9, low: 102))),
                        FieldValue(Field.Submission.seal, .bytes([1])),
                        FieldValue(Field.Submission.codings, .integer(3)),
                    ])))
            _ = try await ben.push([codings.segment()])
        }
        let mallory = try await hide {
            let mallory = try await BareDevice(live, of: "mallory")
            let workspace = try required(
                try await live.store.workspaceList().first { $0.title == "Hidden workspace" }
            ).workspace
            let layer = try await mallory.layer(.shared, workspace)
            _ = try await mallory.push([work(mallory, 4, in: layer, Self.words).segment()], workspace: workspace)
            for (code, maker) in zip(Self.hiddenCodes, [ben.member, nil]) {
                _ = try await live.store.invite(
                    Invitation(
                        codeHash: cryptography.sha256([UInt8](code.utf8)), membership: (live.workspace, .curator),
                        user: nil, maker: maker, lifetime: 3_600_000))
            }
            return (device: mallory, workspace: workspace, layer: layer)
        }
        _ = try await ana.push([work(ana, 5, in: shared, "this too").segment()])
        _ = try await dan.push([work(dan, 6, in: shared, "and this").segment()])
        try await live.store.removeMember(workspace: LiveServer.title, user: "dan")
        // After: more of it.
        _ = try await hide { _ = try await ben.push([bens.segment(3)]) }

        // Of everything that there is in either world.
        _ = try await live.store.refreshSnapshots(from: 1)

        if let mallory, let tablet {
            let head = try required(
                try await mallory.device.heads(mallory.workspace).layers.first { $0.layer == mallory.layer })
            let own = try required(try await ben.heads().layers.first { $0.layer == bensPrivate })
            hidden = Hidden(
                workspace: mallory.workspace, layer: mallory.layer, epoch: head.epoch, feedHash: head.feedHash,
                device: tablet.key.publicKey, replica: ReplicaID(high: 0x1EAC, low: 2), privateHash: own.feedHash)
        } else {
            hidden = nil
        }
        let counts = Metrics()
        configuration.onRefusal = { status in log.write(.info, "refusal", ["status": .number(status)]) }
        front = HTTPServer(
            configuration: configuration,
            handler: Front(
                service: live.service, readiness: Readiness(store: live.store, log: log), log: log, metrics: counts))
        metrics = HTTPServer(
            configuration: configuration,
            handler: MetricsHandler(metrics: counts, store: live.store, startSeconds: 0) { [live] in
                await live.server.statistics
            })
        ports = (try front.start(), try metrics.start())
    }

    deinit {
        close(logDescriptor)
        unlink(logFile)
    }

    func logged() throws -> String {
        log.flush()
        return try String(contentsOfFile: logFile, encoding: .utf8)
    }

    func device(of observer: Observer) -> BareDevice? {
        switch observer {
        case .outsider: nil
        case .stranger: eve
        case .member: ana
        case .former: dan
        }
    }

    /// Sends one request, and gives every byte of the answer up to its end, or up to the first event of a stream.
    func ask(_ method: String, _ target: String, token: String?, body: [UInt8] = [], headers: [String] = [])
        async throws -> [UInt8]
    {
        let lines =
            ["\(method) \(target) HTTP/1.1", "Host: a", "Connection: close", "Content-Length: \(body.count)"]
            + (token.map { ["Authorization: Bearer " + $0] } ?? []) + headers
        let bytes = [UInt8]((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body
        let descriptor = try Sockets.connect(port: target == "/metrics" ? ports.metrics : ports.front)
        return await Sockets.onThread {
            _ = Sockets.send(bytes[...], to: descriptor)
            var answer: [UInt8] = []
            while let piece = Sockets.receive(from: descriptor) {
                answer += piece
                if String(decoding: answer, as: UTF8.self).contains("event: listening\n") { break }
            }
            close(descriptor)
            return answer
        }
    }
}
