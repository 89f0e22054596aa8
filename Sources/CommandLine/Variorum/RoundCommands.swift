import AnnotationModel
import ChangeLog
import Cryptography
import Interchange
import LocalStore
import TeamCoding

extension Command {
    static let round = Command(
        "round", summary: "code documents together, blind to each other until the round is revealed",
        discussion: """
            A curator divides documents among coders and starts the round; each codes in a layer of their own, which the server keeps \
            from the others until the round is revealed; then the codings are compared and decided on. docs/rounds.md says what \
            is enforced, and what is not hidden.
            """,
        defaultSubcommand: "list",
        [
            roundCreate, roundList, roundShow, roundStart, roundWorklist, roundSubmit, roundReopen, roundClose,
            roundReveal, roundWithdraw, roundLate, roundJoin, roundPublish,
        ] + roundResults)

    private static let roundCreate = Command(
        CommandSpecification(
            "create", summary: "prepare a round: which documents, and who codes them",
            discussion: """
                Curators. Nobody codes before 'variorum round start'. Each document is coded in its newest version. Documents go \
                round among the coders in the order given; with --random by chance, which --seed lets anybody repeat. Nobody \
                gets one more than another, but for the last.

                What a round is and when it is revealed stays as it is created. Blind is the default.
                """,
            options: [
                .values("coders", "c", "member", "A coder: name or id", isRequired: true),
                .value("per-document", "k", "number", "How many coders each document has", defaultValue: "2"),
                .flag("random", nil, "Divide the documents by chance"),
                .value("seed", nil, "number", "Of the chance, so that it can be repeated"),
                .flag("blind", nil, "Coders see nothing of each other until it is revealed (the default)"),
                .flag("open", nil, "Everybody reads everybody's codings at once"),
                .value(
                    "reveal", nil, "rule",
                    "When it is revealed: once all is submitted, on a day, or when a curator says so",
                    choices: RevealRule.allCases.map(\.rawValue), defaultValue: RevealRule.all.rawValue),
                .value("on", nil, "day", "The day of --reveal date, from midnight UTC: YYYY-MM-DD"),
                .flag("codebook", nil, "Say with which state of the codebook it is coded: the present one"),
                .value(
                    "instructions", "i", "text",
                    "What its coders are asked to do, or - to read that from standard input"),
            ],
            positionals: [
                PositionalSpecification("title", "Name of the round"),
                PositionalSpecification(
                    "document", "Number, id or title; all documents if none is named", isOptional: true,
                    isRepeatable: true),
            ],
            examples: [
                CommandExample(
                    "variorum round create Pilot 1 2 3 --coders ana --coders ben --codebook",
                    "Two coders, blind, for three documents"),
                CommandExample(
                    "variorum round create Main -c ana -c ben -c eka -k 2 --random --seed 7 --reveal date --on 2026-10-01",
                    "All documents by two of three each, revealed on a day"),
            ]),
        json: "the round, with `assignments: [assignment]`"
    ) { context in
        let arguments = context.arguments
        let title = arguments.positional("title") ?? ""
        try checkName(title)
        if arguments.flag("blind"), arguments.flag("open") {
            throw context.usage("--blind and --open exclude each other")
        }
        if arguments.value("seed") != nil, !arguments.flag("random") { throw context.usage("--seed needs --random") }
        let rule = arguments.value("reveal").flatMap(RevealRule.init) ?? .all
        let day = try revealDay(rule, context)
        let count = try arguments.integer("per-document", in: 1...RoundPlan.coderMax) ?? 2
        let seed =
            arguments.flag("random")
            ? try arguments.integer("seed", in: 0...Int.max) ?? Int.random(in: 0..<1_000_000_000) : nil
        let instructions = try arguments.value("instructions").map { try context.text($0) }
        let store = try context.openStore()
        let (names, known, coders) = try store.read { reader in
            let names = try RecordNames(reading: reader)
            return (
                names, try reader.rounds(),
                try arguments.values("coders").map { try reader.coder(named: $0, names) }
            )
        }
        if let same = known.first(where: { $0.title.lowercased() == title.lowercased() }) {
            throw CommandFailure(
                .dataError, "there is a round '\(same.title)' already (\(same.info.id.short)); nothing was made")
        }
        let documents =
            arguments.positionals("document").isEmpty
            ? names.documents : try arguments.positionals("document").map { try names.document(named: $0) }
        if documents.isEmpty {
            throw CommandFailure(.noInput, "there are no documents to code yet; 'variorum import FILE' takes one in")
        }
        let versions = try Dictionary(
            documents.map { ($0.info.id, try names.version(of: $0, named: nil).info.id) },
            uniquingKeysWith: { first, _ in first })
        let plan: RoundPlan
        do {
            plan = try RoundPlan(
                documents: documents.map(\.info.id), coders: coders, codingsPerDocument: count,
                order: seed.map { .random(seed: UInt64($0)) } ?? .fixed)
        } catch {
            throw CommandFailure(.dataError, "\(error); --per-document says how many coders each document has")
        }
        let round = try store.write { transaction in
            let shared = try transaction.reader.ownLayer(.shared)
            var values: [(Field, Value)] = [
                (Field.Round.title, .text(title)), (Field.Round.state, .text(RoundState.draft.name)),
                (Field.Round.isBlind, .boolean(!arguments.flag("open"))),
                (Field.Round.revealRule, .text(rule.rawValue)),
                (Field.Round.codingsPerDocument, .integer(Int64(count))),
            ]
            if let day { values.append((Field.Round.revealOn, .text(day))) }
            if let seed { values.append((Field.Round.seed, .integer(Int64(seed)))) }
            if let instructions { values.append((Field.Round.instructions, .text(instructions))) }
            if arguments.flag("codebook") {
                values.append((Field.Round.codebookRevision, names.codebookStamp()))
            }
            let round = try transaction.create(.round, in: shared, values)
            for assignment in plan.assignments {
                try transaction.create(
                    .assignment, in: shared,
                    [
                        (Field.Assignment.round, .identifier(round)),
                        (Field.Assignment.document, .identifier(assignment.document)),
                        (Field.Assignment.version, .identifier(versions[assignment.document] ?? assignment.document)),
                        (
                            Field.Assignment.coder,
                            .identifier(RecordID(high: assignment.coder.high, low: assignment.coder.low))
                        ),
                    ])
            }
            return round
        }
        let work = try store.read { reader in
            try reader.roundWork(named: "\(round)", RecordNames(reading: reader))
        }
        if context.isJSON {
            try context.write(work.json.adding(["assignments": .array(work.sortedAssignments.map(work.json))]))
            return .success
        }
        try context.writeLine(
            printable("created  \(round.short)  \(title)  \(counted(plan.assignments.count, "assignment"))"))
        for line in work.division { try context.writeLine(printable("  " + line)) }
        if let seed { try context.writeLine("  divided by chance, with seed \(seed)") }
        context.remark("nobody codes yet: 'variorum round start \(shellWord(title))'")
        return .success
    }

    /// The day of a round that is revealed on one.
    private static func revealDay(_ rule: RevealRule, _ context: CommandContext) throws -> String? {
        guard let day = context.arguments.value("on") else {
            if rule == .date { throw context.usage("--reveal date needs the day: --on YYYY-MM-DD") }
            return nil
        }
        guard rule == .date else { throw context.usage("--on needs --reveal date") }
        guard day.utf8.count == 10, ValueType.date.accepts(.text(day)) else {
            throw CommandFailure(.dataError, "'\(day)' is no day; it must be YYYY-MM-DD")
        }
        guard day > timestamp(ofMilliseconds: context.surroundings.clock()).prefix(10) else {
            throw CommandFailure(
                .dataError, "\(day) is not ahead: the round would be revealed as soon as it is started")
        }
        return day
    }

    private static let roundList = Command(
        CommandSpecification(
            "list", summary: "list the rounds",
            discussion:
                "The number before a round names it in other commands, on this device and until one is added or removed.",
            examples: [CommandExample("variorum round", "List all rounds")]),
        json: "`{rounds: [round]}`"
    ) { context in
        let rounds = try context.openStore().read { try $0.roundWork(RecordNames(reading: $0)) }
        if context.isJSON {
            try context.write(["rounds": .array(rounds.map(\.json))])
            return .success
        }
        if rounds.isEmpty {
            context.remark("no rounds yet; 'variorum round create' prepares one")
            return .success
        }
        var table = TextTable([
            .init("#", alignment: .right), .init("id"), .init("title", isFlexible: true), .init("state"),
            .init("documents", alignment: .right), .init("coders", isFlexible: true), .init("yours"),
        ])
        for (number, work) in rounds.enumerated() {
            let own = work.ownAssignments
            table.rows.append([
                "\(number + 1)", work.round.info.id.short, work.round.title, work.stateWords,
                "\(Set(work.assignments.map(\.document)).count)",
                work.coders.map { work.names.name(of: $0) }.joined(separator: ", "),
                own.isEmpty ? "" : "\(own.filter(work.isSubmitted).count) of \(own.count) submitted",
            ])
        }
        try context.write(table)
        return .success
    }

    private static let roundShow = Command(
        CommandSpecification(
            "show", summary: "show a round: its rules, how far it has come, and what was submitted",
            discussion: """
                Before the reveal nobody can say how far the others are. After it, the seal says whether a coder's codings \
                are still those that were submitted.
                """,
            positionals: [PositionalSpecification("round", "Number, id or title")],
            examples: [CommandExample("variorum round show Pilot", "How far is the pilot?")]),
        json: """
            the round, with `assignments: [assignment]`, an assignment being `{assignment, round, document, title, version, coder, \
            coder_name, is_layer_here, is_writable, codings, is_submitted, submitted_codings, seal, is_unaltered}`, and `late: \
            [{member, name, annotations}]`; what cannot be known is null
            """
    ) { context in
        let work = try context.openStore().read { reader in
            try reader.roundWork(named: context.arguments.positional("round") ?? "", RecordNames(reading: reader))
        }
        let late = work.coders.map { ($0, work.lateCount(of: $0)) }.filter { $0.1 > 0 }
        if context.isJSON {
            let lateWork = late.map { coder, count -> JSON in
                [
                    "member": .text("\(coder)"), "name": .optional(work.names.memberNames[coder]),
                    "annotations": .number(count),
                ]
            }
            try context.write(
                work.json.adding([
                    "assignments": .array(work.sortedAssignments.map(work.json)), "late": .array(lateWork),
                ]))
            return .success
        }
        for line in work.description { try context.writeLine(printable(line)) }
        let shown = work.stage >= .revealed ? work.sortedAssignments : work.ownAssignments
        if !shown.isEmpty {
            try context.writeLine()
            var table = TextTable([
                .init("#", alignment: .right), .init("document", isFlexible: true), .init("coder"),
                .init("codings", alignment: .right), .init("submitted"), .init("seal"),
            ])
            for assignment in shown { table.rows.append(work.row(assignment)) }
            try context.write(table)
        }
        for (coder, count) in late {
            try context.writeLine(
                printable(
                    "late: \(counted(count, "annotation")) by \(work.names.name(of: coder)), for the adjudicators"))
        }
        return .success
    }
}

extension RoundWork {
    /// How many documents each coder has.
    var division: [String] {
        coders.map { coder in
            let count = assignments.filter { $0.coder == coder }.count
            return "\(names.name(of: coder)): \(counted(count, "document"))"
        }
    }

    /// The state as it matters to people: what the server has done by its rule counts before what somebody wrote.
    var stateWords: String {
        switch (round.state, stage) {
        case (.draft, _): "draft"
        case (.open, .hidden): round.isBlind ? "open, blind" : "open"
        case (.open, _), (.closed, .revealed), (.closed, .published):
            round.isBlind ? "revealed" : round.state.name
        case (.closed, .hidden): "closed"
        case (.revealed, _), (.adjudicated, _): stage == .hidden && round.isBlind ? "to be revealed" : round.state.name
        case (.published, _): stage == .published ? "published" : "to be published"
        }
    }

    private var ruleWords: String {
        guard round.isBlind else { return "open: everybody reads everybody's codings" }
        switch round.rule {
        case .all: return "blind, revealed when all assignments are submitted"
        case .date: return "blind, revealed on \(round.revealOn ?? "a day"), from midnight UTC"
        case .hand: return "blind, revealed when a curator says so"
        case nil: return "blind, revealed by a rule of a newer version"
        }
    }

    /// What `round show` says before its table.
    var description: [String] {
        var lines = [
            "\(round.title)  \(round.info.id.short)", "state: \(stateWords)", "rule: \(ruleWords)",
            "coders: " + division.joined(separator: ", "),
        ]
        if let count = round.codingsPerDocument { lines.append("codings of each document: \(count)") }
        if let seed = round.seed { lines.append("divided by chance, with seed \(seed)") }
        if let revision = round.codebookRevision {
            let now = names.codebookRevision(using: OpenSSLCryptography()).bytes
            lines.append(
                "codebook: \(Self.short(revision))" + (now == revision ? ", as it is now" : ", changed since"))
        }
        if let instructions = round.instructions { lines.append("instructions: \(instructions)") }
        return lines
    }

    private static func short(_ revision: [UInt8]) -> String { String(RecordNames.digits(revision).prefix(12)) }

    /// A row of `round show`.
    func row(_ assignment: AssignmentItem) -> [String] {
        let submission = standing(assignment).last
        let seal: String =
            switch isUnaltered(assignment) {
            case true?: "fits"
            case false?: "altered since"
            case nil: ""
            }
        return [
            number(of: assignment.document).map { "\($0)" } ?? "?", title(of: assignment.document),
            names.name(of: assignment.coder),
            layer(.coding, of: assignment.coder) == nil ? "?" : "\(codings(of: assignment).count)",
            submission.map { localTime($0.info.createdAt) } ?? "no", seal,
        ]
    }
}
