import AnnotationModel
import Interchange
import LocalStore
import TeamCoding

extension Command {
    /// What can be made of a revealed round, for the list of `round`'s subcommands.
    static let roundResults: [Command] = [
        .roundAgreement, .roundAdjudicate, .roundReport, .roundExport, .roundNetwork,
    ]

    private static let anonymous = OptionSpecification.flag("anonymous", nil, "Letters in place of coders' names")
    private static let overlap = OptionSpecification.value(
        "overlap", nil, "percent", "How much codings of one cluster overlap", defaultValue: "50")
    private static let roundName = PositionalSpecification("round", "Id or title")

    private static func naming(_ context: CommandContext) -> CoderNaming {
        context.arguments.flag("anonymous") ? .letters : .names
    }

    private static func revealed(_ context: CommandContext) throws -> RevealedRound {
        let round = try context.openStore().read {
            try RevealedRound(named: context.arguments.positional("round") ?? "", reading: $0)
        }
        round.remarkOmissions(context)
        return round
    }

    static let roundReport = Command(
        CommandSpecification(
            "report", summary: "write a revealed round as pages",
            discussion: """
                round.html has the whole round: texts with codings, statements, agreement, decisions, method. Beside it \
                stands a page of each document. Pages need nothing else and run nothing. The same content gives the same \
                bytes. docs/results.md describes them.
                """,
            options: [
                .value("output", "o", "folder", "The folder, made if it is not there", isRequired: true), anonymous,
                overlap, .value("bootstrap", nil, "resamples", "Intervals of 95 % from so many resamples"),
                .value("seed", nil, "number", "Of the resamples", defaultValue: "1"),
            ],
            positionals: [roundName],
            examples: [
                CommandExample("variorum round report \"First round\" --output report", "Pages to publish or print")
            ]),
        json: "`{output, files: [{file, bytes}], losses: [{what, count, reason}]}`"
    ) { context in
        let arguments = context.arguments
        let naming = naming(context)
        let threshold = try arguments.integer("overlap", in: 1...100) ?? 50
        let seed = UInt64(try arguments.integer("seed", in: 0...Int.max) ?? 1)
        let bootstrap = try arguments.integer("bootstrap", in: 1...Bootstrap.resampleMax).map {
            Bootstrap(resamples: $0, seed: seed)
        }
        let round = try revealed(context)
        var request = RoundAgreement.Request()
        request.thresholdPercent = threshold
        request.bootstrap = bootstrap
        request.includesPairs = true
        var rows = try round.agreement(request, naming).lines.map(\.row)
        request.includesPairs = false
        for measure in [RoundMeasure.unitizingAlpha, .overlapF1] {
            request.measure = measure
            rows += try round.agreement(request, naming).lines.prefix(1).map(\.row)
        }
        let report = RoundReport(
            round.material, queue: round.queue(thresholdPercent: threshold).queue, agreement: rows,
            thresholdPercent: threshold, coders: naming)
        let folder = context.surroundings.absolute(arguments.value("output") ?? "")
        try Files.makeFolder(folder)
        let whole = report.page()
        var files = [(name: "round.html", bytes: whole.bytes)]
        for document in round.material.documents {
            if let page = report.page(of: document.id) { files.append(("document-\(document.id).html", page.bytes)) }
        }
        for file in files { try Files.replace(folder + "/" + file.name, with: file.bytes) }
        if context.isJSON {
            try context.write([
                "output": .text(folder),
                "files": .array(files.map { ["file": .text($0.name), "bytes": .number($0.bytes.count)] }),
                "losses": whole.losses.json,
            ])
        } else {
            for file in files {
                try context.writeLine("wrote \(printable(folder))/\(file.name), \(size(file.bytes.count))")
            }
            context.remark(whole.losses)
        }
        return .success
    }

    static let roundExport = Command(
        CommandSpecification(
            "export", summary: "write the codings of a revealed round in an open format",
            discussion: """
                csv and jsonl have one row for each coder, span and variable, for R and pandas. jsonld is a W3C Web Annotation \
                collection of all codings, with one of the decisions beside it. The same content gives the same bytes. What \
                a format cannot hold is reported on standard error. docs/results.md describes the files.
                """,
            options: [
                .value("format", "f", "format", "The format", isRequired: true, choices: ["csv", "jsonl", "jsonld"]),
                .value("output", "o", "file", "Write to this file, not to standard output"), anonymous,
            ],
            positionals: [roundName],
            examples: [
                CommandExample("variorum round export 3f9c21aa -f csv -o codings.csv", "For a spreadsheet"),
                CommandExample(
                    "variorum round export 3f9c21aa -f jsonld --anonymous > round.jsonld", "For annotation tools"),
            ]),
        json: "with --output: `{format, output, bytes, losses: [{what, count, reason}]}`"
    ) { context in
        let format = context.arguments.value("format") ?? ""
        try context.checkDelivery(format)
        let round = try revealed(context)
        if format == "jsonld" {
            let annotations = RoundAnnotations(
                round.material, queue: round.queue(thresholdPercent: 50).queue, records: round.names,
                coders: naming(context))
            return try context.deliver(annotations.webAnnotations(), format)
        }
        let rows = RoundRows(round.material, coders: naming(context))
        return try context.deliver(format == "csv" ? rows.commaSeparated() : rows.jsonLines(), format)
    }

    static let roundNetwork = Command(
        CommandSpecification(
            "network", summary: "write who takes which position on what as a network",
            discussion: """
                From the statements that stand by decision, unless --source names somebody else's. The same content and \
                seed give the same bytes. docs/results.md describes modes and formats.
                """,
            options: [
                .value(
                    "mode", "m", "mode", "Nodes and edges", isRequired: true,
                    choices: NetworkGraph.Mode.allCases.map(\.rawValue)),
                .value("format", "f", "format", "The format", isRequired: true, choices: ["graphml", "csv", "svg"]),
                .value("output", "o", "file", "Write to this file, not to standard output"),
                .value(
                    "source", nil, "source", "gold, everybody, or a coder: a name or 'Coder B'", defaultValue: "gold"),
                .value(
                    "actor", nil, "role", "Who the actors are",
                    choices: ActorConceptNetwork.Actor.allCases.map(\.rawValue),
                    defaultValue: ActorConceptNetwork.Actor.organisation.rawValue),
                .value("from", nil, "day", "Only statements from this day on, YYYY-MM-DD"),
                .value("to", nil, "day", "Only statements up to this day, YYYY-MM-DD"),
                .value("seed", nil, "number", "Of the drawing's layout", defaultValue: "1"),
            ],
            positionals: [roundName],
            examples: [
                CommandExample(
                    "variorum round network 3f9c21aa -m actor-concept -f svg -o network.svg", "A drawing"),
                CommandExample(
                    "variorum round network 3f9c21aa -m actor-actor -f graphml --from 2015-03-01 > march.graphml",
                    "For Gephi or visone"),
            ]),
        json: "with --output: `{format, output, bytes, losses: [{what, count, reason}]}`"
    ) { context in
        let arguments = context.arguments
        let format = arguments.value("format") ?? ""
        try context.checkDelivery(format)
        let (first, last) = (arguments.value("from"), arguments.value("to"))
        let range: DateRange? =
            first == nil && last == nil ? nil : try dates(from: first, to: last, context)
        let seed = UInt64(try arguments.integer("seed", in: 0...Int.max) ?? 1)
        let round = try revealed(context)
        let source: ActorConceptNetwork.Source
        switch arguments.value("source") ?? "gold" {
        case "gold":
            source = .gold(GoldResult(round.material, queue: round.queue(thresholdPercent: 50).queue).codings)
        case "everybody": source = .everybody
        case let name: source = .coder(try round.coder(named: name))
        }
        let network = ActorConceptNetwork(
            round.material, source: source,
            actor: arguments.value("actor").flatMap(ActorConceptNetwork.Actor.init) ?? .organisation, dates: range)
        let graph = NetworkGraph(
            network, mode: arguments.value("mode").flatMap(NetworkGraph.Mode.init) ?? .actorConcept)
        let export =
            switch format {
            case "csv": graph.commaSeparated()
            case "svg": graph.drawing(seed: seed)
            default: graph.graphML()
            }
        return try context.deliver(export, format)
    }

    private static func dates(from first: String?, to last: String?, _ context: CommandContext) throws -> DateRange {
        guard let range = DateRange(from: first, to: last) else {
            throw context.usage("--from and --to need days as YYYY-MM-DD, the first one before the last")
        }
        return range
    }
}

extension RevealedRound {
    /// A coder by letter, "Coder B", or a member's name or id.
    ///
    /// - Throws: `noInput` if there is none, `dataError` if several are meant.
    func coder(named text: String) throws -> MemberID {
        let coders = material.anonymousCoders
        let lowered = text.lowercased()
        let lettered = coders.order.first {
            let name = coders.name(of: $0).lowercased()
            return name == lowered || name == "coder " + lowered
        }
        return try lettered ?? names.member(named: text)
    }
}

extension CommandContext {
    /// - Throws: `usage` where `--json` has no file to tell about.
    func checkDelivery(_ format: String) throws {
        if isJSON, arguments.value("output") == nil {
            throw usage("--json tells about a file, so that it needs --output; the export itself is \(format)")
        }
    }

    /// Writes an export to where `--output` says, and tells what it could not hold.
    func deliver(_ export: Export, _ format: String) throws -> ExitCode {
        let output = arguments.value("output")
        if let output {
            try Files.replace(surroundings.absolute(output), with: export.bytes)
        } else {
            try surroundings.output.write(export.bytes)
        }
        if isJSON {
            try write([
                "format": .text(format), "output": .optional(output), "bytes": .number(export.bytes.count),
                "losses": export.losses.json,
            ])
        } else {
            if let output { try writeLine("wrote \(printable(output)), \(size(export.bytes.count))") }
            remark(export.losses)
        }
        return .success
    }

    func remark(_ losses: LossReport) {
        for loss in losses.losses { remark("not in this format: \(loss.what) (\(loss.count)); \(loss.reason)") }
    }
}

extension LossReport {
    var json: JSON {
        .array(losses.map { ["what": .text($0.what), "count": .number($0.count), "reason": .text($0.reason)] })
    }
}
