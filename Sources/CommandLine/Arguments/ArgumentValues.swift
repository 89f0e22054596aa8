/// What was given on a command line, for one command.
///
/// Asking for a name that the command does not declare is a bug and traps; so is asking for the value
/// of a flag.
public struct ArgumentValues: Sendable {
    /// The command that was called, from the program's name on.
    public let commandPath: [String]

    private let options: [String: OptionSpecification]
    private let optionValues: [String: [String]]
    private let positionals: [String: [String]]

    init(
        commandPath: [String], options: [OptionSpecification], optionValues: [String: [String]],
        positionals: [String: [String]]
    ) {
        self.commandPath = commandPath
        self.options = Dictionary(options.map { ($0.name, $0) }, uniquingKeysWith: { inner, _ in inner })
        self.optionValues = optionValues
        self.positionals = positionals
    }

    /// Whether a flag was given.
    public func flag(_ name: String) -> Bool {
        precondition(specification(name).valueName == nil, "--\(name) is not a flag")
        return optionValues[name] != nil
    }

    /// How often a repeatable flag was given.
    public func count(_ name: String) -> Int {
        optionValues[specification(name).name]?.count ?? 0
    }

    /// The value of an option: the one given, else the environment's, else the default.
    public func value(_ name: String) -> String? {
        let option = specification(name)
        precondition(option.valueName != nil && !option.isRepeatable, "--\(name) has no single value")
        return optionValues[name]?.last ?? option.defaultValue
    }

    /// All values of a repeatable option, in the order given.
    public func values(_ name: String) -> [String] {
        precondition(specification(name).valueName != nil, "--\(name) is a flag")
        return optionValues[name] ?? []
    }

    /// An argument that was given, or nil.
    public func positional(_ name: String) -> String? {
        positionals(name).first
    }

    /// All values of a repeatable argument.
    public func positionals(_ name: String) -> [String] {
        guard let values = positionals[name] else { preconditionFailure("no argument <\(name)> is declared") }
        return values
    }

    /// The value of an option as a whole number.
    ///
    /// - Throws: `invalidValue` when it is not one, or not in the range.
    public func integer(_ name: String, in range: ClosedRange<Int>) throws(UsageError) -> Int? {
        guard let text = value(name) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            let wanted =
                range.upperBound == .max
                ? "a whole number from \(range.lowerBound)"
                : "a whole number from \(range.lowerBound) to \(range.upperBound)"
            throw UsageError(.invalidValue, in: commandPath, "option --\(name) needs \(wanted), not '\(text)'")
        }
        return number
    }

    private func specification(_ name: String) -> OptionSpecification {
        guard let option = options[name] else { preconditionFailure("no option --\(name) is declared") }
        return option
    }
}
