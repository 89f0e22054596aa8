extension VariorumCommand {
    static func manual() -> String { "" }
}
