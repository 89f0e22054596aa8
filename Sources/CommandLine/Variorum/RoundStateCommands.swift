import AnnotationModel
import Interchange
import LocalStore

/// What a curator decides about a round. The server acts on it when it arrives.
extension Command {
    static let roundStart = Command(
        CommandSpecification(
            "start", summary: "open a round, or open it again after it was closed",
            discussion: "The coders' layers come to them with the sync after this one has arrived.",
            positionals: [PositionalSpecification("round", "Number, id or title")],
            examples: [CommandExample("variorum round start Pilot", "Let coding begin")]),
        json: "the round"
    ) { context in
        try setState(.open, context, says: "opened") { work in
            switch work.round.state {
            case .draft, .closed: break
            case .open: throw CommandFailure(.dataError, "the round is open already")
            default: throw CommandFailure(.dataError, "the round is \(work.stateWords); that is not taken back")
            }
            if work.round.isBlind, work.stage >= .revealed {
                throw CommandFailure(.dataError, "the round is revealed; that is not taken back")
            }
            if work.assignments.isEmpty {
                throw CommandFailure(.dataError, "nothing of the round is anybody's to code")
            }
            if let day = work.round.revealOn, day <= timestamp(ofMilliseconds: context.surroundings.clock()).prefix(10)
            {
                throw CommandFailure(
                    .dataError, "the day of the reveal, \(day), is over; what would be coded now would not be blind")
            }
        }
    }

    static let roundClose = Command(
        CommandSpecification(
            "close", summary: "take nothing in any more, and show nothing yet",
            discussion:
                "What coders have not sent by then comes too late; 'variorum refused --keep-late' keeps it for the adjudicators.",
            positionals: [PositionalSpecification("round", "Number, id or title")],
            examples: [CommandExample("variorum round close Pilot", "Coding ends")]),
        json: "the round"
    ) { context in
        try setState(.closed, context, says: "closed") { work in
            guard work.round.state == .open else {
                throw CommandFailure(.dataError, "the round is not open: it is \(work.stateWords)")
            }
        }
    }

    static let roundReveal = Command(
        CommandSpecification(
            "reveal", summary: "show everybody's codings to everybody",
            discussion: """
                Of a round that was created with --reveal hand; others are revealed by the server. Whoever reveals has nothing left to \
                submit in it. Nobody codes in the round afterwards, and it is not taken back.
                """,
            positionals: [PositionalSpecification("round", "Number, id or title")],
            examples: [CommandExample("variorum round reveal Pilot", "Compare what the coders have found")]),
        json: "the round"
    ) { context in
        try setState(.revealed, context, says: "revealed") { work in
            guard work.round.state == .open || work.round.state == .closed else {
                throw CommandFailure(.dataError, "the round is \(work.stateWords)")
            }
            guard work.round.isBlind else { return }
            if work.stage >= .revealed { throw CommandFailure(.dataError, "the round is revealed already") }
            switch work.round.rule {
            case .hand: break
            case .date:
                throw CommandFailure(
                    .noPermission,
                    "the server reveals this round on \(work.round.revealOn ?? "its day"), and not before")
            default:
                throw CommandFailure(
                    .noPermission,
                    "the server reveals this round when all of its assignments are submitted, and not before; "
                        + "'variorum round withdraw' takes back those that nobody will code")
            }
            let left = work.ownAssignments.filter { !work.isSubmitted($0) }
            if !left.isEmpty {
                throw CommandFailure(
                    .noPermission,
                    "you have \(counted(left.count, "document")) left to submit in this round; submit them first, "
                        + "or withdraw them")
            }
        }
    }

    static let roundPublish = Command(
        CommandSpecification(
            "publish", summary: "show the decisions to everybody",
            discussion: "Of a round that is revealed. Until then its curators alone read the decisions.",
            positionals: [PositionalSpecification("round", "Number, id or title")],
            examples: [CommandExample("variorum round publish Pilot", "The decisions are final")]),
        json: "the round"
    ) { context in
        try setState(.published, context, says: "published") { work in
            if work.round.state == .published {
                throw CommandFailure(.dataError, "the round is published already")
            }
            if work.stage < .revealed {
                throw CommandFailure(
                    .noPermission,
                    "the round is not revealed, as far as this store knows; 'variorum sync' asks for news")
            }
        }
    }

    static let roundWithdraw = Command(
        CommandSpecification(
            "withdraw", summary: "take assignments back that nobody will code",
            discussion: """
                A round that is revealed when all is submitted does not wait for them any more. What was coded stays in the \
                coder's layer. 'variorum undo' gives them back.
                """,
            options: [.value("coder", "c", "member", "Of this coder: name or id")],
            positionals: [
                PositionalSpecification("round", "Number, id or title"),
                PositionalSpecification(
                    "document", "Only these documents: number, id or title", isOptional: true, isRepeatable: true),
            ],
            examples: [
                CommandExample("variorum round withdraw Pilot --coder ben", "Ben has left"),
                CommandExample("variorum round withdraw Pilot 3", "Nobody codes document 3 any more"),
            ]),
        json: "`{round, withdrawn: [assignment]}`"
    ) { context in
        let store = try context.openStore()
        let (work, chosen) = try store.read { reader in
            let names = try RecordNames(reading: reader)
            let work = try reader.roundWork(named: context.arguments.positional("round") ?? "", names)
            let coder = try context.arguments.value("coder").map { try work.coder(named: $0) }
            let documents = Set(
                try context.arguments.positionals("document").map { try names.document(named: $0).info.id })
            if coder == nil, documents.isEmpty { throw context.usage("say whose with --coder, or which documents") }
            let chosen = work.sortedAssignments.filter {
                (coder == nil || $0.coder == coder) && (documents.isEmpty || documents.contains($0.document))
            }
            return (work, chosen)
        }
        if work.round.isBlind, work.stage >= .revealed {
            throw CommandFailure(.dataError, "the round is revealed; its assignments stay as they are")
        }
        if chosen.isEmpty { throw CommandFailure(.noInput, "the round has no such assignments") }
        let json = chosen.map(work.json)
        try store.write { transaction in
            for assignment in chosen { try transaction.delete(assignment.info.id, in: assignment.info.layer) }
        }
        if context.isJSON {
            try context.write(["round": .text("\(work.round.info.id)"), "withdrawn": .array(json)])
            return .success
        }
        for assignment in chosen {
            try context.writeLine(
                printable("withdrawn  \(work.names.name(of: assignment.coder))  \(work.title(of: assignment.document))")
            )
        }
        return .success
    }

    /// Writes a round's state.
    ///
    /// - Parameter check: Says early what the server would refuse.
    private static func setState(
        _ state: RoundState, _ context: CommandContext, says verb: String, check: (RoundWork) throws -> Void
    ) throws -> ExitCode {
        let store = try context.openStore()
        let work = try store.read { reader in
            try reader.roundWork(named: context.arguments.positional("round") ?? "", RecordNames(reading: reader))
        }
        try check(work)
        let info = work.round.info
        try store.write { try $0.set(Field.Round.state, of: info.id, in: info.layer, to: .text(state.name)) }
        if context.isJSON {
            let fresh = try store.read { try $0.roundWork(named: "\(info.id)", RecordNames(reading: $0)) }
            try context.write(fresh.json)
            return .success
        }
        try context.writeLine(printable("\(verb)  \(info.id.short)  \(work.round.title)"))
        context.remark(
            try store.syncLink() == nil
                ? "it has an effect at a server alone, which makes the coders' layers: 'variorum connect'"
                : "it takes effect when it has arrived: 'variorum sync'")
        return .success
    }
}
