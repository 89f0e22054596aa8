import AnnotationModel
public import ChangeLog
import Compression
public import HTTPServing
public import ServerStore
import WireFormat

/// The server's side of the protocol as an HTTP handler: authorises, decodes, verifies, and asks the store.
///
/// Step 6 of docs/one-annotation.md.
public struct SyncService: HTTPHandler {
    let store: any ServerStore
    private let cryptography: any CryptographyProvider
    let identity: IdentityService
    private let requests: RequestLimiter
    private let clock: @Sendable () -> Int64
    private let log: @Sendable (String) -> Void
    let live: LiveHub

    /// How exact the time is at which a device was last seen.
    private static let seenMilliseconds: Int64 = 3_600_000

    /// - Parameters:
    ///   - clock: Milliseconds since 1970.
    ///   - livePace: Where live updates run and how they wait.
    ///   - requestsPerSecond: How often a device may ask in the long run; 0 for no limit.
    ///   - passwords: How passwords are hashed.
    ///   - passwordsWaitingMax: How many passwords may wait for it; beyond, the answer is 503.
    ///   - log: Takes lines for the operator; they hold no text, no names and no tokens.
    public init(
        store: any ServerStore, cryptography: any CryptographyProvider, clock: @escaping @Sendable () -> Int64,
        liveLimits: LiveLimits = LiveLimits(), livePace: LivePace = LivePace(), requestsPerSecond: Int = 0,
        passwords: PasswordHashing = .scrypt(), passwordsWaitingMax: Int = 32,
        log: @escaping @Sendable (String) -> Void
    ) {
        self.store = store
        live = LiveHub(store: store, limits: liveLimits, pace: livePace)
        self.cryptography = cryptography
        requests = RequestLimiter(perSecond: requestsPerSecond, clock: clock)
        self.clock = clock
        self.log = log
        identity = IdentityService(
            store: store, cryptography: cryptography, limiter: AttemptLimiter(clock: clock),
            passwords: PasswordWork(passwords, waitingMax: passwordsWaitingMax))
    }

    public func handle(_ request: HTTPRequest) async -> HTTPReply {
        do {
            return try await route(request)
        } catch let problem as Problem {
            return problem.reply
        } catch let error as WireError {
            return Problem(400, "malformed", "the body is not what this path takes: \(error)").reply
        } catch let error as ServerStoreError {
            log("store: \(error)")
            return Problem.unavailable(isFull: error.code == .diskFull).reply
        } catch {
            log("unexpected: \(error)")
            return Problem.unavailable(isFull: false).reply
        }
    }

    /// "Anything new?" is what clients ask most, and reads a few rows.
    public func isQuick(_ request: HTTPRequest) -> Bool { request.path == SyncPath.heads.rawValue }

    private func route(_ request: HTTPRequest) async throws -> HTTPReply {
        guard let path = SyncPath(rawValue: request.path) else {
            throw Problem(404, "not_found", "there is nothing at this path")
        }
        guard request.method == path.method else {
            throw Problem(
                405, "method_not_allowed", "this path takes \(path.method) alone", headers: [("Allow", path.method)])
        }
        let acceptsZstd = request.headers["Accept-Encoding"]?.contains("zstd") ?? false
        switch path {
        case .join:
            let body = try Self.body(of: request)
            return .message(try await identity.join(JoinRequest(decoding: body), from: request.remoteAddress), false)
        case .login:
            let body = try Self.body(of: request)
            return .message(try await identity.login(LoginRequest(decoding: body), from: request.remoteAddress), false)
        default: break
        }
        // Nothing of the body is looked at before the token is known.
        let (account, tokenHash) = try await authorise(request)
        let seconds = requests.take(tokenHash)
        guard seconds == 0 else { throw Problem.tooManyRequests(seconds: seconds) }
        guard account.device != nil || path == .connect else { throw Self.unknownDevice }
        if account.device != nil, clock() - account.lastSeenAt > Self.seenMilliseconds {
            try await store.noteSeen(tokenHash: tokenHash)
        }
        let body = try Self.body(of: request)
        switch path {
        case .join, .login: preconditionFailure("these need no token")
        case .invite:
            return .message(try await identity.invite(InviteRequest(decoding: body), account), false)
        case .devices:
            return .message(try await identity.devices(DevicesRequest(decoding: body), account), false)
        case .password:
            try await identity.setPassword(
                PasswordRequest(decoding: body), account, from: request.remoteAddress)
            return HTTPReply(status: 204)
        case .connect:
            return .message(try await connect(ConnectRequest(decoding: body), account, tokenHash), acceptsZstd)
        case .heads:
            guard let heads = try await heads(HeadsRequest(decoding: body), account) else {
                return HTTPReply(status: 204)
            }
            return .message(heads, acceptsZstd)
        case .push: return .message(try await push(PushRequest(decoding: body), account), acceptsZstd)
        case .pull: return .message(try await pull(PullRequest(decoding: body), account), acceptsZstd)
        case .vector:
            return .message(try await vector(VectorRequest(decoding: body), account), acceptsZstd)
        case .snapshot:
            // Its pieces are compressed already.
            return .message(try await snapshot(SnapshotRequest(decoding: body), account), false)
        case .checkpoint: return .message(try await weigh(CheckpointProof(decoding: body), account), acceptsZstd)
        case .receipts: return .message(try await receipts(ReceiptsRequest(decoding: body), account), acceptsZstd)
        case .live: return try await listen(request, account, tokenHash)
        }
    }

    /// What a path is called in logs: one of the protocol's own, never a client's words; `nil` for others.
    public static func routeTemplate(of path: String) -> String? { SyncPath(rawValue: path)?.rawValue }

    // MARK: Border

    /// The one answer for a missing, malformed or unknown token.
    private static let unauthorised = Problem(
        401, "unauthorised", "a known bearer token is needed", headers: [("WWW-Authenticate", "Bearer")])

    private static let unknownDevice = Problem(
        403, "unknown_device", "this device has to introduce itself first; `connect` does that")

    private func authorise(_ request: HTTPRequest) async throws -> (Account, Digest) {
        let prefix = "Bearer "
        guard let header = request.headers["Authorization"], header.hasPrefix(prefix), header.utf8.count < 256 else {
            throw Self.unauthorised
        }
        let hash = cryptography.sha256([UInt8](header.utf8.dropFirst(prefix.utf8.count)))
        guard let account = try await store.account(tokenHash: hash) else {
            // Others behind the same address go on: only what fails is slowed down.
            try identity.countFailure(from: request.remoteAddress)
            throw Self.unauthorised
        }
        RequestNotes.current?.note(account.member)
        return (account, hash)
    }

    private static func body(of request: HTTPRequest) throws -> [UInt8] {
        switch request.headers["Content-Encoding"] {
        case nil, "identity": return request.body
        case "zstd":
            do {
                return try Zstd.decompress(request.body, maximumSize: WireLimits.bodyBytesMax)
            } catch  where error.code == .tooLarge {
                throw Problem(
                    413, "too_large", "the body is larger than \(WireLimits.bodyBytesMax) bytes when unpacked")
            } catch {
                throw Problem(400, "malformed", "the body is not a zstd frame: \(error)")
            }
        default:
            throw Problem(415, "unsupported_encoding", "bodies may be sent as they are or with Content-Encoding: zstd")
        }
    }

    static let noWorkspace = Problem(404, "no_workspace", "there is no such workspace for you")

    /// The answer to somebody who does not belong to a workspace: the same whether it exists or not, but for those who
    /// have belonged to it. Their devices have to know that it has ended, and was not just forgotten by an old copy.
    private func noAccess(to workspace: WorkspaceID, _ account: Account) async throws -> Problem {
        guard try await store.hasLeft(workspace, account) else { return Self.noWorkspace }
        return Problem(403, "access_ended", "you do not belong to this workspace any more")
    }

    // MARK: Messages

    private func connect(_ request: ConnectRequest, _ account: Account, _ tokenHash: Digest) async throws
        -> ConnectReply
    {
        // A token belongs to one device: a second device needs a token of its own.
        guard
            try await store.enrol(
                publicKey: request.publicKey, deviceName: request.deviceName, tokenHash: tokenHash)
        else {
            throw Problem(
                409, "token_in_use", "this token belongs to another device; ask the operator for one of your own")
        }
        return try await identity.connection(of: account, request.publicKey)
    }

    private func heads(_ request: HeadsRequest, _ account: Account) async throws -> Heads? {
        guard let heads = try await store.heads(workspace: request.workspace, for: account) else {
            throw try await noAccess(to: request.workspace, account)
        }
        if let digest = request.digest, digest == heads.digest(using: cryptography) { return nil }
        return heads
    }

    private func push(_ request: PushRequest, _ account: Account) async throws -> PushReply {
        let identity = try await store.identity()
        let cryptography = self.cryptography
        // Hashing and signatures are the costly part: off the writer, and side by side.
        @Sendable func verify(_ segment: Segment) -> VerifiedSegment {
            VerifiedSegment(segment, from: account, identity: identity, cryptography: cryptography)
        }
        let segments = request.segments
        let verified =
            segments.count < 2
            ? segments.map(verify)
            : await withTaskGroup(of: (Int, VerifiedSegment).self) { group in
                for (place, segment) in segments.enumerated() { group.addTask { (place, verify(segment)) } }
                var verified = [VerifiedSegment?](repeating: nil, count: segments.count)
                for await (place, segment) in group { verified[place] = segment }
                return verified.compactMap { $0 }
            }
        let results: [SegmentResult]
        do throws(ServerStoreError) {
            results = try await store.append(verified, workspace: request.workspace, by: account)
        } catch {
            throw error.code == .quotaExceeded ? Problem.quotaExceeded : error
        }
        RequestNotes.current?.note(results)
        live.moved(Set(results.filter { $0.firstPosition > 0 }.map(\.layer)), in: request.workspace)
        let heads = try await store.heads(workspace: request.workspace, for: account)
        // Who has ended their membership with this push still hears that it has arrived.
        guard heads != nil || results.contains(where: { $0.status != .unknownLayer }) else {
            throw try await noAccess(to: request.workspace, account)
        }
        return PushReply(
            results: zip(results, verified).map { sign($0, of: $1, identity) },
            headsDigest: (heads ?? Heads(layers: [], members: [])).digest(using: cryptography))
    }

    private func sign(
        _ result: SegmentResult, of verified: VerifiedSegment, _ identity: ServerIdentity
    ) -> SegmentResult {
        var receipt: Signature?
        if let receivedAt = result.receivedAt, let last = verified.changes.last {
            let statement = SignedStatement.receipt(
                server: identity.server, layer: result.layer, replica: result.replica, seq: last.header.seq,
                hash: last.hash,
                receivedAt: receivedAt)
            receipt = cryptography.sign(statement, with: identity.key)
        }
        let signature = checkpoint(result.layer, result.epoch, result.lastPosition, result.feedHash, identity)
        return SegmentResult(
            layer: result.layer, replica: result.replica, status: result.status, heldSeq: result.heldSeq,
            conflictSeq: result.conflictSeq, epoch: result.epoch, firstPosition: result.firstPosition,
            lastPosition: result.lastPosition, feedHash: result.feedHash, signature: signature,
            refused: result.refused, explanation: result.explanation, receivedAt: result.receivedAt, receipt: receipt)
    }

    private func receipts(_ request: ReceiptsRequest, _ account: Account) async throws -> ReceiptsReply {
        let identity = try await store.identity()
        let arrivals = try await store.arrivals(
            of: request.changes, layer: request.layer, workspace: request.workspace, for: account)
        return ReceiptsReply(
            receipts: arrivals.map { arrival in
                let (replica, seq) = (arrival.change.replica, arrival.change.seq)
                let statement = SignedStatement.receipt(
                    server: identity.server, layer: request.layer, replica: replica, seq: seq, hash: arrival.hash,
                    receivedAt: arrival.receivedAt)
                let receipt = Receipt(
                    seq: seq, receivedAt: arrival.receivedAt,
                    signature: cryptography.sign(statement, with: identity.key))
                return ChainReceipt(layer: request.layer, replica: replica, receipt: receipt)
            })
    }

    /// The server's signature for a point of a feed; none for the beginning, which proves nothing.
    private func checkpoint(
        _ layer: LayerID, _ epoch: EpochID, _ position: UInt64, _ feedHash: Digest, _ identity: ServerIdentity
    ) -> Signature? {
        guard position > 0 else { return nil }
        let statement = SignedStatement.checkpoint(
            server: identity.server, layer: layer, epoch: epoch, position: position, feedHash: feedHash)
        return cryptography.sign(statement, with: identity.key)
    }

    private func vector(_ request: VectorRequest, _ account: Account) async throws -> VectorReply {
        let reply = try await store.vector(layer: request.layer, workspace: request.workspace, for: account)
        guard let epoch = reply.epoch else { return reply }
        let signature = checkpoint(reply.layer, epoch, reply.position, reply.feedHash, try await store.identity())
        return VectorReply(
            layer: reply.layer, epoch: epoch, heads: reply.heads, position: reply.position, feedHash: reply.feedHash,
            signature: signature)
    }

    private func snapshot(_ request: SnapshotRequest, _ account: Account) async throws -> SnapshotReply {
        let reply = try await store.snapshot(request, for: account)
        guard let head = reply.head else { return reply }
        let identity = try await store.identity()
        let statement = SignedStatement.snapshot(
            server: identity.server, digest: cryptography.sha256(head.encoded))
        return SnapshotReply(
            layer: reply.layer, head: head, signature: cryptography.sign(statement, with: identity.key),
            checkpoint: checkpoint(reply.layer, head.epoch, head.position, head.feedHash, identity),
            firstPiece: reply.firstPiece, pieces: reply.pieces)
    }

    private func pull(_ request: PullRequest, _ account: Account) async throws -> PullReply {
        let identity = try await store.identity()
        var budget = Int(min(request.byteBudget, UInt64(WireLimits.pullBytesMax)))
        var pages: [FeedPage] = []
        for cursor in request.cursors.prefix(WireLimits.pullCursorsMax) {
            // The first page gives one change at least; those that find the budget spent wait for the next pull.
            if budget <= 0 && !pages.isEmpty { break }
            let page = try await store.page(
                from: cursor, workspace: request.workspace, byteBudget: budget, for: account)
            budget -= page.payloadBytes
            pages.append(sign(page, identity))
        }
        let replicas = pages.flatMap { $0.segments.map(\.replica) }
        return PullReply(pages: pages, devices: try await store.devices(of: replicas))
    }

    private func sign(_ page: FeedPage, _ identity: ServerIdentity) -> FeedPage {
        guard page.status == .changes else { return page }
        return FeedPage(
            layer: page.layer, status: page.status, epoch: page.epoch, segments: page.segments,
            position: page.position, feedHash: page.feedHash,
            signature: checkpoint(page.layer, page.epoch, page.position, page.feedHash, identity),
            headPosition: page.headPosition)
    }

    private func weigh(_ proof: CheckpointProof, _ account: Account) async throws -> CheckpointReply {
        let identity = try await store.identity()
        let statement = SignedStatement.checkpoint(
            server: identity.server, layer: proof.cursor.layer, epoch: proof.cursor.epoch,
            position: proof.cursor.position, feedHash: proof.cursor.feedHash)
        guard cryptography.isValid(proof.signature, of: statement, by: identity.key.publicKey) else {
            throw Problem(400, "not_signed", "this server did not sign that checkpoint")
        }
        let (epoch, isNew) = try await store.weigh(checkpoint: proof.cursor, workspace: proof.workspace, for: account)
        if isNew {
            live.moved([proof.cursor.layer], in: proof.workspace)
            log(
                "a feed does not reach a position that this server signed: the server was restored from an older copy. A new "
                    + "epoch begins, clients push again what is missing"
            )
        }
        return CheckpointReply(layer: proof.cursor.layer, epoch: epoch)
    }
}

extension FeedPage {
    fileprivate var payloadBytes: Int {
        segments.reduce(0) { sum, segment in
            sum
                + segment.entries.reduce(0) { sum, entry in
                    if case .payload(let bytes) = entry.body { sum + bytes.count + 64 } else { sum + 64 }
                }
        }
    }
}
