import AnnotationModel
import ChangeLog
import LocalStore
import SyncClient
import Synchronization
import WireFormat

extension FuzzTarget {
    /// A server that says what it likes, to a store with work to push.
    static let syncClient = FuzzTarget(
        "sync-client", "a server's answers made from the input: a sync ends, and the store is sound afterwards",
        lengthMax: 2048
    ) { input in
        try ClientFixture.shared.run(input)
    }
}

/// A store that is connected and has made something.
private final class ClientFixture: Sendable {
    static let shared = ClientFixture()

    private let cryptography = FuzzCryptography()
    private let folder = FolderFixture("client")
    private let world: HostileServer.World

    private init() {
        let options = LocalStore.Options(cryptography: cryptography, clock: { 1_700_000_000_000 })
        do {
            let store = try LocalStore.create(
                in: StoreFolder(path: folder.path + "/.variorum"), memberName: "Nino", title: "Treaties",
                options: options)
            for number in 0..<3 {
                try store.write { transaction in
                    let layer = try transaction.reader.ownLayer(number == 2 ? .personal : .shared)
                    let memo = try transaction.create(.memo, in: layer, [])
                    _ = try transaction.set(Field(rawValue: 2), of: memo, in: layer, to: .text("memo \(number)"))
                }
            }
            let world = HostileServer.World(
                replica: try store.read { try $0.ownReplica() }, member: MemberID(high: 1, low: 2))
            let key = try store.signingKey().publicKey
            let reply = ConnectReply(
                server: ServerID(high: 0x50, low: 1), serverKey: key, member: world.member, memberName: "Nino",
                certificate: DeviceCertificate(
                    member: world.member, publicKey: key, signature: FuzzCryptography.signature(over: [])),
                workspaces: [])
            let heads = zip(world.layers, LayerKind.basic).map { layer, kind in
                LayerHead(
                    layer: layer, kind: kind.rawValue, owner: kind == .shared ? nil : world.member, isWritable: true,
                    epoch: world.epoch, position: 0, feedHash: .zero)
            }
            try store.attach(
                reply, workspace: WorkspaceEntry(workspace: world.workspace, title: "Team"),
                heads: Heads(layers: heads, members: []), url: "test:", deviceName: "hostile")
            self.world = world
        } catch {
            fatalError("no store for a hostile server: \(error)")
        }
        folder.keep()
    }

    func run(_ input: [UInt8]) throws {
        folder.restore()
        cryptography.startOver()
        let store = try LocalStore.open(
            StoreFolder(path: folder.path + "/.variorum"),
            options: LocalStore.Options(cryptography: cryptography, clock: { 1_700_000_000_000 }))
        let server = HostileServer(input, world, cryptography)
        try blocking {
            for _ in 0..<2 {
                do { try await SyncClient(store: store, transport: server, retry: .none).sync() } catch let error
                    as StoreError
                {
                    try require(
                        error.code != .damaged && error.code != .inputOutput, "a server breaks the store: \(error)")
                } catch is SyncError {
                    // What a client says of such a server.
                }
            }
        }
        // That a server sent changes without saying whose they are is for `check` to tell.
        let problems = try store.check().problems.filter { !$0.hasSuffix("nobody knows whose device this is") }
        try require(problems.isEmpty, "after a sync with a hostile server: \(problems)")
        try require(server.answered < HostileServer.answersMax, "a server keeps a client busy for ever")
        try Reading.read(folder.path, choice: choice(input))
    }
}

/// Answers what the input says: nearly right, so that it gets far, and wrong in some place.
private final class HostileServer: SyncTransport {
    struct World: Sendable {
        let replica: ReplicaID
        let member: MemberID
        let workspace = WorkspaceID(high: 0x60, low: 1)
        let epoch = EpochID(high: 0xE0, low: 1)
        let layers: [LayerID] = (0..<3).map { LayerID(high: 0xA0 + $0, low: 1) }
        let foreign = LayerID(high: 0xA9, low: 1)
    }

    /// More than any input can make.
    static let answersMax = 20_000

    private let world: World
    private let cryptography: FuzzCryptography
    private let state: Mutex<(generator: ChangeGenerator, answered: Int)>

    init(_ input: [UInt8], _ world: World, _ cryptography: FuzzCryptography) {
        self.world = world
        self.cryptography = cryptography
        let makers: [ChangeGenerator.Maker] = [
            .init(replica: ReplicaID(high: 2, low: 1), author: MemberID(high: 2, low: 2), certificate: nil),
            .init(replica: ReplicaID(high: 3, low: 1), author: MemberID(high: 3, low: 2), certificate: nil),
            .init(replica: world.replica, author: world.member, certificate: nil),
        ]
        state = Mutex(
            (
                ChangeGenerator(
                    ByteSource(input), layers: world.layers + [world.foreign], makers: makers,
                    cryptography: cryptography),
                0
            ))
    }

    var answered: Int { state.withLock { $0.answered } }

    /// - Throws: `unreachable` once the input is spent: then the server has nothing more to say.
    private func answer<T>(_ body: (inout ChangeGenerator) -> T) throws(SyncError) -> T {
        let result: T? = state.withLock { state in
            state.answered += 1
            guard !state.generator.source.isSpent, state.answered < Self.answersMax else { return nil }
            return body(&state.generator)
        }
        guard let result else { throw SyncError(.unreachable, "spent") }
        return result
    }

    func send<Reply: WireMessage>(
        _ path: SyncPath, _ message: some WireMessage
    ) async throws(SyncError) -> Reply? {
        let reply: (any WireMessage)? =
            switch message {
            case let request as HeadsRequest: try await heads(request)
            case let request as PushRequest: try await push(request)
            case let request as PullRequest: try await pull(request)
            case let request as VectorRequest: try await vector(request)
            case let request as CheckpointProof: try await prove(request)
            default: throw SyncError(.refused, "this server only syncs")
            }
        return reply as? Reply
    }

    private func heads(_ request: HeadsRequest) async throws(SyncError) -> Heads? {
        try answer { generator in
            if generator.source.chance(in: 16) { return nil }
            var heads: [LayerHead] = []
            for layer in world.layers + [world.foreign] where !generator.source.chance(in: 8) {
                let isForeign = layer == world.foreign
                let kind = isForeign ? generator.source.byte() % 5 : UInt8(layer.high & 3) + 1
                heads.append(
                    LayerHead(
                        layer: layer, kind: kind, owner: isForeign || kind == 1 ? nil : world.member,
                        isWritable: !generator.source.chance(in: 4), epoch: epoch(&generator),
                        position: generator.source.number() & 0x7FFF_FFFF_FFFF_FFFF,
                        feedHash: generator.source.chance(in: 4) ? cryptography.sha256([1]) : .zero))
            }
            let members = [RosterEntry(member: generator.source.identifier(), name: generator.operations.text())]
            return Heads(layers: heads, members: members)
        }
    }

    private func epoch(_ generator: inout ChangeGenerator) -> EpochID {
        generator.source.chance(in: 8) ? EpochID(high: 0xE1 + UInt64(generator.source.below(2)), low: 1) : world.epoch
    }

    private func signature(_ generator: inout ChangeGenerator) -> Signature? {
        switch generator.source.below(16) {
        case 14: nil
        case 15: generator.signature(true)
        default: generator.signature(false)
        }
    }

    private func push(_ request: PushRequest) async throws(SyncError) -> PushReply {
        try answer { generator in
            let results = request.segments.map { segment in
                let status = generator.source.pick([.accepted] + SegmentResult.Status.allCases)
                let isHonest = !generator.source.chance(in: 4)
                let held = isHonest ? segment.lastSeq : generator.source.number() & 0x7FFF_FFFF_FFFF_FFFF
                let first: UInt64 = isHonest ? 1 : generator.source.number() & 0x7FFF_FFFF_FFFF_FFFF
                let last = isHonest ? UInt64(segment.entries.count) : generator.source.number() & 0x7FFF_FFFF_FFFF_FFFF
                var feedHash = Digest.zero
                for change in segment.changes(using: cryptography) {
                    feedHash = FeedHash.next(feedHash, header: change.hash, withheld: nil, using: cryptography)
                }
                let refused = generator.source.chance(in: 4) ? [segment.firstSeq, generator.source.number()] : []
                return SegmentResult(
                    layer: segment.layer, replica: segment.replica, status: status, heldSeq: held,
                    conflictSeq: generator.source.number() & 0x7FFF_FFFF_FFFF_FFFF, epoch: epoch(&generator),
                    firstPosition: first, lastPosition: last, feedHash: feedHash, signature: signature(&generator),
                    refused: refused, explanation: generator.operations.text(),
                    receivedAt: generator.source.chance(in: 4) ? nil : Int64(generator.source.byte()),
                    receipt: signature(&generator))
            }
            let isShort = generator.source.chance(in: 32)
            return PushReply(
                results: isShort ? Array(results.dropLast()) : results, headsDigest: generator.source.identifier())
        }
    }

    private func pull(_ request: PullRequest) async throws(SyncError) -> PullReply {
        try answer { generator in
            var pages: [FeedPage] = []
            for cursor in request.cursors where !generator.source.chance(in: 8) {
                pages.append(page(&generator, cursor))
            }
            let devices = generator.makers.filter { _ in !generator.source.chance(in: 4) }.map { maker in
                ReplicaDevice(
                    replica: maker.replica,
                    certificate: DeviceCertificate(
                        member: maker.author, publicKey: cryptography.makeSigningKey().publicKey,
                        signature: signature(&generator)))
            }
            return PullReply(pages: pages, devices: devices)
        }
    }

    private func page(_ generator: inout ChangeGenerator, _ cursor: FeedCursor) -> FeedPage {
        let count = generator.source.below(4)
        var segments: [Segment] = []
        for _ in 0..<count {
            segments.append(
                generator.source.chance(in: 16)
                    ? generator.segment()
                    : generator.segment(in: cursor.layer, by: generator.source.pick(generator.makers)))
        }
        var (position, feedHash) = (cursor.position, cursor.feedHash)
        for change in segments.flatMap({ $0.changes(using: cryptography) }) {
            feedHash = FeedHash.next(feedHash, header: change.hash, withheld: change.withheld, using: cryptography)
            position += 1
        }
        let isOff = generator.source.chance(in: 16)
        return FeedPage(
            layer: cursor.layer, status: isOff ? generator.source.pick(FeedPage.Status.allCases) : .changes,
            epoch: generator.source.chance(in: 16) ? epoch(&generator) : cursor.epoch, segments: segments,
            position: generator.source.chance(in: 16) ? generator.source.number() : position, feedHash: feedHash,
            signature: signature(&generator),
            headPosition: position + (generator.source.chance(in: 4) ? generator.source.number() >> 1 : 0))
    }

    private func vector(_ request: VectorRequest) async throws(SyncError) -> VectorReply {
        try answer { generator in
            let heads = generator.makers.filter { _ in generator.source.chance(in: 2) }.map { maker in
                ChainHead(
                    replica: maker.replica, seq: generator.source.number() & 0x7FFF_FFFF_FFFF_FFFF,
                    hash: cryptography.sha256([generator.source.byte()]))
            }
            let isUnknown = generator.source.chance(in: 8)
            return VectorReply(
                layer: generator.source.chance(in: 16) ? world.foreign : request.layer,
                epoch: isUnknown ? nil : epoch(&generator), heads: heads,
                position: generator.source.number() & 0x7FFF_FFFF_FFFF_FFFF,
                feedHash: cryptography.sha256([generator.source.byte()]), signature: signature(&generator))
        }
    }

    private func prove(_ proof: CheckpointProof) async throws(SyncError) -> CheckpointReply {
        try answer { generator in
            CheckpointReply(
                layer: generator.source.chance(in: 16) ? world.foreign : proof.cursor.layer,
                epoch: generator.source.chance(in: 8) ? nil : epoch(&generator))
        }
    }
}
