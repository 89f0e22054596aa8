import Glibc

extension Configuration {
    /// The file in the data folder that is read unless another is named.
    static func standardFile(in folder: String) -> String { folder + "/variorumd.conf" }

    static let fileOption = OptionSpecification.value(
        "config", "c", "FILE", "the configuration file (default: variorumd.conf in the data folder, if it is there)",
        environmentVariable: "VARIORUM_CONFIG")

    /// The options of the commands that go by the whole configuration.
    static var options: [OptionSpecification] {
        var options: [OptionSpecification] = [
            fileOption,
            .values("set", "s", "KEY=VALUE", "set any of the settings below"),
        ]
        for setting in Setting.all {
            guard let name = setting.option else { continue }
            let summary = setting.summary + (setting.standard.map { " (default: \($0))" } ?? "")
            let letter: Character? = setting.key == Setting.listen.key ? "l" : nil
            if setting.isFlag {
                options.append(.flag(name, letter, setting.summary))
            } else {
                options.append(.value(name, letter, setting.valueName, summary))
            }
        }
        return options
    }

    /// Reads options, environment and file of one call.
    ///
    /// - Throws: `ConfigurationError`, and `FileError` where a file that was named cannot be read.
    static func load(
        _ arguments: ArgumentValues, folder: String, environment: (String) -> String? = environmentVariable
    ) throws -> Configuration {
        try load(
            named: arguments.value("config"), folder: folder, options: given(arguments), environment: environment)
    }

    /// Reads environment and file, for a command that takes no settings as options.
    static func load(
        named: String?, folder: String, options: [String: (name: String, value: String)] = [:],
        environment: (String) -> String? = environmentVariable
    ) throws -> Configuration {
        let path = named ?? standardFile(in: folder)
        var file: ConfigurationFile?
        if named != nil || access(path, F_OK) == 0 {
            let bytes = try Files.read(path, atMost: ConfigurationFile.bytesMax)
            file = try ConfigurationFile(path: path, bytes: bytes)
        }
        return try Configuration(options: options, environment: environment, file: file)
    }

    private static func given(_ arguments: ArgumentValues) throws(UsageError) -> [String: (name: String, value: String)]
    {
        var given: [String: (name: String, value: String)] = [:]
        for setting in Setting.all {
            guard let name = setting.option else { continue }
            if setting.isFlag {
                if arguments.flag(name) { given[setting.key] = ("--\(name)", "yes") }
            } else if let value = arguments.value(name) {
                given[setting.key] = ("--\(name)", value)
            }
        }
        for words in arguments.values("set") {
            let parts = words.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else {
                throw UsageError(
                    .invalidValue, in: arguments.commandPath, "--set takes KEY=VALUE, not '\(printable(words))'")
            }
            let key = String(parts[0])
            guard Setting.named(key) != nil else {
                throw UsageError(
                    .invalidValue, in: arguments.commandPath, "there is no setting '\(printable(key))'",
                    suggestion: suggestion(for: key, among: Setting.all.map(\.key)))
            }
            guard given[key] == nil else {
                throw UsageError(.repeatedOption, in: arguments.commandPath, "\(key) is given twice")
            }
            given[key] = ("--set \(key)", String(parts[1]))
        }
        return given
    }
}

extension Setting {
    /// What stands for the value in a synopsis.
    var valueName: String {
        switch kind {
        case .address: "HOST:PORT"
        case .file: "FILE"
        case .number(_, let unit): unit.uppercased()
        case .networks: "NETWORKS"
        case .choice(let choices): choices.joined(separator: "|")
        }
    }
}
