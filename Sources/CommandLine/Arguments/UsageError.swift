/// What is wrong with a command line, with a hint where one can be given.
public struct UsageError: Error, Sendable, CustomStringConvertible {
    /// The kinds of mistake. New ones may be added, so a `switch` over them needs a default.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Base: String {
            case unknownCommand, missingCommand, unknownOption, missingValue, unexpectedValue, repeatedOption
            case invalidValue, missingOption, missingArgument, unexpectedArgument
        }

        private let base: Base

        private init(_ base: Base) { self.base = base }

        public static let unknownCommand = Code(.unknownCommand)
        public static let missingCommand = Code(.missingCommand)
        public static let unknownOption = Code(.unknownOption)
        /// An option that takes a value stands without one.
        public static let missingValue = Code(.missingValue)
        /// A flag was given a value.
        public static let unexpectedValue = Code(.unexpectedValue)
        /// An option was given twice that may be given once.
        public static let repeatedOption = Code(.repeatedOption)
        public static let invalidValue = Code(.invalidValue)
        public static let missingOption = Code(.missingOption)
        public static let missingArgument = Code(.missingArgument)
        public static let unexpectedArgument = Code(.unexpectedArgument)

        public var description: String { base.rawValue }
    }

    public let code: Code

    /// The command that was being read, from the program's name on.
    public let commandPath: [String]

    /// One sentence without the program's name.
    public let message: String

    /// What the person may have meant.
    public let suggestion: String?

    /// For mistakes that only the command itself can see, such as two options that exclude each other.
    public init(_ code: Code, in commandPath: [String], _ message: String, suggestion: String? = nil) {
        self.code = code
        self.commandPath = commandPath
        self.message = message
        self.suggestion = suggestion
    }

    public var exitCode: ExitCode { .usage }

    public var description: String {
        let command = commandPath.joined(separator: " ")
        let hint = suggestion.map { " Did you mean \($0)?" } ?? ""
        return "\(command): \(message).\(hint)\nSee '\(command) --help'."
    }
}
