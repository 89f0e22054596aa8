import AnnotationModel
import ChangeLog
import HTTPClient
import ServerStore
import TestSupport
import WireFormat

/// A member's device without a store: a key, a token, and what a program of one's own would send over HTTP.
struct BareDevice: Sendable {
    let live: LiveServer
    let token: String
    let key: SigningKey
    let member: MemberID
    let certificate: DeviceCertificate
    private let session = HTTPSession()

    init(_ live: LiveServer, of name: String, key: SigningKey? = nil) async throws {
        self.live = live
        self.key = key ?? live.cryptography.makeSigningKey()
        token = try await live.token(for: name)
        let reply = try await Self.post(
            .connect, ConnectRequest(publicKey: self.key.publicKey, deviceName: name), live, token, session)
        let connection = try ConnectReply(decoding: reply.body)
        member = connection.member
        certificate = connection.certificate
    }

    private static func post(
        _ path: SyncPath, _ message: some WireMessage, _ live: LiveServer, _ token: String, _ session: HTTPSession
    ) async throws -> HTTPClientResponse {
        try await session.send(
            HTTPClientRequest(
                method: path.method, url: live.url + path.rawValue,
                headers: [(name: "Authorization", value: "Bearer " + token)], body: message.encoded))
    }

    func post(_ path: SyncPath, _ message: some WireMessage) async throws -> HTTPClientResponse {
        try await Self.post(path, message, live, token, session)
    }

    /// Never inlined: Swift 6.3's optimisation crashes where this is a part of `layer`.
    @inline(never)
    func heads(_ workspace: WorkspaceID? = nil) async throws -> Heads {
        let request = HeadsRequest(workspace: workspace ?? live.workspace, digest: nil)
        return try Heads(decoding: try await post(.heads, request).body)
    }

    /// The shared layer, or one of its own.
    func layer(_ kind: LayerKind, _ workspace: WorkspaceID? = nil) async throws -> LayerID {
        let layers = try await heads(workspace).layers
        return try required(
            layers.first { $0.kind == kind.rawValue && ($0.owner == nil || $0.owner == member) }
        ).layer
    }

    /// A chain of its own in a layer.
    func maker(in layer: LayerID, replica: ReplicaID? = nil, count: Int = 0) -> Maker {
        var maker = Maker(of: member, key: key, in: layer, replica: replica)
        maker.make(count: count)
        return maker
    }

    func push(_ segments: [Segment], workspace: WorkspaceID? = nil) async throws -> [SegmentResult] {
        let reply = try await post(.push, PushRequest(workspace: workspace ?? live.workspace, segments: segments))
        guard reply.status == 200 else {
            throw Missing(what: "answer: \(reply.status) \(String(decoding: reply.body, as: UTF8.self))")
        }
        return try PushReply(decoding: reply.body).results
    }

    func feed(of layer: LayerID) async throws -> [Change] {
        let head = try required(try await heads().layers.first { $0.layer == layer })
        var cursor = FeedCursor(layer: layer, epoch: head.epoch, position: 0, feedHash: .zero)
        var changes: [Change] = []
        while cursor.position < head.position {
            let request = PullRequest(workspace: live.workspace, cursors: [cursor], byteBudget: 1 << 20)
            let page = try required(PullReply(decoding: try await post(.pull, request).body).pages.first)
            changes += page.segments.flatMap { $0.changes(using: live.cryptography) }
            cursor = FeedCursor(layer: layer, epoch: page.epoch, position: page.position, feedHash: page.feedHash)
        }
        return changes
    }

    /// Whether it is given a snapshot. Never inlined, like `heads`.
    @inline(never)
    func hasSnapshot(of layer: LayerID) async throws -> Bool {
        let request = SnapshotRequest(
            workspace: live.workspace, layer: layer, position: 0, firstPiece: 0, byteBudget: 1 << 20)
        return try SnapshotReply(decoding: try await post(.snapshot, request).body).head != nil
    }
}
