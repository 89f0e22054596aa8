import AnnotationModel
import ChangeLog
import Cryptography
import Interchange
import LocalStore
import TeamCoding

/// What a coder does in a round beside coding.
extension Command {
    static let roundWorklist = Command(
        CommandSpecification(
            "worklist", summary: "list what is yours to code, and how far you are",
            options: [.value("round", "r", "round", "Only this round, also one that is over")],
            examples: [CommandExample("variorum round worklist", "What is left to do?")]),
        json: "`{assignments: [assignment]}`, as in 'round show'"
    ) { context in
        let rounds = try context.openStore().read { (reader) throws -> [RoundWork] in
            let names = try RecordNames(reading: reader)
            if let text = context.arguments.value("round") { return [try reader.roundWork(named: text, names)] }
            return try reader.roundWork(names).filter { work in
                // What is over is not work any more.
                work.round.state == .draft || work.isHidden || work.isUnderWay
            }
        }
        if context.isJSON {
            let assignments = rounds.flatMap { work in work.ownAssignments.map(work.json) }
            try context.write(["assignments": .array(assignments)])
            return .success
        }
        var table = TextTable([
            .init("round", isFlexible: true), .init("#", alignment: .right), .init("document", isFlexible: true),
            .init("codings", alignment: .right), .init("state"),
        ])
        for work in rounds {
            for assignment in work.ownAssignments {
                table.rows.append([
                    work.round.title, work.number(of: assignment.document).map { "\($0)" } ?? "?",
                    work.title(of: assignment.document),
                    work.ownLayer == nil ? "" : "\(work.codings(of: assignment).count)", work.progress(assignment),
                ])
            }
        }
        if table.rows.isEmpty {
            context.remark("there is nothing for you to code; 'variorum sync' asks for news")
            return .success
        }
        try context.write(table)
        for work in rounds where !work.ownAssignments.isEmpty {
            if let instructions = work.round.instructions {
                try context.writeLine(printable("\(work.round.title): \(instructions)"))
            }
        }
        return .success
    }

    static let roundSubmit = Command(
        CommandSpecification(
            "submit", summary: "say that documents are coded to the end",
            discussion: """
                The submission seals the codings as they stand, with their number. It counts when it arrives at the server. \
                What is submitted is not changed any more, unless it is reopened.
                """,
            options: [
                .flag("all", "a", "Everything that is yours in the round and not submitted"),
                .flag("empty", nil, "Also where you marked nothing: nothing belongs there"),
                .value("round", "r", "round", "The round, where you code in several"),
            ],
            positionals: [
                PositionalSpecification("document", "Number, id or title", isOptional: true, isRepeatable: true)
            ],
            examples: [
                CommandExample("variorum round submit 1", "Document 1 is done"),
                CommandExample("variorum round submit --all --empty", "All is done, also where nothing was found"),
            ]),
        json: "`{round, submitted: [assignment], unfinished: [text]}`"
    ) { context in
        let store = try context.openStore()
        let work = try store.read { try roundToWorkIn($0, context) }
        let layer = try writableLayer(of: work)
        let chosen = try chosenAssignments(of: work, context).filter { assignment in
            guard work.isSubmitted(assignment) else { return true }
            context.remark("'\(work.title(of: assignment.document))' is submitted already")
            return false
        }
        let empty = chosen.filter { work.codings(of: $0).isEmpty }
        if !empty.isEmpty, !context.arguments.flag("empty") {
            let list = empty.map { "  \(work.title(of: $0.document))" }.joined(separator: "\n")
            throw CommandFailure(
                .dataError,
                "you marked nothing in:\n\(list)\nIf nothing belongs there, say so with --empty; nothing was submitted")
        }
        let unfinished = chosen.flatMap(work.unfinished)
        try store.write { transaction in
            for assignment in chosen {
                let seal = work.seal(of: assignment)
                try transaction.create(
                    .submission, in: layer.id,
                    [
                        (Field.Submission.round, .identifier(work.round.info.id)),
                        (Field.Submission.assignment, .identifier(assignment.info.id)),
                        (Field.Submission.seal, .bytes(seal.hash(OpenSSLCryptography()).bytes)),
                        (Field.Submission.codings, .integer(Int64(seal.codingCount))),
                    ])
            }
        }
        let fresh = try store.read { reader in
            try reader.roundWork(named: "\(work.round.info.id)", RecordNames(reading: reader))
        }
        if context.isJSON {
            let ids = Set(chosen.map(\.info.id))
            try context.write([
                "round": .text("\(work.round.info.id)"),
                "submitted": .array(fresh.ownAssignments.filter { ids.contains($0.info.id) }.map(fresh.json)),
                "unfinished": .texts(unfinished),
            ])
            return .success
        }
        for assignment in chosen {
            let count = counted(work.codings(of: assignment).count, "coding")
            try context.writeLine(printable("submitted  \(work.title(of: assignment.document))  \(count)"))
        }
        for line in unfinished { context.remark("perhaps unfinished: \(line)") }
        let left = fresh.ownAssignments.filter { !fresh.isSubmitted($0) }.count
        if left > 0 { context.remark("\(counted(left, "document")) left in round '\(work.round.title)'") }
        if !chosen.isEmpty { context.remark("it counts when it has arrived: 'variorum sync'") }
        return .success
    }

    static let roundReopen = Command(
        CommandSpecification(
            "reopen", summary: "take back that documents are coded to the end",
            discussion:
                "As long as the round is not revealed or closed. The document can be coded again, and submitted again.",
            options: [
                .flag("all", "a", "Everything that you have submitted in the round"),
                .value("round", "r", "round", "The round, where you code in several"),
            ],
            positionals: [
                PositionalSpecification("document", "Number, id or title", isOptional: true, isRepeatable: true)
            ],
            examples: [CommandExample("variorum round reopen 1", "Go on with document 1")]),
        json: "`{round, reopened: [assignment]}`"
    ) { context in
        let store = try context.openStore()
        let work = try store.read { try roundToWorkIn($0, context) }
        let layer = try writableLayer(of: work)
        let isAll = context.arguments.flag("all")
        let chosen = try chosenAssignments(of: work, context).filter { assignment in
            if !work.isSubmitted(assignment), !isAll {
                throw CommandFailure(
                    .dataError, "'\(work.title(of: assignment.document))' is not submitted; nothing was reopened")
            }
            return work.isSubmitted(assignment)
        }
        try store.write { transaction in
            for submission in chosen.flatMap(work.standing) {
                try transaction.set(
                    Field.Submission.state, of: submission.info.id, in: layer.id,
                    to: .text(SubmissionState.reopened.rawValue))
            }
        }
        if context.isJSON {
            let fresh = try store.read { reader in
                try reader.roundWork(named: "\(work.round.info.id)", RecordNames(reading: reader))
            }
            let ids = Set(chosen.map(\.info.id))
            try context.write([
                "round": .text("\(work.round.info.id)"),
                "reopened": .array(fresh.ownAssignments.filter { ids.contains($0.info.id) }.map(fresh.json)),
            ])
            return .success
        }
        for assignment in chosen {
            try context.writeLine(printable("reopened  \(work.title(of: assignment.document))"))
        }
        if chosen.isEmpty { context.remark("nothing is submitted") }
        return .success
    }

    /// The round that somebody works in: the one that was named, or the only one under way.
    private static func roundToWorkIn(_ reader: StoreReader, _ context: CommandContext) throws -> RoundWork {
        let names = try RecordNames(reading: reader)
        if let text = context.arguments.value("round") { return try reader.roundWork(named: text, names) }
        let mine = try reader.roundWork(names).filter { !$0.ownAssignments.isEmpty }
        let underWay = mine.filter(\.isUnderWay)
        if underWay.count == 1 { return underWay[0] }
        if underWay.count > 1 {
            let list = underWay.map { "--round \(shellWord($0.round.title))" }.joined(separator: ", ")
            throw context.usage("you code in several rounds; say which one is meant: \(list)")
        }
        // One that has not come yet, or is over, says why by itself.
        if let last = mine.last(where: { $0.round.state != .draft }) ?? mine.last { return last }
        throw CommandFailure(.noInput, "there is nothing for you to code; 'variorum sync' asks for news")
    }

    /// One's own layer of a round that takes codings.
    private static func writableLayer(of work: RoundWork) throws -> LayerItem {
        let title = work.round.title
        if work.ownAssignments.isEmpty {
            throw CommandFailure(.noPermission, "nothing of round '\(title)' is yours to code")
        }
        guard let layer = work.ownLayer else {
            if work.round.state == .draft {
                throw CommandFailure(.noPermission, "round '\(title)' is not open yet")
            }
            throw CommandFailure(
                .temporaryFailure, "your coding layer of round '\(title)' has not come yet; run 'variorum sync' first")
        }
        guard work.isUnderWay else {
            throw CommandFailure(.noPermission, "round '\(title)' takes nothing any more: it is \(work.stateWords)")
        }
        return layer
    }

    /// One's own assignments that the command line names.
    private static func chosenAssignments(
        of work: RoundWork, _ context: CommandContext
    ) throws -> [AssignmentItem] {
        let named = context.arguments.positionals("document")
        if context.arguments.flag("all") {
            if !named.isEmpty { throw context.usage("name documents, or say --all") }
            return work.ownAssignments
        }
        if named.isEmpty { throw context.usage("say which documents, or --all") }
        var chosen: [AssignmentItem] = []
        for text in named {
            let document = try work.names.document(named: text)
            let found = work.ownAssignments.filter { $0.document == document.info.id }
            if found.isEmpty {
                throw CommandFailure(
                    .dataError,
                    "'\(document.title)' is not yours to code in round '\(work.round.title)'; see 'variorum round worklist'"
                )
            }
            chosen += found.filter { !chosen.contains($0) }
        }
        return chosen
    }
}

extension RoundWork {
    /// How far an own assignment is, in words.
    func progress(_ assignment: AssignmentItem) -> String {
        guard ownLayer != nil else {
            return round.state == .draft ? "the round is not open yet" : "sync first: your layer has not come yet"
        }
        let isBegun = !codings(of: assignment).isEmpty
        let state = isSubmitted(assignment) ? "submitted" : isBegun ? "begun" : "not begun"
        return isUnderWay ? state : "\(state), \(stateWords)"
    }
}
