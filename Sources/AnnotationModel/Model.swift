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
                field(
                    11, "codebook_revision", .register, .bytes,
                    "The state of the codebook that the codes were applied under."),
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
                field(7, "include", .contested, .text, "Examples of what it is for."),
                field(8, "exclude", .contested, .text, "Examples of what it is not for."),
                field(9, "shortcut", .register, .text, "Key that applies it."),
                field(
                    10, "is_codable", .register, .boolean, "Whether passages may carry it, or it is a heading alone."),
                field(11, "split_from", .addWinsSet, .record, "Codes that this one has taken a part of."),
                field(
                    12, "stands_for", .addWinsSet, .record, "Codes of rounds' own layers that this one stands for."),
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
                field(
                    7, "stands_for", .addWinsSet, .record, "Entities of rounds' own layers that this one stands for."),
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
                field(10, "type", .writeOnce, .record, "The statement type, if not the built-in one."),
                field(
                    11, "codebook_revision", .register, .bytes,
                    "The state of the codebook that the statement was made under."),
            ]),
        KindDefinition(
            kind: .memo, name: "memo", meaning: "A longer note, on a record or on the project.",
            fields: [
                field(1, "target", .writeOnce, .record, "What it is about, if not the project."),
                field(2, "title", .register, .text, "Headline."),
                field(3, "body", .contested, .text, "The text."),
            ]),
        KindDefinition(
            kind: .round, name: "round",
            meaning: "A piece of coding work: documents by coders, often blind until it is revealed.",
            fields: [
                field(1, "title", .register, .text, "Name shown to people."),
                field(
                    2, "state", .contested, .text,
                    "`draft`, `open`, `closed`, `revealed`, `adjudicated` or `published`; `draft` where there is none."),
                field(
                    3, "is_blind", .writeOnce, .boolean, required: true,
                    "Whether coders see nothing of each other's codings until it is revealed."),
                field(
                    4, "reveal_rule", .writeOnce, .text, required: true,
                    "`all`: when all assignments are submitted; `date`; `hand`: when a curator says so."),
                field(5, "reveal_on", .writeOnce, .date, "The day on which it is revealed, from midnight UTC."),
                field(6, "codebook_revision", .writeOnce, .bytes, "The state of the codebook that it is coded with."),
                field(7, "codings_per_document", .writeOnce, .integer, "How many coders each document has."),
                field(8, "seed", .writeOnce, .integer, "Of the random assignment."),
                field(9, "instructions", .contested, .text, "What its coders are asked to do."),
            ]),
        KindDefinition(
            kind: .assignment, name: "assignment", meaning: "One document of a round for one coder.",
            fields: [
                field(1, "round", .writeOnce, .record, required: true, "The round."),
                field(2, "document", .writeOnce, .record, required: true, "The document."),
                field(3, "version", .writeOnce, .record, required: true, "The version to code."),
                field(4, "coder", .writeOnce, .name, required: true, "Who codes it: a member."),
            ]),
        KindDefinition(
            kind: .submission, name: "submission",
            meaning: "A coder's word that an assignment is done, in their own coding layer.",
            fields: [
                field(1, "round", .writeOnce, .record, required: true, "The round."),
                field(2, "assignment", .writeOnce, .record, required: true, "What is done."),
                field(
                    3, "seal", .writeOnce, .bytes, required: true,
                    "SHA-256 of the codings as they stood; docs/rounds.md says over what."),
                field(4, "codings", .writeOnce, .integer, required: true, "How many they were."),
                field(5, "state", .contested, .text, "`submitted` or `reopened`; `submitted` where there is none."),
            ]),
        KindDefinition(
            kind: .decision, name: "decision", meaning: "The adjudicator's outcome for a cluster of codings.",
            fields: [
                field(1, "round", .writeOnce, .record, required: true, "The round."),
                field(2, "document", .writeOnce, .record, required: true, "The document."),
                field(3, "version", .writeOnce, .record, required: true, "The version that was coded."),
                field(4, "range", .writeOnce, .range, required: true, "What the cluster spans."),
                field(5, "inputs", .writeOnce, .bytes, required: true, "The codings' ids, ascending, 16 bytes each."),
                field(
                    6, "input_hash", .writeOnce, .bytes, required: true,
                    "SHA-256 of the codings as they were judged; docs/adjudication.md says over what."),
                field(
                    7, "outcome", .writeOnce, .text, required: true,
                    "`accept`, `replace`, `reject` (nothing belongs here) or `unresolved`."),
                field(8, "result", .writeOnce, .record, "The annotation of the gold layer that stands from now on."),
                field(9, "rationale", .writeOnce, .text, "Why."),
                field(10, "supersedes", .writeOnce, .record, "The earlier decision that this one replaces."),
                field(11, "strategy", .writeOnce, .text, "The pre-merge strategy that made it, if no person did."),
            ]),
        KindDefinition(
            kind: .agreementRun, name: "agreement_run", meaning: "One computation of agreement that anyone can repeat.",
            fields: [
                field(1, "round", .writeOnce, .record, required: true, "The round."),
                field(2, "measure", .writeOnce, .text, required: true, "Name of the coefficient."),
                field(3, "parameters", .writeOnce, .text, required: true, "As docs/agreement.md writes them."),
                field(4, "seed", .writeOnce, .integer, "Of what is drawn at random."),
                field(5, "input_hash", .writeOnce, .bytes, required: true, "SHA-256 of the canonical input."),
                field(6, "value", .writeOnce, .text, "In decimal, to the last digit; none where it is not defined."),
                field(7, "interval", .writeOnce, .text, "Its bounds, separated by a space."),
                field(8, "units", .writeOnce, .integer, required: true, "How many units there were."),
                field(9, "incomplete", .writeOnce, .integer, required: true, "How many of them not all coders had."),
            ]),
        KindDefinition(
            kind: .statementType, name: "statement_type", meaning: "What a statement of some sort is asked.",
            fields: [
                field(1, "name", .contested, .text, "Name shown."),
                field(2, "definition", .contested, .text, "When to use it."),
                field(3, "colour", .register, .text, "`#rrggbb`."),
                field(4, "status", .register, .text, "`active` or `retired`."),
            ]),
        KindDefinition(
            kind: .variable, name: "variable", meaning: "One question of a statement type.",
            fields: [
                field(1, "type", .writeOnce, .record, required: true, "The statement type."),
                field(2, "name", .contested, .text, "Name shown."),
                field(
                    3, "value_type", .writeOnce, .text, required: true,
                    "`entity`, `code`, `choice`, `boolean`, `integer`, `date` or `text`."),
                field(4, "choices", .addWinsSet, .text, "What may be chosen."),
                field(5, "place", .register, .integer, "Where it stands among the type's."),
                field(6, "is_required", .register, .boolean, "Whether a statement without it counts as incomplete."),
                field(7, "definition", .contested, .text, "What is meant."),
            ]),
        KindDefinition(
            kind: .variableValue, name: "variable_value",
            meaning: "A statement's value for a variable. Its id is derived from both, so that there is one.",
            fields: [
                field(1, "statement", .writeOnce, .record, required: true, "The statement."),
                field(2, "variable", .writeOnce, .record, required: true, "The variable."),
                field(3, "text", .contested, .text, "For `choice` and `text`."),
                field(4, "integer", .contested, .integer, "For `integer`."),
                field(5, "boolean", .contested, .boolean, "For `boolean`."),
                field(6, "date", .contested, .date, "For `date`."),
                field(7, "reference", .contested, .record, "For `entity` and `code`."),
            ]),
        KindDefinition(
            kind: .attribute, name: "attribute",
            meaning: "A named property of an entity. Its id is derived from both, so that there is one.",
            fields: [
                field(1, "target", .writeOnce, .record, required: true, "The entity."),
                field(2, "key", .writeOnce, .text, required: true, "What it is called."),
                field(3, "value", .contested, .text, "What it is."),
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
    public static let round = Kind(rawValue: 14)
    public static let assignment = Kind(rawValue: 15)
    public static let submission = Kind(rawValue: 16)
    public static let decision = Kind(rawValue: 17)
    public static let agreementRun = Kind(rawValue: 18)
    public static let statementType = Kind(rawValue: 19)
    public static let variable = Kind(rawValue: 20)
    public static let variableValue = Kind(rawValue: 21)
    public static let attribute = Kind(rawValue: 22)
}
