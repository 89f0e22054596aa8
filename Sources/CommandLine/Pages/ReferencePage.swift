/// The manual page of a program, with all its commands, as roff with the man macros.
struct ReferencePage {
    let program: CommandSpecification
    /// Of the manual: 1 for everybody's commands, 8 for administration.
    let section: Int
    /// Other pages, as `name(section)`.
    let related: [String]

    private static let sectionTitles = [1: "User commands", 8: "System administration"]

    var text: String {
        let title = [
            program.name.uppercased(), "\(section)", "", "Variorum \(VariorumCommand.version)",
            Self.sectionTitles[section] ?? "",
        ]
        var lines = [".TH " + title.map(Roff.argument).joined(separator: " ")]
        lines += [".SH NAME", "\(Roff.text(program.name)) \\- \(Roff.text(program.summary))"]
        lines += [".SH SYNOPSIS", ".nf", Roff.text(HelpPage([program]).synopsis), ".fi"]
        lines += [".SH DESCRIPTION"] + paragraphs(program.discussion)
        lines += [".SH OPTIONS"] + options(program)
        lines += [".SH COMMANDS"] + program.subcommands.flatMap { command($0, under: [program]) }
        for appendix in program.appendices {
            lines.append(".SH " + Roff.argument(appendix.title.uppercased()))
            lines += appendix.rows.flatMap { item($0.term, $0.description) }
        }
        if !program.examples.isEmpty { lines.append(".SH EXAMPLES") }
        lines += program.examples.flatMap(example)
        lines += [".SH SEE ALSO", Roff.text(related.joined(separator: ", "))]
        return lines.joined(separator: "\n") + "\n"
    }

    private func command(_ command: CommandSpecification, under path: [CommandSpecification]) -> [String] {
        let path = path + [command]
        let page = HelpPage(path)
        if !command.subcommands.isEmpty { return command.subcommands.flatMap { self.command($0, under: path) } }
        var lines = [".SS " + Roff.argument(page.commandPath.dropFirst().joined(separator: " "))]
        lines += [".nf", Roff.text(page.synopsis), ".fi", ".PP", sentence(command.summary)]
        if !command.discussion.isEmpty { lines += [".PP"] + paragraphs(command.discussion) }
        lines += command.positionals.flatMap { item(HelpPage.synopsis($0), $0.summary) }
        lines += options(command)
        return lines + command.examples.flatMap(example)
    }

    private func options(_ command: CommandSpecification) -> [String] {
        command.options.flatMap {
            item(HelpPage.term($0).trimmingPrefix(while: \.isWhitespace).description, HelpPage.description($0))
        }
    }

    private func item(_ term: String, _ description: String) -> [String] {
        [".TP", ".B " + Roff.argument(term), Roff.text(description)]
    }

    private func example(_ example: CommandExample) -> [String] {
        [".PP", sentence(example.purpose), ".PP", ".RS 4", ".nf", Roff.text(example.commandLine), ".fi", ".RE"]
    }

    private func paragraphs(_ text: String) -> [String] {
        text.split(separator: "\n\n").flatMap { [".PP"] + $0.split(separator: "\n").map { Roff.text(String($0)) } }
            .dropFirst().map(\.self)
    }

    private func sentence(_ phrase: String) -> String {
        let text = phrase.prefix(1).uppercased() + phrase.dropFirst()
        return Roff.text(text.hasSuffix("?") || text.hasSuffix(".") ? text : text + ".")
    }
}
