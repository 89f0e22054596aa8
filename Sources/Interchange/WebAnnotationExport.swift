import AnnotationModel
import DocumentText
import LocalStore

extension ExportContent {
    /// A W3C Web Annotation collection (JSON-LD) of all annotations, comments and memos.
    ///
    /// Positions count Unicode code points, as the model asks. The document version is named by a TimeState whose
    /// `cached` is the name of the text's SHA-256 by RFC 6920 (`ni:///sha-256;…`). Notes are bodies with the purpose
    /// commenting, tags tagging, codes classifying, statements describing; a statement's value is a readable
    /// sentence, and its parts stand beside it under `variorum:statement`. Comments are annotations of
    /// their own with the motivation replying, memos with the motivation describing. docs/export.md says it all.
    public func webAnnotations() -> Export {
        let items = annotations.map(webAnnotation) + comments.map(webAnnotation) + memos.map(webAnnotation)
        let collection = WebAnnotation.context.adding(
            WebAnnotation.collection(urn(names.workspace), label: names.title, items))
        return Export(bytes: collection.indented, losses: lossesOfWebAnnotations)
    }

    private var lossesOfWebAnnotations: LossReport {
        let elsewhere = "the model has no place for it; the JSON lines export has it"
        var losses = LossReport()
        losses.add(names.codes.filter { $0.definition != nil }.count, "code definitions", elsewhere)
        losses.add(
            names.entities.filter { !$0.aliases.isEmpty || !$0.externalIDs.isEmpty }.count,
            "entities' aliases and external ids", elsewhere)
        losses.add(names.entities.filter { !$0.attributes.isEmpty }.count, "entities' attributes", elsewhere)
        losses.add(
            statements.filter { !$0.values.isEmpty }.count,
            "statements' answers to questions of their types, but for their sentences", elsewhere)
        addRounds(to: &losses, elsewhere)
        losses.add(conflicts.count, "conflicts: the values that do not show", elsewhere)
        let known = Set(annotations.map(\.info.id))
        losses.add(
            statements.filter { !known.contains($0.annotation) }.count, "statements without their annotation",
            "the annotation was deleted or has not arrived")
        losses.add(
            documents.flatMap(\.versions).count, "texts of document versions",
            "they are named by their hash; the JSON lines export has them")
        return losses
    }

    // MARK: Annotations

    private func webAnnotation(_ annotation: AnnotationItem) -> JSON {
        let own = statements.filter { $0.annotation == annotation.info.id }
        var motivations: [JSON] = []
        var bodies: [JSON] = []
        if let note = annotation.note {
            motivations.append("commenting")
            bodies.append(WebAnnotation.body(note, purpose: "commenting"))
        }
        if !annotation.codes.isEmpty { motivations.append("classifying") }
        for code in annotation.codes {
            let effective = names.effectiveCode(code)
            bodies.append(
                WebAnnotation.body(effective?.name ?? "\(code)", purpose: "classifying").adding([
                    "variorum:code": .text(urn(effective?.info.id ?? code)), "variorum:codedAs": .text(urn(code)),
                    "variorum:path": .texts(effective.map(names.path) ?? []),
                ]))
        }
        if !annotation.tags.isEmpty { motivations.append("tagging") }
        bodies += annotation.tags.map { WebAnnotation.body($0, purpose: "tagging") }
        if !own.isEmpty { motivations.append("describing") }
        bodies += own.map(body)
        if motivations.isEmpty { motivations.append("highlighting") }
        return head(annotation.info, motivations: motivations).adding([
            "body": bodies.isEmpty ? .null : .array(bodies), "target": target(of: annotation),
            "variorum:confidence": .optional(annotation.confidence), "variorum:colour": .optional(annotation.colour),
        ]).withoutNulls
    }

    private func webAnnotation(_ comment: CommentItem) -> JSON {
        head(comment.info, motivations: [comment.replyTo == nil ? "commenting" : "replying"]).adding([
            "body": [WebAnnotation.body(comment.body, purpose: comment.replyTo == nil ? "commenting" : "replying")],
            "target": .text(urn(comment.replyTo ?? comment.target)),
            "variorum:thread": .text(urn(comment.target)), "variorum:isResolved": .boolean(comment.isResolved),
        ])
    }

    private func webAnnotation(_ memo: MemoItem) -> JSON {
        head(memo.info, motivations: ["describing"]).adding([
            "body": [WebAnnotation.body(memo.body, purpose: "describing")],
            "target": .text(memo.target.map(urn) ?? urn(names.workspace)), "variorum:title": .optional(memo.title),
        ]).withoutNulls
    }

    private func head(_ info: RecordInfo, motivations: [JSON]) -> JSON {
        JSON.object([]).adding([
            "id": .text(urn(info.id)), "type": "Annotation",
            "motivation": motivations.count == 1 ? motivations[0] : .array(motivations),
            "canonical": .text(urn(info.id)),
            "variorum:layer": .text(names.layerName(info.layer)),
        ]).adding(making(of: info))
    }

    /// Who made a record when.
    private func making(of info: RecordInfo) -> JSON {
        [
            "creator": JSON.object([
                JSON.Member("id", .text(urn(info.author))), JSON.Member("type", "Person"),
                JSON.Member("name", .optional(names.memberNames[info.author])),
            ]).withoutNulls,
            "created": .text(timestamp(ofMilliseconds: info.createdAt)),
            "modified": .text(timestamp(ofMilliseconds: info.modifiedAt)),
        ]
    }

    // MARK: Statements

    private func body(_ statement: StatementItem) -> JSON {
        let parts = JSON.object([
            JSON.Member("id", .text(urn(statement.info.id))),
            JSON.Member("variorum:speaker", entity(statement.speaker)),
            JSON.Member("variorum:organisation", entity(statement.organisation)),
            JSON.Member("variorum:concept", statement.concept.map(code) ?? .null),
            JSON.Member("variorum:position", .optional(statement.position)),
            JSON.Member("variorum:date", .optional(statement.date)),
            JSON.Member("variorum:addressee", entity(statement.addressee)),
            JSON.Member("variorum:directness", .optional(statement.directness)),
            JSON.Member(
                "variorum:instruments",
                statement.instruments.isEmpty ? .null : .array(statement.instruments.map { entity($0) })),
        ]).withoutNulls
        // Others than the annotation's author may say what a passage states.
        return WebAnnotation.body(names.sentence(statement), purpose: "describing").adding(making(of: statement.info))
            .adding(["variorum:statement": parts])
    }

    private func entity(_ id: RecordID?) -> JSON {
        guard let id else { return .null }
        let entity = names.effectiveEntity(id)
        return JSON.object([
            JSON.Member("id", .text(urn(entity?.info.id ?? id))), JSON.Member("name", .optional(entity?.name)),
            JSON.Member("variorum:entityType", .optional(entity?.type)),
        ]).withoutNulls
    }

    private func code(_ id: RecordID) -> JSON {
        let code = names.effectiveCode(id)
        return JSON.object([
            JSON.Member("id", .text(urn(code?.info.id ?? id))), JSON.Member("name", .optional(code?.name)),
        ]).withoutNulls
    }

    // MARK: Targets

    private func target(of annotation: AnnotationItem) -> JSON {
        let source = WebAnnotation.Source(names.document(annotation.document), names.version(annotation.version))
        let recorded = WebAnnotation.selectors(annotation.recordedPosition, annotation.quote)
        let corrected = correctedSelectors[annotation.info.id].map { WebAnnotation.selectors($0.position, $0.quote) }
        // A corrected range whose text is not here yet has a position and no words.
        let shown = annotation.isCorrected ? corrected ?? [WebAnnotation.position(annotation.position)] : recorded
        return source.target(annotation.document, selectors: shown).adding([
            "variorum:recordedSelector": annotation.isCorrected ? .array(recorded) : .null
        ]).withoutNulls
    }
}
