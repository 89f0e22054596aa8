/// What a program writes about itself for a package: `help --manual` and `help --completion SHELL`.
enum PackagePages {
    /// The page that is asked for; `nil` where the words ask for none.
    ///
    /// - Throws: A usage error for a shell that there is no completion for.
    static func text(for arguments: [String], of page: ReferencePage) throws(UsageError) -> String? {
        guard arguments.first == "help", arguments.count > 1 else { return nil }
        if arguments == ["help", "--manual"] { return page.text }
        guard arguments[1] == "--completion" else { return nil }
        let names = CompletionShell.allCases.map(\.rawValue)
        guard arguments.count == 3, let shell = CompletionShell(rawValue: arguments[2]) else {
            throw UsageError(
                .invalidValue, in: [page.program.name, "help"],
                "say for which shell: --completion \(names.joined(separator: ", ")); one of them",
                suggestion: arguments.count == 3 ? suggestion(for: arguments[2], among: names) : nil)
        }
        return shell.script(for: page.program)
    }
}
