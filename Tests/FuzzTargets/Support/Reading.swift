import CommandLine
import Glibc
import LocalStore

/// Reads a store in the ways in which people do, through the program's own commands.
enum Reading {
    private static let commands: [[String]] = [
        ["status"], ["documents"], ["read", "1"], ["list"], ["conflicts"], ["log"], ["log", "--json"],
        ["search", "ministry"], ["code", "list"], ["entity", "list"], ["statement", "list"], ["memo", "list"],
        ["comment", "list"], ["refused"], ["export", "--format", "jsonld"], ["export", "--format", "csv"],
        ["export", "--format", "jsonl"], ["list", "--json"], ["conflicts", "--json"], ["undo"], ["check"], ["rebuild"],
    ]

    /// Runs one of the commands in a folder with a store.
    ///
    /// - Parameter choice: Which.
    static func read(_ folder: String, choice: Int) throws {
        let words = commands[choice % commands.count]
        let code = try run(words, in: folder)
        try require(code != ExitCode.software.rawValue, "\(words.joined(separator: " ")) does not know what went wrong")
    }

    /// Runs a command line and gives its exit code.
    static func run(
        _ words: [String], in folder: String, environment: [String: String] = [:], input: Int32 = nothing
    ) throws -> Int32 {
        try blocking {
            let surroundings = Surroundings(
                environment: { environment[$0] }, input: LineInput(fileDescriptor: input, isTerminal: false),
                output: FileOutput(fileDescriptor: nothing), errorOutput: FileOutput(fileDescriptor: nothing),
                currentFolder: folder, clock: { 1_700_000_000_000 })
            return await VariorumCommand.run(words, in: surroundings)
        }
    }

    static let nothing: Int32 = {
        let descriptor = open("/dev/null", O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { fatalError("/dev/null cannot be opened") }
        return descriptor
    }()
}

/// How an input's own bytes choose one of the things that may follow: the same for the same input.
func choice(_ input: [UInt8]) -> Int {
    Int(truncatingIfNeeded: input.reduce(5381 as UInt64) { ($0 &* 33) ^ UInt64($1) } >> 1)
}
