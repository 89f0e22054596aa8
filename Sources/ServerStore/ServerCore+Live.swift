import AnnotationModel
import ChangeLog
import SQLiteBinding

/// What live updates ask of the store.
extension ServerCore {
    func audience(of layer: LayerID, workspace: WorkspaceID) throws -> LayerAudience? {
        let select = try db.statement(Self.selectLayer)
        select.bind(layer, at: 1)
        select.bind(workspace, at: 2)
        guard try select.step() else { return nil }
        let row = try layerRow(select)
        select.reset()
        let readers = try members(of: workspace).filter {
            row.isReadable(by: $0.value.account.member, as: $0.value.role)
        }
        return LayerAudience(epoch: row.epoch, position: row.position, tokens: Set(readers.keys))
    }

    func accounts(in workspace: WorkspaceID) throws -> [Digest: Account] {
        try members(of: workspace).mapValues(\.account)
    }

    /// Whoever has a token for the workspace, by its hash.
    private func members(of workspace: WorkspaceID) throws -> [Digest: (account: Account, role: Role)] {
        let select = try db.statement(
            """
            SELECT token.hash, user.num, user.id, user.name, device.public_key, membership.role FROM token
            JOIN user ON user.num = token.user LEFT JOIN device ON device.num = token.device
            JOIN membership ON membership.user = user.num JOIN workspace ON workspace.num = membership.workspace
            WHERE workspace.id = ?1 AND membership.role > 0
            """)
        select.bind(workspace, at: 1)
        var members: [Digest: (account: Account, role: Role)] = [:]
        while try select.step() {
            guard let hash = select.digest(0), let member = MemberID(select, 2),
                let role = Role(rawValue: UInt8(clamping: select.int64(5)))
            else { continue }
            let account = Account(
                user: select.int64(1), member: member, name: select.text(3), device: PublicKey(bytes: select.blob(4)))
            members[hash] = (account, role)
        }
        return members
    }
}
