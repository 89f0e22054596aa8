/// A command of `variorum`: what it takes, what it says in JSON, and what it does.
struct Command: Sendable {
    typealias Body = @Sendable (CommandContext) async throws -> ExitCode

    let specification: CommandSpecification
    /// What `--json` gives, for docs/cli.md.
    let json: String
    let body: Body?
    let subcommands: [Command]

    init(_ specification: CommandSpecification, json: String, _ body: @escaping Body) {
        self.specification = specification
        self.json = json
        self.body = body
        subcommands = []
    }

    /// A command that only leads to others.
    init(
        _ name: String, summary: String, discussion: String = "", defaultSubcommand: String? = nil,
        _ subcommands: [Command]
    ) {
        specification = CommandSpecification(
            name, summary: summary, discussion: discussion, subcommands: subcommands.map(\.specification),
            defaultSubcommand: defaultSubcommand)
        json = ""
        body = nil
        self.subcommands = subcommands
    }

    /// The command that a path of names leads to.
    static func find(_ path: ArraySlice<String>, in commands: [Command]) -> Command? {
        guard let name = path.first, let command = commands.first(where: { $0.specification.name == name }) else {
            return nil
        }
        return path.count == 1 ? command : find(path.dropFirst(), in: command.subcommands)
    }
}
