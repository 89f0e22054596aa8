import CommandLine

extension FuzzTarget {
    /// What an operator, or an editor gone wrong, leaves in the server's configuration file.
    static let configuration = FuzzTarget(
        "configuration", "the server's configuration file: settings or errors with their lines; round trip",
        lengthMax: 2048
    ) { input in
        let file: ConfigurationFile
        do throws(ConfigurationError) {
            file = try ConfigurationFile(path: "f", bytes: input)
        } catch {
            let lines = error.description.split(separator: "\n")
            try require(
                !lines.isEmpty && lines.allSatisfy { $0.hasPrefix("f") }, "an error that says not where: \(error)")
            try require(
                !error.description.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" }, "control characters")
            return
        }
        let again = try ConfigurationFile(path: "f", bytes: Array(file.text.utf8))
        // By bytes: equal strings may differ in them.
        try require(Array(again.text.utf8) == Array(file.text.utf8), "written anew, a file says something else")
    }
}
