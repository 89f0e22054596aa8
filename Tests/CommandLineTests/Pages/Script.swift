import Foundation
import TestSupport

/// A generated text in a file, and programs that read it.
struct Script {
    private let folder = TemporaryFolder()
    let path: String

    init(_ text: String, name: String) throws {
        path = folder.path + "/" + name
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }

    static func isInstalled(_ program: String) -> Bool {
        FileManager.default.isExecutableFile(atPath: "/usr/bin/" + program)
    }

    /// Runs a program of /usr/bin and gives its exit code, and what it prints and complains.
    func run(_ program: String, _ arguments: [String]) throws -> (code: Int32, output: String, errors: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/" + program)
        process.arguments = arguments
        process.environment = [
            "PATH": "/usr/bin:/bin", "HOME": folder.path, "LC_ALL": "C.UTF-8", "MANWIDTH": "80", "TERM": "dumb",
        ]
        process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
        process.standardInput = FileHandle.nullDevice
        let files = ["output", "errors"].map { folder.path + "/" + $0 }
        for file in files { _ = FileManager.default.createFile(atPath: file, contents: nil) }
        process.standardOutput = FileHandle(forWritingAtPath: files[0])
        process.standardError = FileHandle(forWritingAtPath: files[1])
        try process.run()
        process.waitUntilExit()
        let texts = try files.map { try String(contentsOfFile: $0, encoding: .utf8) }
        return (process.terminationStatus, texts[0], texts[1])
    }
}
