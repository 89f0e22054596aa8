public import AnnotationModel
public import ChangeLog

/// Accounts, layers and feeds of one server.
///
/// The contract, the same for every backend, and held by one suite of tests:
/// - What `append` returned as accepted is durable and stays: it survives any crash.
/// - `append` is idempotent: the same segment again changes nothing and gets the same answer.
/// - Positions of a feed are dense from 1 and given in commit order, so that who reads up to n has all up to n.
/// - Concurrent appends may share one durable transaction; each stands or falls by itself.
/// - Nothing tells a layer that the asker may not read from one that does not exist.
public protocol ServerStore: Sendable {
    /// The identity that signs certificates and checkpoints.
    func identity() async throws(ServerStoreError) -> ServerIdentity

    /// Whose token has this hash; `nil` for an unknown one.
    func account(tokenHash: Digest) async throws(ServerStoreError) -> Account?

    /// Ties a token to the device that comes first with it, for good, and remembers the device by its key. Idempotent.
    ///
    /// - Returns: Whether the token is this device's; nothing is changed if it is another's or unknown.
    func enrol(publicKey: PublicKey, deviceName: String, tokenHash: Digest) async throws(ServerStoreError) -> Bool

    /// Uses an invitation: makes the account and the membership that it is for, and gives the device its token.
    func redeem(_ redemption: Redemption) async throws(ServerStoreError) -> RedemptionOutcome

    /// The password's hash of the user with this name; `nil` where there is no such user or no password.
    func password(ofUserNamed name: String) async throws(ServerStoreError) -> (user: MemberID, hash: String)?

    /// Gives a device of a user, who has shown their password, a token.
    func admit(
        _ device: DeviceIntroduction, tokenHash: Digest, user: MemberID
    ) async throws(ServerStoreError) -> Account

    /// Keeps a password's hash.
    func set(password: String, of account: Account) async throws(ServerStoreError)

    /// Keeps an invitation.
    ///
    /// - Returns: When it expires, in milliseconds since 1970.
    /// - Throws: `unknownName` for a workspace or user that is not there.
    func invite(_ invitation: Invitation) async throws(ServerStoreError) -> Int64

    /// The account's devices, oldest first.
    func devices(of account: Account) async throws(ServerStoreError) -> [DeviceEntry]

    /// Ends one of the account's devices. - Returns: Whether there is one with this key.
    func revoke(device: PublicKey, of account: Account) async throws(ServerStoreError) -> Bool

    /// Writes down that the token's device was here just now.
    func noteSeen(tokenHash: Digest) async throws(ServerStoreError)

    /// What the account may do in a workspace; `nil` if it does not belong to it.
    func role(of account: Account, in workspace: WorkspaceID) async throws(ServerStoreError) -> Role?

    /// Whether the account has belonged to the workspace and does not any more, also because it was deleted.
    func hasLeft(_ workspace: WorkspaceID, _ account: Account) async throws(ServerStoreError) -> Bool

    func workspaces(of account: Account) async throws(ServerStoreError) -> [WorkspaceEntry]

    /// Every layer of the workspace that the account may read, and who belongs to it; `nil` if the account does not.
    func heads(workspace: WorkspaceID, for account: Account) async throws(ServerStoreError) -> Heads?

    /// Adds verified segments to their feeds. One result each, in order.
    ///
    /// Returns when everything accepted is durable. The results carry no checkpoint signatures yet.
    /// - Throws: `quotaExceeded` where the workspace has no room for what is new of them: none was taken then. What is
    ///   held already needs no room.
    func append(
        _ segments: [VerifiedSegment], workspace: WorkspaceID, by account: Account
    ) async throws(ServerStoreError) -> [SegmentResult]

    /// A stretch of one feed from a cursor on, with about `byteBudget` bytes of payload: whole signed runs,
    /// at least one.
    func page(
        from cursor: FeedCursor, workspace: WorkspaceID, byteBudget: Int, for account: Account
    ) async throws(ServerStoreError) -> FeedPage

    /// Whose the given replicas are.
    func devices(of replicas: [ReplicaID]) async throws(ServerStoreError) -> [ReplicaDevice]

    func vector(layer: LayerID, workspace: WorkspaceID, for account: Account) async throws(ServerStoreError)
        -> VectorReply

    /// When the server had changes of a layer first, for those that it holds; empty for a layer that the account may not
    /// read.
    func arrivals(
        of changes: [ChangeName], layer: LayerID, workspace: WorkspaceID, for account: Account
    ) async throws(ServerStoreError) -> [Arrival]

    /// Some of a layer's snapshot, unsigned: pieces from `firstPiece` on, at least one where there is one of that number.
    ///
    /// Of the newest, from its first piece on, where the one that was begun is not held any more. Without head and pieces for
    /// a layer that has none or that the account may not read.
    func snapshot(_ request: SnapshotRequest, for account: Account) async throws(ServerStoreError) -> SnapshotReply

    /// Makes a snapshot of every layer whose feed has grown by `changes` and by a quarter since its last one, or of as much
    /// of the feed as one build takes on. What a newer version made, and what comes after it, is in none.
    ///
    /// One build runs at a time: a second call does nothing meanwhile. Ends early, without an error, where its task is
    /// cancelled; what was begun then is never served.
    /// - Returns: How many were made.
    /// - Throws: The first failure, after the other layers had their turn.
    /// - Complexity: O(n log n) in the operations that are new, O(m) in the bytes of the snapshots before.
    func refreshSnapshots(from changes: UInt64) async throws(ServerStoreError) -> Int

    /// Lets go of the payloads of changes that came before a moment, in layers that belong to no round, as far as the oldest
    /// complete snapshot stands for them. Headers, signatures and hashes stay: the feed is the same, and can be verified as
    /// before. A device that has not read so far is put on a snapshot.
    ///
    /// Goes over a feed in small transactions and ends early, without an error, where its task is cancelled. Does nothing while
    /// snapshots are being made.
    /// - Parameter moment: In milliseconds since 1970, by the server's clock.
    /// - Returns: How many changes were gone over.
    /// - Throws: `unavailable` where a snapshot cannot be read to its end; nothing of its layer is let go of then.
    func compact(receivedBefore moment: Int64) async throws(ServerStoreError) -> Int

    /// Starts a new epoch if the feed does not go through a checkpoint of its present one, or never had a checkpoint's epoch.
    ///
    /// The caller has verified that this server signed the checkpoint: so the server has lost changes.
    /// - Returns: The layer's epoch, `nil` for a layer that the account may not read, and whether it is new.
    func weigh(
        checkpoint: FeedCursor, workspace: WorkspaceID, for account: Account
    ) async throws(ServerStoreError) -> (epoch: EpochID?, isNew: Bool)

    /// Where a layer's feed stands and by which tokens it may be read now; `nil` where the workspace has no such layer.
    func audience(of layer: LayerID, workspace: WorkspaceID) async throws(ServerStoreError) -> LayerAudience?

    /// Whose the tokens are by which somebody may enter the workspace now, by their hashes.
    func accounts(in workspace: WorkspaceID) async throws(ServerStoreError) -> [Digest: Account]
}

/// What the operator does, on the machine itself.
public protocol ServerAdministration: Sendable {
    /// - Throws: `exists`.
    func addUser(name: String) async throws(ServerStoreError) -> MemberID
    /// A new token of the user, whose hash alone is kept. - Throws: `unknownName`.
    func addToken(tokenHash: Digest, user: String) async throws(ServerStoreError)
    /// - Returns: How many tokens the user had. - Throws: `unknownName`.
    func revokeTokens(user: String) async throws(ServerStoreError) -> Int
    /// A workspace with its shared layer. - Throws: `exists`.
    func addWorkspace(title: String) async throws(ServerStoreError) -> WorkspaceID
    /// Makes a user a member, with a personal and a private layer, or gives a member another role. Idempotent.
    /// - Throws: `unknownName`.
    func addMember(workspace: String, user: String, role: Role) async throws(ServerStoreError)
    /// Ends a membership; layers and changes stay. - Throws: `unknownName`.
    func removeMember(workspace: String, user: String) async throws(ServerStoreError)
    /// Sets or, with `nil`, takes away the hash of a user's password. - Throws: `unknownName`.
    func set(password: String?, user: String) async throws(ServerStoreError)
    /// Keeps an invitation of the operator's: into a workspace, or for a further device of a user.
    ///
    /// - Returns: When it expires, in milliseconds since 1970. - Throws: `unknownName`.
    func invite(
        codeHash: Digest, workspace: String?, role: Role?, user: String?, lifetime: Int64
    ) async throws(ServerStoreError) -> Int64
    /// Makes a workspace read-only, or writable again. - Throws: `unknownName`.
    func archive(workspace: String, _ isArchived: Bool) async throws(ServerStoreError)
    /// Removes a workspace with all that is in it, for good, and with the replicas that occur nowhere else. Its members, and
    /// former ones, are remembered: `hasLeft` holds for them. - Throws: `unknownName`.
    func delete(workspace: String) async throws(ServerStoreError)
    /// Says how many bytes a workspace may hold: 0 for no limit, `nil` for the server's default. - Throws: `unknownName`.
    func set(quota: Int64?, workspace: String) async throws(ServerStoreError)
    /// What was done administratively, the newest first.
    func auditLog(limit: Int) async throws(ServerStoreError) -> [AuditEntry]
    func userList() async throws(ServerStoreError) -> [UserSummary]
    func workspaceList() async throws(ServerStoreError) -> [WorkspaceSummary]
    /// The devices of a user, oldest first. - Throws: `unknownName`.
    func devices(ofUserNamed user: String) async throws(ServerStoreError) -> [DeviceEntry]
    /// Ends one of a user's devices. - Returns: Whether there is one with this key. - Throws: `unknownName`.
    func revoke(device: PublicKey, ofUserNamed user: String) async throws(ServerStoreError) -> Bool
    /// How much there is. O(n) in the number of users, devices and layers; no change is read.
    func statistics() async throws(ServerStoreError) -> ServerStatistics
}

/// A change that the server holds.
public struct Arrival: Sendable, Hashable {
    public let change: ChangeName
    public let hash: Digest
    /// In milliseconds since 1970.
    public let receivedAt: Int64
}

public struct UserSummary: Sendable, Hashable {
    public let name: String
    public let member: MemberID
    public let tokenCount: Int
    public let deviceCount: Int
}

public struct WorkspaceSummary: Sendable, Hashable {
    public let title: String
    public let workspace: WorkspaceID
    public let members: [String]
    public let layerCount: Int
    public let changeCount: Int
}

/// Who asks: a user, by one of their tokens.
public struct Account: Sendable, Hashable {
    public let user: Int64
    public let member: MemberID
    public let name: String
    /// The device that introduced itself with the token.
    public let device: PublicKey?
    /// When it was last seen, to the hour, in milliseconds since 1970.
    public let lastSeenAt: Int64

    public init(user: Int64, member: MemberID, name: String, device: PublicKey?, lastSeenAt: Int64 = 0) {
        self.lastSeenAt = lastSeenAt
        self.user = user
        self.member = member
        self.name = name
        self.device = device
    }
}

public struct ServerIdentity: Sendable {
    public let server: ServerID
    public let key: SigningKey

    public init(server: ServerID, key: SigningKey) {
        self.server = server
        self.key = key
    }
}
