/// The server's settings as they are in force, and where each comes from.
struct Configuration: Sendable {
    enum Source: Equatable, Sendable {
        case option(String)
        case environment(String)
        case file(String, line: Int)
        case standard

        var description: String {
            switch self {
            case .option(let name): name
            case .environment(let name): name
            case .file(let path, let line): "\(path):\(line)"
            case .standard: "default"
            }
        }
    }

    struct Value: Sendable {
        let text: String
        let source: Source
    }

    private let values: [String: Value]

    /// Options go before the environment, that before the file, that before defaults.
    ///
    /// - Parameter options: By key: the option's words, and its value.
    /// - Throws: `ConfigurationError` with every value that is wrong. The file's have been looked at.
    init(
        options: [String: (name: String, value: String)] = [:], environment: (String) -> String? = { _ in nil },
        file: ConfigurationFile? = nil
    ) throws(ConfigurationError) {
        var values: [String: Value] = [:]
        var faults: [ConfigurationError.Fault] = []
        for setting in Setting.all {
            if let option = options[setting.key] {
                values[setting.key] = Value(text: option.value, source: .option(option.name))
            } else if let text = environment(setting.environmentVariable), !text.isEmpty {
                values[setting.key] = Value(text: text, source: .environment(setting.environmentVariable))
            } else if let file, let entry = file.entries.first(where: { $0.key == setting.key }) {
                let text = setting.kind.isFile ? Self.path(entry.value, besides: file.path) : entry.value
                values[setting.key] = Value(text: text, source: .file(file.path, line: entry.line))
            } else if let standard = setting.standard {
                values[setting.key] = Value(text: standard, source: .standard)
            }
            if let value = values[setting.key], let message = setting.fault(in: value.text) {
                faults.append(ConfigurationError.Fault(place: value.source.description, message: message))
            }
        }
        if !faults.isEmpty { throw ConfigurationError(faults) }
        self.values = values
    }

    private static func path(_ path: String, besides file: String) -> String {
        guard !path.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return path }
        return file[...slash] + path
    }

    /// What is in force, `nil` where nothing is.
    func value(_ setting: Setting) -> Value? { values[setting.key] }

    func text(_ setting: Setting) -> String? { values[setting.key]?.text }

    func number(_ setting: Setting) -> Int {
        guard let number = text(setting).flatMap({ Int($0) }) else {
            preconditionFailure("\(setting.key) is no number with a default")
        }
        return number
    }

    func isOn(_ setting: Setting) -> Bool { text(setting) == "yes" }

    func address(_ setting: Setting) -> ListenAddress? { text(setting).flatMap(ListenAddress.init) }

    func milliseconds(_ setting: Setting) -> Int64 { Int64(number(setting)) * 1000 }
}

extension Setting.Kind {
    fileprivate var isFile: Bool { if case .file = self { true } else { false } }
}
