/// Everything that is wrong with a server's configuration.
public struct ConfigurationError: Error, CustomStringConvertible {
    struct Fault: Equatable {
        /// The file and line, variable or option; `nil` where several settings do not go together.
        let place: String?
        let message: String
        var suggestion: String?
    }

    let faults: [Fault]

    init(_ faults: [Fault]) { self.faults = faults }

    init(_ message: String) { faults = [Fault(place: nil, message: message)] }

    public var exitCode: ExitCode { .configuration }

    /// One line for each fault.
    public var description: String {
        faults.map { fault in
            (fault.place.map { $0 + ": " } ?? "") + fault.message
                + (fault.suggestion.map { "; did you mean \($0)?" } ?? "")
        }.joined(separator: "\n")
    }
}
