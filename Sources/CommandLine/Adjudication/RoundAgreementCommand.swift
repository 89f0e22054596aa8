import AnnotationModel
import Cryptography
import Interchange
import LocalStore
import TeamCoding

extension Command {
    static let roundAgreement = Command(
        CommandSpecification(
            "agreement", summary: "measure how alike the coders of a revealed round coded",
            discussion: """
                For all codes together, each code, each variable of statements, each document, and with --pairs each two \
                coders. alpha, percent, kappa, fleiss and ac1 compare passages that somebody marked, for variables those of \
                which somebody stated something; unitizing-alpha, gamma, exact-f1 and overlap-f1 compare spans, and have no \
                variables. What came late is left out. docs/agreement.md says which to take when. --record keeps the figures in \
                the gold layer, with all that it takes to compute them again.
                """,
            options: [
                .value(
                    "measure", "m", "measure", "The coefficient", choices: RoundMeasure.allCases.map(\.rawValue),
                    defaultValue: RoundMeasure.alpha.rawValue),
                .values("code", "c", "code", "Only this code, with its documents; may be repeated"),
                .values(
                    "variable", nil, "name",
                    "Only this variable of statements, with its documents; built-in, or a name or id; may be repeated"),
                .value(
                    "level", "l", "level", "How alpha compares the values of --variable; masi if not given",
                    choices: ["nominal", "jaccard", "masi", "ordinal", "interval", "ratio"]),
                .flag("pairs", nil, "Each two coders, too"),
                .value("bootstrap", nil, "resamples", "Intervals of 95 % from so many resamples"),
                .value("seed", nil, "number", "Of what is drawn at random", defaultValue: "1"),
                .value("overlap", nil, "percent", "How much codings of one cluster overlap", defaultValue: "50"),
                .flag("anonymous", nil, "Letters in place of coders' names"),
                .flag("record", nil, "Keep the figures in the gold layer"),
            ],
            positionals: [PositionalSpecification("round", "Id or title")],
            examples: [
                CommandExample("variorum round agreement \"First round\" --pairs", "Alpha, of each two coders as well"),
                CommandExample(
                    "variorum round agreement 3f9c21aa -m gamma --bootstrap 1000 --seed 7", "Gamma with intervals"),
                CommandExample(
                    "variorum round agreement 3f9c21aa --variable certainty --level ordinal", "Alpha of ranks"),
            ]),
        json: """
            `{round, late, lines: [{subject, code, variable, document, coders, measure, parameters, value, undefined, interval, units, \
            incomplete, used, left_out, input_hash}], recorded: [id]}`; figures are texts, to the last digit
            """
    ) { context in
        let arguments = context.arguments
        var request = RoundAgreement.Request()
        request.measure = arguments.value("measure").flatMap(RoundMeasure.init) ?? .alpha
        request.includesPairs = arguments.flag("pairs")
        request.seed = UInt64(try arguments.integer("seed", in: 0...Int.max) ?? 1)
        request.thresholdPercent = try arguments.integer("overlap", in: 1...100) ?? 50
        let seed = request.seed
        request.bootstrap = try arguments.integer("bootstrap", in: 1...Bootstrap.resampleMax).map {
            Bootstrap(resamples: $0, seed: seed)
        }
        let store = try context.openStore()
        let round = try store.read { try RevealedRound(named: arguments.positional("round") ?? "", reading: $0) }
        let codes = try arguments.values("code").map { try round.names.code(named: $0).info.id }
        if !codes.isEmpty { request.codes = codes }
        let variables = try arguments.values("variable").map { try round.names.statementVariable(named: $0) }
        if !variables.isEmpty { request.variables = variables }
        request.level = arguments.value("level").flatMap(AlphaMetric.init)
        do {
            try request.check()
        } catch {
            throw context.usage("\(error)")
        }
        let gold = arguments.flag("record") ? try round.goldLayer() : nil
        let agreement = try round.agreement(request, arguments.flag("anonymous") ? .letters : .names)
        let recorded: [RecordID] =
            try gold.map { gold in
                try store.write { transaction in
                    try agreement.lines.map {
                        try transaction.create(.agreementRun, in: gold, $0.fields(round: round.id))
                    }
                }
            } ?? []
        round.remarkOmissions(context)
        if context.isJSON {
            try context.write([
                "round": .text("\(round.id)"), "late": .number(agreement.tables.lateCount),
                "lines": .array(agreement.lines.map(\.json)), "recorded": .texts(recorded.map { "\($0)" }),
            ])
            return .success
        }
        var table = TextTable([
            .init("of", isFlexible: true), .init("value"), .init("units", alignment: .right),
            .init("incomplete", alignment: .right),
        ])
        if request.bootstrap != nil { table.columns.insert(.init("interval"), at: 2) }
        for line in agreement.lines {
            let counts = line.row.run.coefficient.counts
            var cells = [line.row.subject, line.row.value, "\(counts.units)", "\(counts.incomplete)"]
            if request.bootstrap != nil { cells.insert(line.row.interval, at: 2) }
            table.rows.append(cells)
        }
        if let first = agreement.lines.first { try context.writeLine(first.row.measure) }
        try context.write(table)
        for line in agreement.lines where line.leftOut > 0 && line.document == nil && line.pair.isEmpty {
            context.remark(
                "left out of \(line.row.subject): \(counted(line.leftOut, "rating")) of several values, of no full day or beyond 2^53"
            )
        }
        let late = agreement.tables.lateCount
        if late > 0 { context.remark("left out: \(counted(late, "coding")) that came late") }
        if agreement.tables.emptySpanCount > 0 {
            context.remark("left out of spans: \(agreement.tables.emptySpanCount) codings of empty passages")
        }
        if !recorded.isEmpty {
            try context.writeLine("recorded  \(counted(recorded.count, "figure")) in the gold layer")
        }
        return .success
    }
}

extension RevealedRound {
    /// - Throws: `dataError` if there is more than can be compared.
    func agreement(_ request: RoundAgreement.Request, _ naming: CoderNaming) throws -> RoundAgreement {
        do {
            return try RoundAgreement(material, request, coders: naming, cryptography: OpenSSLCryptography())
        } catch {
            throw CommandFailure(.dataError, "agreement cannot be computed: \(error)")
        }
    }
}
