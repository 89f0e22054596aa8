public import AnnotationModel
public import ChangeLog
import SQLiteBinding
import WireFormat

/// A member of the workspace, as the server last told, or a former one whose work is here.
public struct MemberItem: Sendable, Hashable {
    public let member: MemberID
    public let name: String
    /// `nil` where the server has not told, or knows a role that is not known here.
    public let role: Role?
    /// Whether the server lists them in the workspace now.
    public let isListed: Bool
}

extension StoreReader {
    /// Everybody that the store knows by name, by name.
    public func members() throws -> [MemberItem] {
        let select = try core.db.prepare(
            "SELECT id, name, role, is_listed FROM member WHERE name <> '' ORDER BY name, id")
        var items: [MemberItem] = []
        while try select.step() {
            guard let id = MemberID(select, 0) else { continue }
            items.append(
                MemberItem(
                    member: id, name: select.text(1), role: Role(rawValue: UInt8(clamping: select.int64(2))),
                    isListed: select.bool(3)))
        }
        return items
    }
}

extension WriteTransaction {
    /// Gives a member another role, or with `nil` ends the membership; the server acts on it when it arrives.
    ///
    /// Concurrent changes by two owners merge like any contested register.
    /// - Throws: `notWritable` for who is no owner; everybody may end their own membership.
    public func setRole(of member: MemberID, to role: Role?) throws {
        let record = RecordID(high: member.high, low: member.low)
        let shared = try reader.ownLayer(.shared)
        let value = Value.text(role?.name ?? Role.formerName)
        guard try state(of: record, in: shared).isAlive else {
            _ = try create(.member, in: shared, id: record, [(Field.Member.role, value)])
            return
        }
        try set(Field.Member.role, of: record, in: shared, to: value)
    }
}

extension LocalStore {
    /// This device's name and key, signed for an enrolment.
    ///
    /// - Parameter secret: The invitation's code, or the name that the password goes with.
    public func introduction(secret: String, deviceName: String) throws -> DeviceIntroduction {
        let key = try signingKey()
        let statement = SignedStatement.enrolment(
            secret: cryptography.sha256([UInt8](secret.utf8)), publicKey: key.publicKey, deviceName: deviceName)
        return DeviceIntroduction(
            publicKey: key.publicKey, deviceName: deviceName, signature: cryptography.sign(statement, with: key))
    }

    /// The membership has ended: what others made is removed, what the own layers hold stays, and own work in other
    /// layers is kept aside.
    ///
    /// - Returns: The layers that were removed.
    @discardableResult
    public func endAccess() throws -> [LayerID] {
        try maintain(origin: .remote) { core, _ in
            let link = try core.requireLink()
            let own = try core.num(of: link.member)
            var removed: [LayerID] = []
            for layer in try core.connectedLayers(link) where layer.owner != own && layer.epoch != nil {
                try core.purge(layer)
                removed.append(layer.id)
            }
            try core.db.execute("UPDATE member SET is_listed = 0")
            try core.clear(.full)
            return removed
        }
    }
}
