/// A place on a command line, after the words of a command: what may come next there.
///
/// The completions of all shells are written from these, so they offer what the parser takes.
struct CompletionPlace {
    /// The words after the program's name, with single spaces between.
    let path: String
    let commands: [(name: String, summary: String)]
    /// Those of the command and of the commands around it.
    let options: [OptionSpecification]

    /// The words that stand for an option.
    static func words(_ option: OptionSpecification) -> [String] {
        ["--" + option.name] + (option.letter.map { ["-\($0)"] } ?? [])
    }

    /// Every place of a program.
    static func all(of program: CommandSpecification) -> [CompletionPlace] {
        let help = CompletionPlace(
            path: "help", commands: program.subcommands.map { ($0.name, $0.summary) }, options: [])
        return places([program]) + [help]
    }

    private static func places(_ path: [CommandSpecification]) -> [CompletionPlace] {
        let command = path[path.count - 1]
        let standard = command.subcommands.first { $0.name == command.defaultSubcommand }
        var commands = command.subcommands.map { (name: $0.name, summary: $0.summary) }
        if path.count == 1 { commands.append(("help", "show help on a command")) }
        let place = CompletionPlace(
            path: path.dropFirst().map(\.name).joined(separator: " "), commands: commands,
            options: (standard?.options ?? []) + path.reversed().flatMap(\.options)
                + [.flag("help", "h", "Show this help")])
        return [place] + command.subcommands.flatMap { places(path + [$0]) }
    }

    /// The words of the options that take a value.
    var valued: [String] { options.filter { $0.valueName != nil }.flatMap(Self.words) }

    /// The options that take one of some values.
    var enumerated: [OptionSpecification] { options.filter { !$0.choices.isEmpty } }
}
