import Foundation
import Testing

@testable import CommandLine

/// A folder with a store of its own and somebody who types commands in it.
final class Desk {
    let folder: URL
    var environment: [String: String] = ["USER": "nino", "NO_COLOR": "1", "COLUMNS": "80"]
    /// What the terminal would be, for questions; nil for pipes.
    var isInteractive = false
    private let clock = Clock()
    private let ownsFolder: Bool

    init(_ name: String = "desk") throws {
        ownsFolder = true
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("variorum-\(name)-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    /// A desk with a store.
    static func withStore(_ name: String = "Nino") async throws -> Desk {
        let desk = try Desk()
        try await desk.succeed("init", "--name", name, "--title", "Treaties")
        return desk
    }

    /// Somebody else at the same folder.
    static func alongside(_ folder: URL) -> Desk { Desk(folder) }

    private init(_ folder: URL) {
        self.folder = folder
        ownsFolder = false
    }

    deinit { if ownsFolder { try? FileManager.default.removeItem(at: folder) } }

    struct Result {
        let code: Int32
        let output: String
        let errors: String

        /// The output as JSON, or nil where it is none.
        func json() throws -> Any { try JSONSerialization.jsonObject(with: Data(output.utf8)) }
    }

    func write(_ text: String, to name: String) throws { try write(Array(text.utf8), to: name) }

    func write(_ bytes: [UInt8], to name: String) throws {
        let url = folder.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: url)
    }

    func read(_ name: String) throws -> String {
        try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
    }

    /// Runs one command.
    func run(_ arguments: [String], input: String = "", in subfolder: String = "") async throws -> Result {
        let files = try ["in", "out", "err"].map { name in
            let url = FileManager.default.temporaryDirectory.appendingPathComponent(
                "variorum-\(name)-\(UUID().uuidString)")
            try (name == "in" ? input : "").write(to: url, atomically: false, encoding: .utf8)
            return url
        }
        defer { for file in files { try? FileManager.default.removeItem(at: file) } }
        let handles = [
            try FileHandle(forReadingFrom: files[0]), try FileHandle(forWritingTo: files[1]),
            try FileHandle(forWritingTo: files[2]),
        ]
        let environment = environment
        let surroundings = Surroundings(
            environment: { environment[$0] },
            input: LineInput(fileDescriptor: handles[0].fileDescriptor, isTerminal: isInteractive),
            output: FileOutput(fileDescriptor: handles[1].fileDescriptor),
            errorOutput: FileOutput(fileDescriptor: handles[2].fileDescriptor),
            currentFolder: subfolder.isEmpty ? folder.path : folder.path + "/" + subfolder,
            clock: { [clock] in clock.next() }, errorTerminal: isInteractive ? Terminal(isTerminal: true) : nil)
        let code = await VariorumCommand.run(arguments, in: surroundings)
        for handle in handles { try handle.close() }
        return Result(
            code: code, output: try String(contentsOf: files[1], encoding: .utf8),
            errors: try String(contentsOf: files[2], encoding: .utf8))
    }

    /// Runs a command that must succeed, and gives its output.
    @discardableResult
    func succeed(
        _ arguments: String..., input: String = "", sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let result = try await run(arguments, input: input)
        #expect(result.code == 0, "\(arguments): \(result.errors)", sourceLocation: sourceLocation)
        return result.output
    }

    /// Runs a command that must fail with a code, and gives its errors.
    @discardableResult
    func fail(
        _ code: Int32, _ arguments: String..., input: String = "", sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let result = try await run(arguments, input: input)
        #expect(result.code == code, "\(arguments): \(result.output)\(result.errors)", sourceLocation: sourceLocation)
        #expect(result.code == 1 || !result.errors.isEmpty, sourceLocation: sourceLocation)
        return result.errors
    }

    /// Runs a command with `--json` and gives what it wrote.
    @discardableResult
    func json(_ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation) async throws -> [String: Any] {
        let result = try await run(arguments + ["--json"])
        #expect(result.errors == "", "\(arguments)", sourceLocation: sourceLocation)
        return try #require(try result.json() as? [String: Any], sourceLocation: sourceLocation)
    }

    /// The list under a name of what a command with `--json` writes.
    func list(
        _ name: String, _ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> [[String: Any]] {
        let result = try await run(arguments + ["--json"])
        let object = try #require(try result.json() as? [String: Any], sourceLocation: sourceLocation)
        return try #require(object[name] as? [[String: Any]], sourceLocation: sourceLocation)
    }
}

/// A second passes whenever somebody looks.
private final class Clock: @unchecked Sendable {
    // Unchecked: `lock` is held around every use of `now`.
    private let lock = NSLock()
    private var now: Int64 = 1_426_672_800_000

    func next() -> Int64 {
        lock.withLock {
            now += 1000
            return now
        }
    }
}

/// The report that everything here is about.
func treaty() throws -> String {
    let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Fixtures/tskhinvali-treaty.txt")
    return try String(contentsOf: url, encoding: .utf8)
}
