import AnnotationModel
import ChangeLog
import SQLiteBinding

/// How people and devices come, and go.
extension ServerCore {
    // MARK: Invitations

    /// - Returns: When it expires.
    func invite(_ invitation: Invitation) throws -> Int64 {
        try invite(
            codeHash: invitation.codeHash,
            membership: invitation.membership.map { (workspace: try num(ofWorkspace: $0.workspace), role: $0.role) },
            user: invitation.user.map { try num(ofUser: $0) }, maker: invitation.maker, lifetime: invitation.lifetime)
    }

    func invite(
        codeHash: Digest, membership: (workspace: Int64, role: Role)?, user: Int64?, maker: MemberID?, lifetime: Int64
    ) throws -> Int64 {
        let expiresAt = clock() + lifetime
        let insert = try db.statement(
            """
            INSERT INTO invitation (hash, workspace, role, user, made_by, created_at, expires_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            """)
        insert.bind(codeHash, at: 1)
        insert.bind(membership?.workspace, at: 2)
        insert.bind(membership.map { Int64($0.role.rawValue) }, at: 3)
        insert.bind(user, at: 4)
        insert.bind(try maker.map { try num(ofUser: $0) }, at: 5)
        insert.bind(expiresAt - lifetime, at: 6)
        insert.bind(expiresAt, at: 7)
        try insert.run()
        let subject =
            try membership.map { "\(try title(ofWorkspace: $0.workspace)): \($0.role.name)" }
            ?? "a device" + (try user.map { " of \(try userName($0))" } ?? "")
        try audit("invite", subject, by: maker)
        return expiresAt
    }

    private func userName(_ user: Int64) throws -> String {
        let select = try db.statement("SELECT name FROM user WHERE num = ?1")
        select.bind(user, at: 1)
        defer { select.reset() }
        return try select.step() ? select.text(0) : ""
    }

    /// Uses an invitation, once. The same device may come again, for the answer may have been lost: it gets another
    /// token in place of the first.
    func redeem(_ redemption: Redemption) throws -> RedemptionOutcome {
        let select = try db.statement(
            """
            SELECT invitation.workspace, invitation.role, invitation.user, maker.id, used_by, expires_at
            FROM invitation LEFT JOIN user AS maker ON maker.num = invitation.made_by WHERE hash = ?1
            """)
        select.bind(redemption.codeHash, at: 1)
        guard try select.step() else { return .noSuchInvitation }
        let (workspace, role) = (select.isNull(0) ? nil : select.int64(0), UInt8(clamping: select.int64(1)))
        var user = select.isNull(2) ? nil : select.int64(2)
        let maker = MemberID(select, 3)
        let usedBy = select.optionalBlob(4)
        let expiresAt = select.int64(5)
        select.reset()
        let key = redemption.device.publicKey
        if let usedBy {
            guard usedBy == key.bytes else { return .noSuchInvitation }
        } else {
            guard clock() < expiresAt else { return .noSuchInvitation }
            // Who has lost the right to invite has lost it for what is still open, too.
            if let workspace, let maker, try self.role(of: maker, inWorkspace: workspace) != .owner {
                return .noSuchInvitation
            }
        }
        if user == nil {
            guard !redemption.name.isEmpty else { return .nameMissing }
            if try num("SELECT num FROM user WHERE name = ?1", redemption.name) != nil { return .nameTaken }
            let member = try addUser(name: redemption.name, by: maker)
            let created = try num(ofUser: member)
            if let password = redemption.password { try set(password: password, ofUser: created) }
            user = created
        }
        guard let user else { return .noSuchInvitation }
        if usedBy == nil {
            if let workspace, let role = Role(rawValue: role) {
                try addMember(workspace: workspace, user: user, role: role)
            }
            // From now on it is for this account alone.
            let update = try db.statement("UPDATE invitation SET used_by = ?2, user = ?3 WHERE hash = ?1")
            update.bind(redemption.codeHash, at: 1)
            update.bind(key, at: 2)
            update.bind(user, at: 3)
            try update.run()
        }
        return .enrolled(try admit(redemption.device, tokenHash: redemption.tokenHash, user: user))
    }

    /// Gives a device of a user a new token, in place of those that it has.
    func admit(_ device: DeviceIntroduction, tokenHash: Digest, user: Int64) throws -> Account {
        let delete = try db.statement(
            "DELETE FROM token WHERE device IN (SELECT num FROM device WHERE user = ?1 AND public_key = ?2)")
        delete.bind(user, at: 1)
        delete.bind(device.publicKey, at: 2)
        try delete.run()
        let insert = try db.statement("INSERT INTO token (hash, user, created_at) VALUES (?1, ?2, ?3)")
        insert.bind(tokenHash, at: 1)
        insert.bind(user, at: 2)
        insert.bind(clock(), at: 3)
        try insert.run()
        guard try enrol(publicKey: device.publicKey, deviceName: device.deviceName, tokenHash: tokenHash),
            let account = try account(tokenHash: tokenHash)
        else { throw ServerStoreError(.unavailable, "a device could not be enrolled") }
        try audit("enrol device", device.deviceName, by: account.member)
        return account
    }

    // MARK: Passwords

    /// Of the user with this name: the account's number and the hash of the password.
    func password(ofUserNamed name: String) throws -> (user: MemberID, hash: String)? {
        let select = try db.statement("SELECT id, password FROM user WHERE name = ?1 AND password IS NOT NULL")
        select.bind(name, at: 1)
        guard try select.step() else { return nil }
        defer { select.reset() }
        return MemberID(select, 0).map { ($0, select.text(1)) }
    }

    func set(password: String?, ofUser user: Int64) throws {
        let update = try db.statement("UPDATE user SET password = ?2 WHERE num = ?1")
        update.bind(user, at: 1)
        update.bind(password, at: 2)
        try update.run()
    }

    // MARK: Devices

    func devices(of account: Account) throws -> [DeviceEntry] {
        try devices(ofUser: account.user, asking: account.device)
    }

    /// - Parameter asking: The device that asks, if one does.
    func devices(ofUser user: Int64, asking: PublicKey?) throws -> [DeviceEntry] {
        let select = try db.statement(
            """
            SELECT public_key, name, created_at, last_seen_at, revoked_at IS NOT NULL FROM device WHERE user = ?1
            ORDER BY num
            """)
        select.bind(user, at: 1)
        var devices: [DeviceEntry] = []
        while try select.step() {
            guard let key = PublicKey(bytes: select.blob(0)) else { continue }
            devices.append(
                DeviceEntry(
                    publicKey: key, name: select.text(1), enrolledAt: UInt64(max(0, select.int64(2))),
                    lastSeenAt: UInt64(max(0, select.int64(3))), isRevoked: select.bool(4),
                    isThis: key == asking))
        }
        return devices
    }

    /// Ends a device of a user: its tokens go, and nothing new that it signed is taken from others either. With them
    /// go the invitation that it came with, which would let it in again, and those that the user has open: who had the
    /// device may have made them.
    ///
    /// - Returns: Whether the user has such a device.
    func revoke(device key: PublicKey, ofUser user: Int64, by actor: MemberID?) throws -> Bool {
        let delete = try db.statement(
            "DELETE FROM token WHERE device IN (SELECT num FROM device WHERE user = ?1 AND public_key = ?2)")
        delete.bind(user, at: 1)
        delete.bind(key, at: 2)
        try delete.run()
        let update = try db.statement(
            "UPDATE device SET revoked_at = coalesce(revoked_at, ?3) WHERE user = ?1 AND public_key = ?2")
        update.bind(user, at: 1)
        update.bind(key, at: 2)
        update.bind(clock(), at: 3)
        try update.run()
        guard db.changes == 1 else { return false }
        let void = try db.statement(
            "DELETE FROM invitation WHERE (user = ?1 AND used_by = ?2) OR (made_by = ?1 AND used_by IS NULL)")
        void.bind(user, at: 1)
        void.bind(key, at: 2)
        try void.run()
        let select = try db.statement("SELECT name FROM device WHERE user = ?1 AND public_key = ?2")
        select.bind(user, at: 1)
        select.bind(key, at: 2)
        let name = try select.step() ? select.text(0) : ""
        select.reset()
        try audit("revoke device", name, by: actor)
        return true
    }

    func isRevoked(_ certificate: DeviceCertificate) throws -> Bool {
        let select = try db.statement(
            """
            SELECT 1 FROM device JOIN user ON user.num = device.user
            WHERE user.id = ?1 AND public_key = ?2 AND revoked_at IS NOT NULL
            """)
        select.bind(certificate.member, at: 1)
        select.bind(certificate.publicKey, at: 2)
        defer { select.reset() }
        return try select.step()
    }

    func noteSeen(tokenHash: Digest) throws {
        let update = try db.statement(
            "UPDATE device SET last_seen_at = ?2 WHERE num = (SELECT device FROM token WHERE hash = ?1)")
        update.bind(tokenHash, at: 1)
        update.bind(clock(), at: 2)
        try update.run()
    }

    // MARK: Audit

    /// The newest first.
    func auditEntries(limit: Int) throws -> [AuditEntry] {
        let select = try db.prepare(
            """
            SELECT at, user.name, action, subject FROM audit LEFT JOIN user ON user.id = audit.actor
            ORDER BY audit.num DESC LIMIT ?1
            """)
        select.bind(Int64(limit), at: 1)
        var entries: [AuditEntry] = []
        while try select.step() {
            entries.append(
                AuditEntry(
                    at: select.int64(0), actor: select.optionalText(1), action: select.text(2),
                    subject: select.text(3)))
        }
        return entries
    }

    // MARK: Names to numbers

    func num(ofUser member: MemberID) throws -> Int64 {
        let select = try db.statement("SELECT num FROM user WHERE id = ?1")
        select.bind(member, at: 1)
        guard try select.step() else { throw ServerStoreError(.unknownName, "there is no such user") }
        defer { select.reset() }
        return select.int64(0)
    }

    func num(ofWorkspace workspace: WorkspaceID) throws -> Int64 {
        let select = try db.statement("SELECT num FROM workspace WHERE id = ?1")
        select.bind(workspace, at: 1)
        guard try select.step() else { throw ServerStoreError(.unknownName, "there is no such workspace") }
        defer { select.reset() }
        return select.int64(0)
    }
}
