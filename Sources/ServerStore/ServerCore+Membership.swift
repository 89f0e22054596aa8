import AnnotationModel
import ChangeLog
import SQLiteBinding

/// Who belongs to which workspace, and as what. A role of 0 is that of somebody who belonged and does not any more.
extension ServerCore {
    /// Whether somebody belongs to the workspace or has belonged to it.
    func hasBelonged(_ member: MemberID, toWorkspace workspace: Int64) throws -> Bool {
        let select = try db.statement(
            """
            SELECT 1 FROM membership JOIN user ON user.num = membership.user
            WHERE membership.workspace = ?1 AND user.id = ?2
            """)
        select.bind(workspace, at: 1)
        select.bind(member, at: 2)
        defer { select.reset() }
        return try select.step()
    }

    /// Whether the account's membership has ended, as opposed to never having begun: also with the workspace itself.
    func hasLeft(_ account: Account, _ workspace: WorkspaceID) throws -> Bool {
        let select = try db.statement(
            """
            SELECT 1 FROM membership JOIN workspace ON workspace.num = membership.workspace
            WHERE workspace.id = ?1 AND membership.user = ?2 AND membership.role = 0
            UNION ALL SELECT 1 FROM deleted_membership WHERE workspace = ?1 AND user = ?2
            """)
        select.bind(workspace, at: 1)
        select.bind(account.user, at: 2)
        defer { select.reset() }
        return try select.step()
    }

    /// What a member may do in a workspace; `nil` for somebody who does not belong to it, or no such workspace.
    ///
    /// One question for both: who asks for a workspace of others is answered after as much work as for none.
    func role(of member: MemberID, in workspace: WorkspaceID) throws -> Role? {
        let select = try db.statement(
            """
            SELECT membership.role FROM membership JOIN user ON user.num = membership.user
            JOIN workspace ON workspace.num = membership.workspace WHERE workspace.id = ?1 AND user.id = ?2
            """)
        select.bind(workspace, at: 1)
        select.bind(member, at: 2)
        defer { select.reset() }
        return try select.step() ? Role(rawValue: UInt8(clamping: select.int64(0))) : nil
    }

    /// Whether the workspace has an owner now and would have none after these changes.
    func leavesNoOwner(
        _ changes: [(member: MemberID, role: Role?)], inWorkspace workspace: Int64
    ) throws -> Bool {
        let select = try db.statement(
            """
            SELECT user.id FROM membership JOIN user ON user.num = membership.user
            WHERE membership.workspace = ?1 AND membership.role = ?2
            """)
        select.bind(workspace, at: 1)
        select.bind(Int64(Role.owner.rawValue), at: 2)
        var owners: Set<MemberID> = []
        while try select.step() { if let id = MemberID(select, 0) { owners.insert(id) } }
        guard !owners.isEmpty else { return false }
        for (member, role) in changes {
            if role == .owner { owners.insert(member) } else { owners.remove(member) }
        }
        return owners.isEmpty
    }

    /// Gives a member another role, or ends the membership.
    ///
    /// - Parameter actor: Who did it; `nil` for the operator.
    func set(_ role: Role?, of member: MemberID, inWorkspace workspace: Int64, by actor: MemberID?) throws {
        guard try self.role(of: member, inWorkspace: workspace) != role else { return }
        let update = try db.statement(
            """
            UPDATE membership SET role = ?3
            WHERE workspace = ?1 AND user = (SELECT num FROM user WHERE id = ?2)
            """)
        update.bind(workspace, at: 1)
        update.bind(member, at: 2)
        update.bind(Int64(role?.rawValue ?? 0), at: 3)
        try update.run()
        let (title, name) = (try title(ofWorkspace: workspace), try name(of: member))
        try audit(
            role == nil ? "end membership" : "set role", "\(title): \(name)" + (role.map { " \($0.name)" } ?? ""),
            by: actor)
    }

    func title(ofWorkspace workspace: Int64) throws -> String {
        let select = try db.statement("SELECT title FROM workspace WHERE num = ?1")
        select.bind(workspace, at: 1)
        defer { select.reset() }
        return try select.step() ? select.text(0) : ""
    }

    func name(of member: MemberID) throws -> String {
        let select = try db.statement("SELECT name FROM user WHERE id = ?1")
        select.bind(member, at: 1)
        defer { select.reset() }
        return try select.step() ? select.text(0) : ""
    }

    /// Writes down what was done administratively. In the transaction of the deed: one is there with the other.
    func audit(_ action: String, _ subject: String, by actor: MemberID? = nil) throws {
        let insert = try db.statement("INSERT INTO audit (at, actor, action, subject) VALUES (?1, ?2, ?3, ?4)")
        insert.bind(clock(), at: 1)
        insert.bind(actor, at: 2)
        insert.bind(action, at: 3)
        insert.bind(subject, at: 4)
        try insert.run()
    }
}
