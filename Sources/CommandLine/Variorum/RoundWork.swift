import AnnotationModel
import ChangeLog
import Cryptography
import Interchange
import LocalStore
import TeamCoding

/// A round as this store knows it: what it is, who codes what, and what is readable of the codings.
struct RoundWork {
    let names: RecordNames
    let round: RoundItem
    /// Those of the round that are here.
    let layers: [LayerItem]
    let assignments: [AssignmentItem]
    private let submissions: [RecordID: [SubmissionItem]]
    private let annotations: [LayerID: [AnnotationItem]]
    private let statements: [LayerID: [StatementItem]]

    init(_ reader: StoreReader, _ names: RecordNames, _ round: RoundItem) throws {
        self.names = names
        self.round = round
        layers = names.layers.filter { $0.round == round.info.id }
        assignments = try reader.assignments(of: round.info.id)
        submissions = Dictionary(grouping: try reader.submissions(of: round.info.id), by: \.assignment)
        let here = Set(layers.map(\.id))
        annotations =
            here.isEmpty
            ? [:]
            : Dictionary(grouping: try reader.annotations().filter { here.contains($0.info.layer) }, by: \.info.layer)
        statements =
            here.isEmpty
            ? [:]
            : Dictionary(grouping: try reader.statements().filter { here.contains($0.info.layer) }, by: \.info.layer)
    }

    /// How far its layers are open, as the server last said.
    var stage: RoundStage { layers.map(\.stage).max() ?? .hidden }

    /// Whether its coders still see nothing of each other.
    var isHidden: Bool { round.isBlind && stage == .hidden && (round.state == .open || round.state == .closed) }

    /// Own ones, as the documents are listed.
    var ownAssignments: [AssignmentItem] { sorted(assignments.filter { $0.coder == names.ownMember }) }

    /// Everybody's, by coder's name, then as the documents are listed.
    var sortedAssignments: [AssignmentItem] {
        coders.flatMap { coder in sorted(assignments.filter { $0.coder == coder }) }
    }

    /// By name.
    var coders: [MemberID] {
        Set(assignments.map(\.coder)).sorted { (names.name(of: $0), $0) < (names.name(of: $1), $1) }
    }

    private func sorted(_ assignments: [AssignmentItem]) -> [AssignmentItem] {
        assignments.sorted { left, right in
            let (first, second) = (number(of: left.document) ?? .max, number(of: right.document) ?? .max)
            return (first, left.info.id) < (second, right.info.id)
        }
    }

    /// The number of a document in 'variorum documents'.
    func number(of document: RecordID) -> Int? {
        names.documents.firstIndex { $0.info.id == document }.map { $0 + 1 }
    }

    func title(of document: RecordID) -> String {
        names.document(document)?.title ?? "document \(document.short), not here"
    }

    func layer(_ kind: LayerKind, of member: MemberID) -> LayerItem? {
        layers.first { $0.kind == kind.rawValue && $0.owner == member }
    }

    var ownLayer: LayerItem? { layer(.coding, of: names.ownMember) }

    /// Whether codings of one's own are taken in.
    var isUnderWay: Bool { round.state == .open && ownLayer?.isWritable == true }

    // MARK: Submissions

    /// The submissions of an assignment that count: those in its coder's own layer that are not reopened, oldest first.
    func standing(_ assignment: AssignmentItem) -> [SubmissionItem] {
        guard let layer = layer(.coding, of: assignment.coder) else { return [] }
        return (submissions[assignment.info.id] ?? []).filter { !$0.isReopened && $0.info.layer == layer.id }
    }

    func isSubmitted(_ assignment: AssignmentItem) -> Bool { !standing(assignment).isEmpty }

    /// What its coder has marked, as it stands now.
    func codings(of assignment: AssignmentItem) -> [AnnotationItem] {
        guard let layer = layer(.coding, of: assignment.coder) else { return [] }
        return (annotations[layer.id] ?? []).filter {
            $0.document == assignment.document && $0.version == assignment.version
        }
    }

    func statements(on annotation: AnnotationItem) -> [StatementItem] {
        (statements[annotation.info.layer] ?? []).filter { $0.annotation == annotation.info.id }
    }

    /// How many annotations a coder has made too late, as far as they may be read.
    func lateCount(of coder: MemberID) -> Int {
        layer(.late, of: coder).map { annotations[$0.id]?.count ?? 0 } ?? 0
    }

    /// The seal that the codings of an assignment have now.
    func seal(of assignment: AssignmentItem) -> Seal {
        let codings = codings(of: assignment)
        let ids = Set(codings.map(\.info.id))
        let layer = layer(.coding, of: assignment.coder)?.id
        let byAnnotation = Dictionary(
            grouping: (layer.flatMap { statements[$0] } ?? []).filter { ids.contains($0.annotation) }, by: \.annotation)
        return Seal(
            assignment: assignment.info.id, version: assignment.version, coder: assignment.coder,
            codings: codings.map { SealedCoding($0, byAnnotation[$0.info.id] ?? []) })
    }

    /// Whether the codings are still those that were submitted last; `nil` where nothing is submitted.
    func isUnaltered(_ assignment: AssignmentItem) -> Bool? {
        standing(assignment).last.map { $0.seal == seal(of: assignment).hash(OpenSSLCryptography()).bytes }
    }

    /// What a coder may have forgotten in an assignment.
    func unfinished(_ assignment: AssignmentItem) -> [String] {
        codings(of: assignment).flatMap { annotation -> [String] in
            let statements = statements(on: annotation)
            var found = statements.flatMap { statement in
                names.unanswered(statement).map { "statement \(statement.info.id.short) has no answer for '\($0)'" }
            }
            if annotation.codes.isEmpty && statements.isEmpty {
                found.append(
                    "annotation \(annotation.info.id.short) “\(excerpt(annotation.quote.exact))” has no code and no statement"
                )
            }
            if annotation.hasConflict {
                found.append("annotation \(annotation.info.id.short) has a conflict; see 'variorum conflicts'")
            }
            return found
        }
    }
}

extension SealedCoding {
    fileprivate init(_ annotation: AnnotationItem, _ statements: [StatementItem]) {
        self.init(
            id: annotation.info.id, range: annotation.recordedPosition,
            correctedRange: annotation.isCorrected ? annotation.position : nil, codes: annotation.codes,
            tags: annotation.tags, note: annotation.note, confidence: annotation.confidence,
            statements: statements.map(Self.coded))
    }

    /// A statement as it is written down, whether or not what defines its variables is here: a date of a defined variable is a text.
    private static func coded(_ statement: StatementItem) -> CodedStatement {
        var values: [VariableValues] = []
        func add(_ variable: StatementVariable.BuiltIn, _ found: [CodedValue]) {
            values.append(VariableValues(.builtIn(variable), found))
        }
        func record(_ id: RecordID?) -> [CodedValue] { id.map { [.record($0)] } ?? [] }
        func text(_ text: String?) -> [CodedValue] { text.map { [.text($0)] } ?? [] }
        add(.speaker, record(statement.speaker))
        add(.organisation, record(statement.organisation))
        add(.concept, record(statement.concept))
        add(.position, text(statement.position))
        add(.date, statement.date.map { [.date($0)] } ?? [])
        add(.addressee, record(statement.addressee))
        add(.directness, text(statement.directness))
        add(.instruments, statement.instruments.map { .record($0) })
        for value in statement.values {
            let coded: CodedValue? =
                switch value.value {
                case .text(let text): .text(text)
                case .integer(let number): .integer(number)
                case .boolean(let flag): .boolean(flag)
                case .identifier(let id): .record(id)
                case .null, .bytes, .list: nil
                }
            values.append(VariableValues(.defined(value.variable), coded.map { [$0] } ?? []))
        }
        return CodedStatement(id: statement.info.id, type: statement.type, values: values)
    }
}

extension StoreReader {
    /// Every round, oldest first, as 'variorum round list' numbers them.
    func roundWork(_ names: RecordNames) throws -> [RoundWork] {
        try rounds().map { try RoundWork(self, names, $0) }
    }

    /// The round that somebody means by its number, title, or the beginning of its id.
    ///
    /// - Throws: `noInput` if there is none, `dataError` if several are meant.
    func roundWork(named text: String, _ names: RecordNames) throws -> RoundWork {
        let rounds = try rounds()
        if let number = Int(text), rounds.indices.contains(number - 1) {
            return try RoundWork(self, names, rounds[number - 1])
        }
        var found = rounds.filter { $0.title.lowercased() == text.lowercased() }
        if found.isEmpty, text.count >= RecordNames.idDigitsMin { found = rounds.filter { $0.info.id.matches(text) } }
        if found.count == 1 { return try RoundWork(self, names, found[0]) }
        if found.count > 1 {
            let list = found.map { "  \($0.info.id.short)  \($0.title)" }.joined(separator: "\n")
            throw CommandFailure(.dataError, "'\(text)' could be several rounds:\n\(list)\nUse the id.")
        }
        let hint = suggestion(for: text, among: rounds.map(\.title)).map { " Did you mean '\($0)'?" } ?? ""
        throw CommandFailure(.noInput, "there is no round '\(text)' here.\(hint) 'variorum round list' lists them all")
    }
}

extension StoreReader {
    /// Who is to code: a member who may write, by name or id.
    ///
    /// A store that was used before it was connected knows its own member under an id of that time too, so that names
    /// count among those alone whom the server lists.
    ///
    /// - Throws: `noInput` if there is none, `dataError` if several are meant, or a reader.
    func coder(named text: String, _ names: RecordNames) throws -> MemberID {
        let listed = try members().filter(\.isListed)
        if listed.isEmpty { return try names.member(named: text) }
        var found = listed.filter { $0.name.lowercased() == text.lowercased() }
        if found.isEmpty, text.count >= RecordNames.idDigitsMin {
            found = listed.filter { "\($0.member)".hasPrefix(text.lowercased()) }
        }
        guard let member = found.first else {
            throw CommandFailure(
                .noInput, "no member is called '\(text)'; there are \(listed.map(\.name).joined(separator: ", "))")
        }
        if found.count > 1 {
            let list = found.map { "  \("\($0.member)".prefix(8))  \($0.name)" }.joined(separator: "\n")
            throw CommandFailure(.dataError, "'\(text)' could be several members:\n\(list)\nUse the id.")
        }
        if let role = member.role, role < .analyst {
            throw CommandFailure(.dataError, "\(member.name) is \(role.withArticle), who may not code")
        }
        return member.member
    }
}

extension RoundWork {
    /// One of the round's coders, who may belong to the workspace no more.
    func coder(named text: String) throws -> MemberID {
        let lowered = text.lowercased()
        var found = coders.filter { names.name(of: $0).lowercased() == lowered }
        if found.isEmpty, text.count >= RecordNames.idDigitsMin { found = coders.filter { "\($0)".hasPrefix(lowered) } }
        if found.count == 1 { return found[0] }
        let list = (found.isEmpty ? coders : found).map { "\("\($0)".prefix(8)) \(names.name(of: $0))" }
            .joined(separator: ", ")
        throw CommandFailure(
            found.isEmpty ? .noInput : .dataError,
            found.isEmpty
                ? "'\(text)' does not code in this round; its coders are \(list)"
                : "'\(text)' could be several coders: \(list). Use the id")
    }
}

extension RecordNames {
    static func digits(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

extension RoundWork {
    /// The round with how far it has come.
    var json: JSON {
        names.json(round).adding([
            "stage": .text("\(stage)"), "documents": .number(Set(assignments.map(\.document)).count),
            "coders": .array(
                coders.map { coder in
                    [
                        "member": .text("\(coder)"), "name": .optional(names.memberNames[coder]),
                        "assignments": .number(assignments.filter { $0.coder == coder }.count),
                    ]
                }),
        ])
    }

    /// An assignment with what is known of the work on it; for others' before the reveal that is nothing.
    func json(_ assignment: AssignmentItem) -> JSON {
        let layer = layer(.coding, of: assignment.coder)
        let submission = standing(assignment).last
        return [
            "assignment": .text("\(assignment.info.id)"), "round": .text("\(round.info.id)"),
            "document": .text("\(assignment.document)"), "title": .text(title(of: assignment.document)),
            "version": .text("\(assignment.version)"), "coder": .text("\(assignment.coder)"),
            "coder_name": .optional(names.memberNames[assignment.coder]), "is_layer_here": .boolean(layer != nil),
            "is_writable": .boolean(layer?.isWritable == true && round.state == .open),
            "codings": layer == nil ? .null : .number(codings(of: assignment).count),
            "is_submitted": layer == nil ? .null : .boolean(submission != nil),
            "submitted_codings": .optional(submission?.codings),
            "seal": .optional(submission.map { RecordNames.digits($0.seal) }),
            "is_unaltered": isUnaltered(assignment).map { .boolean($0) } ?? .null,
        ]
    }
}
