import AnnotationModel
import ChangeLog
import SQLiteBinding
import WireFormat

/// Holds the changes of one author in one layer to the rules of access, one after the other, inside the caller's
/// transaction.
struct Judge {
    private let core: ServerCore
    private let layer: ServerCore.LayerRow
    private let kind: LayerKind?
    private let author: MemberID
    private var role: Role?
    /// Whether there are records of the layer that no change is taken of any more.
    private let hasForgotten: Bool
    private var rounds: RoundKeeper { RoundKeeper(core) }

    init(_ core: ServerCore, of layer: ServerCore.LayerRow, author: MemberID, role: Role?) throws {
        self.core = core
        self.layer = layer
        self.author = author
        kind = LayerKind(rawValue: layer.kind)
        self.role = role
        hasForgotten = try core.hasForgotten(inLayer: layer.num)
        if kind == .shared { try core.catchUpMakers(of: layer) }
    }

    /// Why a change may not take effect, for its author; `nil` if it may, and then its consequences are taken down: who
    /// made which record, who has which role.
    ///
    /// - Parameter change: One whose payload was found readable, unless a newer version made it.
    mutating func objection(to change: Change) throws -> String? {
        let stamp = change.header.stamp
        guard let kind, let role else { return "its author does not belong to the workspace" }
        if hasForgotten, let operations = try change.operations {
            for record in Set(operations.map(\.record)) where try core.isForgotten(record, in: layer.num) {
                return "it is of something that was deleted so long ago that the server does not keep it any more"
            }
        }
        guard kind == .shared else {
            guard kind.isWritable(by: author, owner: layer.owner, as: role) else {
                return AccessRules.explanation(
                    .edit(nil), to: .annotation, by: author, as: role, in: kind, owner: layer.owner)
            }
            if let closure = layer.closure { return closure }
            if kind == .coding, let operations = try change.operations {
                try rounds.takeSubmissions(operations, stamp: stamp, in: layer)
            }
            return nil
        }
        guard let operations = try change.operations else {
            return role >= .curator
                ? nil
                : "it was made by a newer version than this server's, which cannot see whether \(role.withArticle) may; "
                    + "upgrade the server"
        }
        var made: [RecordID: Kind] = [:]
        for operation in operations {
            let known = try core.maker(of: operation.record, in: layer.num)
            guard (known?.kind ?? made[operation.record] ?? operation.kind) == operation.kind else {
                return "it takes a record for something else than it is"
            }
            let deed = operation.deed(by: author)
            if deed == .create && known == nil { made[operation.record] = operation.kind }
            let isAllowed = AccessRules.allows(
                deed, to: operation.kind, record: operation.record, maker: known?.member, by: author, as: role,
                in: kind, owner: layer.owner)
            guard isAllowed else {
                return AccessRules.explanation(
                    deed, to: operation.kind, by: author, as: role, in: kind, owner: layer.owner)
            }
        }
        if let objection = try takeRoles(operations, stamp: stamp) { return objection }
        if let objection = try rounds.take(operations, stamp: stamp, by: author, in: layer) { return objection }
        for (record, kind) in made { try core.note(maker: author, of: record, kind: kind, in: layer.num) }
        return nil
    }

    /// Writes down how far the makers are known; called once all changes have their positions.
    func finish(position: UInt64) throws {
        if kind == .shared { try core.setMakersPosition(position, of: layer) }
    }

    // MARK: Roles

    /// Takes over what a change says about roles, or says why not.
    private mutating func takeRoles(_ operations: [ChangeLog.Operation], stamp: Stamp) throws -> String? {
        let members = Set(operations.filter { $0.kind == .member }.map(\.record))
        for operation in operations where members.contains(operation.record) {
            guard case .write(Field.Member.role, let value, _) = operation.action else { continue }
            guard case .text(let name) = value, name == Role.formerName || Role(named: name) != nil else {
                return "it names a role that this server does not know"
            }
        }
        let states = try core.merged(operations, of: [.member], stamp: stamp, in: layer)
        var changed: [(member: MemberID, role: Role?)] = []
        for (record, state) in states {
            let member = MemberID(high: record.high, low: record.low)
            guard operations.contains(where: { $0.record == record && $0.writesRole }),
                case .text(let name)? = state.shown(Field.Member.role)
            else { continue }
            guard try core.hasBelonged(member, toWorkspace: layer.workspace) else {
                return "nobody with this id has belonged to the workspace; invite them"
            }
            changed.append((member, Role(named: name)))
        }
        if !changed.isEmpty, try core.leavesNoOwner(changed, inWorkspace: layer.workspace) {
            return "it would leave the workspace without an owner; make somebody else an owner first"
        }
        for (record, state) in states { try core.save(state, ofMember: record, in: layer.num) }
        for (member, role) in changed {
            try core.set(role, of: member, inWorkspace: layer.workspace, by: author)
            if member == author { self.role = role }
        }
        return nil
    }
}

extension ChangeLog.Operation {
    fileprivate var writesRole: Bool {
        if case .write(Field.Member.role, _, _) = action { true } else { false }
    }
}

// MARK: Makers

extension ServerCore {
    /// Who created a record of a shared layer, and as what.
    func maker(of record: RecordID, in layer: Int64) throws -> (kind: Kind, member: MemberID)? {
        let select = try db.statement("SELECT kind, member FROM maker WHERE layer = ?1 AND record = ?2")
        select.bind(layer, at: 1)
        select.bind(record, at: 2)
        guard try select.step() else { return nil }
        defer { select.reset() }
        guard let member = MemberID(select, 1) else { return nil }
        return (Kind(rawValue: UInt16(clamping: select.int64(0))), member)
    }

    func note(maker: MemberID, of record: RecordID, kind: Kind, in layer: Int64) throws {
        let insert = try db.statement(
            "INSERT OR IGNORE INTO maker (layer, record, kind, member) VALUES (?1, ?2, ?3, ?4)")
        insert.bind(layer, at: 1)
        insert.bind(record, at: 2)
        insert.bind(Int64(kind.rawValue), at: 3)
        insert.bind(maker, at: 4)
        try insert.run()
    }

    func setMakersPosition(_ position: UInt64, of layer: LayerRow) throws {
        let update = try db.statement("UPDATE layer SET makers_position = ?2 WHERE num = ?1")
        update.bind(layer.num, at: 1)
        update.bind(position, at: 2)
        try update.run()
    }

    /// Takes down who made the records that a server without roles let in.
    func catchUpMakers(of layer: LayerRow) throws {
        guard layer.makersPosition < layer.position else { return }
        let select = try db.prepare(
            """
            SELECT replica.id, feed.author, feed.payload FROM feed JOIN chain ON chain.num = feed.chain
            JOIN replica ON replica.num = chain.replica
            WHERE feed.id > ?1 AND feed.id <= ?2 AND feed.payload IS NOT NULL ORDER BY feed.id
            """)
        select.bind(layer.feedID(layer.makersPosition), at: 1)
        select.bind(layer.feedID(layer.position), at: 2)
        while try select.step() {
            guard let replica = ReplicaID(select, 0), let author = MemberID(select, 1),
                let payload = try? Payload(decoding: select.blob(2), by: replica)
            else { continue }
            for operation in payload.operations {
                guard case .create = operation.action else { continue }
                try note(maker: author, of: operation.record, kind: operation.kind, in: layer.num)
            }
        }
    }

    // MARK: Records that the server acts on

    /// The records of some kinds that a change touches, as they are merged with it: by the same rules as on every replica,
    /// for the whole record counts and not the last write.
    func merged(
        _ operations: [ChangeLog.Operation], of kinds: Set<Kind>, stamp: Stamp, in layer: LayerRow
    ) throws -> [(RecordID, RecordState)] {
        let records = Set(operations.filter { kinds.contains($0.kind) }.map(\.record))
        guard !records.isEmpty else { return [] }
        var vector = try vector(ofLayer: layer.num)
        vector[stamp.replica] = stamp.seq - 1
        return try records.sorted().map { record in
            var state = try memberState(record, in: layer.num)
            for (index, operation) in operations.enumerated() where operation.record == record {
                state.apply(operation, index: UInt32(index), stamp: stamp, vector: vector)
            }
            return (record, state)
        }
    }

    func memberState(_ record: RecordID, in layer: Int64) throws -> RecordState {
        let select = try db.statement("SELECT state, awaited FROM member_state WHERE layer = ?1 AND record = ?2")
        select.bind(layer, at: 1)
        select.bind(record, at: 2)
        guard try select.step() else { return RecordState() }
        defer { select.reset() }
        return try RecordState(decoding: select.blob(0), awaited: select.optionalBlob(1))
    }

    func save(_ state: RecordState, ofMember record: RecordID, in layer: Int64) throws {
        let insert = try db.statement(
            "INSERT OR REPLACE INTO member_state (layer, record, state, awaited) VALUES (?1, ?2, ?3, ?4)")
        insert.bind(layer, at: 1)
        insert.bind(record, at: 2)
        insert.bind(state.encoded, at: 3)
        insert.bind(state.encodedAwaited, at: 4)
        try insert.run()
    }

    /// What the feed of a layer holds of each replica.
    func vector(ofLayer layer: Int64) throws -> VersionVector {
        let select = try db.statement(
            "SELECT replica.id, chain.seq FROM chain JOIN replica ON replica.num = chain.replica WHERE layer = ?1")
        select.bind(layer, at: 1)
        var vector = VersionVector()
        while try select.step() {
            if let replica = ReplicaID(select, 0) { vector[replica] = UInt64(select.int64(1)) }
        }
        return vector
    }
}
