import AnnotationModel
import CommandLine
import Cryptography
import Dispatch
import HTTPServing
import SQLiteBinding
import ServerStore
import SyncServer

/// A real server in a process of its own: HTTPServer, SyncService, SQLiteServerStore with synchronous=FULL.
final class BenchServer {
    static let stepName = "server"
    static let user = "ana"
    static let workspace = "Bench"

    let url: String
    let folder: String
    private let tokens: [String]
    private var tokensUsed = 0
    private let process: ChildProcess

    /// Makes a server for one user and starts it.
    init(in folder: String, deviceCount: Int) async throws {
        self.folder = ScratchFolder.subfolder("server", of: folder)
        tokens = (0..<deviceCount).map { "bench-device-\($0)" }
        let cryptography = OpenSSLCryptography()
        let store = try Self.open(self.folder, creates: true, isServing: false)
        _ = try await store.addWorkspace(title: Self.workspace)
        _ = try await store.addUser(name: Self.user)
        try await store.addMember(workspace: Self.workspace, user: Self.user, role: .curator)
        for token in tokens {
            try await store.addToken(tokenHash: cryptography.sha256([UInt8](token.utf8)), user: Self.user)
        }
        process = try ChildProcess.ofThisProgram(["step", Self.stepName, "--folder", self.folder])
        url = try process.expectLine()
    }

    /// The token of a further device.
    func nextToken() -> String {
        defer { tokensUsed += 1 }
        return tokens[tokensUsed]
    }

    var port: UInt16 { url.split(separator: ":").last.flatMap { UInt16($0) } ?? 0 }

    /// Most memory that the server process had resident, in bytes.
    var peakMemory: Double { Machine.peakMemory(of: "\(process.processID)") }

    /// Processor time of the server process so far, in seconds of one core.
    var processorSeconds: Double { Machine.processorSeconds(of: "\(process.processID)") }

    /// Bytes of the server's database, without the write-ahead log.
    func databaseBytes() throws -> Double {
        var options = Connection.Options()
        options.isReadOnly = true
        let db = try Connection(path: folder + "/server.sqlite", options: options)
        let select = try db.prepare("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
        return try select.step() ? Double(select.int64(0)) : 0
    }

    func stop() throws {
        guard process.end() == 0 else { throw BenchError("the server failed") }
    }

    private static func open(_ folder: String, creates: Bool, isServing: Bool) throws -> SQLiteServerStore {
        try SQLiteServerStore(
            folder: folder, creates: creates, isServing: isServing, cryptography: OpenSSLCryptography(), clock: wallTime
        )
    }

    /// The server's process: serves until its standard input ends.
    static func serve(_ step: Step) async throws {
        let store = try open(step.folder, creates: false, isServing: true)
        let service = SyncService(
            store: store, cryptography: OpenSSLCryptography(), clock: wallTime,
            log: { line in try? FileOutput.standardError().writeLine("server: \(line)") })
        let server = HTTPServer(configuration: HTTPServerConfiguration(), handler: service)
        try step.say("http://127.0.0.1:\(try server.start())")
        await withCheckedContinuation { continuation in
            // Reading blocks: not on the pool that answers requests.
            DispatchQueue(label: "input").async {
                while (try? LineInput(fileDescriptor: 0, isTerminal: false).readLine()) != nil {}
                continuation.resume()
            }
        }
        await server.shutdown(graceSeconds: 5)
    }
}
