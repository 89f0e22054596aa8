/// A shell for which a program writes its completions.
enum CompletionShell: String, CaseIterable {
    case bash, zsh, fish

    /// A script that completes commands, options and the values that an option is restricted to; else files.
    func script(for program: CommandSpecification) -> String {
        let places = CompletionPlace.all(of: program)
        return switch self {
        case .bash: Self.bash(program.name, places)
        case .zsh: Self.zsh(program.name, places)
        case .fish: Self.fish(program.name, places)
        }
    }

    /// A word that the shell takes as it is; only fish takes a backslash within quotes for more than itself.
    func quoted(_ text: String) -> String {
        self == .fish
            ? "'" + text.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
            : "'" + text.replacing("'", with: "'\\''") + "'"
    }
}
