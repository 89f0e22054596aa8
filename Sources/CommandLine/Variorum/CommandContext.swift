import Cryptography
import Interchange
import LocalStore

/// What the body of a command works with.
struct CommandContext {
    let arguments: ArgumentValues
    let surroundings: Surroundings

    init(_ arguments: ArgumentValues, _ surroundings: Surroundings) {
        self.arguments = arguments
        self.surroundings = surroundings
    }

    var isJSON: Bool { arguments.flag("json") }
    var terminal: Terminal { surroundings.terminal }

    // MARK: The store

    /// The folder of the workspace to work in.
    func storeFolder() throws -> StoreFolder {
        let folders = WorkspaceFolders(root: try rootFolder())
        guard let name = arguments.value("in") else { return try folders.current() }
        return try folders.all()[try workspace(name, in: folders) - 1]
    }

    /// The folder of the store, with all of its workspaces.
    func rootFolder() throws -> StoreFolder {
        if let folder = arguments.value("store") { return Self.storeFolder(in: surroundings.absolute(folder)) }
        if let folder = StoreFolder.find(from: surroundings.currentFolder) { return folder }
        throw CommandFailure(
            .noInput, "there is no store in this folder or above it; 'variorum init' makes one here")
    }

    static func storeFolder(in folder: String) -> StoreFolder {
        var path = folder
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        return StoreFolder(path: Files.name(of: path) == StoreFolder.name ? path : path + "/" + StoreFolder.name)
    }

    /// Opens the store. Commits survive a power cut: who typed a note and saw it confirmed has it.
    func openStore() throws -> LocalStore {
        try LocalStore.open(try storeFolder(), options: storeOptions)
    }

    var storeOptions: LocalStore.Options {
        var options = LocalStore.Options(cryptography: OpenSSLCryptography(), clock: surroundings.clock)
        options.isFullySynchronous = true
        return options
    }

    // MARK: Output

    /// A line of the result. Foreign text in it must have passed `printable`.
    func writeLine(_ line: String = "") throws { try surroundings.output.writeLine(line) }

    func write(_ json: JSON) throws { try surroundings.output.write(json.indented) }

    /// A table of the result, cut to the terminal's width.
    func write(_ table: TextTable) throws {
        try surroundings.output.write(
            table.text(width: terminal.isTerminal ? terminal.width : nil, isStyled: terminal.isStyled))
    }

    /// Long text, through the pager when there is a terminal.
    func show(_ text: String) throws {
        if arguments.flag("no-pager") { return try surroundings.output.write(text) }
        try Pager.show(text, on: surroundings.output, terminal: terminal, environment: surroundings.environment)
    }

    /// A remark that is not the result: to standard error, made harmless.
    func remark(_ text: String) {
        try? surroundings.errorOutput.writeLine(printable(text))
    }

    func progressLine() -> ProgressLine {
        ProgressLine(output: surroundings.errorOutput, terminal: surroundings.errorTerminal)
    }

    /// Asks somebody at the terminal; nil when there is no answer.
    func ask(_ question: String) throws -> String? {
        try surroundings.errorOutput.write(printable(question))
        return try surroundings.input.readLine()
    }

    /// Asks for what is not to be seen.
    ///
    /// - Throws: `usage` where there is nobody to answer.
    func askSecret(_ question: String) throws -> String {
        if surroundings.input.isTerminal { try surroundings.errorOutput.write(printable(question)) }
        defer { if surroundings.input.isTerminal { try? surroundings.errorOutput.writeLine("") } }
        guard let answer = try surroundings.input.readSecret(), !answer.isEmpty else {
            throw CommandFailure(.usage, "nothing was entered; nothing was done")
        }
        return answer
    }

    func usage(_ message: String, suggestion: String? = nil) -> UsageError {
        UsageError(.invalidValue, in: arguments.commandPath, message, suggestion: suggestion)
    }

    /// An argument, or standard input where it is `-`.
    func text(_ value: String) throws -> String {
        if value != "-" { return value }
        let bytes = try surroundings.input.readAll(atMost: 256 * 1024)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CommandFailure(.dataError, "standard input is not valid UTF-8")
        }
        return text.last == "\n" ? String(text.dropLast()) : text
    }

    func style(_ text: String, _ style: TextStyle) -> String { style.apply(to: text, isEnabled: terminal.isStyled) }
}
