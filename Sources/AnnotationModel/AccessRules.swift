/// What an operation does to a record, as far as access is concerned.
public enum Deed: Hashable, Sendable {
    case create
    /// Writes a register, adds to or removes from a set; `nil` for an operation of a newer version, or a restoration.
    case edit(Field?)
    case delete
    /// A member ends their own membership.
    case leave
}

/// Who may do what to one kind of record in the shared layer: the least role for each deed; `nil` for nobody.
public struct KindAccess: Sendable {
    public let create: Role
    /// For the record's maker.
    public let editOwn: Role
    public let editOthers: Role?
    public let deleteOwn: Role?
    public let deleteOthers: Role?
    /// Fields of others' records for which another role is enough.
    public let fieldsOfOthers: [Field: Role]
    /// Whether the id follows from the content, so that several people may create the same record.
    public let isDerived: Bool
    /// Whether nobody may create a record that is there, its maker neither: what it is stays as it was first said.
    public let isCreatedOnce: Bool

    init(
        create: Role, editOwn: Role, editOthers: Role?, deleteOwn: Role?, deleteOthers: Role?,
        fieldsOfOthers: [Field: Role] = [:], isDerived: Bool = false, isCreatedOnce: Bool = false
    ) {
        self.create = create
        self.editOwn = editOwn
        self.editOthers = editOthers
        self.deleteOwn = deleteOwn
        self.deleteOthers = deleteOthers
        self.fieldsOfOthers = fieldsOfOthers
        self.isDerived = isDerived
        self.isCreatedOnce = isCreatedOnce
    }

    /// The same role for everything.
    static func all(_ role: Role, isCreatedOnce: Bool = false) -> KindAccess {
        KindAccess(
            create: role, editOwn: role, editOthers: role, deleteOwn: role, deleteOthers: role,
            isCreatedOnce: isCreatedOnce)
    }
}

/// The table of who may write what, from which server, store and documentation follow.
///
/// A layer's kind decides first: nobody writes in a layer that another member owns, and in an own one its owner writes
/// everything (in the private one even as a reader); in a round's gold layer every curator does. In the shared layer the record's kind, its maker and the deed
/// decide; the server holds every change to this, the store so that people hear of it at once.
public enum AccessRules {
    /// The shared layer's rules for a kind; those of kinds that a newer version made are the strictest that analysts'
    /// own work needs.
    public static func shared(_ kind: Kind) -> KindAccess {
        switch kind {
        case .workspace, .layer: .all(.owner)
        case .member:
            KindAccess(
                create: .reader, editOwn: .analyst, editOthers: .owner, deleteOwn: nil, deleteOthers: nil)
        case .document:
            KindAccess(
                create: .analyst, editOwn: .analyst, editOthers: .analyst, deleteOwn: .analyst, deleteOthers: .curator,
                isDerived: true)
        case .documentVersion, .documentPart:
            KindAccess(
                create: .analyst, editOwn: .analyst, editOthers: .curator, deleteOwn: .analyst, deleteOthers: .curator,
                isDerived: true)
        case .code, .entity, .statementType, .variable: .all(.curator)
        case .round, .assignment: .all(.curator, isCreatedOnce: true)
        case .attribute:
            KindAccess(
                create: .curator, editOwn: .curator, editOthers: .curator, deleteOwn: .curator, deleteOthers: .curator,
                isDerived: true)
        case .variableValue:
            KindAccess(
                create: .analyst, editOwn: .analyst, editOthers: .curator, deleteOwn: .analyst, deleteOthers: .curator,
                isDerived: true)
        case .comment:
            KindAccess(
                create: .analyst, editOwn: .analyst, editOthers: nil, deleteOwn: .analyst, deleteOthers: .curator,
                fieldsOfOthers: [Field.Comment.isResolved: .analyst])
        default:
            KindAccess(
                create: .analyst, editOwn: .analyst, editOthers: .curator, deleteOwn: .analyst, deleteOthers: .curator)
        }
    }

    /// Whether a member may do a deed to a record.
    ///
    /// - Parameters:
    ///   - role: In the workspace; `nil` for somebody who does not belong to it.
    ///   - maker: Who created the record; `nil` where it is not known (yet): then it counts as the member's own.
    public static func allows(
        _ deed: Deed, to kind: Kind, record: RecordID, maker: MemberID?, by member: MemberID, as role: Role?,
        in layer: LayerKind, owner: MemberID?
    ) -> Bool {
        guard let role else { return false }
        switch layer {
        case .personal, .private, .coding, .late, .gold: return layer.isWritable(by: member, owner: owner, as: role)
        case .shared: break
        }
        let access = shared(kind)
        // A member's record is theirs, whoever made it.
        let maker = kind == .member ? MemberID(high: record.high, low: record.low) : maker
        let isOwn = maker == nil || maker == member
        let least: Role? =
            switch deed {
            case .create where access.isCreatedOnce && maker != nil: nil
            case .create: isOwn || access.isDerived ? access.create : access.editOthers
            case .edit(let field):
                if kind == .member, field == Field.Member.role {
                    .owner
                } else if isOwn {
                    access.editOwn
                } else {
                    field.flatMap { access.fieldsOfOthers[$0] } ?? access.editOthers
                }
            case .delete: isOwn ? access.deleteOwn : access.deleteOthers
            case .leave: kind == .member && isOwn ? .reader : .owner
            }
        guard let least else { return false }
        return role >= least
    }

    /// Why a deed is not allowed, for people.
    public static func explanation(
        _ deed: Deed, to kind: Kind, by member: MemberID, as role: Role?, in layer: LayerKind, owner: MemberID?
    ) -> String {
        guard let role else { return "its author does not belong to the workspace" }
        switch layer {
        case .gold: return "\(role.withArticle) may not decide; \(Role.curator.withArticle) may"
        case .personal, .private, .coding, .late:
            return member == owner
                ? "\(role.withArticle) may not write here" : "only the layer's owner may write in it"
        case .shared: break
        }
        let name = Model.definition(of: kind)?.name ?? "record of kind \(kind.rawValue)"
        if case .edit(let field) = deed, kind == .member, field == Field.Member.role {
            return "only an owner may change roles"
        }
        let access = shared(kind)
        let (verb, own, others): (String, Role?, Role?) =
            switch deed {
            case .create: ("create", access.create, access.create)
            case .edit: ("change", access.editOwn, access.editOthers)
            case .delete: ("delete", access.deleteOwn, access.deleteOthers)
            case .leave: ("end", .reader, .owner)
            }
        if let own, role >= own {
            guard let others else { return "nobody may \(verb) another member's \(name)" }
            return "\(role.withArticle) may not \(verb) another member's \(name); \(others.withArticle) may"
        }
        guard let own else { return "nobody may \(verb) a \(name)" }
        return "\(role.withArticle) may not \(verb) a \(name); \(own.withArticle) may"
    }
}
