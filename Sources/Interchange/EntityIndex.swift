public import AnnotationModel
public import LocalStore

/// Which entity stands for which, after merges and joins, and all that is known of each.
///
/// Nothing here is written anywhere: it follows from the records as they are, so that a merge that is taken back leaves no trace. Equal
/// records give equal answers, in whatever order they come.
struct EntityIndex: Sendable {
    private let byID: [RecordID: EntityItem]
    /// For every entity that shared ones stand for: the one that counts.
    private let standing: [RecordID: RecordID]
    /// By the entity that counts: all other records that it stands for, and its own in other layers; oldest first.
    private let joined: [RecordID: [EntityItem]]

    /// - Complexity: O(*n* log *n*), as long as chains of merges are short.
    init(_ entities: [EntityItem], shared: Set<LayerID>) {
        // The order that counts: a shared record before what a layer of somebody's own says under the same id.
        let ordered = entities.map { (item: $0, isOwn: !shared.contains($0.info.layer)) }.sorted { left, right in
            let (first, second) = (left.item.info, right.item.info)
            if left.isOwn != right.isOwn { return !left.isOwn }
            return (first.createdAt, first.id, first.layer) < (second.createdAt, second.id, second.layer)
        }
        let byID = Dictionary(ordered.map { ($0.item.info.id, $0.item) }, uniquingKeysWith: { first, _ in first })
        // As for codes: what stands for something is shared, and of several the lowest id counts.
        var standing: [RecordID: RecordID] = [:]
        let sharedItems = ordered.filter { !$0.isOwn }.map(\.item).sorted { $0.info.id < $1.info.id }
        for entity in sharedItems {
            for id in entity.standsFor where id != entity.info.id && standing[id] == nil {
                standing[id] = entity.info.id
            }
        }
        var joined: [RecordID: [EntityItem]] = [:]
        let oldestFirst = ordered.map(\.item).sorted {
            ($0.info.createdAt, $0.info.id, $0.info.layer) < ($1.info.createdAt, $1.info.id, $1.info.layer)
        }
        for item in oldestFirst {
            let id = item.info.id
            let end = redirected(id) { Self.next($0, byID, standing) } ?? id
            if end != id || byID[id]?.info.layer != item.info.layer { joined[end, default: []].append(item) }
        }
        (self.byID, self.standing, self.joined) = (byID, standing, joined)
    }

    subscript(_ id: RecordID) -> EntityItem? { byID[id] }

    /// The entity that stands for an entity now; its own record need not be here.
    func effective(_ id: RecordID) -> EntityItem? {
        redirected(id) { Self.next($0, byID, standing) }.flatMap { byID[$0] }
    }

    /// Whether another entity stands for this one. Of a ring of merges, the one that counts is not redirected.
    func isRedirected(_ id: RecordID) -> Bool {
        Self.next(id, byID, standing) != nil && effective(id)?.info.id != id
    }

    private static func next(
        _ id: RecordID, _ byID: [RecordID: EntityItem], _ standing: [RecordID: RecordID]
    ) -> RecordID? {
        byID[id]?.mergedInto.flatMap { $0 == id ? nil : byID[$0]?.info.id } ?? standing[id]
    }

    /// What is known of an entity and of all that it stands for; of one that is redirected, of the one that counts.
    func union(of id: RecordID) -> JoinedEntity? {
        effective(id).map { JoinedEntity($0, joined[$0.info.id] ?? []) }
    }
}

/// An entity together with those that it stands for.
public struct JoinedEntity: Sendable, Hashable {
    /// A named property, and who else says otherwise.
    public struct Attribute: Sendable, Hashable {
        public let key: String
        public let value: String
        /// The entity whose record says so.
        public let origin: RecordID
        /// Other values of the same key that joined entities have, each once, oldest entity first.
        public let others: [Other]
    }

    public struct Other: Sendable, Hashable {
        public let value: String
        public let origin: RecordID
    }

    /// The one that counts.
    public let entity: EntityItem
    /// The ids of those that it stands for, ascending.
    public let members: [RecordID]
    /// Its own aliases, then the names and aliases of the others, each once and none its own name.
    public let aliases: [String]
    /// Its own, then the others'.
    public let externalIDs: [String]
    /// By key. Its own value wins, then that of the oldest of the others.
    public let attributes: [Attribute]

    /// - Parameter others: Oldest first.
    init(_ entity: EntityItem, _ others: [EntityItem]) {
        self.entity = entity
        members = Set(others.map(\.info.id)).subtracting([entity.info.id]).sorted()
        func united(_ own: [String], _ more: [String], without: String? = nil) -> [String] {
            var seen = Set([without].compactMap { $0.map { Array($0.utf8) } } + own.map { Array($0.utf8) })
            let rest = more.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            return own + rest.filter { seen.insert(Array($0.utf8)).inserted }
        }
        aliases = united(entity.aliases, others.flatMap { [$0.name] + $0.aliases }, without: entity.name)
        externalIDs = united(entity.externalIDs, others.flatMap(\.externalIDs))
        var values: [String: [Other]] = [:]
        for item in [entity] + others {
            for attribute in item.attributes {
                let known = values[attribute.key] ?? []
                if known.contains(where: { $0.value == attribute.value }) { continue }
                values[attribute.key] = known + [Other(value: attribute.value, origin: item.info.id)]
            }
        }
        let keys = values.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        attributes = keys.compactMap { key in
            guard let all = values[key], let first = all.first else { return nil }
            return Attribute(key: key, value: first.value, origin: first.origin, others: Array(all.dropFirst()))
        }
    }

    /// Whether it stands for anything.
    public var isJoined: Bool { !members.isEmpty }
}
