/// What a command line asks for.
public enum ParsedCommandLine: Sendable {
    /// Run the command that `ArgumentValues.commandPath` names.
    case run(ArgumentValues)
    /// Show a help page, which is asked for and so goes to standard output.
    case help(HelpPage)
}

extension CommandSpecification {
    /// Reads a command line.
    ///
    /// The conventions are those of POSIX and GNU: `--name value`, `--name=value`, `-n value`, `-nvalue`, flags
    /// bundled as `-abc`, options and arguments in any order, nothing but arguments after `--`, and `-` alone is
    /// an argument. A word such as `-5` is an argument unless an option has that letter. Names are not
    /// abbreviated: a script that does so breaks when an option is added. An option that may be given once is
    /// refused when given twice, since one of the two values would be lost without a word.
    ///
    /// `--help` and `-h` anywhere before `--` ask for help on the command read so far, and so does `help` in the
    /// place of a subcommand.
    ///
    /// - Parameters:
    ///   - arguments: The words after the program's name.
    ///   - environment: Gives the value of an environment variable.
    /// - Throws: A usage error that names the mistake, with a suggestion where a name was mistyped.
    public func parse(
        _ arguments: [String], environment: (String) -> String? = { _ in nil }
    ) throws(UsageError) -> ParsedCommandLine {
        var parser = ArgumentParser(self)
        return try parser.parse(arguments, environment: environment)
    }
}

private struct ArgumentParser {
    /// The commands from the program to the one being read.
    private var path: [CommandSpecification]
    private var optionValues: [String: [String]] = [:]
    private var words: [String] = []
    private var rest: ArraySlice<String> = []

    init(_ command: CommandSpecification) { path = [command] }

    private var command: CommandSpecification { path[path.count - 1] }
    private var names: [String] { path.map(\.name) }
    private var helpPage: HelpPage { HelpPage(path) }

    /// The options that may stand here: those of the command first, then those of the commands around it.
    private var options: [OptionSpecification] { path.reversed().flatMap(\.options) }

    mutating func parse(
        _ arguments: [String], environment: (String) -> String?
    ) throws(UsageError) -> ParsedCommandLine {
        rest = arguments[...]
        while let word = rest.popFirst() {
            if word == "--" {
                words += rest
                rest = []
            } else if isHelp(word) {
                return .help(helpPage)
            } else if word.hasPrefix("--") {
                try readLongOption(word.dropFirst(2))
            } else if isLetters(word) {
                if try readLetters(Array(word.dropFirst())) { return .help(helpPage) }
            } else if command.subcommands.isEmpty {
                words.append(word)
            } else if word == "help", !command.subcommands.contains(where: { $0.name == "help" }) {
                return .help(try helpPage(on: rest.filter { !$0.hasPrefix("-") }))
            } else if !command.subcommands.contains(where: { $0.name == word }), enterDefaultSubcommand() {
                words.append(word)
            } else {
                path.append(try subcommand(word))
            }
        }
        if !command.subcommands.isEmpty, !enterDefaultSubcommand() {
            if let word = words.first { _ = try subcommand(word) }
            throw UsageError(.missingCommand, in: names, "a command is missing")
        }
        let positionals = try assignPositionals()
        try completeOptions(environment)
        return .run(
            ArgumentValues(commandPath: names, options: options, optionValues: optionValues, positionals: positionals))
    }

    /// Goes on as if the default subcommand had been named, if there is one.
    private mutating func enterDefaultSubcommand() -> Bool {
        guard let name = command.defaultSubcommand, let next = command.subcommands.first(where: { $0.name == name })
        else { return false }
        path.append(next)
        return true
    }

    private func isHelp(_ word: String) -> Bool {
        (word == "--help" && !options.contains { $0.name == "help" })
            || (word == "-h" && !options.contains { $0.letter == "h" })
    }

    /// Whether a word is one or more one-letter options.
    private func isLetters(_ word: String) -> Bool {
        guard word.count > 1, word.hasPrefix("-"), let first = word.dropFirst().first else { return false }
        return !first.isNumber || options.contains { $0.letter == first }
    }

    private func subcommand(_ word: String) throws(UsageError) -> CommandSpecification {
        if let subcommand = command.subcommands.first(where: { $0.name == word }) { return subcommand }
        throw UsageError(
            .unknownCommand, in: names, "unknown command '\(word)'",
            suggestion: suggestion(for: word, among: command.subcommands.map(\.name)).map { "'\($0)'" })
    }

    private func helpPage(on topic: [String]) throws(UsageError) -> HelpPage {
        var parser = self
        for word in topic { parser.path.append(try parser.subcommand(word)) }
        return parser.helpPage
    }

    private mutating func readLongOption(_ word: Substring) throws(UsageError) {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts[0])
        guard let option = options.first(where: { $0.name == name }) else {
            if enterDefaultSubcommand() { return try readLongOption(word) }
            throw UsageError(
                .unknownOption, in: names, "unknown option --\(name)",
                suggestion: suggestion(for: name, among: options.map(\.name) + ["help"]).map { "--\($0)" })
        }
        if option.valueName == nil {
            if parts.count == 2 {
                throw UsageError(.unexpectedValue, in: names, "option --\(name) takes no value")
            }
            try record(option, "")
        } else if parts.count == 2 {
            try record(option, String(parts[1]))
        } else {
            try record(option, try nextValue(of: option))
        }
    }

    /// Reads bundled one-letter options; the first that takes a value takes what is left of the word.
    ///
    /// - Returns: Whether one of them asks for help.
    private mutating func readLetters(_ letters: [Character]) throws(UsageError) -> Bool {
        for (place, letter) in letters.enumerated() {
            guard let option = options.first(where: { $0.letter == letter }) else {
                if letter == "h" { return true }
                if place == 0, enterDefaultSubcommand() { return try readLetters(letters) }
                throw UsageError(
                    .unknownOption, in: names, "unknown option -\(letter)", suggestion: longName(of: letters))
            }
            if option.valueName == nil {
                try record(option, "")
                continue
            }
            let attached = String(letters[(place + 1)...])
            try record(option, attached.isEmpty ? try nextValue(of: option) : attached)
            return false
        }
        return false
    }

    /// The long option for which one dash was typed instead of two.
    private func longName(of letters: [Character]) -> String? {
        let name = String(letters.prefix { $0 != "=" })
        return options.contains { $0.name == name } ? "--\(name)" : nil
    }

    /// The word after an option that takes a value. A value may begin with a dash, but a known option is none:
    /// then the value was forgotten.
    private mutating func nextValue(of option: OptionSpecification) throws(UsageError) -> String {
        let isOption = rest.first.map { word in word == "--" || options.contains { word == "--\($0.name)" } }
        guard isOption == false, let value = rest.popFirst() else {
            throw UsageError(
                .missingValue, in: names, "option --\(option.name) needs a value: <\(option.valueName ?? "value")>")
        }
        return value
    }

    private mutating func record(_ option: OptionSpecification, _ value: String) throws(UsageError) {
        let isFlag = option.valueName == nil
        if !isFlag { try check(value, of: option) }
        if !isFlag, !option.isRepeatable, optionValues[option.name] != nil {
            throw UsageError(.repeatedOption, in: names, "option --\(option.name) is given twice")
        }
        optionValues[option.name, default: []].append(value)
    }

    private func check(_ value: String, of option: OptionSpecification, from source: String = "") throws(UsageError) {
        if option.choices.isEmpty || option.choices.contains(value) { return }
        throw UsageError(
            .invalidValue, in: names,
            "option --\(option.name) cannot be '\(value)'\(source); it is one of \(option.choices.joined(separator: ", "))",
            suggestion: suggestion(for: value, among: option.choices).map { "'\($0)'" })
    }

    private func assignPositionals() throws(UsageError) -> [String: [String]] {
        var left = words[...]
        var values: [String: [String]] = [:]
        for positional in command.positionals {
            if left.isEmpty, !positional.isOptional {
                throw UsageError(.missingArgument, in: names, "argument <\(positional.name)> is missing")
            }
            values[positional.name] = Array(positional.isRepeatable ? left : left.prefix(1))
            left = positional.isRepeatable ? [] : left.dropFirst()
        }
        if let word = left.first {
            throw UsageError(.unexpectedArgument, in: names, "unexpected argument '\(word)'")
        }
        return values
    }

    private mutating func completeOptions(_ environment: (String) -> String?) throws(UsageError) {
        for option in options where option.valueName != nil && optionValues[option.name] == nil {
            if let variable = option.environmentVariable, let value = environment(variable), !value.isEmpty {
                try check(value, of: option, from: " (from \(variable))")
                optionValues[option.name] = [value]
            } else if option.isRequired {
                throw UsageError(
                    .missingOption, in: names, "option --\(option.name) <\(option.valueName ?? "value")> is required")
            }
        }
    }
}
