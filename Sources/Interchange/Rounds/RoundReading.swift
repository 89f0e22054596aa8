import AnnotationModel
import ChangeLog
public import LocalStore
public import TeamCoding

/// A round as a store has it: what it takes to compare, adjudicate and publish it.
///
/// Codings and submissions are those of the round's own layers, and belong to the layer's owner, who alone can write there;
/// decisions and their results are those of the gold layer. Codes and entities that were merged count as those that stand for
/// them now, for all coders alike and in decisions, too.
public struct RoundReading: Sendable {
    public let round: RoundItem
    public let material: RoundMaterial
    /// What the material does not have a place for.
    public let omissions: Omissions

    /// Records that are here and cannot be used; other people's, so that they are counted and never an error.
    public struct Omissions: Sendable, Hashable {
        /// Decisions whose outcome a newer version of the program knows.
        public internal(set) var decisions = 0
        /// Statements without the annotation that they are about in their own layer. A statement that was made late on a
        /// passage coded in time is one.
        public internal(set) var statements = 0
        /// Late annotations that have the id of one that came in time.
        public internal(set) var lateDoubles = 0
        /// Annotations and statements made in time that their coder would still have changed or deleted late.
        public internal(set) var lateEdits = 0
        /// Submissions of an assignment that is not there, is somebody else's, or is of another version than the round's.
        public internal(set) var submissions = 0
    }

    /// Reads a round.
    ///
    /// - Throws: `StoreError`; `RoundMaterialError` if there is more than can be compared.
    /// - Complexity: O(*n* log *n*) in the store's annotations and statements, and the lengths of the round's texts.
    public init(_ round: RoundItem, reading reader: StoreReader, names: RecordNames) throws {
        let id = round.info.id
        let layers = names.layers.filter { $0.round == id }
        var places: [LayerID: (kind: LayerKind, owner: MemberID?)] = [:]
        for layer in layers {
            guard let kind = LayerKind(rawValue: layer.kind) else { continue }
            places[layer.id] = (kind, layer.owner)
        }
        var omissions = Omissions()

        // Who codes what.
        let shared = Set(names.layers.filter { $0.kind == LayerKind.shared.rawValue }.map(\.id))
        let assignments = try reader.assignments(of: id).filter { shared.contains($0.info.layer) }
        let versions = Self.versions(of: assignments)
        var finished: [RecordID: Set<MemberID>] = [:]
        let assignmentsByID = Dictionary(assignments.map { ($0.info.id, $0) }, uniquingKeysWith: { first, _ in first })
        for submission in try reader.submissions(of: id) where !submission.isReopened {
            guard let place = places[submission.info.layer], place.kind == .coding else { continue }
            guard let assignment = assignmentsByID[submission.assignment], assignment.coder == place.owner,
                versions[assignment.document] == assignment.version
            else {
                omissions.submissions += 1
                continue
            }
            finished[assignment.document, default: []].insert(assignment.coder)
        }
        let owners = places.values.compactMap { [.coding, .late].contains($0.kind) ? $0.owner : nil }
        let coders = Set(assignments.map(\.coder) + owners).sorted()

        // What was coded.
        let statements = try Self.statements(reader, places, names)
        var used = 0
        var codings: [RoundCoding] = []
        var gold: [RoundCoding] = []
        var inTime: Set<RecordID> = []
        var late: [RoundCoding] = []
        for item in try reader.annotations() {
            guard let place = places[item.info.layer] else { continue }
            let own = statements[StatementKey(item.info.layer, item.info.id)] ?? []
            used += own.count
            let coding = RoundCoding(
                id: item.info.id, coder: place.kind == .gold ? item.info.author : place.owner ?? item.info.author,
                document: item.document, version: item.version, range: Self.range(item.position),
                codes: names.codebook.effective(item.codes), statements: own, note: item.note,
                appliedCodes: item.codes, isLate: place.kind == .late)
            switch place.kind {
            case .coding:
                codings.append(coding)
                inTime.insert(coding.id)
            case .late: late.append(coding)
            case .gold: gold.append(coding)
            case .shared, .personal, .private: break
            }
        }
        // What came in time stands, whatever comes after it.
        let fresh = late.filter { !inTime.contains($0.id) }
        omissions.lateDoubles = late.count - fresh.count
        codings += fresh
        omissions.statements = statements.values.reduce(0) { $0 + $1.count } - used
        for layer in layers
        where layer.kind == LayerKind.late.rawValue && (layer.position > 0 || layer.pendingCount > 0) {
            for coding in codings where coding.coder == layer.owner && !coding.isLate {
                for id in [coding.id] + coding.statements.map(\.id) {
                    guard let state = try reader.state(of: id, in: layer.id), state.creation == nil else { continue }
                    omissions.lateEdits += 1
                }
            }
        }

        // What was decided.
        var decisions: [RoundDecision] = []
        var seen: Set<RecordID> = []
        for item in try reader.decisions(of: id) where places[item.info.layer]?.kind == .gold {
            guard let outcome = DecisionOutcome(rawValue: item.outcome),
                let stamp = try reader.state(of: item.info.id, in: item.info.layer)?.creation?.stamp,
                seen.insert(item.info.id).inserted
            else {
                omissions.decisions += 1
                continue
            }
            decisions.append(
                RoundDecision(
                    id: item.info.id, document: item.document, range: Self.range(item.range), inputs: item.inputs,
                    inputHash: Digest(bytes: item.inputHash) ?? .zero, outcome: outcome, result: item.result,
                    rationale: item.rationale ?? "", supersedes: item.supersedes, strategy: item.strategy,
                    order: DecisionOrder(lamport: stamp.lamport, replica: stamp.replica)))
        }

        let documents = try versions.sorted { $0.key < $1.key }.map { document, version in
            let item = names.document(document)
            return RoundDocument(
                id: document, version: version,
                versionHash: names.version(version).flatMap { Digest(bytes: $0.sha256) } ?? .zero,
                title: item?.title ?? "document \(document.short), not here", publishedOn: item?.publishedOn,
                language: item?.language, text: try Self.text(of: version, reader),
                coders: (finished[document] ?? []).sorted())
        }
        self.round = round
        self.omissions = omissions
        material = try RoundMaterial(
            round: id, title: round.title, codebookRevision: round.codebookRevision ?? [], documents: documents,
            coders: coders.map { RoundCoder(id: $0, name: names.name(of: $0)) }, codings: codings, goldCodings: gold,
            decisions: decisions, names: Self.names(names))
    }

    /// The version of each document: the one that most assignments name, of several the lowest.
    private static func versions(of assignments: [AssignmentItem]) -> [RecordID: RecordID] {
        Dictionary(grouping: assignments, by: \.document).compactMapValues { assignments in
            var counts: [RecordID: Int] = [:]
            for assignment in assignments { counts[assignment.version, default: 0] += 1 }
            return counts.min { ($1.value, $0.key) < ($0.value, $1.key) }?.key
        }
    }

    /// An impossible range lies outside every text, so that the coding is set aside with its reason.
    private static func range(_ position: TextPositionSelector) -> Range<Int> {
        position.range ?? RoundMaterial.offsetMax + 1..<RoundMaterial.offsetMax + 1
    }

    /// `nil` while it has not arrived, or if what has arrived is not the text that the version names.
    private static func text(of version: RecordID, _ reader: StoreReader) throws -> String? {
        do {
            return try reader.text(of: version).map { String(decoding: $0, as: UTF8.self) }
        } catch let error as StoreError where error.code == .unverified {
            return nil
        }
    }

    // MARK: Statements

    private struct StatementKey: Hashable {
        let layer: LayerID
        let annotation: RecordID

        init(_ layer: LayerID, _ annotation: RecordID) {
            self.layer = layer
            self.annotation = annotation
        }
    }

    /// Those of the round's layers, by layer and annotation.
    private static func statements(
        _ reader: StoreReader, _ places: [LayerID: (kind: LayerKind, owner: MemberID?)], _ names: RecordNames
    ) throws -> [StatementKey: [CodedStatement]] {
        var types: [RecordID: String] = [:]
        for variable in names.statementTypes.flatMap(\.variables) { types[variable.info.id] = variable.valueType }
        var found: [StatementKey: [CodedStatement]] = [:]
        for item in try reader.statements() where places[item.info.layer] != nil {
            var values: [VariableValues] = []
            func add(_ variable: StatementVariable.BuiltIn, _ value: CodedValue?) {
                if let value { values.append(VariableValues(.builtIn(variable), [value])) }
            }
            func entity(_ id: RecordID) -> CodedValue { .record(names.effectiveEntity(id)?.info.id ?? id) }
            add(.speaker, item.speaker.map(entity))
            add(.organisation, item.organisation.map(entity))
            add(.concept, item.concept.map { .record(names.codebook.effective($0)) })
            add(.position, item.position.map { .text($0) })
            add(.date, item.date.map { .date($0) })
            add(.addressee, item.addressee.map(entity))
            add(.directness, item.directness.map { .text($0) })
            values.append(VariableValues(.builtIn(.instruments), item.instruments.map(entity)))
            for value in item.values {
                let type = types[value.variable]
                let coded: CodedValue? =
                    switch value.value {
                    case .boolean(let flag): .boolean(flag)
                    case .integer(let number): .integer(number)
                    case .text(let text): type == "date" ? .date(text) : .text(text)
                    case .identifier(let id): type == "code" ? .record(names.codebook.effective(id)) : entity(id)
                    case .null, .bytes, .list: nil
                    }
                if let coded { values.append(VariableValues(.defined(value.variable), [coded])) }
            }
            found[StatementKey(item.info.layer, item.annotation), default: []].append(
                CodedStatement(id: item.info.id, type: item.type, values: values))
        }
        return found
    }

    /// What codes, entities, statement types and variables are called, merged ones by their own names.
    private static func names(_ names: RecordNames) -> [RecordID: String] {
        var result: [RecordID: String] = [:]
        for type in names.statementTypes {
            result[type.info.id] = type.name
            for variable in type.variables { result[variable.info.id] = variable.name }
        }
        for entity in names.entities where result[entity.info.id] == nil { result[entity.info.id] = entity.name }
        for code in names.codes {
            // Of one id in several layers the one of the codebook.
            result[code.info.id] = names.code(code.info.id)?.name ?? code.name
        }
        return result
    }
}
