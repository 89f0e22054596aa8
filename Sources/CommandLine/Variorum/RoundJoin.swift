import AnnotationModel
import Interchange
import LocalStore
import TeamCoding

/// What coders of a blind round made beside their codings becomes the team's.
extension Command {
    static let roundJoin = Command(
        CommandSpecification(
            "join", summary: "join the codes and entities that coders of a round have made",
            discussion: """
                Curators, after the reveal. For each name a shared code or entity stands for those of the coders: one that is there, or \
                a new one. No coding is rewritten. What is joined already is left as it is, so that it can be done again. \
                'variorum undo' takes it back.
                """,
            positionals: [PositionalSpecification("round", "Number, id or title")],
            examples: [CommandExample("variorum round join Pilot", "Take the coders' codes into the codebook")]),
        json: "`{codes: [joined], entities: [joined], left: [text]}`, joined being `{id, name, is_new, stands_for}`"
    ) { context in
        let store = try context.openStore()
        let work = try store.read { reader in
            try reader.roundWork(named: context.arguments.positional("round") ?? "", RecordNames(reading: reader))
        }
        guard work.stage >= .revealed else {
            throw CommandFailure(
                .noPermission,
                "round '\(work.round.title)' is not revealed, as far as this store knows; 'variorum sync' asks for news"
            )
        }
        let plan = RoundJoin(work)
        let ids = try store.write { try plan.perform($0) }
        func json(_ joints: [RoundJoin.Joint]) -> JSON {
            .array(
                joints.map { joint in
                    [
                        "id": .optional(ids[joint.members.first ?? joint.first]?.description),
                        "name": .text(joint.name),
                        "is_new": .boolean(joint.shared == nil), "stands_for": .texts(joint.members.map(\.description)),
                    ]
                })
        }
        if context.isJSON {
            try context.write([
                "codes": json(plan.codes), "entities": json(plan.entities), "left": .texts(plan.left),
            ])
            return .success
        }
        for (what, joints) in [("code", plan.codes), ("entity", plan.entities)] {
            for joint in joints {
                let how = joint.shared == nil ? "new, for" : "stands for"
                try context.writeLine(
                    printable(
                        "joined  \(what) '\(joint.name)': \(how) \(joint.members.map(\.short).joined(separator: ", "))")
                )
            }
        }
        for line in plan.left { context.remark(line) }
        if plan.codes.isEmpty, plan.entities.isEmpty { context.remark("there is nothing to join") }
        return .success
    }
}

/// Which shared codes and entities are to stand for those of a round's coding layers.
struct RoundJoin {
    /// One shared record and what it is to stand for.
    struct Joint {
        let name: String
        /// The one that is there; a new one is made where there is none.
        let shared: RecordInfo?
        /// Ascending.
        let members: [RecordID]
        /// Of those, the one whose description a new record takes over.
        let first: RecordID
    }

    let codes: [Joint]
    let entities: [Joint]
    /// What somebody has to join by hand, and why.
    let left: [String]
    private let names: RecordNames

    init(_ work: RoundWork) {
        let names = work.names
        self.names = names
        let layers = Set(work.layers.filter { $0.kind == LayerKind.coding.rawValue }.map(\.id))
        let shared = Set(names.layers.filter { $0.kind == LayerKind.shared.rawValue }.map(\.id))
        var left: [String] = []
        codes = Self.joints(
            names.codes.filter { layers.contains($0.info.layer) && !names.codebook.isRedirected($0.info.id) }
                .map { ($0.info, $0.name) },
            with: names.codes.filter { shared.contains($0.info.layer) && !names.codebook.isRedirected($0.info.id) }
                .map { ($0.info, $0.name) }, "codes", &left)
        entities = Self.joints(
            names.entities.filter { layers.contains($0.info.layer) && !names.isRedirectedEntity($0.info.id) }
                .map { ($0.info, $0.name) },
            with: names.entities.filter { shared.contains($0.info.layer) && !names.isRedirectedEntity($0.info.id) }
                .map { ($0.info, $0.name) }, "entities", &left)
        self.left = left
    }

    /// By name in lower case.
    private static func joints(
        _ own: [(info: RecordInfo, name: String)], with shared: [(info: RecordInfo, name: String)], _ what: String,
        _ left: inout [String]
    ) -> [Joint] {
        let known = Dictionary(grouping: shared) { $0.name.lowercased() }
        let groups = Dictionary(grouping: own) { $0.name.lowercased() }
        var joints: [Joint] = []
        for key in groups.keys.sorted() {
            let group = (groups[key] ?? []).sorted { $0.info.id < $1.info.id }
            let same = known[key] ?? []
            if same.count > 1 {
                left.append(
                    "several shared \(what) are called '\(group[0].name)'; merge them first, and join the round again")
                continue
            }
            joints.append(
                Joint(
                    name: same.first?.name ?? group[0].name, shared: same.first?.info,
                    members: Set(group.map(\.info.id)).sorted(), first: group[0].info.id))
        }
        return joints
    }

    /// Writes what is planned.
    ///
    /// - Returns: For each code and entity that was joined, what stands for it now.
    func perform(_ transaction: WriteTransaction) throws -> [RecordID: RecordID] {
        let layer = try transaction.reader.ownLayer(.shared)
        var ids: [RecordID: RecordID] = [:]
        func perform(_ joint: Joint, _ kind: Kind, _ field: Field, _ values: [(Field, Value)]) throws {
            let id: RecordID
            if let shared = joint.shared {
                id = shared.id
                for member in joint.members {
                    try transaction.add(.identifier(member), to: field, of: id, in: shared.layer)
                }
            } else {
                id = try transaction.create(
                    kind, in: layer, values + joint.members.map { (field, .identifier($0)) })
            }
            for member in joint.members { ids[member] = id }
        }
        for joint in codes {
            try perform(joint, .code, Field.Code.standsFor, values(ofCode: joint))
        }
        for joint in entities {
            try perform(joint, .entity, Field.Entity.standsFor, values(ofEntity: joint))
        }
        // Now that all are there: what they stand under.
        for joint in codes where joint.shared == nil {
            guard let code = ids[joint.first], let parent = names.code(joint.first)?.parent else { continue }
            let target = ids[parent] ?? names.codebook.effective(parent)
            guard target != code, ids[parent] != nil || isShared(names.code(target)?.info) else { continue }
            try transaction.set(Field.Code.parent, of: code, in: layer, to: .identifier(target))
        }
        for joint in entities where joint.shared == nil {
            guard let entity = ids[joint.first], let parent = names.entity(joint.first)?.parent else { continue }
            let target = ids[parent] ?? names.effectiveEntity(parent)?.info.id ?? parent
            guard target != entity, ids[parent] != nil || isShared(names.entity(target)?.info) else { continue }
            try transaction.set(Field.Entity.parent, of: entity, in: layer, to: .identifier(target))
        }
        return ids
    }

    private func isShared(_ info: RecordInfo?) -> Bool {
        info.flatMap { names.layer($0.layer) }?.kind == LayerKind.shared.rawValue
    }

    /// What a new code says: for each field what the first of the joined ones says that says anything.
    private func values(ofCode joint: Joint) -> [(Field, Value)] {
        let codes = joint.members.compactMap(names.code)
        var values: [(Field, Value)] = [(Field.Code.name, .text(joint.name))]
        let texts: [(Field, (CodeItem) -> String?)] = [
            (Field.Code.definition, \.definition), (Field.Code.include, \.include), (Field.Code.exclude, \.exclude),
            (Field.Code.colour, \.colour),
        ]
        for (field, text) in texts {
            if let text = codes.lazy.compactMap(text).first { values.append((field, .text(text))) }
        }
        return values
    }

    private func values(ofEntity joint: Joint) -> [(Field, Value)] {
        let entities = joint.members.compactMap(names.entity)
        var values: [(Field, Value)] = [(Field.Entity.name, .text(joint.name))]
        if let type = entities.lazy.compactMap(\.type).first { values.append((Field.Entity.type, .text(type))) }
        for alias in Set(entities.flatMap(\.aliases)).sorted() { values.append((Field.Entity.aliases, .text(alias))) }
        for id in Set(entities.flatMap(\.externalIDs)).sorted() {
            values.append((Field.Entity.externalIds, .text(id)))
        }
        return values
    }
}
