/// A command as a value: what it is called, what it takes, and what it says about itself.
///
/// Parsing, help and suggestions all read the same value, so they cannot disagree.
public struct CommandSpecification: Sendable {
    /// The word that calls it; for the outermost command, the program's name.
    public var name: String
    /// What it does, in a phrase without a full stop.
    public var summary: String
    /// More for its help page: paragraphs, with an empty line between them.
    public var discussion: String
    /// Its options. Those of a command that has subcommands may be given before or after the subcommand.
    public var options: [OptionSpecification]
    public var positionals: [PositionalSpecification]
    /// If there are any, one of them must be called, and there are no positionals.
    public var subcommands: [CommandSpecification]
    /// The subcommand that is meant when none is named: `statement 3f9c21aa` for `statement add 3f9c21aa`.
    public var defaultSubcommand: String?
    public var examples: [CommandExample]
    /// What else its help page lists at the end, such as exit codes.
    public var appendices: [HelpAppendix] = []

    public init(
        _ name: String, summary: String, discussion: String = "", options: [OptionSpecification] = [],
        positionals: [PositionalSpecification] = [], subcommands: [CommandSpecification] = [],
        defaultSubcommand: String? = nil, examples: [CommandExample] = []
    ) {
        precondition(
            defaultSubcommand == nil || subcommands.contains { $0.name == defaultSubcommand },
            "\(name): the default subcommand is none of the subcommands")
        precondition(
            subcommands.isEmpty || positionals.isEmpty,
            "\(name): a word after the command would be a subcommand or an argument, and nobody could tell which")
        precondition(
            positionals.dropLast().allSatisfy { !$0.isRepeatable },
            "\(name): only the last argument may be repeated")
        self.name = name
        self.summary = summary
        self.discussion = discussion
        self.options = options
        self.positionals = positionals
        self.subcommands = subcommands
        self.defaultSubcommand = defaultSubcommand
        self.examples = examples
    }
}

/// An option: a flag, or a name with a value.
public struct OptionSpecification: Sendable {
    /// The long name, without dashes.
    public var name: String
    /// The one-letter name.
    public var letter: Character?
    /// What the value is called in the help; nil for a flag.
    public var valueName: String?
    public var summary: String
    public var isRepeatable = false
    public var isRequired = false
    /// The values that are allowed; empty for any.
    public var choices: [String] = []
    /// The value when it is not given.
    public var defaultValue: String?
    /// The environment variable that gives the value when the option does not.
    public var environmentVariable: String?

    /// A flag: it is given or not.
    public static func flag(_ name: String, _ letter: Character? = nil, _ summary: String) -> Self {
        Self(name: name, letter: letter, valueName: nil, summary: summary)
    }

    /// An option with a value, to be given once at most.
    ///
    /// An environment variable that is set but empty counts as not set, as shells make it easy to do either.
    public static func value(
        _ name: String, _ letter: Character? = nil, _ valueName: String, _ summary: String, isRequired: Bool = false,
        choices: [String] = [], defaultValue: String? = nil, environmentVariable: String? = nil
    ) -> Self {
        Self(
            name: name, letter: letter, valueName: valueName, summary: summary, isRequired: isRequired,
            choices: choices,
            defaultValue: defaultValue, environmentVariable: environmentVariable)
    }

    /// An option with a value, to be given any number of times.
    public static func values(
        _ name: String, _ letter: Character? = nil, _ valueName: String, _ summary: String, isRequired: Bool = false,
        choices: [String] = []
    ) -> Self {
        Self(
            name: name, letter: letter, valueName: valueName, summary: summary, isRepeatable: true,
            isRequired: isRequired,
            choices: choices)
    }
}

/// An argument that is known by its place.
public struct PositionalSpecification: Sendable {
    public var name: String
    public var summary: String
    public var isOptional: Bool
    public var isRepeatable: Bool

    /// - Parameters:
    ///   - name: What it is called in the help and in the parsed values.
    ///   - summary: What it is, in a phrase.
    ///   - isOptional: Whether it may be left out; then so may all that follow.
    ///   - isRepeatable: Whether it takes all the rest; only the last one may.
    public init(_ name: String, _ summary: String, isOptional: Bool = false, isRepeatable: Bool = false) {
        self.name = name
        self.summary = summary
        self.isOptional = isOptional
        self.isRepeatable = isRepeatable
    }
}

/// A list of terms at the end of a help page.
public struct HelpAppendix: Sendable {
    public var title: String
    public var rows: [(term: String, description: String)]

    public init(_ title: String, _ rows: [(term: String, description: String)]) {
        self.title = title
        self.rows = rows
    }
}

/// A line to try, for a help page.
public struct CommandExample: Sendable {
    public var commandLine: String
    /// What it does, in a phrase.
    public var purpose: String

    public init(_ commandLine: String, _ purpose: String) {
        self.commandLine = commandLine
        self.purpose = purpose
    }
}
