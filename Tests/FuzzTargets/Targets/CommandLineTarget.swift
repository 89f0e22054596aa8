import CommandLine
import LocalStore

extension FuzzTarget {
    /// What somebody types, with what a program pipes in.
    static let commandLine = FuzzTarget(
        "command-line", "arguments, environment and standard input: every command line ends with an exit code",
        lengthMax: 512
    ) { input in
        var source = ByteSource(input)
        let isServer = source.byte() % 8 == 0
        let environment = ["VARIORUM_STORE": word(&source), "COLUMNS": word(&source), "VARIORUM_DATA": word(&source)]
        let standardInput = source.part()
        var words: [String] = []
        while !source.isSpent, words.count < 16 { words.append(word(&source)) }
        let specification = isServer ? ServerCommand.specification : VariorumCommand.specification
        let parsed: ParsedCommandLine
        do throws(UsageError) {
            parsed = try specification.parse(words) { environment[$0].flatMap { $0.isEmpty ? nil : $0 } }
        } catch {
            try require(!error.description.isEmpty && error.exitCode == .usage, "a usage error says nothing")
            return
        }
        switch parsed {
        case .help(let page):
            for width in [0, 1, 20, 80] { _ = page.text(width: width, isStyled: width == 80) }
        case .run(let values):
            if !isServer, isHarmless(words, environment, values) {
                try CommandFixture.shared.run(words, environment, standardInput)
            }
        }
    }

    /// What the system hands to a program ends at its first NUL.
    private static func word(_ source: inout ByteSource) -> String {
        String(decoding: source.part().prefix { $0 != 0 }, as: UTF8.self)
    }

    /// Whether nothing outside the fixture's folder can be read or written, and nobody waits for a network.
    private static func isHarmless(
        _ words: [String], _ environment: [String: String], _ values: ArgumentValues
    ) -> Bool {
        !["connect", "sync"].contains(values.commandPath.dropFirst().first ?? "")
            && (words + environment.values).allSatisfy { !$0.utf8.contains(UInt8(ascii: "/")) && !$0.contains("..") }
            && environment["VARIORUM_STORE"] == ""
    }
}

/// A store with a little of everything, the same for every input.
private final class CommandFixture: Sendable {
    static let shared = CommandFixture()

    private let folder = FolderFixture("desk")

    private init() {
        folder.write([UInt8]("The ministry denied the report.\nThe ministry confirmed it.\n".utf8), to: "report.txt")
        for words in [
            ["init", "--name", "Nino"], ["import", "report.txt"],
            ["annotate", "1", "--quote", "denied", "--note", "a note", "--code", "support", "--create"],
            ["entity", "add", "Ministry"], ["memo", "add", "a memo"], ["comment", "add", "1", "a comment"],
        ] {
            _ = try? Reading.run(words, in: folder.path)
        }
        folder.keep()
    }

    func run(_ words: [String], _ environment: [String: String], _ standardInput: [UInt8]) throws {
        folder.restore()
        folder.write(standardInput, to: "standard-input")
        let code = try FolderFixture.withDescriptor(of: folder.path + "/standard-input") { descriptor in
            try Reading.run(words, in: folder.path, environment: environment, input: descriptor)
        }
        try require(
            ExitCode.meanings.contains { $0.code.rawValue == code } && code != ExitCode.software.rawValue,
            "\(words) ends with \(code)")
    }
}
