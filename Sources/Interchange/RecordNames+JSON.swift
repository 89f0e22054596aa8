public import AnnotationModel
public import ChangeLog
import DocumentText
public import LocalStore
import TeamCoding

/// Records as JSON: the lines of the JSON lines export and the elements of the command line's `--json`.
///
/// Every member is always there, null where there is nothing; docs/cli.md describes them.
extension RecordNames {
    public func json(_ info: RecordInfo, kind: String) -> JSON {
        [
            "kind": .text(kind), "id": .text("\(info.id)"), "layer": .text(layerName(info.layer)),
            "layer_id": .text("\(info.layer)"), "author": .text("\(info.author)"),
            "author_name": .optional(memberNames[info.author]),
            "created": .text(timestamp(ofMilliseconds: info.createdAt)),
            "modified": .text(timestamp(ofMilliseconds: info.modifiedAt)),
        ]
    }

    public func json(_ document: DocumentItem) -> JSON {
        json(document.info, kind: "document").adding([
            "title": .text(document.title), "publisher": .optional(document.publisher),
            "published_on": .optional(document.publishedOn), "language": .optional(document.language),
            "uris": .texts(document.uris), "tags": .texts(document.tags),
            "versions": .array(document.versions.map { .text(hexadecimal($0.sha256)) }),
            "annotation_count": .number(document.annotationCount),
        ])
    }

    public func json(_ version: VersionItem) -> JSON {
        json(version.info, kind: "document_version").adding([
            "document": .text("\(version.document)"), "sha256": .text(hexadecimal(version.sha256)),
            "bytes": .number(version.bytes), "is_complete": .boolean(version.isComplete),
        ])
    }

    public func json(_ annotation: AnnotationItem) -> JSON {
        json(annotation.info, kind: "annotation").adding([
            "document": .text("\(annotation.document)"), "version": .text("\(annotation.version)"),
            "start": .number(annotation.position.start), "end": .number(annotation.position.end),
            "is_corrected": .boolean(annotation.isCorrected),
            "recorded_start": .number(annotation.recordedPosition.start),
            "recorded_end": .number(annotation.recordedPosition.end),
            "exact": .text(annotation.quote.exact), "prefix": .text(annotation.quote.prefix),
            "suffix": .text(annotation.quote.suffix), "note": .optional(annotation.note),
            "codes": .array(annotation.codes.map(reference(toCode:))), "tags": .texts(annotation.tags),
            "confidence": .optional(annotation.confidence), "colour": .optional(annotation.colour),
            "has_conflict": .boolean(annotation.hasConflict),
            "codebook_revision": .optional(annotation.codebookRevision.map(hexadecimal)),
        ])
    }

    public func json(_ comment: CommentItem) -> JSON {
        json(comment.info, kind: "comment").adding([
            "target": .text("\(comment.target)"), "reply_to": .optional(comment.replyTo?.description),
            "body": .text(comment.body), "is_resolved": .boolean(comment.isResolved),
        ])
    }

    public func json(_ code: CodeItem) -> JSON {
        json(code.info, kind: "code").adding([
            "name": .text(code.name), "path": .texts(path(of: code)), "parent": .optional(code.parent?.description),
            "definition": .optional(code.definition), "colour": .optional(code.colour),
            "status": .text(code.isRetired ? "retired" : "active"),
            "merged_into": .optional(code.mergedInto?.description), "use_count": .number(code.useCount),
            "include": .optional(code.include), "exclude": .optional(code.exclude),
            "shortcut": .optional(code.shortcut), "is_codable": .boolean(code.isCodable),
            "split_from": .texts(code.splitFrom.map(\.description)),
            "stands_for": .texts(code.standsFor.map(\.description)),
            "effective": .text("\(codebook.effective(code.info.id))"),
        ])
    }

    public func json(_ entity: EntityItem) -> JSON {
        json(entity.info, kind: "entity").adding([
            "name": .text(entity.name), "type": .optional(entity.type), "aliases": .texts(entity.aliases),
            "external_ids": .texts(entity.externalIDs), "parent": .optional(entity.parent?.description),
            "merged_into": .optional(entity.mergedInto?.description),
            "stands_for": .texts(entity.standsFor.map(\.description)),
            "effective": .text("\(effectiveEntity(entity.info.id)?.info.id ?? entity.info.id)"),
            "attributes": .array(entity.attributes.map { ["key": .text($0.key), "value": .text($0.value)] }),
            "joined": joined(entity),
        ])
    }

    /// What an entity has from those that it stands for, too; null where it stands for none.
    private func joined(_ entity: EntityItem) -> JSON {
        guard let joined = joinedEntity(entity.info.id), joined.isJoined, joined.entity.info.id == entity.info.id else {
            return .null
        }
        return [
            "entities": .texts(joined.members.map(\.description)), "aliases": .texts(joined.aliases),
            "external_ids": .texts(joined.externalIDs),
            "attributes": .array(
                joined.attributes.map { attribute in
                    [
                        "key": .text(attribute.key), "value": .text(attribute.value),
                        "from": .text("\(attribute.origin)"),
                        "others": .array(
                            attribute.others.map { ["value": .text($0.value), "from": .text("\($0.origin)")] }),
                    ]
                }),
        ]
    }

    public func json(_ statement: StatementItem) -> JSON {
        json(statement.info, kind: "statement").adding([
            "annotation": .text("\(statement.annotation)"), "speaker": reference(toEntity: statement.speaker),
            "organisation": reference(toEntity: statement.organisation),
            "concept": statement.concept.map(reference(toCode:)) ?? .null, "position": .optional(statement.position),
            "date": .optional(statement.date), "addressee": reference(toEntity: statement.addressee),
            "directness": .optional(statement.directness),
            "instruments": .array(statement.instruments.map { reference(toEntity: $0) }),
            "type": statement.type.map {
                ["id": .text("\($0)"), "name": .optional(statementType($0)?.name)]
            } ?? .null,
            "values": .array(statement.values.map(json)),
            "codebook_revision": .optional(statement.codebookRevision.map(hexadecimal)),
        ])
    }

    private func json(_ value: VariableValueItem) -> JSON {
        let variable = variable(value.variable)
        let content: JSON =
            switch value.value {
            case .identifier(let id):
                variable?.valueType == "code" ? reference(toCode: id) : reference(toEntity: id)
            default: json(value.value)
            }
        return ["variable": .text("\(value.variable)"), "name": .optional(variable?.name), "value": content]
    }

    public func json(_ type: StatementTypeItem) -> JSON {
        json(type.info, kind: "statement_type").adding([
            "name": .text(type.name), "definition": .optional(type.definition), "colour": .optional(type.colour),
            "status": .text(type.isRetired ? "retired" : "active"), "variables": .array(type.variables.map(json)),
        ])
    }

    public func json(_ variable: VariableItem) -> JSON {
        json(variable.info, kind: "variable").adding([
            "name": .text(variable.name), "value_type": .text(variable.valueType),
            "choices": .texts(variable.choices), "is_required": .boolean(variable.isRequired),
            "definition": .optional(variable.definition),
        ])
    }

    public func json(_ memo: MemoItem) -> JSON {
        json(memo.info, kind: "memo").adding([
            "target": .optional(memo.target?.description), "title": .optional(memo.title), "body": .text(memo.body),
        ])
    }

    public func json(_ item: ConflictItem) -> JSON {
        let head: JSON = [
            "record": .text("\(item.record)"),
            "record_kind": .text(Model.definition(of: item.kind)?.name ?? "\(item.kind.rawValue)"),
            "layer": .text(layerName(item.layer)),
        ]
        switch item.conflict {
        case .contested(let field, let entries):
            let name = Model.definition(of: field, in: item.kind)?.name ?? "\(field.rawValue)"
            return head.adding([
                "type": "contested", "field": .text(name),
                "values": .array(
                    entries.map { JSON.object([JSON.Member("value", json($0.value))]).adding(stamp($0.stamp)) }),
            ])
        case .deletedAndEdited(let deletions):
            return head.adding([
                "type": "deleted-and-edited", "field": nil, "values": .array(deletions.map { stamp($0.stamp) }),
            ])
        case .createdTwice(let creations):
            return head.adding([
                "type": "created-twice", "field": nil, "values": .array(creations.map { stamp($0.stamp) }),
            ])
        }
    }

    /// Who wrote something when.
    public func stamp(_ stamp: Stamp) -> JSON {
        [
            "author": .text("\(stamp.author)"), "author_name": .optional(memberNames[stamp.author]),
            "at": .text(timestamp(ofMilliseconds: stamp.wallTime)),
        ]
    }

    /// A field's value; bytes and ids as hexadecimal digits.
    public func json(_ value: Value) -> JSON {
        switch value {
        case .null: .null
        case .boolean(let value): .boolean(value)
        case .integer(let value): .integer(value)
        case .text(let value): .text(value)
        case .bytes(let value): .text(hexadecimal(value))
        case .identifier(let value): .text("\(value)")
        case .list(let values): .array(values.map(json))
        }
    }

    /// A code that something carries: the code itself and, after merges, the one that stands for it.
    private func reference(toCode id: RecordID) -> JSON {
        let code = effectiveCode(id)
        return [
            "id": .text("\(id)"), "name": .optional(code?.name), "effective": .text("\(code?.info.id ?? id)"),
        ]
    }

    private func reference(toEntity id: RecordID?) -> JSON {
        guard let id else { return .null }
        let entity = effectiveEntity(id)
        return [
            "id": .text("\(id)"), "name": .optional(entity?.name), "effective": .text("\(entity?.info.id ?? id)"),
        ]
    }
}

/// Two lower-case digits a byte.
func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}
