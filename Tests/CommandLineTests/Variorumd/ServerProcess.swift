import Foundation
import HTTPClient
import TestSupport
import Testing

@testable import CommandLine

/// `variorumd serve` as a program of its own, on a data folder of its own.
final class ServerProcess {
    let folder: TemporaryFolder
    let process = Process()
    private(set) var url = ""

    var data: String { folder.path + "/data" }
    var log: String { (try? String(contentsOfFile: folder.path + "/log", encoding: .utf8)) ?? "" }

    struct Failure: Error { let log: String }

    /// The program beside the tests.
    static let program: String = {
        let bundle = Swift.CommandLine.arguments.first { $0.contains(".xctest") } ?? Bundle.main.executablePath ?? ""
        let place = bundle.range(of: "/[^/]*\\.xctest", options: .regularExpression)?.lowerBound ?? bundle.endIndex
        return bundle[..<place] + "/variorumd"
    }()

    /// Makes the data folder.
    init(_ arguments: [String] = [], folder: TemporaryFolder = TemporaryFolder()) async throws {
        self.folder = folder
        try await administer(["init"] + arguments)
    }

    deinit { if process.isRunning { process.terminate() } }

    /// Runs a command of administration and gives its output.
    @discardableResult
    func administer(_ arguments: [String]) async throws -> String {
        let file = folder.path + "/output"
        _ = FileManager.default.createFile(atPath: file, contents: nil)
        let handle = try #require(FileHandle(forWritingAtPath: file))
        let output = FileOutput(fileDescriptor: handle.fileDescriptor)
        let code = await ServerCommand.run(arguments + ["--data", data], output: output, errors: output)
        let text = try String(contentsOfFile: file, encoding: .utf8)
        guard code == .success else { throw Failure(log: text) }
        return text
    }

    /// Starts the server and waits until it listens.
    ///
    /// - Parameter shell: Goes before the program in a shell, where something has to be handed over.
    func start(
        _ arguments: [String] = [], environment: [String: String] = [:], input: FileHandle = .nullDevice,
        shell: String? = nil, listen: String? = "127.0.0.1:0", hasURL: Bool = true
    ) throws {
        let address = folder.path + "/address"
        var words = ["serve", "--data", data, "--address-file", address] + arguments
        if let listen { words += ["--listen", listen] }
        if let shell {
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
            words = ["-c", shell + " exec \"$0\" \"$@\"", Self.program] + words
        } else {
            process.executableURL = URL(fileURLWithPath: Self.program)
        }
        process.arguments = words
        process.environment = ["PATH": "/usr/bin:/bin", "HOME": folder.path].merging(environment) { $1 }
        process.standardInput = input
        process.standardOutput = FileHandle.nullDevice
        _ = FileManager.default.createFile(atPath: folder.path + "/log", contents: nil)
        process.standardError = FileHandle(forWritingAtPath: folder.path + "/log")
        try process.run()
        if !hasURL {
            guard logs(" info listening") else { throw Failure(log: log) }
            return
        }
        for _ in 0..<2000 {
            if let text = try? String(contentsOfFile: address, encoding: .utf8), text.hasSuffix("\n") {
                url = String(text.dropLast())
                return
            }
            guard process.isRunning else { break }
            usleep(5000)
        }
        throw Failure(log: log)
    }

    /// Waits until the log holds a text, and says whether it does.
    func logs(_ text: String) -> Bool {
        for _ in 0..<2000 {
            if log.contains(text) { return true }
            usleep(5000)
        }
        return false
    }

    func signal(_ number: Int32) { kill(process.processIdentifier, number) }

    /// Asks the server to end, and gives its exit code; -1 if it does not end.
    func stop() -> Int32 {
        process.terminate()
        for _ in 0..<6000 where process.isRunning { usleep(5000) }
        guard !process.isRunning else {
            signal(SIGKILL)
            return -1
        }
        return process.terminationStatus
    }

    /// A client that trusts the data folder's certificate, or speaks plain HTTP.
    func client() -> HTTPSession {
        var configuration = HTTPClientConfiguration()
        let certificate = data + "/tls-certificate.pem"
        if FileManager.default.fileExists(atPath: certificate) { configuration.authorities = .file(certificate) }
        configuration.proxy = .none
        return HTTPSession(configuration: configuration)
    }

    func get(_ path: String, method: String = "GET") async throws -> HTTPClientResponse {
        try await client().send(HTTPClientRequest(method: method, url: url + path))
    }

    /// Users, a workspace and a token for the first of them.
    func makeTeam(_ user: String, workspace: String) async throws -> String {
        try await administer(["workspace", "create", workspace])
        let said = try await administer(["user", "add", user, "--json"])
        try await administer(["member", "add", workspace, user, "--role", "curator"])
        let object = try JSONSerialization.jsonObject(with: Data(said.utf8)) as? [String: Any]
        return object?["token"] as? String ?? ""
    }
}
