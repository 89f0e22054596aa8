import AnnotationModel
import Interchange
import LocalStore

/// Where what somebody makes belongs: while a round is under way, work on its documents goes to the own coding layer, and
/// what is made beside it does not tell the shared layer what is being coded.
struct RoundPlacement {
    enum Place {
        case round(RoundWork, LayerItem, AssignmentItem)
        case personal
        case `private`

        func layer(_ reader: StoreReader) throws -> LayerID {
            switch self {
            case .round(_, let layer, _): layer.id
            case .personal: try reader.ownLayer(.personal)
            case .private: try reader.ownLayer(.private)
            }
        }
    }

    /// Options of commands that write on documents.
    static let options: [OptionSpecification] = [
        .value("round", nil, "round", "The round it is done in, where several are under way"),
        .flag("outside-round", nil, "Not in a round, although the document is yours to code in one"),
    ]
    /// Of commands that make codes and entities.
    static let sharedOption = OptionSpecification.flag(
        "shared", nil, "New codes and entities for everybody at once, although you code blind")

    private let reader: StoreReader
    private let names: RecordNames
    private let arguments: ArgumentValues

    init(_ reader: StoreReader, _ names: RecordNames, _ arguments: ArgumentValues) {
        self.reader = reader
        self.names = names
        self.arguments = arguments
    }

    /// Where work on a document goes.
    ///
    /// - Parameters:
    ///   - layer: What was asked for: `personal`, `private`, or nothing.
    ///   - preferred: The round of the layer that the work hangs on.
    ///   - seals: Whether it is part of what a submission seals.
    ///   - elsewhere: The layer that takes it outside of rounds, for people.
    /// - Throws: `usage` where the round must be named; `noPermission` where the work would be shown to others too early, is submitted, or
    ///   comes too late; `temporaryFailure` where the coding layer has not come yet.
    func place(
        for document: RecordID, layer: LayerKind? = nil, preferred: RecordID? = nil, seals: Bool = true,
        elsewhere: String = "your personal layer"
    ) throws -> Place {
        if layer == .private { return .private }
        let named = try arguments.value("round").map { try reader.roundWork(named: $0, names) }
        if arguments.flag("outside-round") {
            if named != nil { throw usage("--round and --outside-round exclude each other") }
            return .personal
        }
        func assignment(in work: RoundWork) -> AssignmentItem? {
            work.ownAssignments.first { $0.document == document }
        }
        let title = names.document(document)?.title ?? document.short
        if let named {
            guard let assignment = assignment(in: named) else {
                throw CommandFailure(
                    .dataError,
                    "'\(title)' is not yours to code in round '\(named.round.title)'; see 'variorum round worklist'")
            }
            return try enter(named, assignment, title, seals: seals, elsewhere)
        }
        let ids = Set(
            try reader.assignments().filter { $0.coder == names.ownMember && $0.document == document }.map(\.round))
        let mine = try reader.rounds().filter { ids.contains($0.info.id) }.map { try RoundWork(reader, names, $0) }
        if layer == .personal {
            guard let hidden = mine.first(where: \.isHidden) else { return .personal }
            throw CommandFailure(
                .noPermission,
                "'\(title)' is yours to code in the blind round '\(hidden.round.title)', and everybody reads your personal "
                    + "layer: the others would see what you think of it. Leave --layer away to code it in the round, keep "
                    + "it to yourself with --private, or insist with --outside-round")
        }
        let underWay = mine.filter(\.isUnderWay)
        let chosen = underWay.first { $0.round.info.id == preferred } ?? (underWay.count == 1 ? underWay[0] : nil)
        if let chosen, let assignment = assignment(in: chosen) {
            return try enter(chosen, assignment, title, seals: seals, elsewhere)
        }
        if underWay.count > 1 {
            let list = underWay.map { "--round \(shellWord($0.round.title))" }.joined(separator: ", ")
            throw usage("'\(title)' is yours to code in several rounds; say which one is meant: \(list)")
        }
        if let hidden = mine.first(where: \.isHidden), let assignment = assignment(in: hidden) {
            return try enter(hidden, assignment, title, seals: seals, elsewhere)
        }
        return .personal
    }

    private func enter(
        _ work: RoundWork, _ assignment: AssignmentItem, _ title: String, seals: Bool, _ elsewhere: String
    ) throws -> Place {
        let round = work.round.title
        guard let layer = work.ownLayer else {
            if work.round.state == .draft {
                throw CommandFailure(.noPermission, "round '\(round)' is not open yet")
            }
            throw CommandFailure(
                .temporaryFailure,
                "your coding layer of round '\(round)' has not come yet; run 'variorum sync' first. With --outside-round "
                    + "it goes to \(elsewhere), which everybody reads")
        }
        guard work.isUnderWay else {
            throw CommandFailure(
                .noPermission,
                "round '\(round)' takes no codings any more. With --outside-round it goes to \(elsewhere), which everybody "
                    + "reads"
            )
        }
        if seals, work.isSubmitted(assignment) {
            throw CommandFailure(
                .noPermission,
                "you have submitted '\(title)' in round '\(round)'; 'variorum round reopen \(shellWord(title))' takes that back"
            )
        }
        return .round(work, layer, assignment)
    }

    /// The layer for a code or entity that is made on the way.
    func layerForNames(beside place: Place) throws -> LayerItem? {
        if arguments.flag("shared") { return nil }
        if case .round(let work, let layer, _) = place { return work.isHidden ? layer : nil }
        return try blindRounds().first?.ownLayer
    }

    /// The layer for a code or entity that is made by itself; `nil` for the shared one.
    func layerForNames() throws -> LayerItem? {
        if arguments.flag("shared") { return nil }
        let rounds = try blindRounds()
        if let text = arguments.value("round") {
            let named = try reader.roundWork(named: text, names)
            guard rounds.contains(where: { $0.round.info.id == named.round.info.id }) else {
                throw CommandFailure(
                    .dataError,
                    "you are not coding blind in round '\(named.round.title)'; without --round it goes to the shared layer"
                )
            }
            return named.ownLayer
        }
        if rounds.count > 1 {
            let list = rounds.map { "--round \(shellWord($0.round.title))" }.joined(separator: ", ")
            throw usage("you code blind in several rounds; say for which one it is: \(list), or --shared")
        }
        return rounds.first?.ownLayer
    }

    /// Says, after a change to codes, entities or statement types, that it is everybody's, to somebody who codes blind.
    static func remarkIfShown(_ layer: LayerID, in store: LocalStore, _ context: CommandContext) throws {
        let round = try store.read { (reader) throws -> RoundWork? in
            let names = try RecordNames(reading: reader)
            guard names.layer(layer)?.kind == LayerKind.shared.rawValue else { return nil }
            return try RoundPlacement(reader, names, context.arguments).blindRounds().first
        }
        guard let round else { return }
        context.remark(
            "everybody sees this with their next sync, although you code blind in round '\(round.round.title)'; "
                + "'variorum undo' takes it back")
    }

    /// The rounds that one codes blind in now.
    private func blindRounds() throws -> [RoundWork] {
        let ids = Set(
            names.layers.filter {
                $0.kind == LayerKind.coding.rawValue && $0.owner == names.ownMember && $0.isWritable
            }.compactMap(\.round))
        return try reader.rounds().filter { $0.isBlind && ids.contains($0.info.id) }
            .map { try RoundWork(reader, names, $0) }
            .filter { $0.isHidden && $0.isUnderWay && !$0.ownAssignments.isEmpty }
    }

    private func usage(_ message: String) -> UsageError {
        UsageError(.invalidValue, in: arguments.commandPath, message)
    }
}

extension StoreReader {
    /// The document that a record is about, if it is about one.
    func document(of info: RecordInfo) throws -> RecordID? {
        switch info.kind {
        case .document: return info.id
        case .documentVersion: return try versions().first { $0.info.id == info.id }?.document
        case .annotation: return try annotations().first { $0.info.id == info.id }?.document
        case .statement:
            guard let statement = try statements().first(where: { $0.info.id == info.id }) else { return nil }
            return try annotations().first { $0.info.id == statement.annotation }?.document
        default: return nil
        }
    }

    /// Holds somebody to their word that an assignment is done: what is submitted is not changed without saying so.
    ///
    /// - Throws: `noPermission`.
    func checkNotSubmitted(_ info: RecordInfo, _ names: RecordNames) throws {
        guard info.kind == .annotation || info.kind == .statement, let layer = names.layer(info.layer),
            layer.kind == LayerKind.coding.rawValue, layer.owner == names.ownMember,
            let round = try rounds().first(where: { $0.info.id == layer.round }), let document = try document(of: info)
        else { return }
        let work = try RoundWork(self, names, round)
        guard let assignment = work.ownAssignments.first(where: { $0.document == document }), work.isUnderWay,
            work.isSubmitted(assignment)
        else { return }
        let title = work.title(of: document)
        throw CommandFailure(
            .noPermission,
            "you have submitted '\(title)' in round '\(round.title)'; 'variorum round reopen \(shellWord(title))' takes that back"
        )
    }
}
