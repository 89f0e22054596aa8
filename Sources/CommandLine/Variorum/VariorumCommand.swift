import Interchange

/// The program `variorum`, as a function of its arguments and surroundings.
public enum VariorumCommand {
    public static let version = "0.1"

    /// Runs one command line.
    ///
    /// - Parameter arguments: The words after the program's name.
    /// - Returns: The exit code; `ExitCode.meanings` lists them.
    public static func run(_ arguments: [String], in surroundings: Surroundings) async -> Int32 {
        do {
            if arguments == ["--version"] {
                try surroundings.output.writeLine("variorum \(version)")
                return ExitCode.success.rawValue
            }
            if arguments == ["help", "--markdown"] {
                try surroundings.output.write(manual())
                return ExitCode.success.rawValue
            }
            if let page = try PackagePages.text(for: arguments, of: referencePage) {
                try surroundings.output.write(page)
                return ExitCode.success.rawValue
            }
            switch try specification.parse(arguments, environment: surroundings.environment) {
            case .help(let page):
                let terminal = surroundings.terminal
                try surroundings.output.write(page.text(width: terminal.width, isStyled: terminal.isStyled))
                return ExitCode.success.rawValue
            case .run(let values):
                guard let body = Command.find(values.commandPath.dropFirst(), in: Command.all)?.body else {
                    preconditionFailure("\(values.commandPath) is specified and has no body")
                }
                return try await body(CommandContext(values, surroundings)).rawValue
            }
        } catch {
            let failure = CommandFailure(translating: error)
            report(failure, isUsage: error is UsageError, arguments, surroundings)
            return failure.exitCode.rawValue
        }
    }

    /// Errors go to standard error: as text, or with `--json` as one object on one line.
    private static func report(
        _ failure: CommandFailure, isUsage: Bool, _ arguments: [String], _ surroundings: Surroundings
    ) {
        if arguments.contains("--json") {
            let json: JSON = [
                "error": [
                    "exit_code": .integer(Int64(failure.exitCode.rawValue)), "message": .text(failure.description),
                ]
            ]
            try? surroundings.errorOutput.write(json.compact + [UInt8(ascii: "\n")])
            return
        }
        // A usage error names the command itself.
        let prefix = isUsage ? "" : "variorum: "
        try? surroundings.errorOutput.writeLine(prefix + printable(failure.description))
    }

    /// variorum(1).
    static var referencePage: ReferencePage {
        ReferencePage(program: specification, section: 1, related: ["variorumd(8)"])
    }

    package static var specification: CommandSpecification {
        var specification = CommandSpecification(
            "variorum",
            summary: "read, annotate and code documents together, offline first",
            discussion: """
                Work happens in a store, a folder .variorum that is found from the current folder upwards. \
                Start with 'variorum init', then 'variorum import', 'variorum read' and 'variorum annotate'.

                Documents, codes and entities are named by id, short id, or a name that only one of them has; documents \
                also by their number in 'variorum documents'.
                """,
            options: [
                .value(
                    "store", nil, "folder", "Work in the store of this folder, which holds .variorum",
                    environmentVariable: "VARIORUM_STORE"),
                .value(
                    "in", nil, "workspace",
                    "Work in this workspace of the store, by title or number (default: the current one)",
                    environmentVariable: "VARIORUM_WORKSPACE"),
                .flag("json", nil, "Write the result as JSON"),
                .flag("no-pager", nil, "Do not show long output through a pager"),
            ],
            subcommands: Command.all.map(\.specification))
        specification.appendices = [
            HelpAppendix("Exit codes", ExitCode.meanings.map { ("\($0.code.rawValue)", $0.meaning) })
        ]
        return specification
    }
}
