public import AnnotationModel
public import ChangeLog
import SQLiteBinding
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The server store in one SQLite file: what a team needs until it outgrows one machine.
///
/// Writes go through one connection that commits in groups with synchronous=FULL; reads have connections of their own
/// and never wait for a write.
public final class SQLiteServerStore: ServerStore, ServerAdministration {
    private let writer: GroupCommit
    private let readers: [Reader]
    private let next = Atomic<Int>(0)
    private let lockFile: FolderLock?
    private let known: ServerIdentity
    let cryptography: any CryptographyProvider
    let snapshotting = Mutex(Snapshotting())
    let readings = Readings()

    /// Opens the store in `folder`, making it if `creates` is set.
    ///
    /// - Parameters:
    ///   - isServing: Takes the folder for this process alone; administration beside a running server does not.
    ///   - clock: Milliseconds since 1970.
    ///   - workspaceBytesMax: What a workspace without a quota of its own may hold, in bytes; 0 for no limit.
    ///   - vfs: Name of an SQLite VFS; `nil` for the system's.
    ///   - watchesFiles: Whether the data folder's files are looked up; not where the VFS keeps them elsewhere.
    ///   - queues: Makes the queues that the store works on: one for writing, one for each reader.
    ///   - willUpgrade: Called once a copy of a database that an older version made is there, before it is changed.
    /// - Throws: `inUse`, `newerVersion`, `notAStore`, `unavailable`, `diskFull`.
    public init(
        folder: String, creates: Bool, isServing: Bool, cryptography: any CryptographyProvider,
        clock: @escaping @Sendable () -> Int64, workspaceBytesMax: Int64 = 0, vfs: String? = nil,
        watchesFiles: Bool = true, queues: (_ label: String) -> WorkQueue = WorkQueue.dispatch(label:),
        willUpgrade: (UpgradeCopy) -> Void = { _ in }
    ) throws(ServerStoreError) {
        let path = folder + "/server.sqlite"
        if !creates && access(path, F_OK) != 0 {
            throw ServerStoreError(.notAStore, "there is no server store in \(folder); `variorumd init` makes one")
        }
        self.cryptography = cryptography
        lockFile = isServing ? try FolderLock(folder + "/lock") : nil
        do {
            func connect(cacheBytes: Int) throws -> ServerCore {
                var options = Connection.Options()
                options.isFullySynchronous = true
                options.vfs = vfs
                options.cacheBytes = cacheBytes
                let db = try Connection(path: path, options: options)
                return ServerCore(
                    db: db, cryptography: cryptography, clock: clock, workspaceBytesMax: workspaceBytesMax)
            }
            // Readers go through a feed once, and the system keeps its pages for all.
            let core = try connect(cacheBytes: 2 << 20)
            try core.db.migrate(ServerCore.migrations(using: cryptography)) { newest in
                willUpgrade(try UpgradeCopy(of: core.db, in: folder, newest: newest, vfs: vfs))
            }
            known = try core.db.transaction { try core.identity() }
            let cores = try (0..<2).map { _ in try connect(cacheBytes: 1 << 20) }
            // The log's files are there once somebody has read.
            for core in cores { _ = try core.db.reading { try core.identity() } }
            let files =
                watchesFiles
                ? try DataFiles(
                    growing: [path, path + "-wal"], others: [path + "-shm"] + (isServing ? [folder + "/lock"] : []))
                : nil
            writer = GroupCommit(core: core, files: files, queue: queues("variorum.server-store.writer"))
            readers = cores.enumerated().map { number, core in
                Reader(core: core, files: files, queue: queues("variorum.server-store.reader-\(number)"))
            }
        } catch {
            throw ServerStoreError(translating: error)
        }
    }

    /// One connection for reading, with a queue of its own. `@unchecked Sendable`: `core` is used by whoever holds `turn`.
    private final class Reader: @unchecked Sendable {
        private let core: ServerCore
        private let files: DataFiles?
        private let queue: WorkQueue
        private let turn = Mutex(())

        init(core: ServerCore, files: DataFiles?, queue: WorkQueue) {
            self.core = core
            self.files = files
            self.queue = queue
        }

        func run<T: Sendable>(_ body: @escaping @Sendable (ServerCore) throws -> T) async throws -> T {
            try await withCheckedThrowingContinuation { continuation in
                queue.run { continuation.resume(with: Result { try self.turn.withLock { _ in try self.read(body) } }) }
            }
        }

        /// Reads on the caller's thread, if nobody else is at it; else `nil`.
        func runAtOnce<T: Sendable>(_ body: (ServerCore) throws -> T) throws -> T? {
            try turn.withLockIfAvailable { _ in try read(body) }
        }

        private func read<T>(_ body: (ServerCore) throws -> T) throws -> T {
            let result = try core.db.reading { try body(core) }
            try files?.check()
            return result
        }
    }

    func read<T: Sendable>(_ body: @escaping @Sendable (ServerCore) throws -> T) async throws(ServerStoreError)
        -> T
    {
        let turn = next.wrappingAdd(1, ordering: .relaxed).newValue
        do {
            return try await readers[(turn & Int.max) % readers.count].run(body)
        } catch {
            throw ServerStoreError(translating: error)
        }
    }

    /// Reads a few rows, as every request does: quicker done than handed to another thread.
    private func glance<T: Sendable>(_ body: @escaping @Sendable (ServerCore) throws -> T)
        async throws(ServerStoreError) -> T
    {
        do {
            for reader in readers {
                if let result = try reader.runAtOnce(body) { return result }
            }
        } catch {
            throw ServerStoreError(translating: error)
        }
        return try await read(body)
    }

    func write<T: Sendable>(_ body: @escaping @Sendable (ServerCore) throws -> T) async throws(ServerStoreError)
        -> T
    {
        do {
            return try await writer.run(body)
        } catch {
            throw ServerStoreError(translating: error)
        }
    }

    // MARK: Operation

    public var commitStatistics: CommitStatistics { writer.statistics }

    /// Reads the database and writes it durably, with what was there already.
    ///
    /// - Throws: `diskFull`, `unavailable`: what a push would meet now.
    public func probe() async throws(ServerStoreError) {
        _ = try await read { try $0.identity() }
        try await write { try $0.rewriteHeader() }
    }

    // MARK: ServerStore

    public func identity() async throws(ServerStoreError) -> ServerIdentity { known }

    public func account(tokenHash: Digest) async throws(ServerStoreError) -> Account? {
        try await glance { try $0.account(tokenHash: tokenHash) }
    }

    public func enrol(
        publicKey: PublicKey, deviceName: String, tokenHash: Digest
    ) async throws(ServerStoreError) -> Bool {
        try await write { try $0.enrol(publicKey: publicKey, deviceName: deviceName, tokenHash: tokenHash) }
    }

    public func redeem(_ redemption: Redemption) async throws(ServerStoreError) -> RedemptionOutcome {
        try await write { try $0.redeem(redemption) }
    }

    public func password(ofUserNamed name: String) async throws(ServerStoreError) -> (user: MemberID, hash: String)? {
        try await read { try $0.password(ofUserNamed: name) }
    }

    public func admit(
        _ device: DeviceIntroduction, tokenHash: Digest, user: MemberID
    ) async throws(ServerStoreError) -> Account {
        try await write { try $0.admit(device, tokenHash: tokenHash, user: $0.num(ofUser: user)) }
    }

    public func set(password: String, of account: Account) async throws(ServerStoreError) {
        try await write {
            try $0.set(password: password, ofUser: account.user)
            try $0.audit("set password", account.name, by: account.member)
        }
    }

    public func invite(_ invitation: Invitation) async throws(ServerStoreError) -> Int64 {
        try await write { try $0.invite(invitation) }
    }

    public func devices(of account: Account) async throws(ServerStoreError) -> [DeviceEntry] {
        try await read { try $0.devices(of: account) }
    }

    public func revoke(device: PublicKey, of account: Account) async throws(ServerStoreError) -> Bool {
        try await write { try $0.revoke(device: device, ofUser: account.user, by: account.member) }
    }

    public func noteSeen(tokenHash: Digest) async throws(ServerStoreError) {
        try await write { try $0.noteSeen(tokenHash: tokenHash) }
    }

    public func role(of account: Account, in workspace: WorkspaceID) async throws(ServerStoreError) -> Role? {
        try await glance { try $0.role(of: account.member, in: workspace) }
    }

    public func hasLeft(_ workspace: WorkspaceID, _ account: Account) async throws(ServerStoreError) -> Bool {
        try await read { try $0.hasLeft(account, workspace) }
    }

    public func workspaces(of account: Account) async throws(ServerStoreError) -> [WorkspaceEntry] {
        try await read { try $0.workspaces(of: account) }
    }

    public func heads(workspace: WorkspaceID, for account: Account) async throws(ServerStoreError) -> Heads? {
        try await glance { try $0.heads(workspace: workspace, for: account) }
    }

    public func append(
        _ segments: [VerifiedSegment], workspace: WorkspaceID, by account: Account
    ) async throws(ServerStoreError) -> [SegmentResult] {
        try await write { core in
            try segments.map { try core.append($0, workspace: workspace, by: account) }
        }
    }

    public func page(
        from cursor: FeedCursor, workspace: WorkspaceID, byteBudget: Int, for account: Account
    ) async throws(ServerStoreError) -> FeedPage {
        let page = try await read {
            try $0.page(from: cursor, workspace: workspace, byteBudget: byteBudget, for: account)
        }
        if page.status == .changes { readings.note(cursor, by: account) }
        return page
    }

    public func devices(of replicas: [ReplicaID]) async throws(ServerStoreError) -> [ReplicaDevice] {
        try await read { try $0.devices(of: replicas) }
    }

    public func vector(
        layer: LayerID, workspace: WorkspaceID, for account: Account
    ) async throws(ServerStoreError) -> VectorReply {
        try await read { try $0.vector(layer: layer, workspace: workspace, for: account) }
    }

    public func arrivals(
        of changes: [ChangeName], layer: LayerID, workspace: WorkspaceID, for account: Account
    ) async throws(ServerStoreError) -> [Arrival] {
        try await read { try $0.arrivals(of: changes, layer: layer, workspace: workspace, for: account) }
    }

    public func weigh(
        checkpoint: FeedCursor, workspace: WorkspaceID, for account: Account
    ) async throws(ServerStoreError) -> (epoch: EpochID?, isNew: Bool) {
        try await write { try $0.weigh(checkpoint: checkpoint, workspace: workspace, for: account) }
    }

    public func audience(
        of layer: LayerID, workspace: WorkspaceID
    ) async throws(ServerStoreError) -> LayerAudience? {
        try await read { try $0.audience(of: layer, workspace: workspace) }
    }

    public func accounts(in workspace: WorkspaceID) async throws(ServerStoreError) -> [Digest: Account] {
        try await read { try $0.accounts(in: workspace) }
    }

    public func snapshot(
        _ request: SnapshotRequest, for account: Account
    ) async throws(ServerStoreError) -> SnapshotReply {
        try await read { try $0.snapshot(request, for: account) }
    }

    // MARK: ServerAdministration

    public func addUser(name: String) async throws(ServerStoreError) -> MemberID {
        try await write { try $0.addUser(name: name) }
    }

    public func addToken(tokenHash: Digest, user: String) async throws(ServerStoreError) {
        try await write { try $0.addToken(tokenHash: tokenHash, user: user) }
    }

    public func revokeTokens(user: String) async throws(ServerStoreError) -> Int {
        try await write { try $0.revokeTokens(user: user) }
    }

    public func addWorkspace(title: String) async throws(ServerStoreError) -> WorkspaceID {
        try await write { try $0.addWorkspace(title: title) }
    }

    public func addMember(workspace: String, user: String, role: Role) async throws(ServerStoreError) {
        try await write { try $0.addMember(workspace: workspace, user: user, role: role) }
    }

    public func removeMember(workspace: String, user: String) async throws(ServerStoreError) {
        try await write { try $0.removeMember(workspace: workspace, user: user) }
    }

    public func set(password: String?, user: String) async throws(ServerStoreError) {
        try await write {
            try $0.set(password: password, ofUser: $0.user(named: user))
            try $0.audit(password == nil ? "take password away" : "set password", user)
        }
    }

    public func invite(
        codeHash: Digest, workspace: String?, role: Role?, user: String?, lifetime: Int64
    ) async throws(ServerStoreError) -> Int64 {
        try await write {
            try $0.invite(codeHash: codeHash, workspace: workspace, role: role, user: user, lifetime: lifetime)
        }
    }

    public func archive(workspace: String, _ isArchived: Bool) async throws(ServerStoreError) {
        try await write { try $0.archive(workspace: workspace, isArchived) }
    }

    public func delete(workspace: String) async throws(ServerStoreError) {
        try await write { try $0.delete(workspace: workspace) }
    }

    public func set(quota: Int64?, workspace: String) async throws(ServerStoreError) {
        try await write { try $0.set(quota: quota, ofWorkspace: workspace) }
    }

    public func auditLog(limit: Int) async throws(ServerStoreError) -> [AuditEntry] {
        try await read { try $0.auditEntries(limit: limit) }
    }

    public func userList() async throws(ServerStoreError) -> [UserSummary] { try await read { try $0.userList() } }

    public func workspaceList() async throws(ServerStoreError) -> [WorkspaceSummary] {
        try await read { try $0.workspaceList() }
    }

    public func devices(ofUserNamed user: String) async throws(ServerStoreError) -> [DeviceEntry] {
        try await read { try $0.devices(ofUser: $0.user(named: user), asking: nil) }
    }

    public func revoke(device: PublicKey, ofUserNamed user: String) async throws(ServerStoreError) -> Bool {
        try await write { try $0.revoke(device: device, ofUser: $0.user(named: user), by: nil) }
    }

    public func statistics() async throws(ServerStoreError) -> ServerStatistics {
        try await read { try $0.statistics() }
    }
}

/// Keeps a second server off a data folder; the system lets go of it when the process ends, however it ends.
private final class FolderLock: Sendable {
    private let descriptor: Int32

    init(_ path: String) throws(ServerStoreError) {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw ServerStoreError(.unavailable, "\(path) cannot be opened: \(String(cString: strerror(errno)))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw ServerStoreError(.inUse, "another server runs on this data folder (\(path) is locked)")
        }
    }

    deinit { close(descriptor) }
}
