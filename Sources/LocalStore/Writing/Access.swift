import AnnotationModel
import ChangeLog
import SQLiteBinding

extension StoreCore {
    /// Holds an own operation to the rules that the server will hold it to, so that its author hears of it at once.
    ///
    /// - Parameters:
    ///   - role: The author's.
    ///   - maker: Who created the record.
    /// - Throws: `notWritable`, with what would be needed.
    func checkAccess(
        _ operation: ChangeLog.Operation, author: MemberID, role: Role, layer: LayerRow, maker: () throws -> MemberID?
    ) throws {
        let deed = operation.deed(by: author)
        guard layer.isWritable || deed == .leave || operation.kind == .member else {
            throw StoreError(.notWritable, "you may read this layer, not write it")
        }
        guard let kind = LayerKind(rawValue: layer.kind) else { return }
        let owner = try layer.owner.map { try member($0) }
        let isAllowed = AccessRules.allows(
            deed, to: operation.kind, record: operation.record, maker: try maker(), by: author, as: role, in: kind,
            owner: owner)
        guard isAllowed else {
            let why = AccessRules.explanation(
                deed, to: operation.kind, by: author, as: role, in: kind, owner: owner)
            throw StoreError(.notWritable, why)
        }
    }

    /// What the server last said somebody may do here. Without a server everybody is their own master; and a role that
    /// is not known here is left to the server to judge.
    func role(of member: MemberID) throws -> Role {
        let select = try db.statement("SELECT role FROM member WHERE id = ?1")
        select.bind(member, at: 1)
        guard try select.step() else { return .owner }
        defer { select.reset() }
        return Role(rawValue: UInt8(clamping: select.int64(0))) ?? .owner
    }
}
