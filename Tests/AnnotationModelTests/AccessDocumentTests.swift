import AnnotationModel
import Testing

/// docs/access.md prints the table of the rules; `VARIORUM_RECORD=1` writes it anew.
@Suite struct AccessDocumentTests {
    private var table: String {
        var text = "| kind | create | change own | change others' | delete own | delete others' |\n"
        text += "| --- | --- | --- | --- | --- | --- |\n"
        for definition in Model.kinds {
            let access = AccessRules.shared(definition.kind)
            func name(_ role: Role?) -> String { role?.name ?? "nobody" }
            var others = name(access.editOthers)
            for (field, role) in access.fieldsOfOthers.sorted(by: { $0.key < $1.key }) {
                let field = definition.definition(of: field)?.name ?? "\(field.rawValue)"
                others += "; `\(field)`: \(role.name)"
            }
            var own = access.editOwn.name
            if definition.kind == .member { own += "; `role`: owner" }
            text += "| \(definition.name)\(access.isDerived ? " (anybody's creation is the same)" : "")"
            text += "\(access.isCreatedOnce ? " (never created twice)" : "") "
            let create = definition.kind == .member ? "one's own; others': owner" : access.create.name
            text += "| \(create) | \(own) | \(others) "
            text += "| \(name(access.deleteOwn)) | \(name(access.deleteOthers)) |\n"
        }
        return text
    }

    @Test func theDocumentPrintsTheTable() throws { try expectPrinted(table, in: "access.md") }

    /// What the page promises, word for word, whatever the table says.
    @Test func thePromisesHold() {
        let (ana, ben) = (MemberID(high: 1, low: 1), MemberID(high: 2, low: 2))
        let record = RecordID(high: 3, low: 3)
        func allows(
            _ deed: Deed, _ kind: Kind, of maker: MemberID?, as role: Role?, in layer: LayerKind = .shared,
            owner: MemberID? = nil
        ) -> Bool {
            AccessRules.allows(deed, to: kind, record: record, maker: maker, by: ana, as: role, in: layer, owner: owner)
        }
        // Nobody outside, and a reader nothing but in the private layer.
        for kind in Model.kinds.map(\.kind) {
            for deed in [Deed.create, .edit(nil), .delete] {
                #expect(!allows(deed, kind, of: ana, as: nil))
                #expect(!allows(deed, kind, of: ben, as: .reader))
                #expect(allows(deed, kind, of: ana, as: .reader, in: .private, owner: ana))
                #expect(!allows(deed, kind, of: ana, as: .owner, in: .private, owner: ben))
                #expect(!allows(deed, kind, of: ana, as: .owner, in: .personal, owner: ben))
                #expect(!allows(deed, kind, of: ana, as: .reader, in: .personal, owner: ana))
                #expect(allows(deed, kind, of: ana, as: .analyst, in: .personal, owner: ana))
            }
        }
        // An analyst does not rewrite another's annotation, but comments on it.
        #expect(!allows(.edit(Field.Annotation.note), .annotation, of: ben, as: .analyst))
        #expect(allows(.create, .comment, of: nil, as: .analyst))
        // Nobody puts words into another's mouth.
        #expect(!allows(.edit(Field.Comment.body), .comment, of: ben, as: .owner))
        // Codebook and entities are the curators'.
        for kind in [Kind.code, .entity] {
            #expect(!allows(.create, kind, of: nil, as: .analyst) && !allows(.edit(nil), kind, of: ana, as: .analyst))
            #expect(allows(.create, kind, of: nil, as: .curator) && allows(.delete, kind, of: ben, as: .curator))
        }
        // Roles are the owners'.
        #expect(!allows(.edit(Field.Member.role), .member, of: ana, as: .curator))
        #expect(allows(.edit(Field.Member.role), .member, of: ben, as: .owner))
    }
}
