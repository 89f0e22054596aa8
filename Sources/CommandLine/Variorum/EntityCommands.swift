import AnnotationModel
import Interchange
import LocalStore

extension Command {
    static let entity = Command(
        "entity", summary: "keep people, organisations, states, places and legal instruments",
        [entityAdd, entityList, entityEdit, entityAttribute, entityMerge])

    private static let typeSummary = "person, organisation, state, place, instrument, or another word"

    private static let entityAdd = Command(
        CommandSpecification(
            "add", summary: "add an entity",
            discussion: """
                While you code a blind round, it goes to your coding layer of that round, and is joined with the others' when it is \
                revealed.
                """,
            options: [
                .value("type", "t", "type", "What it is: \(typeSummary)"),
                .values("alias", "a", "name", "Another name of it"),
                .values("external-id", nil, "id", "Its name in a catalogue, such as wikidata:Q458"),
                .value("parent", "p", "entity", "The entity it belongs to"),
                .flag("private", nil, "For your eyes only"),
                .value("round", nil, "round", "The blind round it is for, where you code in several"),
                RoundPlacement.sharedOption,
            ],
            positionals: [PositionalSpecification("name", "Name shown")],
            examples: [
                CommandExample(
                    "variorum entity add \"European Union\" --type organisation --alias EU", "Add an organisation")
            ]),
        json: "the entity"
    ) { context in
        let arguments = context.arguments
        let name = arguments.positional("name") ?? ""
        try checkName(name)
        let store = try context.openStore()
        let (names, codingLayer) = try store.read { reader in
            let names = try RecordNames(reading: reader)
            let isPrivate = arguments.flag("private")
            return (names, isPrivate ? nil : try RoundPlacement(reader, names, arguments).layerForNames())
        }
        let parent = try arguments.value("parent").map { try names.entity(named: $0).info.id }
        let type = arguments.value("type")
        if let same = names.entities.first(where: {
            !names.isRedirectedEntity($0.info.id) && $0.name.lowercased() == name.lowercased()
                && (type == nil || $0.type == nil || $0.type == type)
        }) {
            throw CommandFailure(
                .dataError, "there is an entity '\(name)' here already (\(same.info.id.short)); nothing was added")
        }
        let id = try store.write { transaction in
            let layer =
                try codingLayer?.id ?? transaction.reader.ownLayer(arguments.flag("private") ? .private : .shared)
            var values: [(Field, Value)] = [(Field.Entity.name, .text(name))]
            if let type { values.append((Field.Entity.type, .text(type))) }
            if let parent { values.append((Field.Entity.parent, .identifier(parent))) }
            for alias in arguments.values("alias") { values.append((Field.Entity.aliases, .text(alias))) }
            for id in arguments.values("external-id") { values.append((Field.Entity.externalIds, .text(id))) }
            return try transaction.create(.entity, in: layer, values)
        }
        if context.isJSON {
            let fresh = try store.read { try RecordNames(reading: $0) }
            try context.write(fresh.entity(id).map(fresh.json) ?? .null)
        } else {
            try context.writeLine(printable("added  \(id.short)  \(name)"))
        }
        return .success
    }

    private static let entityList = Command(
        CommandSpecification(
            "list", summary: "list the entities",
            discussion: """
                An entity that others were merged into is shown with their names and attributes, too; where they say \
                something else, that stands behind its own.
                """,
            options: [
                .value("type", "t", "type", "Only those of this type"), .flag("all", "a", "Show merged entities too"),
            ],
            examples: [CommandExample("variorum entity list --type person", "List the people")]),
        json: "`{entities: [entity]}`"
    ) { context in
        let names = try context.openStore().read { try RecordNames(reading: $0) }
        let type = context.arguments.value("type")
        let entities = names.entities.filter {
            (type == nil || $0.type == type)
                && (context.isJSON || context.arguments.flag("all") || !names.isRedirectedEntity($0.info.id))
        }
        if context.isJSON {
            try context.write(["entities": .array(entities.map(names.json))])
            return .success
        }
        if entities.isEmpty {
            context.remark("no entities\(type == nil ? " yet; 'variorum entity add NAME' makes one" : " of this type")")
            return .success
        }
        var table = TextTable([
            .init("id"), .init("name", isFlexible: true), .init("type"), .init("also called", isFlexible: true),
            .init("part of", isFlexible: true), .init("attributes", isFlexible: true), .init("by"), .init(""),
        ])
        for entity in entities.sorted(by: { ($0.name.lowercased(), $0.info.id) < ($1.name.lowercased(), $1.info.id) }) {
            // What stands for others shows what is known of them, too.
            let joined = names.isRedirectedEntity(entity.info.id) ? nil : names.joinedEntity(entity.info.id)
            table.rows.append([
                entity.info.id.short, entity.name, entity.type ?? "",
                ((joined?.aliases ?? entity.aliases) + (joined?.externalIDs ?? entity.externalIDs))
                    .joined(separator: ", "),
                entity.parent.map(names.entityName) ?? "",
                joined.map { $0.attributes.map { words($0, names) }.joined(separator: ", ") }
                    ?? entity.attributes.map { "\($0.key)=\($0.value)" }.joined(separator: ", "),
                names.name(of: entity.info.author),
                entity.mergedInto.flatMap { id in
                    names.isRedirectedEntity(entity.info.id) || names.entity(id) == nil
                        ? "merged into \(names.entity(id)?.name ?? id.short)" : nil
                }
                    ?? (names.isRedirectedEntity(entity.info.id)
                        ? "counts as \(names.entityName(entity.info.id))" : ""),
            ])
        }
        try context.write(table)
        return .success
    }

    /// A property, and what joined entities say otherwise.
    private static func words(_ attribute: JoinedEntity.Attribute, _ names: RecordNames) -> String {
        let others = attribute.others.map { "\($0.value) by \(names.entity($0.origin)?.name ?? $0.origin.short)" }
        return "\(attribute.key)=\(attribute.value)"
            + (others.isEmpty ? "" : " (else \(others.joined(separator: ", ")))")
    }

    private static let entityEdit = Command(
        CommandSpecification(
            "edit", summary: "change an entity",
            options: [
                .value("name", "n", "name", "New name"),
                .value("type", "t", "type", "What it is: \(typeSummary)"),
                .values("add-alias", "a", "name", "Another name of it"),
                .values("remove-alias", nil, "name", "A name to take away"),
                .values("add-external-id", nil, "id", "A name in a catalogue"),
                .values("remove-external-id", nil, "id", "A name in a catalogue to take away"),
                .value("parent", "p", "entity", "The entity it belongs to, empty for none"),
            ],
            positionals: [PositionalSpecification("entity", "Id or name")],
            examples: [
                CommandExample(
                    "variorum entity edit EU --name \"European Union\" --add-alias EU", "Rename, keep the old name")
            ]),
        json: "the entity"
    ) { context in
        let arguments = context.arguments
        let store = try context.openStore()
        let names = try store.read { try RecordNames(reading: $0) }
        let entity = try names.entity(named: arguments.positional("entity") ?? "")
        var edits = RecordEdits(entity.info)
        if let name = arguments.value("name") {
            try checkName(name)
            edits.set(Field.Entity.name, .text(name))
        }
        if let type = arguments.value("type") { edits.set(Field.Entity.type, type.isEmpty ? .null : .text(type)) }
        if let parent = arguments.value("parent") {
            edits.set(
                Field.Entity.parent, parent.isEmpty ? .null : .identifier(try names.entity(named: parent).info.id))
        }
        for alias in arguments.values("add-alias") { edits.add(.text(alias), to: Field.Entity.aliases) }
        for alias in arguments.values("remove-alias") { edits.remove(.text(alias), from: Field.Entity.aliases) }
        for id in arguments.values("add-external-id") { edits.add(.text(id), to: Field.Entity.externalIds) }
        for id in arguments.values("remove-external-id") { edits.remove(.text(id), from: Field.Entity.externalIds) }
        try edits.perform(in: store, context)
        return .success
    }

    private static let entityAttribute = Command(
        CommandSpecification(
            "attribute", summary: "say something about an entity under a name of your own",
            discussion: "An empty value takes the attribute away. There is one value for a key.",
            positionals: [
                PositionalSpecification("entity", "Id or name"), PositionalSpecification("key", "What it is called"),
                PositionalSpecification("value", "What it is"),
            ],
            examples: [CommandExample("variorum entity attribute Georgia capital Tbilisi", "Note the capital")]),
        json: "the entity"
    ) { context in
        let arguments = context.arguments
        let key = arguments.positional("key") ?? ""
        try checkName(key)
        let store = try context.openStore()
        let names = try store.read { try RecordNames(reading: $0) }
        let entity = try names.entity(named: arguments.positional("entity") ?? "")
        let text = arguments.positional("value") ?? ""
        let isChanged = try store.write { transaction in
            try transaction.put(
                .attribute, of: [entity.info.id.bytes, Array(key.utf8)], in: entity.info.layer,
                [(Field.Attribute.target, .identifier(entity.info.id)), (Field.Attribute.key, .text(key))],
                Field.Attribute.value, text.isEmpty ? .null : .text(text))
        }
        let fresh = try store.read { try RecordNames(reading: $0) }
        if context.isJSON {
            try context.write(fresh.entity(entity.info.id).map(fresh.json) ?? .null)
        } else if isChanged {
            try context.writeLine(printable("noted  \(entity.info.id.short)  \(entity.name)  \(key)=\(text)"))
        } else {
            try context.writeLine("nothing to change: it is so already")
        }
        return .success
    }

    private static let entityMerge = Command(
        CommandSpecification(
            "merge", summary: "let one entity stand for another",
            discussion: """
                Statements stay as they were made and show the other entity, which has the names and attributes of both from \
                then on; its own value of an attribute counts. 'variorum undo' takes it back.
                """,
            options: [.value("into", nil, "entity", "The entity that stays", isRequired: true)],
            positionals: [PositionalSpecification("entity", "The entity that is merged, by id or name")],
            examples: [
                CommandExample("variorum entity merge USA --into \"United States\"", "Join two names of one state")
            ]),
        json: "the merged entity"
    ) { context in
        try Merge.entities(
            context, context.arguments.positional("entity") ?? "", into: context.arguments.value("into") ?? "")
    }
}
