public import AnnotationModel
public import LocalStore
public import TeamCoding

/// What records are called, and everything else that it takes to show one: members, layers, documents, codes, entities.
public struct RecordNames: Sendable {
    public let workspace: WorkspaceID
    public let title: String
    public let ownMember: MemberID
    public let memberNames: [MemberID: String]
    public let layers: [LayerItem]
    public let documents: [DocumentItem]
    public let codes: [CodeItem]
    public let entities: [EntityItem]
    /// With their variables.
    public let statementTypes: [StatementTypeItem]
    /// What follows from the codes: the tree, and which code stands for which.
    public let codebook: Codebook
    private let layersByID: [LayerID: LayerItem]
    private let codesByID: [RecordID: CodeItem]
    private let entityIndex: EntityIndex
    private let documentsByID: [RecordID: DocumentItem]
    private let versionsByID: [RecordID: VersionItem]

    /// Reads a store.
    ///
    /// - Parameters:
    ///   - includesPrivate: Whether records of layers are taken too that not every member may read: private ones, and
    ///     those of rounds that are not revealed or published. Else counts of uses leave them out as well.
    ///   - countsUses: Whether it is wanted how many annotations documents and codes have: that takes O(n) of them.
    public init(reading reader: StoreReader, includesPrivate: Bool = true, countsUses: Bool = true) throws {
        (workspace, title) = try reader.workspace()
        ownMember = try reader.ownMember()
        memberNames = try reader.memberNames()
        layers = try reader.layers()
        let hidden = Set(layers.filter { !$0.isOpen && !includesPrivate }.map(\.id))
        var documents = try reader.documents(countsAnnotations: countsUses).filter { !hidden.contains($0.info.layer) }
        var codes = try reader.codes(countsUses: countsUses).filter { !hidden.contains($0.info.layer) }
        if countsUses && !hidden.isEmpty {
            let hiddenAnnotations = try reader.annotations().filter { hidden.contains($0.info.layer) }
            var (marks, uses): ([RecordID: Int], [RecordID: Int]) = ([:], [:])
            for annotation in hiddenAnnotations {
                marks[annotation.document, default: 0] += 1
                for code in annotation.codes { uses[code, default: 0] += 1 }
            }
            for place in documents.indices { documents[place].annotationCount -= marks[documents[place].info.id] ?? 0 }
            for place in codes.indices { codes[place].useCount -= uses[codes[place].info.id] ?? 0 }
        }
        self.documents = documents
        self.codes = codes
        entities = try reader.entities().filter { !hidden.contains($0.info.layer) }
        statementTypes = try reader.statementTypes().filter { !hidden.contains($0.info.layer) }
        let shared = Set(layers.filter { $0.kind == LayerKind.shared.rawValue }.map(\.id))
        codebook = Codebook(codes.map { CodeRecord($0, isShared: shared.contains($0.info.layer)) })
        layersByID = Dictionary(layers.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        codesByID = Dictionary(
            codes.map { ($0.info.id, $0) },
            uniquingKeysWith: { first, other in
                !shared.contains(first.info.layer) && shared.contains(other.info.layer) ? other : first
            })
        entityIndex = EntityIndex(entities, shared: shared)
        documentsByID = Dictionary(documents.map { ($0.info.id, $0) }, uniquingKeysWith: { first, _ in first })
        versionsByID = Dictionary(
            documents.flatMap(\.versions).map { ($0.info.id, $0) }, uniquingKeysWith: { first, _ in first })
    }

    public func layer(_ id: LayerID) -> LayerItem? { layersByID[id] }
    public func layerName(_ id: LayerID) -> String { layersByID[id]?.kindName ?? "unknown" }
    public func code(_ id: RecordID) -> CodeItem? { codesByID[id] }
    public func entity(_ id: RecordID) -> EntityItem? { entityIndex[id] }
    public func document(_ id: RecordID) -> DocumentItem? { documentsByID[id] }
    public func version(_ id: RecordID) -> VersionItem? { versionsByID[id] }

    /// What a member is called, or the beginning of the id where nobody has said.
    public func name(of member: MemberID) -> String { memberNames[member] ?? "member \("\(member)".prefix(8))" }

    /// The code that stands for a code now, after merges; a redirect to one that is not here is not followed.
    public func effectiveCode(_ id: RecordID) -> CodeItem? { codesByID[codebook.effective(id)] }

    /// The entity that stands for an entity now, after merges and joins. Its own layer need not be here.
    public func effectiveEntity(_ id: RecordID) -> EntityItem? { entityIndex.effective(id) }

    /// Whether another entity stands for this one.
    public func isRedirectedEntity(_ id: RecordID) -> Bool { entityIndex.isRedirected(id) }

    /// What is known of the entity that stands for an entity now, with all that was merged into it or joined with it.
    public func joinedEntity(_ id: RecordID) -> JoinedEntity? { entityIndex.union(of: id) }

    /// What a code that something carries is called now; one that is not here is named by its id.
    public func codeName(_ id: RecordID) -> String { effectiveCode(id)?.name ?? "code \(id.short), not here" }

    public func entityName(_ id: RecordID) -> String { effectiveEntity(id)?.name ?? "entity \(id.short), not here" }

    /// The names of a code and the codes above it in the tree, the topmost first.
    public func path(of code: CodeItem) -> [String] { codebook.path(of: code.info.id).map(\.name) }

    public func statementType(_ id: RecordID) -> StatementTypeItem? { statementTypes.first { $0.info.id == id } }

    /// A variable of any type.
    public func variable(_ id: RecordID) -> VariableItem? {
        for type in statementTypes {
            if let variable = type.variables.first(where: { $0.info.id == id }) { return variable }
        }
        return nil
    }

    /// A statement's value for a variable, as people read it.
    public func text(of value: VariableValueItem) -> String {
        switch value.value {
        case .text(let text): text
        case .integer(let number): "\(number)"
        case .boolean(let isTrue): isTrue ? "yes" : "no"
        case .identifier(let id): variable(value.variable)?.valueType == "code" ? codeName(id) : entityName(id)
        default: ""
        }
    }

    /// A statement as people read it: who, for whom, about what, which position, when.
    public func sentence(_ statement: StatementItem) -> String {
        var text = statement.speaker.map(entityName) ?? statement.organisation.map(entityName) ?? "somebody"
        if statement.speaker != nil, let organisation = statement.organisation {
            text += " (\(entityName(organisation)))"
        }
        if let addressee = statement.addressee { text += " to \(entityName(addressee))" }
        if let concept = statement.concept { text += " on \(codeName(concept))" }
        if let position = statement.position { text += ": \(position)" }
        if let type = statement.type { text = "\(statementType(type)?.name ?? "statement of another type"): \(text)" }
        var rest = [statement.date, statement.directness].compactMap { $0 }
        if !statement.instruments.isEmpty {
            rest.append("re " + statement.instruments.map(entityName).joined(separator: ", "))
        }
        rest += statement.values.map { "\(variable($0.variable)?.name ?? "unknown variable"): \(self.text(of: $0))" }
        return rest.isEmpty ? text : text + " (" + rest.joined(separator: "; ") + ")"
    }
}

/// Follows redirects to their end; in a ring, which two merges at once can make, the lowest id of it counts on
/// every replica alike.
func redirected(_ start: RecordID, next: (RecordID) -> RecordID?) -> RecordID? {
    var path = [start]
    while let following = next(path[path.count - 1]) {
        if let place = path.firstIndex(of: following) { return path[place...].min() }
        path.append(following)
    }
    return path.last
}
