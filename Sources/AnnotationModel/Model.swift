/// The table from which store, sync, validation and documentation follow: every kind of record, every
/// field, its merge rule and its type.
///
/// Numbers are never reused. A new field or kind takes a new number; replicas that do not know it keep,
/// merge and forward it all the same.
public enum Model {
    /// All kinds, by ascending number.
    public static let kinds: [KindDefinition] = [
        KindDefinition(
            kind: .workspace, name: "workspace", meaning: "A team's project. Its record id is the workspace's id.",
            fields: [
                field(1, "title", .register, .text, "Name shown to people."),
                field(2, "description", .contested, .text, "What the project is about."),
            ]),
        KindDefinition(
            kind: .member, name: "member", meaning: "Somebody of the team. Its record id is the member's id.",
            fields: [
                field(1, "name", .register, .text, "Name shown beside the member's work."),
                field(2, "colour", .register, .text, "Colour of the member's highlights, `#rrggbb`."),
                field(3, "role", .contested, .text, "`owner`, `curator`, `analyst`, `reader`, or `former`."),
            ]),
        KindDefinition(
            kind: .layer, name: "layer", meaning: "What people call a layer. Its record id is the layer's id.",
            fields: [
                field(1, "title", .register, .text, "Name shown to people."),
                field(2, "colour", .register, .text, "`#rrggbb`."),
            ]),
        KindDefinition(
            kind: .document, name: "document",
            meaning:
                "A source. Its id is derived from its first version, so that two imports of one text are one document.",
            fields: [
                field(1, "first_version", .writeOnce, .bytes, required: true, "SHA-256 of the first version's text."),
                field(2, "title", .register, .text, "Headline."),
                field(3, "publisher", .register, .text, "Who published it."),
                field(4, "published_on", .register, .date, "When it was published."),
                field(5, "language", .register, .text, "BCP 47 tag."),
                field(6, "uris", .addWinsSet, .text, "Where it can be found."),
                field(7, "tags", .addWinsSet, .text, "Free labels."),
            ]),
        KindDefinition(
            kind: .documentVersion, name: "document_version",
            meaning: "An immutable text. Its id is derived from the text's SHA-256.",
            fields: [
                field(1, "document", .writeOnce, .record, required: true, "The document it is a version of."),
                field(2, "sha256", .writeOnce, .bytes, required: true, "SHA-256 of the canonical UTF-8 text."),
                field(3, "bytes", .writeOnce, .integer, required: true, "Length of the text in bytes."),
                field(4, "parts", .writeOnce, .integer, required: true, "How many parts carry the text."),
            ]),
        KindDefinition(
            kind: .documentPart, name: "document_part",
            meaning: "A stretch of a version's text, at most 256 KiB, so that every change fits a request.",
            fields: [
                field(1, "version", .writeOnce, .record, required: true, "The version it belongs to."),
                field(2, "number", .writeOnce, .integer, required: true, "From 0, in order."),
                field(3, "text", .writeOnce, .text, required: true, "The stretch."),
            ]),
        KindDefinition(
            kind: .capture, name: "capture", meaning: "Where and when somebody got a version.",
            fields: [
                field(1, "version", .writeOnce, .record, required: true, "What was captured."),
                field(2, "source", .writeOnce, .text, required: true, "File name, address, or `-` for standard input."),
                field(3, "importer", .writeOnce, .text, required: true, "Program and version that made the text."),
                field(4, "raw_sha256", .writeOnce, .bytes, "SHA-256 of the bytes as they came."),
            ]),
        KindDefinition(
            kind: .annotation, name: "annotation", meaning: "A mark on a passage of one document version.",
            fields: [
                field(1, "document", .writeOnce, .record, required: true, "The document."),
                field(2, "version", .writeOnce, .record, required: true, "The version the selectors were made with."),
                field(
                    3, "position", .writeOnce, .range, required: true, "TextPositionSelector: code points, half-open."),
                field(4, "quote", .writeOnce, .quote, required: true, "TextQuoteSelector: exact, prefix, suffix."),
                field(5, "note", .contested, .text, "What the analyst says about the passage."),
                field(6, "codes", .addWinsSet, .record, "Codes applied to the passage."),
                field(7, "tags", .addWinsSet, .text, "Free labels."),
                field(8, "corrected_range", .contested, .range, "Moved boundaries, in the same version."),
                field(9, "confidence", .register, .integer, "How sure the analyst is, 0 to 100."),
                field(10, "colour", .register, .text, "`#rrggbb`; else the member's."),
            ]),
        KindDefinition(
            kind: .comment, name: "comment", meaning: "Part of a thread on any record.",
            fields: [
                field(1, "target", .writeOnce, .record, required: true, "The record the thread is about."),
                field(2, "reply_to", .writeOnce, .record, "The comment it answers."),
                field(3, "body", .contested, .text, "What is said."),
                field(4, "is_resolved", .register, .boolean, "Whether the thread is settled."),
            ]),
        KindDefinition(
            kind: .code, name: "code", meaning: "A category of the codebook.",
            fields: [
                field(1, "name", .contested, .text, "Short name."),
                field(2, "parent", .contested, .record, "The code it stands under."),
                field(3, "definition", .contested, .text, "When to apply it."),
                field(4, "colour", .register, .text, "`#rrggbb`."),
                field(5, "status", .register, .text, "`active` or `retired`."),
                field(6, "merged_into", .contested, .record, "Redirect: the code that stands for this one."),
            ]),
        KindDefinition(
            kind: .entity, name: "entity", meaning: "A person, organisation, state, place or legal instrument.",
            fields: [
                field(1, "name", .contested, .text, "Name shown."),
                field(
                    2, "type", .contested, .text,
                    "`person`, `organisation`, `state`, `place`, `instrument` or another word."),
                field(3, "aliases", .addWinsSet, .text, "Other names."),
                field(4, "external_ids", .addWinsSet, .text, "Names in other catalogues, `wikidata:Q…`."),
                field(5, "parent", .register, .record, "The entity it belongs to."),
                field(6, "merged_into", .contested, .record, "Redirect: the entity that stands for this one."),
            ]),
        KindDefinition(
            kind: .statement, name: "statement",
            meaning: "Who said what, about what, for or against, when, on which instrument.",
            fields: [
                field(1, "annotation", .writeOnce, .record, required: true, "The passage."),
                field(2, "speaker", .contested, .record, "Who: an entity."),
                field(3, "organisation", .contested, .record, "For whom: an entity."),
                field(4, "concept", .contested, .record, "About what: a code."),
                field(5, "position", .contested, .text, "`support`, `reject`, `neutral` or `unclear`."),
                field(6, "date", .contested, .date, "When it was said."),
                field(7, "addressee", .contested, .record, "To whom: an entity."),
                field(8, "directness", .contested, .text, "`direct`, `indirect` or `reported`."),
                field(9, "instruments", .addWinsSet, .record, "Legal instruments referred to: entities."),
            ]),
        KindDefinition(
            kind: .memo, name: "memo", meaning: "A longer note, on a record or on the project.",
            fields: [
                field(1, "target", .writeOnce, .record, "What it is about, if not the project."),
                field(2, "title", .register, .text, "Headline."),
                field(3, "body", .contested, .text, "The text."),
            ]),
    ]

    /// The definition of `kind`, or `nil` where a newer version made it.
    public static func definition(of kind: Kind) -> KindDefinition? {
        let position = Int(kind.rawValue) - 1
        return kinds.indices.contains(position) ? kinds[position] : nil
    }

    /// The definition of `field` of `kind`, or `nil` where a newer version made it.
    public static func definition(of field: Field, in kind: Kind) -> FieldDefinition? {
        definition(of: kind)?.definition(of: field)
    }

    /// The kind called `name`.
    public static func kind(named name: String) -> KindDefinition? {
        kinds.first { $0.name == name }
    }

    private static func field(
        _ number: UInt16, _ name: String, _ rule: MergeRule, _ type: ValueType, required: Bool = false,
        _ meaning: String
    ) -> FieldDefinition {
        FieldDefinition(
            field: Field(rawValue: number), name: name, rule: rule, type: type, isRequired: required, meaning: meaning)
    }
}

extension Kind {
    public static let workspace = Kind(rawValue: 1)
    public static let member = Kind(rawValue: 2)
    public static let layer = Kind(rawValue: 3)
    public static let document = Kind(rawValue: 4)
    public static let documentVersion = Kind(rawValue: 5)
    public static let documentPart = Kind(rawValue: 6)
    public static let capture = Kind(rawValue: 7)
    public static let annotation = Kind(rawValue: 8)
    public static let comment = Kind(rawValue: 9)
    public static let code = Kind(rawValue: 10)
    public static let entity = Kind(rawValue: 11)
    public static let statement = Kind(rawValue: 12)
    public static let memo = Kind(rawValue: 13)
}
