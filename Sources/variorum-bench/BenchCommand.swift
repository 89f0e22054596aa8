import BenchmarkResults
import CommandLine

/// The program `variorum-bench`: measures Variorum beside raw SQLite in the same run. See docs/benchmarks.md.
enum BenchCommand {
    static let specification = CommandSpecification(
        "variorum-bench", summary: "Measures Variorum beside raw SQLite in the same run",
        discussion: """
            Results are lines of JSON, one a case: medians over the runs, and the ratio to the case's baseline. Build with \
            -c release, or the figures mean nothing.
            """,
        subcommands: [
            CommandSpecification(
                "run", summary: "measure cases, all of them if none is named",
                options: [
                    .value("n", "n", "COUNT", "annotations of the workload", defaultValue: "10000"),
                    .value("runs", "r", "COUNT", "rounds; the median counts", defaultValue: "5"),
                    folder, sizes, program,
                ],
                positionals: [
                    PositionalSpecification(
                        "case", "which case; see `variorum-bench list`", isOptional: true, isRepeatable: true)
                ],
                examples: [
                    CommandExample("variorum-bench run", "everything, a few minutes"),
                    CommandExample("variorum-bench run import push pull --runs 9", "three cases and their baselines"),
                ]),
            CommandSpecification(
                "list", summary: "the cases",
                examples: [CommandExample("variorum-bench list", "what can be measured")]),
            CommandSpecification(
                "digest", summary: "check that the workload is the peers' workload, byte for byte",
                examples: [CommandExample("variorum-bench digest", "exit code 65 if it is not")]),
            CommandSpecification(
                "plot", summary: "draw the growth cases of a run, cost against size",
                options: [.value("folder", "f", "DIR", "where the plots go", defaultValue: "docs/plots")],
                positionals: [PositionalSpecification("results", "a file of lines that `run` wrote")],
                examples: [
                    CommandExample("variorum-bench plot results.jsonl", "SVG files; the last line of a case counts")
                ]),
            CommandSpecification(
                "step", summary: "one round of a group of cases in a process of its own (`run` starts it)",
                options: [
                    .value("n", "n", "COUNT", "annotations of the workload", defaultValue: "10000"), folder, sizes,
                    program,
                    .value("clients", nil, "COUNT", "how many clients of a crowd this is", defaultValue: "1"),
                    .value("server", nil, "URL", "a server that runs"),
                    .value("token", nil, "TOKEN", "its token"),
                    .value("client", nil, "NUMBER", "which of the editing clients", defaultValue: "0"),
                    .value("ca", nil, "FILE", "the server's certificate, where it is encrypted"),
                    .flag("reads", nil, "an editing client also reads what others wrote"),
                    .flag("private", nil, "a crowd writes where nobody else reads"),
                    .flag("snapshots", nil, "a new replica begins from snapshots, and leaves the history behind them"),
                ],
                positionals: [PositionalSpecification("group", "which group of cases, or which part of one")],
                examples: [CommandExample("variorum-bench step local -n 1000 --folder /tmp/x", "for a profiler")]),
        ],
        examples: [CommandExample("swift run -c release variorum-bench run", "everything")])

    private static let folder = OptionSpecification.value(
        "folder", "f", "DIR", "where to make stores and servers; on the disk that is to be measured",
        defaultValue: "/tmp",
        environmentVariable: "TMPDIR")

    private static let sizes = OptionSpecification.value(
        "sizes", nil, "LIST", "sizes of a workspace at which the growth cases measure, with commas between",
        defaultValue: "10000,100000")

    private static let program = OptionSpecification.value(
        "program", nil, "FILE", "the program `variorum` whose start is measured (default: the one beside this one)")

    static func run(_ arguments: [String], output: FileOutput = .standardOutput()) async -> ExitCode {
        FileOutput.ignoreBrokenPipes()
        let errors = FileOutput.standardError()
        do {
            switch try specification.parse(arguments, environment: environmentVariable) {
            case .help(let page):
                try output.write(page.text(width: Terminal(fileDescriptor: 1).width, isStyled: false))
                return .success
            case .run(let values):
                return try await dispatch(values, output, errors)
            }
        } catch let error as ResultError {
            try? errors.writeLine("variorum-bench: \(error)")
            return .dataError
        } catch let error as UsageError {
            try? errors.writeLine("variorum-bench: \(error)")
            return error.exitCode
        } catch {
            try? errors.writeLine("variorum-bench: \(error)")
            return .failure
        }
    }

    private static func dispatch(
        _ values: ArgumentValues, _ output: FileOutput, _ errors: FileOutput
    ) async throws -> ExitCode {
        switch values.commandPath.last {
        case "list":
            for group in CaseGroup.allCases {
                for item in BenchCase.all where item.group == group {
                    let name = item.name + String(repeating: " ", count: max(0, 20 - item.name.count))
                    try output.writeLine("\(name)\(item.summary)" + (item.baseline.map { "; beside \($0)" } ?? ""))
                }
            }
            return .success
        case "digest":
            let digests = WorkloadDigest.all()
            for digest in digests {
                try output.writeLine(
                    "{\"set\":\"\(digest.set)\",\"count\":\(digest.count),\"bytes\":\(digest.bytes),"
                        + "\"sha256\":\"\(digest.sha256)\",\"as_expected\":\(digest.holds)}")
            }
            return digests.allSatisfy(\.holds) ? .success : .dataError
        case "plot":
            let files = try Plotting(values).run()
            for file in files { try output.writeLine(file) }
            return .success
        case "step":
            try await Step(values, output: output).run()
            return .success
        default:
            let rounds = try Rounds(values, output: output, errors: errors)
            try await rounds.run()
            return .success
        }
    }
}
