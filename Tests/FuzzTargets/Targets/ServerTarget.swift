import AnnotationModel
import ChangeLog
import Compression
import HTTPServing
import LocalStore
import ServerStore
import SyncClient
import SyncServer
import Synchronization
import TestSupport
import WireFormat

extension FuzzTarget {
    /// A member's device that says what it likes to a server; another member, who is honest, syncs afterwards.
    static let server = FuzzTarget(
        "server",
        "requests made from the input to a real server: it answers each, and an honest store syncs afterwards",
        lengthMax: 2048
    ) { input in
        try ServerFixture.shared.run(input)
    }
}

/// A server with two members in one workspace, and a connected store of the second.
private final class ServerFixture: Sendable {
    static let shared = ServerFixture()

    private let cryptography = FuzzCryptography()
    private let serverFolder = FolderFixture("server")
    private let storeFolder = FolderFixture("witness")
    private let workspace: WorkspaceID
    private let layers: [LayerID]
    private let member: MemberID
    private let certificate: DeviceCertificate

    private init() {
        let (serverFolder, storeFolder, cryptography) = (serverFolder, storeFolder, cryptography)
        do {
            (workspace, layers, member, certificate) = try blocking {
                let server = try Self.open(serverFolder, cryptography, creates: true)
                let workspace = try await server.addWorkspace(title: "Team")
                for name in ["ana", "ben"] {
                    _ = try await server.addUser(name: name)
                    try await server.addToken(tokenHash: cryptography.sha256([UInt8](name.utf8)), user: name)
                    try await server.addMember(workspace: "Team", user: name, role: .curator)
                }
                let service = SyncService(
                    store: server, cryptography: cryptography, clock: { 1_700_000_000_000 }, log: { _ in })
                let store = try LocalStore.create(
                    in: StoreFolder(path: storeFolder.path + "/.variorum"), memberName: "ben", title: "Mine",
                    options: Self.options(cryptography))
                try await SyncClient.connect(
                    store, over: InProcessTransport(service, token: "ben"), url: "test:", workspace: nil,
                    deviceName: "desk")
                let key = cryptography.makeSigningKey().publicKey
                let transport = InProcessTransport(service, token: "ana")
                let reply = try await transport.connect(ConnectRequest(publicKey: key, deviceName: "laptop"))
                let heads = try await transport.heads(HeadsRequest(workspace: workspace, digest: nil))
                return (workspace, heads?.layers.map(\.layer) ?? [], reply.member, reply.certificate)
            }
        } catch {
            fatalError("no server: \(error)")
        }
        serverFolder.keep()
        storeFolder.keep()
    }

    private static func open(
        _ folder: FolderFixture, _ cryptography: FuzzCryptography, creates: Bool = false
    ) throws -> SQLiteServerStore {
        try SQLiteServerStore(
            folder: folder.path, creates: creates, isServing: false, cryptography: cryptography,
            clock: { 1_700_000_000_000 })
    }

    private static func options(_ cryptography: FuzzCryptography) -> LocalStore.Options {
        LocalStore.Options(cryptography: cryptography, clock: { 1_700_000_000_000 })
    }

    func run(_ input: [UInt8]) throws {
        serverFolder.restore()
        cryptography.startOver()
        let server = try Self.open(serverFolder, cryptography)
        let complaint = Mutex<String?>(nil)
        let service = SyncService(store: server, cryptography: cryptography, clock: { 1_700_000_000_000 }) { line in
            if line.hasPrefix("store:") || line.hasPrefix("unexpected:") { complaint.withLock { $0 = line } }
        }
        var requests: [HTTPRequest] = []
        let makers: [ChangeGenerator.Maker] = [
            .init(replica: ReplicaID(high: 1, low: 1), author: member, certificate: nil),
            .init(replica: ReplicaID(high: 2, low: 1), author: member, certificate: certificate),
            .init(replica: ReplicaID(high: 3, low: 1), author: member, certificate: nil),
        ]
        var generator = ChangeGenerator(
            ByteSource(input), layers: layers + [LayerID(high: 9, low: 9)], makers: makers, cryptography: cryptography)
        while requests.count < 10, !generator.source.isSpent { requests.append(request(&generator)) }
        let hasPushed = try blocking { [requests] in
            var hasPushed = false
            for request in requests {
                let reply = await service.handle(request)
                try Self.check(reply, to: request, complaint.withLock { $0 })
                if request.path == "/v1/push", reply.status == 200 { hasPushed = true }
            }
            return hasPushed
        }
        if hasPushed { try sync(with: service, choice: choice(input)) }
    }

    private static func check(_ reply: HTTPReply, to request: HTTPRequest, _ complaint: String?) throws {
        try require(complaint == nil, "\(request.path) makes the server say '\(complaint ?? "")'")
        try require(
            [200, 204, 400, 401, 404, 405, 409, 413, 415].contains(reply.status),
            "\(request.path) is answered with \(reply.status)")
        guard reply.status == 200 else { return }
        switch request.path {
        case "/v1/connect": _ = try ConnectReply(decoding: reply.body)
        case "/v1/heads": _ = try Heads(decoding: reply.body)
        case "/v1/push": _ = try PushReply(decoding: reply.body)
        case "/v1/pull": _ = try PullReply(decoding: reply.body)
        case "/v1/vector": _ = try VectorReply(decoding: reply.body)
        default: _ = try CheckpointReply(decoding: reply.body)
        }
    }

    private func request(_ generator: inout ChangeGenerator) -> HTTPRequest {
        let layer = generator.source.pick(layers)
        func cursor(_ source: inout ByteSource) -> FeedCursor {
            FeedCursor(
                layer: layer, epoch: source.identifier(), position: source.number() & 0x7FFF_FFFF_FFFF_FFFF,
                feedHash: .zero)
        }
        let (path, message): (String, [UInt8])
        switch generator.source.below(8) {
        case 0:
            (path, message) = (
                "/v1/connect",
                ConnectRequest(publicKey: certificate.publicKey, deviceName: generator.operations.text()).encoded
            )
        case 1: (path, message) = ("/v1/heads", HeadsRequest(workspace: workspace, digest: nil).encoded)
        case 2:
            let request = PullRequest(
                workspace: workspace, cursors: [cursor(&generator.source), cursor(&generator.source)],
                byteBudget: generator.source.number())
            (path, message) = ("/v1/pull", request.encoded)
        case 3: (path, message) = ("/v1/vector", VectorRequest(workspace: workspace, layer: layer).encoded)
        case 4:
            let proof = CheckpointProof(
                workspace: workspace, cursor: cursor(&generator.source), signature: generator.signature(false))
            (path, message) = ("/v1/checkpoint", proof.encoded)
        default:
            let segments = (0...generator.source.below(3)).map { _ in generator.segment() }
            (path, message) = ("/v1/push", PushRequest(workspace: workspace, segments: segments).encoded)
        }
        var body = message
        if generator.source.chance(in: 8) {
            let place = Int(generator.source.number() % UInt64(body.count))
            body[place] ^= generator.source.byte()
        }
        let isCompressed = generator.source.chance(in: 8)
        return HTTPRequest(
            method: "POST", path: path,
            headers: isCompressed
                ? ["Authorization": "Bearer ana", "Content-Encoding": "zstd"] : ["Authorization": "Bearer ana"],
            body: isCompressed ? Zstd.compress(body) : body)
    }

    /// Whatever one member has sent, the others can read.
    private func sync(with service: SyncService, choice: Int) throws {
        storeFolder.restore()
        let store = try LocalStore.open(
            StoreFolder(path: storeFolder.path + "/.variorum"), options: Self.options(cryptography))
        try blocking {
            let transport = InProcessTransport(service, token: "ben")
            for _ in 0..<2 {
                do { try await SyncClient(store: store, transport: transport, retry: .none).sync() } catch {
                    throw PropertyViolation(description: "an honest store cannot sync any more: \(error)")
                }
            }
        }
        let report = try store.check()
        try require(report.isClean, "after a sync: \(report.problems)")
        try Reading.read(storeFolder.path, choice: choice)
    }
}
