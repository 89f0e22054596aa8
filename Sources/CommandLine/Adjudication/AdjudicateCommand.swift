import AnnotationModel
import Cryptography
import Interchange
import LocalStore
import TeamCoding

extension Command {
    static let roundAdjudicate = Command(
        CommandSpecification(
            "adjudicate", summary: "decide what stands of a revealed round",
            discussion: """
                On a terminal it shows one passage after the other, what coders disagree on most first, with the codings side \
                by side under letters in place of names. Keys: 1 to 9 accept a coder's codings, r reject with nothing, \
                e other codes, u leave it open, s skip, b back, q quit. Each decision asks for a reason and is written \
                at once.

                Without a terminal, or with one of these options: --list shows what is left, --decide makes one decision, \
                --pre-merge decides what a strategy can.
                """,
            options: [
                .flag("list", "l", "List what is left to decide"),
                .value("decide", nil, "cluster", "Decide this cluster; --list gives its name"),
                .value("accept", nil, "coder", "What this coder said stands: a letter, or a name"),
                .values("replace", nil, "code", "This code stands; may be repeated"),
                .flag("reject", nil, "Nothing belongs here"),
                .flag("unresolved", nil, "Coders differ for good reasons; it stays open"),
                .value("rationale", nil, "text", "Why; - reads it from standard input"),
                .value(
                    "pre-merge", nil, "strategy",
                    "complete-agreeing, incomplete-agreeing, or threshold:USERS:PERCENT"),
                .flag("equal-ranges", nil, "With --pre-merge: coders agree only if they marked the same boundaries"),
                .value("overlap", nil, "percent", "How much codings of one cluster overlap", defaultValue: "50"),
            ],
            positionals: [PositionalSpecification("round", "Id or title")],
            examples: [
                CommandExample("variorum round adjudicate \"First round\"", "Go through what is left"),
                CommandExample(
                    "variorum round adjudicate 3f9c21aa --pre-merge threshold:2:75", "Decide what most agree on"),
                CommandExample(
                    "variorum round adjudicate 3f9c21aa --decide 41c09f2a --accept B --rationale \"Quotes the treaty\"",
                    "Make one decision"),
            ]),
        json: """
            `{round, decided, without_codings, clusters: [{cluster, document, start, end, reason, disagreement, coders}]}`; \
            with --decide `{decisions: [id], outcome}`; with --pre-merge `{strategy, decided, left}`
            """
    ) { context in
        try Adjudication(context).run()
    }
}

/// What `round adjudicate` does.
private struct Adjudication {
    let context: CommandContext
    let store: LocalStore
    let round: RevealedRound
    let thresholdPercent: Int

    init(_ context: CommandContext) throws {
        self.context = context
        thresholdPercent = try context.arguments.integer("overlap", in: 1...100) ?? 50
        store = try context.openStore()
        round = try store.read {
            try RevealedRound(named: context.arguments.positional("round") ?? "", reading: $0)
        }
    }

    func run() throws -> ExitCode {
        let arguments = context.arguments
        let deeds = [arguments.flag("list"), arguments.value("decide") != nil, arguments.value("pre-merge") != nil]
        if deeds.count(where: { $0 }) > 1 {
            throw context.usage("--list, --decide and --pre-merge exclude each other")
        }
        if arguments.value("decide") == nil, !choices.isEmpty || arguments.value("rationale") != nil {
            throw context.usage("--accept, --replace, --reject, --unresolved and --rationale need --decide")
        }
        if arguments.flag("equal-ranges"), arguments.value("pre-merge") == nil {
            throw context.usage("--equal-ranges needs --pre-merge")
        }
        round.remarkOmissions(context)
        if let cluster = arguments.value("decide") { return try decide(cluster) }
        if let strategy = arguments.value("pre-merge") { return try preMerge(strategy) }
        if arguments.flag("list") || context.isJSON || !context.surroundings.input.isTerminal
            || !context.terminal.isTerminal
        {
            return try list()
        }
        return try review()
    }

    /// The outcomes that were asked for.
    private var choices: [String] {
        let arguments = context.arguments
        return [
            arguments.value("accept") == nil ? nil : "accept", arguments.values("replace").isEmpty ? nil : "replace",
            arguments.flag("reject") ? "reject" : nil, arguments.flag("unresolved") ? "unresolved" : nil,
        ].compactMap { $0 }
    }

    // MARK: On a terminal

    private func review() throws -> ExitCode {
        let writer = try DecisionWriter(round)
        let names = round.names
        let session = ReviewSession(round.material, queue: round.queue(thresholdPercent: thresholdPercent).queue) {
            try Self.code(named: $0, names)
        }
        if session.entries.isEmpty {
            try context.writeLine("nothing is left to decide")
            return .success
        }
        let end = try KeyScreen.run(
            session, input: context.surroundings.input.fileDescriptor, output: context.surroundings.output,
            environment: context.surroundings.environment,
            picture: { ScreenPicture(lines: ReviewScreen.lines($0, $1)) }
        ) { session, key in
            switch session.press(key) {
            case .none: break
            case .leave: return false
            case .record(let draft):
                do { session.recorded(try store.write { try writer.write(draft, in: $0) }) } catch {
                    session.failed(CommandFailure(translating: error).description)
                }
            }
            return true
        }
        let left = end.entries.count - end.decided.count
        try context.writeLine("\(counted(end.decided.count, "decision")) recorded, \(left) left to decide")
        return .success
    }

    // MARK: Without one

    private func list() throws -> ExitCode {
        let (_, queue) = round.queue(thresholdPercent: thresholdPercent)
        let material = round.material
        let titles = Dictionary(
            material.documents.map { ($0.id, $0.title) }, uniquingKeysWith: { first, _ in first })
        let coders = material.anonymousCoders
        func letters(_ entry: AdjudicationQueue.Entry) -> [String] {
            let here = Set(entry.cluster.codings.map(\.coder))
            return coders.order.filter(here.contains).map { String(coders.name(of: $0).dropFirst("Coder ".count)) }
        }
        if context.isJSON {
            try context.write([
                "round": .text("\(round.id)"), "decided": .number(queue.decidedCount),
                "without_codings": .number(queue.withoutCodings.count),
                "clusters": .array(
                    queue.entries.map { entry in
                        [
                            "cluster": .text(Self.name(entry.inputHash)),
                            "document": .text("\(entry.cluster.document)"),
                            "start": .number(entry.cluster.range.lowerBound),
                            "end": .number(entry.cluster.range.upperBound), "reason": .text(Self.reason(entry.reason)),
                            "disagreement": .number(entry.cluster.disagreement.millionths),
                            "coders": .texts(letters(entry)),
                        ]
                    }),
            ])
            return .success
        }
        if queue.entries.isEmpty {
            context.remark("nothing is left to decide; \(counted(queue.decidedCount, "cluster")) decided")
            return .success
        }
        var table = TextTable([
            .init("cluster"), .init("differ", alignment: .right), .init("why"), .init("coders", isFlexible: true),
            .init("document", isFlexible: true), .init("passage", isFlexible: true),
        ])
        var texts: [RecordID: [Unicode.Scalar]] = [:]
        for document in material.documents { texts[document.id] = document.text.map { Array($0.unicodeScalars) } }
        for entry in queue.entries {
            let range = entry.cluster.range
            let words = texts[entry.cluster.document].map { scalars in
                let cut = range.clamped(to: 0..<scalars.count).prefix(400)
                return excerpt(String(String.UnicodeScalarView(cut.map { scalars[$0] })))
            }
            table.rows.append([
                Self.name(entry.inputHash), "\(entry.cluster.disagreement.millionths / 10_000) %",
                Self.reason(entry.reason), letters(entry).joined(separator: " "),
                titles[entry.cluster.document] ?? "", words ?? "\(range.lowerBound) to \(range.upperBound)",
            ])
        }
        try context.write(table)
        return .success
    }

    private static func reason(_ reason: AdjudicationQueue.Reason) -> String {
        switch reason {
        case .undecided: "undecided"
        case .changed: "changed"
        case .contested: "contested"
        }
    }

    /// What a cluster is called: the beginning of the hash of its codings, so that a decision is never of something else
    /// than what was listed.
    private static func name(_ hash: some CustomStringConvertible) -> String { String(hash.description.prefix(12)) }

    private func decide(_ text: String) throws -> ExitCode {
        let choices = choices
        guard choices.count == 1 else {
            throw context.usage(
                choices.isEmpty
                    ? "--decide needs one of --accept, --replace, --reject, --unresolved"
                    : "--\(choices[0]) and --\(choices[1]) exclude each other")
        }
        let (clusters, queue) = round.queue(thresholdPercent: thresholdPercent)
        let cryptography = OpenSSLCryptography()
        let lowered = text.lowercased()
        let found =
            text.count < RecordNames.idDigitsMin
            ? [] : clusters.filter { "\($0.input.hash(cryptography))".hasPrefix(lowered) }
        guard found.count == 1, let cluster = found.first else {
            throw CommandFailure(
                found.isEmpty ? .noInput : .dataError,
                found.isEmpty
                    ? "there is no cluster '\(text)'; its codings may have changed since it was listed: 'variorum round adjudicate ROUND --list'"
                    : "'\(text)' could be several clusters; use more digits")
        }
        let supersedes = queue.decisionsToReplace(for: cluster)
        var draft: DecisionDraft
        switch choices[0] {
        case "accept":
            let coder = try round.coder(named: context.arguments.value("accept") ?? "")
            guard let accepted = DecisionDraft.accepting(coder, in: cluster, supersedes: supersedes) else {
                throw CommandFailure(.dataError, "that coder has marked nothing in this cluster")
            }
            draft = accepted
        case "replace":
            let codes = try context.arguments.values("replace").map { try Self.code(named: $0, round.names) }
            draft = .replacing(with: codes, in: cluster, supersedes: supersedes)
        case "reject": draft = .rejecting(cluster, supersedes: supersedes)
        default: draft = .leavingOpen(cluster, supersedes: supersedes)
        }
        draft.rationale = try context.arguments.value("rationale").map { try context.text($0) } ?? ""
        let writer = try DecisionWriter(round)
        let ids = try store.write { try writer.write(draft, in: $0) }
        if context.isJSON {
            try context.write(["decisions": .texts(ids.map { "\($0)" }), "outcome": .text(draft.outcome.rawValue)])
        } else {
            try context.writeLine("decided  \(ids.map(\.short).joined(separator: " "))  \(draft.outcome.rawValue)")
        }
        return .success
    }

    private static func code(named text: String, _ names: RecordNames) throws -> RecordID {
        let code = try names.code(named: text)
        try names.checkCodable(code)
        return code.info.id
    }

    // MARK: Pre-merge

    /// Decisions in one transaction: each is whole or not there, and thousands do not wait for the disk one by one.
    private static let batch = 100

    private func preMerge(_ text: String) throws -> ExitCode {
        let merge = try strategy(text)
        let writer = try DecisionWriter(round)
        let (_, queue) = round.queue(thresholdPercent: thresholdPercent)
        let undecided = queue.entries.filter { $0.reason == .undecided }
        let drafts = undecided.compactMap { DecisionDraft.proposed(by: merge, for: $0.cluster) }
        for start in stride(from: 0, to: drafts.count, by: Self.batch) {
            try store.write { transaction in
                for draft in drafts[start..<min(start + Self.batch, drafts.count)] {
                    _ = try writer.write(draft, in: transaction)
                }
            }
        }
        let left = queue.entries.count - drafts.count
        if context.isJSON {
            try context.write([
                "strategy": .text(merge.description), "decided": .number(drafts.count), "left": .number(left),
            ])
        } else {
            try context.writeLine("decided  \(counted(drafts.count, "cluster")) by \(merge); \(left) left to people")
        }
        return .success
    }

    private func strategy(_ text: String) throws -> PreMerge {
        let isRangeCompared = context.arguments.flag("equal-ranges")
        switch text {
        case "complete-agreeing": return PreMerge(.completeAndAgreeing, isRangeCompared: isRangeCompared)
        case "incomplete-agreeing": return PreMerge(.incompleteAndAgreeing, isRangeCompared: isRangeCompared)
        default:
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 3, parts[0] == "threshold", let users = Int(parts[1]), let percent = Int(parts[2]),
                (1...RoundMaterial.coderMax).contains(users), (0...100).contains(percent)
            else {
                throw context.usage(
                    "--pre-merge needs complete-agreeing, incomplete-agreeing or threshold:USERS:PERCENT, not '\(text)'"
                )
            }
            return PreMerge(
                .threshold(users: users, confidencePercent: percent), isRangeCompared: isRangeCompared)
        }
    }
}
