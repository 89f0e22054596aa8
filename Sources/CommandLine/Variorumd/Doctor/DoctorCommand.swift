import Interchange
import ServerStore

/// `variorumd doctor`: everything that an operator would forget, one line each.
struct DoctorCommand {
    let folder: String
    let values: ArgumentValues
    let output: FileOutput

    static let specification: CommandSpecification = {
        var specification = CommandSpecification(
            "doctor", summary: "look at everything that an operator would forget",
            discussion: """
                Prints a line for each thing it looks at: ok, warning or problem, and what to do. Beside a running server too; \
                nothing is changed. It takes what 'serve' takes: give it the same options. Exit code 1 where there is a problem; \
                warnings alone give 0.
                """,
            options: Configuration.options + [
                .flag("json", nil, "print JSON instead of text")
            ],
            examples: [
                CommandExample("variorumd doctor -d data", "whether all is well"),
                CommandExample("variorumd doctor -d data --json", "for a monitoring system, once a day"),
            ])
        specification.appendices = [ConfigurationPage.appendix]
        return specification
    }()

    func run() async throws -> ExitCode {
        guard Files.isFolder(folder) else {
            throw ServerStoreError(.notAStore, "\(folder) is no folder; `variorumd init` makes one")
        }
        let findings = await Doctor(folder: folder, now: wallTime()).findings {
            try Configuration.load(values, folder: folder)
        }
        let problemCount = findings.count { $0.level == .problem }
        if values.flag("json") {
            let line: JSON = [
                "is_healthy": .boolean(problemCount == 0), "problem_count": .number(problemCount),
                "warning_count": .number(findings.count { $0.level == .warning }),
                "findings": .array(findings.map(\.json)),
            ]
            try output.write(line.compact + [UInt8(ascii: "\n")])
        } else {
            for finding in findings { try output.writeLine(finding.line) }
        }
        return problemCount == 0 ? .success : .failure
    }
}
