import AnnotationModel
import ChangeLog
import DocumentText
public import TeamCoding

/// A revealed round as W3C Web Annotation (JSON-LD): what each coder coded, and beside it what was decided.
///
/// One AnnotationCollection of the codings, which has a second one, of the decisions that stand, under
/// `variorum:result`. Targets name document, version and passage as the workspace's export does. Annotations ascend by document,
/// range and id, so that equal content gives equal bytes. docs/results.md says it all.
public struct RoundAnnotations: Sendable {
    private let material: RoundMaterial
    private let gold: GoldResult
    private let names: ResultNames
    private let sources: [RecordID: WebAnnotation.Source]
    private let indexes: [RecordID: TextIndex]

    /// - Parameters:
    ///   - queue: Made from the material.
    ///   - records: Where documents have their addresses from; without it they are named by their ids.
    /// - Complexity: O(*n*) in the lengths of the texts.
    public init(
        _ material: RoundMaterial, queue: AdjudicationQueue, records: RecordNames? = nil,
        coders naming: CoderNaming = .names
    ) {
        self.material = material
        gold = GoldResult(material, queue: queue)
        names = ResultNames(material, naming: naming)
        var sources: [RecordID: WebAnnotation.Source] = [:]
        var indexes: [RecordID: TextIndex] = [:]
        for document in material.documents {
            var source = WebAnnotation.Source(records?.document(document.id), records?.version(document.version))
            source.title = document.title
            source.language = document.language
            source.sha256 = document.versionHash == .zero ? nil : document.versionHash.bytes
            sources[document.id] = source
            if let text = document.text, let text = try? CanonicalText(canonical: Array(text.utf8)) {
                indexes[document.id] = TextIndex(text)
            }
        }
        self.sources = sources
        self.indexes = indexes
    }

    /// The file.
    public func webAnnotations() -> Export {
        let id = urn(material.round)
        let revision = material.codebookRevision
        let about = JSON.object([
            JSON.Member("variorum:round", .text(id)),
            JSON.Member("variorum:codebookRevision", .optional(revision.isEmpty ? nil : hexadecimal(revision))),
            JSON.Member("variorum:documents", .array(material.documents.map(describe))),
            JSON.Member("variorum:undecidedClusters", .number(gold.undecidedCount)),
            JSON.Member(
                "variorum:result",
                WebAnnotation.collection(
                    id + "#result", label: material.title + ": what was decided", gold.items.map(annotation))),
        ]).withoutNulls
        let collection = WebAnnotation.context.adding(
            WebAnnotation.collection(id + "#codings", label: material.title, material.codings.map(annotation))
        ).adding(about)
        return Export(bytes: collection.indented, losses: losses)
    }

    /// A document with those who have coded it to the end, so that silence can be told from absence.
    private func describe(_ document: RoundDocument) -> JSON {
        let source = sources[document.id] ?? WebAnnotation.Source()
        return source.target(document.id, selectors: []).adding([
            "variorum:codedToTheEndBy": .array(names.ordered(document.coders).map(person))
        ])
    }

    // MARK: Codings

    private func annotation(_ coding: RoundCoding) -> JSON {
        let (motivations, bodies) = bodies(of: coding, creator: person(coding.coder))
        return JSON.object([
            JSON.Member("id", .text(urn(coding.id))), JSON.Member("type", "Annotation"),
            JSON.Member("motivation", WebAnnotation.motivation(motivations)),
            JSON.Member("canonical", .text(urn(coding.id))), JSON.Member("creator", person(coding.coder)),
            JSON.Member("body", bodies.isEmpty ? .null : .array(bodies)),
            JSON.Member("target", target(coding.document, coding.range)),
            JSON.Member("variorum:appliedCodes", appliedCodes(coding)),
            JSON.Member("variorum:isLate", coding.isLate ? true : .null),
        ]).withoutNulls
    }

    private func bodies(of coding: RoundCoding, creator: JSON) -> (motivations: [JSON], bodies: [JSON]) {
        var motivations: [JSON] = []
        var bodies: [JSON] = []
        if let note = coding.note {
            motivations.append("commenting")
            bodies.append(WebAnnotation.body(note, purpose: "commenting"))
        }
        if !coding.codes.isEmpty { motivations.append("classifying") }
        for code in coding.codes {
            bodies.append(
                WebAnnotation.body(names.name(code), purpose: "classifying").adding(["variorum:code": .text(urn(code))])
            )
        }
        if !coding.statements.isEmpty { motivations.append("describing") }
        for statement in coding.statements {
            let sentence = statement.values.map { "\(names.name($0.variable)): \(names.text($0.values))" }
            let isEmpty = sentence.isEmpty
            bodies.append(
                JSON.object([
                    JSON.Member("type", "TextualBody"), JSON.Member("purpose", "describing"),
                    JSON.Member("format", "text/plain"),
                    JSON.Member("value", .text(isEmpty ? "statement" : sentence.joined(separator: "; "))),
                    JSON.Member("creator", creator), JSON.Member("variorum:statement", describe(statement)),
                    JSON.Member("variorum:isLate", coding.isLate ? true : .null),
                ]).withoutNulls)
        }
        return (motivations, bodies)
    }

    /// The parts of a statement, named as in the workspace's export; answers to questions of a type of the team's own are
    /// `variorum:answers`.
    private func describe(_ statement: CodedStatement) -> JSON {
        var members = [JSON.Member("id", .text(urn(statement.id)))]
        if let type = statement.type { members.append(JSON.Member("variorum:statementType", record(type))) }
        var answers: [JSON] = []
        for entry in statement.values {
            let values = entry.values.map(describe)
            switch entry.variable {
            case .builtIn(let variable):
                let isList = variable == .instruments || values.count > 1
                members.append(JSON.Member("variorum:" + variable.rawValue, isList ? .array(values) : values[0]))
            case .defined(let id):
                answers.append(["variorum:variable": record(id), "variorum:values": .array(values)])
            }
        }
        if !answers.isEmpty { members.append(JSON.Member("variorum:answers", .array(answers))) }
        return .object(members)
    }

    private func describe(_ value: CodedValue) -> JSON {
        if case .record(let id) = value { record(id) } else { value.json }
    }

    private func record(_ id: RecordID) -> JSON { ["id": .text(urn(id)), "name": .text(names.name(id))] }

    /// Codes that others stand for now: what the coder chose.
    private func appliedCodes(_ coding: RoundCoding) -> JSON {
        coding.appliedCodes == coding.codes ? .null : .array(coding.appliedCodes.map(record))
    }

    private func person(_ coder: MemberID) -> JSON {
        JSON.object([
            JSON.Member("id", names.naming == .names ? .text(urn(coder)) : .null), JSON.Member("type", "Person"),
            JSON.Member("name", .text(names.name(of: coder))),
        ]).withoutNulls
    }

    private func target(_ document: RecordID, _ range: Range<Int>) -> JSON {
        let source = sources[document] ?? WebAnnotation.Source()
        if let found = try? indexes[document]?.selectors(forCodePoints: range) {
            return source.target(document, selectors: WebAnnotation.selectors(found.position, found.quote))
        }
        // Words are known only of a text that is here.
        let position: JSON = [
            "type": "TextPositionSelector", "start": .number(range.lowerBound), "end": .number(range.upperBound),
        ]
        return source.target(document, selectors: [position])
    }

    // MARK: Decisions

    /// A decision is an annotation of its own, since several can have one result and some have none.
    private func annotation(_ item: GoldResult.Item) -> JSON {
        let decision = item.decision
        var (motivations, bodies): ([JSON], [JSON]) = (["assessing"], [])
        if !decision.rationale.isEmpty {
            bodies.append(WebAnnotation.body(decision.rationale, purpose: "assessing"))
        }
        var range = decision.range
        var applied: JSON = .null
        if case .stands(let coding) = item.verdict {
            let result = self.bodies(of: coding, creator: .null)
            motivations += result.motivations
            bodies += result.bodies
            // A result lies in the decision's document, unless a device wrote nonsense; then the cluster is the target.
            if coding.document == decision.document { range = coding.range }
            applied = appliedCodes(coding)
        }
        return JSON.object([
            JSON.Member("id", .text(urn(decision.id))), JSON.Member("type", "Annotation"),
            JSON.Member("motivation", WebAnnotation.motivation(motivations)),
            JSON.Member("canonical", .text(urn(decision.id))),
            JSON.Member("body", bodies.isEmpty ? .null : .array(bodies)),
            JSON.Member("target", target(decision.document, range)),
            JSON.Member("variorum:appliedCodes", applied),
            JSON.Member(
                "variorum:decision",
                describe(decision).adding([
                    "variorum:verdict": .text(word(item.verdict)),
                    "variorum:hasChangedInputs": .boolean(item.change.isChanged),
                    "variorum:replaces": .array(item.change.standing.superseded.map(describe)),
                    "variorum:inConflictWith": .array(item.change.standing.rivals.map(describe)),
                ])),
        ]).withoutNulls
    }

    private func word(_ verdict: GoldResult.Verdict) -> String {
        switch verdict {
        case .stands: "stands"
        case .nothing: "nothing"
        case .unresolved: "unresolved"
        case .missing: "missing"
        }
    }

    private func describe(_ decision: RoundDecision) -> JSON {
        JSON.object([
            JSON.Member("id", .text(urn(decision.id))),
            JSON.Member("variorum:outcome", .text(decision.outcome.rawValue)),
            JSON.Member("variorum:rationale", .text(decision.rationale)),
            JSON.Member("variorum:annotation", decision.result.map { .text(urn($0)) } ?? .null),
            JSON.Member("variorum:judged", .texts(decision.inputs.map { urn($0) })),
            JSON.Member("variorum:inputHash", .text("\(decision.inputHash)")),
            JSON.Member("variorum:start", .number(decision.range.lowerBound)),
            JSON.Member("variorum:end", .number(decision.range.upperBound)),
            JSON.Member("variorum:strategy", .optional(decision.strategy)),
        ]).withoutNulls
    }

    // MARK: Losses

    private var losses: LossReport {
        var losses = LossReport()
        losses.add(
            material.codings.count, "moments, tags, confidence and colours of codings",
            "they are no part of what a round compares; 'variorum export' has them")
        losses.add(
            material.decisions.count, "makers and moments of decisions",
            "they are no part of a round's result; 'variorum history' has them")
        let results = Set(gold.codings.map(\.id))
        losses.add(
            material.goldCodings.count { !results.contains($0.id) }, "codings of the gold layer",
            "no decision that stands names them as its result")
        losses.add(
            material.documents.count { indexes[$0.id] == nil }, "texts of documents",
            "they have not arrived, so the passages' words are not known")
        losses.add(
            indexes.count, "texts of documents as a whole",
            "they are named by their hash; 'variorum export --format jsonl' has them")
        for reason in SetAsideCoding.Reason.allCases {
            losses.add(
                material.setAside.count { $0.reason == reason }, "codings that cannot be used", reason.explanation)
        }
        return losses
    }
}
