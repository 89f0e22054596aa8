public import AnnotationModel
import DocumentText
public import LocalStore

/// Everything that an export is made of, read from one unchanging view of a store.
///
/// Exports are functions of this value alone: the same content gives the same bytes.
public struct ExportContent: Sendable {
    public let workspace: WorkspaceID
    public let title: String
    public let memberNames: [MemberID: String]
    public let layers: [LayerID: LayerItem]
    public let documents: [DocumentItem]
    public let annotations: [AnnotationItem]
    public let comments: [CommentItem]
    public let codes: [CodeItem]
    public let entities: [EntityItem]
    public let statements: [StatementItem]
    public let memos: [MemoItem]
    public let conflicts: [ConflictItem]
    /// Texts of versions, by version; those that have not arrived are missing.
    public let texts: [RecordID: [UInt8]]
    /// Corrected annotations, by id: the selectors of the passage as it was corrected.
    let correctedSelectors: [RecordID: PassageSelectors]
    let codesByID: [RecordID: CodeItem]
    let entitiesByID: [RecordID: EntityItem]
    let versionsByID: [RecordID: VersionItem]

    /// Reads a store.
    ///
    /// - Parameters:
    ///   - includesPrivate: Whether records of private layers are taken too. They are drafts, so a caller asks first.
    ///   - document: Only this document and what hangs on it; codes and entities are always all there.
    public init(reading reader: StoreReader, includesPrivate: Bool = false, document: RecordID? = nil) throws {
        (workspace, title) = try reader.workspace()
        memberNames = try reader.memberNames()
        let layers = try reader.layers()
        let hidden = Set(layers.filter { $0.kind == LayerKind.private.rawValue && !includesPrivate }.map(\.id))
        self.layers = Dictionary(layers.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        func isWanted(_ info: RecordInfo) -> Bool { !hidden.contains(info.layer) }
        documents = try reader.documents().filter { isWanted($0.info) && (document == nil || $0.info.id == document) }
        annotations = try reader.annotations(on: document).filter { isWanted($0.info) }
        statements = try reader.statements().filter { isWanted($0.info) }
            .filter { [annotations] statement in
                document == nil || annotations.contains { $0.info.id == statement.annotation }
            }
        codes = try reader.codes().filter { isWanted($0.info) }
        entities = try reader.entities().filter { isWanted($0.info) }
        conflicts = try reader.conflicts().filter { !hidden.contains($0.layer) }
        let about = Set(annotations.map(\.info.id) + statements.map(\.info.id) + documents.map(\.info.id))
        comments = try reader.comments().filter { isWanted($0.info) && (document == nil || about.contains($0.target)) }
        memos = try reader.memos().filter { memo in
            isWanted(memo.info) && (document == nil || memo.target.map(about.contains) ?? false)
        }
        versionsByID = Dictionary(
            documents.flatMap(\.versions).map { ($0.info.id, $0) }, uniquingKeysWith: { first, _ in first })
        codesByID = Dictionary(codes.map { ($0.info.id, $0) }, uniquingKeysWith: { first, _ in first })
        entitiesByID = Dictionary(entities.map { ($0.info.id, $0) }, uniquingKeysWith: { first, _ in first })
        var texts: [RecordID: [UInt8]] = [:]
        for version in versionsByID.keys { texts[version] = try reader.text(of: version) }
        self.texts = texts
        correctedSelectors = Self.correctedSelectors(annotations, texts)
    }

    private static func correctedSelectors(
        _ annotations: [AnnotationItem], _ texts: [RecordID: [UInt8]]
    ) -> [RecordID: PassageSelectors] {
        var indexes: [RecordID: TextIndex] = [:]
        var result: [RecordID: PassageSelectors] = [:]
        for annotation in annotations where annotation.isCorrected {
            if indexes[annotation.version] == nil, let bytes = texts[annotation.version],
                let text = try? CanonicalText(canonical: bytes)
            {
                indexes[annotation.version] = TextIndex(text)
            }
            guard let index = indexes[annotation.version], let range = annotation.position.range else { continue }
            result[annotation.info.id] = try? index.selectors(forCodePoints: range)
        }
        return result
    }

    // MARK: Names

    func name(of member: MemberID) -> String? { memberNames[member] }

    func layerName(_ layer: LayerID) -> String { layers[layer]?.kindName ?? "unknown" }

    /// The code that stands for a code now, after merges; a redirect to one that is not here is not followed.
    func effective(_ code: RecordID) -> CodeItem? {
        redirected(code) { codesByID[$0]?.mergedInto.flatMap { codesByID[$0]?.info.id } }.flatMap { codesByID[$0] }
    }

    func effectiveEntity(_ entity: RecordID) -> EntityItem? {
        redirected(entity) { entitiesByID[$0]?.mergedInto.flatMap { entitiesByID[$0]?.info.id } }
            .flatMap { entitiesByID[$0] }
    }

    /// The names of a code and the codes above it, the topmost first.
    func path(of code: CodeItem) -> [String] {
        var names = [code.name]
        var seen: Set<RecordID> = [code.info.id]
        var parent = code.parent
        while let id = parent, seen.insert(id).inserted, let next = codesByID[id] {
            names.insert(next.name, at: 0)
            parent = next.parent
        }
        return names
    }
}

/// Follows redirects to their end; in a ring, which two merges at once can make, the lowest id of it counts on
/// every replica alike.
public func redirected(_ start: RecordID, next: (RecordID) -> RecordID?) -> RecordID? {
    var path = [start]
    while let following = next(path[path.count - 1]) {
        if let place = path.firstIndex(of: following) { return path[place...].min() }
        path.append(following)
    }
    return path.last
}
