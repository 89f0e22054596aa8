import AnnotationModel
import ChangeLog
import SQLiteBinding

extension ServerCore {
    func addUser(name: String, by actor: MemberID? = nil) throws -> MemberID {
        if try num("SELECT num FROM user WHERE name = ?1", name) != nil {
            throw ServerStoreError(.exists, "there is a user '\(name)' already")
        }
        let member: MemberID = cryptography.randomIdentifier()
        let insert = try db.statement("INSERT INTO user (id, name, created_at) VALUES (?1, ?2, ?3)")
        insert.bind(member, at: 1)
        insert.bind(name, at: 2)
        insert.bind(clock(), at: 3)
        try insert.run()
        try audit("add user", name, by: actor)
        return member
    }

    func addToken(tokenHash: Digest, user: String) throws {
        let num = try self.user(named: user)
        let insert = try db.statement("INSERT INTO token (hash, user, created_at) VALUES (?1, ?2, ?3)")
        insert.bind(tokenHash, at: 1)
        insert.bind(num, at: 2)
        insert.bind(clock(), at: 3)
        try insert.run()
        try audit("add token", user)
    }

    func revokeTokens(user: String) throws -> Int {
        let num = try self.user(named: user)
        let delete = try db.statement("DELETE FROM token WHERE user = ?1")
        delete.bind(num, at: 1)
        try delete.run()
        let count = Int(db.changes)
        // An invitation lets the device that used it in again.
        let void = try db.statement("DELETE FROM invitation WHERE user = ?1 OR (made_by = ?1 AND used_by IS NULL)")
        void.bind(num, at: 1)
        try void.run()
        try audit("revoke tokens", user)
        return count
    }

    func addWorkspace(title: String) throws -> WorkspaceID {
        if try num("SELECT num FROM workspace WHERE title = ?1", title) != nil {
            throw ServerStoreError(.exists, "there is a workspace '\(title)' already")
        }
        let workspace: WorkspaceID = cryptography.randomIdentifier()
        let insert = try db.statement("INSERT INTO workspace (id, title) VALUES (?1, ?2)")
        insert.bind(workspace, at: 1)
        insert.bind(title, at: 2)
        try insert.run()
        try addLayer(.shared, workspace: db.lastInsertedRow, owner: nil)
        try audit("create workspace", title)
        return workspace
    }

    func addMember(workspace: String, user: String, role: Role) throws {
        let (workspaceNum, userNum) = (try self.workspace(named: workspace), try self.user(named: user))
        try addMember(workspace: workspaceNum, user: userNum, role: role)
        try audit("add member", "\(workspace): \(user) \(role.name)")
    }

    /// Makes a user a member, or gives a member that role.
    func addMember(workspace workspaceNum: Int64, user userNum: Int64, role: Role) throws {
        let insert = try db.statement(
            """
            INSERT INTO membership (workspace, user, role) VALUES (?1, ?2, ?3)
            ON CONFLICT (workspace, user) DO UPDATE SET role = excluded.role
            """)
        insert.bind(workspaceNum, at: 1)
        insert.bind(userNum, at: 2)
        insert.bind(Int64(role.rawValue), at: 3)
        try insert.run()
        // Somebody who comes back finds the old layers.
        for kind in [LayerKind.personal, .private] {
            let select = try db.statement("SELECT 1 FROM layer WHERE workspace = ?1 AND owner = ?2 AND kind = ?3")
            select.bind(workspaceNum, at: 1)
            select.bind(userNum, at: 2)
            select.bind(Int64(kind.rawValue), at: 3)
            let exists = try select.step()
            select.reset()
            if !exists { try addLayer(kind, workspace: workspaceNum, owner: userNum) }
        }
    }

    func removeMember(workspace: String, user: String) throws {
        let update = try db.statement(
            "UPDATE membership SET role = 0 WHERE workspace = ?1 AND user = ?2 AND role > 0")
        update.bind(try self.workspace(named: workspace), at: 1)
        update.bind(try self.user(named: user), at: 2)
        try update.run()
        if db.changes == 1 {
            try audit("end membership", "\(workspace): \(user)")
        } else {
            throw ServerStoreError(.unknownName, "'\(user)' is not a member of '\(workspace)'")
        }
    }

    func archive(workspace: String, _ isArchived: Bool) throws {
        let update = try db.statement("UPDATE workspace SET archived_at = ?2 WHERE num = ?1")
        update.bind(try self.workspace(named: workspace), at: 1)
        update.bind(isArchived ? clock() : nil, at: 2)
        try update.run()
        try audit(isArchived ? "archive workspace" : "reopen workspace", workspace)
    }

    func invite(codeHash: Digest, workspace: String?, role: Role?, user: String?, lifetime: Int64) throws -> Int64 {
        let place = try workspace.map { try self.workspace(named: $0) }
        return try invite(
            codeHash: codeHash,
            membership: place.flatMap { place in role.map { (workspace: place, role: $0) } },
            user: user.map { try self.user(named: $0) }, maker: nil, lifetime: lifetime)
    }

    func userList() throws -> [UserSummary] {
        let select = try db.prepare(
            """
            SELECT name, id, (SELECT count(*) FROM token WHERE token.user = user.num),
                (SELECT count(*) FROM device WHERE device.user = user.num) FROM user ORDER BY name
            """)
        var list: [UserSummary] = []
        while try select.step() {
            guard let member = MemberID(select, 1) else { continue }
            list.append(
                UserSummary(
                    name: select.text(0), member: member, tokenCount: select.int(2), deviceCount: select.int(3)))
        }
        return list
    }

    func workspaceList() throws -> [WorkspaceSummary] {
        let select = try db.prepare(
            """
            SELECT num, title, id, (SELECT count(*) FROM layer WHERE layer.workspace = workspace.num),
                (SELECT coalesce(sum(position), 0) FROM layer WHERE layer.workspace = workspace.num)
            FROM workspace ORDER BY title
            """)
        var list: [WorkspaceSummary] = []
        while try select.step() {
            guard let workspace = WorkspaceID(select, 2) else { continue }
            let members = try db.prepare(
                "SELECT user.name FROM membership JOIN user ON user.num = membership.user WHERE workspace = ?1 AND role > 0 ORDER BY 1"
            )
            members.bind(select.int64(0), at: 1)
            var names: [String] = []
            while try members.step() { names.append(members.text(0)) }
            list.append(
                WorkspaceSummary(
                    title: select.text(1), workspace: workspace, members: names, layerCount: select.int(3),
                    changeCount: select.int(4)))
        }
        return list
    }

    /// - Parameter round: The round that it belongs to, and the id that follows from that.
    func addLayer(
        _ kind: LayerKind, workspace: Int64, owner: Int64?, ofRound round: (num: Int64, layer: LayerID)? = nil
    ) throws {
        let layer: LayerID = round?.layer ?? cryptography.randomIdentifier()
        let epoch: EpochID = cryptography.randomIdentifier()
        let insert = try db.statement(
            "INSERT INTO layer (id, workspace, kind, owner, epoch, feed_hash, round) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
        )
        insert.bind(layer, at: 1)
        insert.bind(workspace, at: 2)
        insert.bind(Int64(kind.rawValue), at: 3)
        insert.bind(owner, at: 4)
        insert.bind(epoch, at: 5)
        insert.bind(Digest.zero, at: 6)
        insert.bind(round?.num, at: 7)
        try insert.run()
        try note(epoch, of: db.lastInsertedRow)
    }

    func num(_ sql: String, _ name: String) throws -> Int64? {
        let select = try db.statement(sql)
        select.bind(name, at: 1)
        guard try select.step() else { return nil }
        defer { select.reset() }
        return select.int64(0)
    }

    func user(named name: String) throws -> Int64 {
        guard let num = try num("SELECT num FROM user WHERE name = ?1", name) else {
            throw ServerStoreError(.unknownName, "there is no user '\(name)'; `variorumd user list` shows who there is")
        }
        return num
    }

    func workspace(named title: String) throws -> Int64 {
        guard let num = try num("SELECT num FROM workspace WHERE title = ?1", title) else {
            throw ServerStoreError(
                .unknownName, "there is no workspace '\(title)'; `variorumd workspace list` shows what there is")
        }
        return num
    }
}
