import AnnotationModel
import ChangeLog
import SQLiteBinding
import WireFormat

/// The SQL of the embedded server store. Synchronous; used by one thread at a time.
final class ServerCore {
    let db: Connection
    let cryptography: any CryptographyProvider
    let clock: @Sendable () -> Int64
    /// What a workspace without a quota of its own may hold, in bytes; 0 for no limit.
    let workspaceBytesMax: Int64

    init(
        db: Connection, cryptography: any CryptographyProvider, clock: @escaping @Sendable () -> Int64,
        workspaceBytesMax: Int64
    ) {
        self.workspaceBytesMax = workspaceBytesMax
        self.db = db
        self.cryptography = cryptography
        self.clock = clock
    }

    static func migrations(using cryptography: any CryptographyProvider) -> [Migration] {
        EmbeddedSQL.files.map { file in
            Migration(name: file.name, sql: file.text, hash: cryptography.sha256([UInt8](file.text.utf8)).description)
        }
    }

    // MARK: Identity and accounts

    /// The server's identity, made at the first call.
    func identity() throws -> ServerIdentity {
        let select = try db.statement("SELECT id, key_seed FROM server")
        if try select.step() {
            defer { select.reset() }
            guard let server = ServerID(select, 0), let key = cryptography.signingKey(seed: select.blob(1))
            else { throw ServerStoreError(.unavailable, "the server's identity is damaged") }
            return ServerIdentity(server: server, key: key)
        }
        let identity = ServerIdentity(server: cryptography.randomIdentifier(), key: cryptography.makeSigningKey())
        let insert = try db.statement("INSERT INTO server (only, id, key_seed) VALUES (1, ?1, ?2)")
        insert.bind(identity.server, at: 1)
        insert.bind(identity.key.seed, at: 2)
        try insert.run()
        return identity
    }

    func account(tokenHash: Digest) throws -> Account? {
        let select = try db.statement(
            """
            SELECT user.num, user.id, user.name, device.public_key, device.last_seen_at FROM token
            JOIN user ON user.num = token.user LEFT JOIN device ON device.num = token.device WHERE token.hash = ?1
            """)
        select.bind(tokenHash, at: 1)
        guard try select.step() else { return nil }
        defer { select.reset() }
        guard let member = MemberID(select, 1) else { return nil }
        return Account(
            user: select.int64(0), member: member, name: select.text(2), device: PublicKey(bytes: select.blob(3)),
            lastSeenAt: select.int64(4))
    }

    func enrol(publicKey: PublicKey, deviceName: String, tokenHash: Digest) throws -> Bool {
        guard let account = try account(tokenHash: tokenHash), account.device == nil || account.device == publicKey
        else {
            return false
        }
        let insert = try db.statement(
            """
            INSERT INTO device (user, public_key, name, created_at) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (user, public_key) DO UPDATE SET name = excluded.name, revoked_at = NULL
            """)
        insert.bind(account.user, at: 1)
        insert.bind(publicKey, at: 2)
        insert.bind(deviceName, at: 3)
        insert.bind(clock(), at: 4)
        try insert.run()
        let update = try db.statement(
            """
            UPDATE token SET device = (SELECT num FROM device WHERE user = ?2 AND public_key = ?3) WHERE hash = ?1
            """)
        update.bind(tokenHash, at: 1)
        update.bind(account.user, at: 2)
        update.bind(publicKey, at: 3)
        try update.run()
        return true
    }

    func workspaces(of account: Account) throws -> [WorkspaceEntry] {
        let select = try db.statement(
            """
            SELECT workspace.id, workspace.title FROM membership
            JOIN workspace ON workspace.num = membership.workspace
            WHERE membership.user = ?1 AND membership.role > 0 ORDER BY workspace.title
            """)
        select.bind(account.user, at: 1)
        var entries: [WorkspaceEntry] = []
        while try select.step() {
            if let id = WorkspaceID(select, 0) {
                entries.append(WorkspaceEntry(workspace: id, title: select.text(1)))
            }
        }
        return entries
    }

    // MARK: Layers

    /// The layer, if it is in the workspace and the account may read it: the one door to everything in it.
    func readableLayer(_ layer: LayerID, workspace: WorkspaceID, for account: Account) throws -> LayerRow? {
        guard let role = try role(of: account.member, in: workspace) else { return nil }
        let select = try db.statement(Self.selectLayer)
        select.bind(layer, at: 1)
        select.bind(workspace, at: 2)
        guard try select.step() else { return nil }
        defer { select.reset() }
        let row = try layerRow(select)
        return row.isReadable(by: account.member, as: role) ? row : nil
    }

    /// What a member may do in a workspace; `nil` for somebody who does not belong to it.
    func role(of member: MemberID, inWorkspace workspace: Int64) throws -> Role? {
        let select = try db.statement(
            """
            SELECT membership.role FROM membership JOIN user ON user.num = membership.user
            WHERE membership.workspace = ?1 AND user.id = ?2
            """)
        select.bind(workspace, at: 1)
        select.bind(member, at: 2)
        defer { select.reset() }
        return try select.step() ? Role(rawValue: UInt8(clamping: select.int64(0))) : nil
    }

    func heads(workspace: WorkspaceID, for account: Account) throws -> Heads? {
        guard let role = try role(of: account.member, in: workspace) else { return nil }
        let select = try db.statement(Self.selectLayers)
        select.bind(workspace, at: 1)
        var layers: [LayerHead] = []
        while try select.step() {
            let row = try layerRow(select)
            guard row.isReadable(by: account.member, as: role) else { continue }
            layers.append(
                LayerHead(
                    layer: row.id, kind: row.kind, owner: row.owner,
                    isWritable: !row.isArchived && row.isWritable(by: account.member, as: role),
                    epoch: row.epoch, position: row.position, feedHash: row.feedHash, round: row.round?.id,
                    stage: row.stage))
        }
        let roster = try db.statement(
            """
            SELECT user.id, user.name, membership.role FROM membership JOIN user ON user.num = membership.user
            JOIN workspace ON workspace.num = membership.workspace
            WHERE workspace.id = ?1 AND membership.role > 0 ORDER BY user.id
            """)
        roster.bind(workspace, at: 1)
        var members: [RosterEntry] = []
        while try roster.step() {
            if let id = MemberID(roster, 0) {
                members.append(
                    RosterEntry(member: id, name: roster.text(1), role: UInt8(clamping: roster.int64(2))))
            }
        }
        return Heads(layers: layers, members: members)
    }
}
