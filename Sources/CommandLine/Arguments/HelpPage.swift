/// The help page of a command.
public struct HelpPage: Sendable {
    /// The commands from the program to the one that the page is about.
    private let path: [CommandSpecification]

    init(_ path: [CommandSpecification]) { self.path = path }

    /// The command that the page is about, from the program's name on.
    public var commandPath: [String] { path.map(\.name) }

    private var command: CommandSpecification { path[path.count - 1] }

    /// Writes the page.
    ///
    /// - Parameters:
    ///   - width: The terminal's width in columns; lines of more than 100 are not made, as nobody likes reading them.
    ///   - isStyled: Whether headings are bold.
    /// - Returns: Text that ends with a line feed.
    public func text(width: Int = 80, isStyled: Bool = false) -> String {
        let width = min(max(width, 40), 100)
        let inherited = path.dropLast().reversed().flatMap(\.options)
        let help = OptionSpecification.flag("help", "h", "Show this help")
        var lines = wrap("\(commandPath.joined(separator: " ")): \(command.summary)", width: width)
        func heading(_ title: String) {
            lines += ["", TextStyle.heading.apply(to: title, isEnabled: isStyled)]
        }
        func table(_ title: String, _ rows: [(term: String, description: String)]) {
            if rows.isEmpty { return }
            heading(title)
            lines += Self.table(rows, width: width)
        }

        heading("Usage")
        lines += wrap(synopsis, width: width, indent: 2, hangingIndent: 6)
        if !command.discussion.isEmpty { lines += [""] + wrap(command.discussion, width: width) }
        table("Commands", command.subcommands.map { ($0.name, $0.summary) })
        table("Arguments", command.positionals.map { (Self.synopsis($0), $0.summary) })
        table("Options", (command.options + [help]).map { (Self.term($0), Self.description($0)) })
        table("Options of every command", inherited.map { (Self.term($0), Self.description($0)) })
        if !command.examples.isEmpty { heading("Examples") }
        for (number, example) in command.examples.enumerated() {
            if number > 0 { lines.append("") }
            lines += wrap("# \(example.purpose)", width: width, indent: 2, hangingIndent: 4)
            lines.append("  \(example.commandLine)")
        }
        for appendix in command.appendices { table(appendix.title, appendix.rows) }
        if !command.subcommands.isEmpty {
            lines += ["", "See '\(commandPath.joined(separator: " ")) help <command>' for more on one of them."]
        }
        return lines.joined(separator: "\n") + "\n"
    }

    var synopsis: String {
        var words = commandPath
        words += command.options.filter(\.isRequired).map { "--\($0.name) <\($0.valueName ?? "value")>" }
        let hasOptional = path.contains { $0.options.contains { !$0.isRequired } }
        if hasOptional { words.append("[options]") }
        if !command.subcommands.isEmpty { words.append("<command> …") }
        words += command.positionals.map(Self.synopsis)
        return words.joined(separator: " ")
    }

    static func synopsis(_ positional: PositionalSpecification) -> String {
        let word = "<\(positional.name)>" + (positional.isRepeatable ? "…" : "")
        return positional.isOptional ? "[\(word)]" : word
    }

    static func term(_ option: OptionSpecification) -> String {
        let letter = option.letter.map { "-\($0), " } ?? "    "
        return "\(letter)--\(option.name)" + (option.valueName.map { " <\($0)>" } ?? "")
    }

    static func description(_ option: OptionSpecification) -> String {
        var notes: [String] = []
        if !option.choices.isEmpty { notes.append("one of " + option.choices.joined(separator: ", ")) }
        if let value = option.defaultValue { notes.append("default: \(value)") }
        if let variable = option.environmentVariable { notes.append("or set \(variable)") }
        if option.isRequired { notes.append("required") }
        if option.isRepeatable { notes.append("may be repeated") }
        return option.summary + (notes.isEmpty ? "" : " (" + notes.joined(separator: "; ") + ")")
    }

    /// Two columns; a term that is too long for the first has its description on the next line.
    private static func table(_ rows: [(term: String, description: String)], width: Int) -> [String] {
        let termWidthMax = 30
        let termWidth = rows.map { displayWidth(of: $0.term) }.filter { $0 <= termWidthMax }.max() ?? termWidthMax
        let indent = 2 + termWidth + 2
        var lines: [String] = []
        for row in rows {
            let description = wrap(row.description, width: width, indent: indent, hangingIndent: indent)
            if displayWidth(of: row.term) > termWidth {
                lines.append("  \(row.term)")
                lines += description
            } else {
                lines.append(padded("  \(row.term)", to: indent) + description[0].dropFirst(indent))
                lines += description.dropFirst()
            }
        }
        return lines
    }
}
