import AnnotationModel
import Interchange
import LocalStore

/// What the entry of a statement needs of a store: the passage, the questions, and the names that may be answered.
///
/// All of it is what the store's own member may read, for nothing else is in a store.
struct EntryMaterial {
    let passage: String
    let title: String
    let form: EntryForm

    /// - Parameter target: The passage.
    /// - Throws: `configuration` where the type has a variable of a newer version.
    init(reading reader: StoreReader, _ target: StatementTarget, _ type: StatementTypeItem?, makesCodes: Bool) throws {
        let names = target.names
        let annotations = try reader.annotations()
        let annotation = annotations.first { $0.info.id == target.annotation.id }
        let document = annotation.flatMap { names.document($0.document) }
        passage = annotation?.quote.exact ?? ""
        title = document?.title ?? ""
        let published = document?.publishedOn.flatMap { ValueType.date.accepts(.text($0)) ? $0 : nil }
        let questions =
            try EntryQuestion.builtIn(date: published) + (type?.variables ?? []).map { try EntryQuestion($0) }
        let uses = Self.uses(names, try reader.statements(), annotations)
        form = EntryForm(
            questions, entities: Self.entities(names, uses.entities), codes: Self.codes(names, uses.codes),
            makesCodes: makesCodes)
    }

    /// What somebody used, as it counts after merges.
    private static func uses(
        _ names: RecordNames, _ statements: [StatementItem], _ annotations: [AnnotationItem]
    ) -> (entities: UseWeights, codes: UseWeights) {
        func newestFirst(_ left: RecordInfo, _ right: RecordInfo) -> Bool {
            (left.createdAt, left.id, left.layer) > (right.createdAt, right.id, right.layer)
        }
        let own = statements.filter { $0.info.author == names.ownMember }.sorted { newestFirst($0.info, $1.info) }
        func references(_ statement: StatementItem, toCodes: Bool) -> [RecordID] {
            statement.values.compactMap { value in
                let isCode = names.variable(value.variable)?.valueType == "code"
                return isCode == toCodes ? value.value.identifier : nil
            }
        }
        let entities = own.map { statement in
            ([statement.speaker, statement.organisation, statement.addressee].compactMap { $0 } + statement.instruments
                + references(statement, toCodes: false)).map { names.effectiveEntity($0)?.info.id ?? $0 }
        }
        let marked = annotations.filter { $0.info.author == names.ownMember }.map { ($0.info, $0.codes) }
        let stated = own.map { ($0.info, [$0.concept].compactMap { $0 } + references($0, toCodes: true)) }
        let codes = (marked + stated).filter { !$0.1.isEmpty }.sorted { newestFirst($0.0, $1.0) }
            .map { $0.1.map { names.effectiveCode($0)?.info.id ?? $0 } }
        return (UseWeights(newestFirst: entities), UseWeights(newestFirst: codes))
    }

    /// Every entity that counts, once, with all of its names.
    private static func entities(_ names: RecordNames, _ weights: UseWeights) -> [NameCandidate] {
        let ids = Set(names.entities.compactMap { names.effectiveEntity($0.info.id)?.info.id })
        return ids.sorted().compactMap(names.joinedEntity).map { joined in
            let entity = joined.entity
            return NameCandidate(
                name: entity.name, otherNames: joined.aliases, note: entity.type ?? "", type: entity.type,
                record: entity.info.id, weight: weights[entity.info.id])
        }
    }

    /// Every code that passages may carry and that counts, with the names of those that were merged into it.
    private static func codes(_ names: RecordNames, _ weights: UseWeights) -> [NameCandidate] {
        var merged: [RecordID: Set<String>] = [:]
        for code in names.codes {
            guard let effective = names.effectiveCode(code.info.id), effective.info.id != code.info.id else { continue }
            merged[effective.info.id, default: []].insert(code.name)
        }
        let ids = Set(names.codes.compactMap { names.effectiveCode($0.info.id)?.info.id })
        return ids.sorted().compactMap(names.code).filter { !$0.isRetired && $0.isCodable }.map { code in
            let path = names.path(of: code)
            var others = (merged[code.info.id] ?? []).subtracting([code.name]).sorted()
            if path.count > 1 { others.append(path.joined(separator: "/")) }
            return NameCandidate(
                name: code.name, otherNames: others, note: path.dropLast().joined(separator: " > "),
                record: code.info.id, weight: weights[code.info.id])
        }
    }
}
