import AnnotationModel
import CommandLine
import Cryptography
import Dispatch
import Glibc
import HTTPServing
import SQLiteBinding
import ServerStore
import SyncServer

/// A real server in a process of its own: HTTPServer, SyncService, SQLiteServerStore with synchronous=FULL.
final class BenchServer {
    static let stepName = "server"
    static let user = "ana"
    static let workspace = "Bench"

    private(set) var url: String
    let folder: String
    private let tokens: [String]
    private var tokensUsed = 0
    private var process: ChildProcess

    /// Makes a server for one user with several devices and starts it.
    convenience init(in folder: String, deviceCount: Int, isEncrypted: Bool = false) async throws {
        try await self.init(
            in: folder, users: [(Self.user, .curator)], devicesPerUser: deviceCount, isEncrypted: isEncrypted)
    }

    /// Makes a server for several users and starts it. Its tokens are in the order of the users.
    init(
        in folder: String, users: [(name: String, role: Role)], devicesPerUser: Int = 1, isEncrypted: Bool = false
    ) async throws {
        self.folder = ScratchFolder.subfolder("server", of: folder)
        tokens = (0..<users.count * devicesPerUser).map(Self.token)
        let cryptography = OpenSSLCryptography()
        let store = try Self.open(self.folder, creates: true, isServing: false)
        _ = try await store.addWorkspace(title: Self.workspace)
        for (place, user) in users.enumerated() {
            _ = try await store.addUser(name: user.name)
            try await store.addMember(workspace: Self.workspace, user: user.name, role: user.role)
            for token in tokens[place * devicesPerUser..<(place + 1) * devicesPerUser] {
                try await store.addToken(tokenHash: cryptography.sha256([UInt8](token.utf8)), user: user.name)
            }
        }
        if isEncrypted { try Self.makeCertificate(in: self.folder) }
        process = try ChildProcess.ofThisProgram(["step", Self.stepName, "--folder", self.folder])
        url = try process.expectLine()
    }

    static func token(_ number: Int) -> String { "bench-device-\(number)" }

    /// The certificate of a server in `folder`; the file is there if it is an encrypted one.
    static func certificate(in folder: String) -> String { folder + "/certificate.pem" }
    private static func key(in folder: String) -> String { folder + "/key.pem" }

    private static func makeCertificate(in folder: String) throws {
        let openssl = try ChildProcess(
            "/usr/bin/env",
            [
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                "2",
                "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key(in: folder), "-out",
                certificate(in: folder),
            ])
        guard openssl.end() == 0 else { throw BenchError("openssl could not make a certificate") }
    }

    /// The token of a further device.
    func nextToken() -> String {
        defer { tokensUsed += 1 }
        return tokens[tokensUsed]
    }

    var port: UInt16 { url.split(separator: ":").last.flatMap { UInt16($0) } ?? 0 }

    /// Most memory that the server process had resident, in bytes.
    var peakMemory: Double { Machine.peakMemory(of: "\(process.processID)") }

    /// Memory that the server process has resident now, in bytes.
    var residentMemory: Double { Machine.residentMemory(of: "\(process.processID)") }

    /// Processor time of the server process so far, in seconds of one core.
    var processorSeconds: Double { Machine.processorSeconds(of: "\(process.processID)") }

    /// Bytes of the server's database, without the write-ahead log.
    /// - Parameter countsFree: With pages that are in no use.
    func databaseBytes(countsFree: Bool = true) throws -> Double {
        var options = Connection.Options()
        options.isReadOnly = true
        let db = try Connection(path: folder + "/server.sqlite", options: options)
        let select = try db.prepare(
            """
            SELECT (page_count - \(countsFree ? "0" : "freelist_count")) * page_size
            FROM pragma_page_count, pragma_freelist_count, pragma_page_size
            """)
        return try select.step() ? Double(select.int64(0)) : 0
    }

    func stop() throws {
        guard process.end() == 0 else { throw BenchError("the server failed") }
    }

    /// Ends the server and starts it again, with another address, so that its memory tells of what comes now alone.
    func restart() throws {
        try stop()
        process = try ChildProcess.ofThisProgram(["step", Self.stepName, "--folder", folder])
        url = try process.expectLine()
    }

    /// Makes snapshots of all layers while the server is down; gives how long that took.
    func makeSnapshots() async throws -> Double {
        try await whileDown { store in
            guard try await store.refreshSnapshots(from: 1) > 0 else { throw BenchError("there are no snapshots") }
        }
    }

    /// Lets go of all that snapshots stand for while the server is down; gives how long that took.
    func compact() async throws -> Double {
        try await whileDown { store in
            guard try await store.compact(receivedBefore: .max) > 0 else { throw BenchError("nothing was let go of") }
        }
    }

    private func whileDown(_ work: (SQLiteServerStore) async throws -> Void) async throws -> Double {
        try stop()
        let store = try Self.open(folder, creates: false, isServing: false)
        let seconds = try await Stopwatch.measure { try await work(store) }
        process = try ChildProcess.ofThisProgram(["step", Self.stepName, "--folder", folder])
        url = try process.expectLine()
        return seconds
    }

    private static func open(_ folder: String, creates: Bool, isServing: Bool) throws -> SQLiteServerStore {
        try SQLiteServerStore(
            folder: folder, creates: creates, isServing: isServing, cryptography: OpenSSLCryptography(), clock: wallTime
        )
    }

    /// The server's process: serves until its standard input ends.
    static func serve(_ step: Step) async throws {
        Allocator.sharePools()
        let store = try open(step.folder, creates: false, isServing: true)
        var limits = LiveLimits()
        limits.listenersPerUserMax = limits.listenersMax
        let service = SyncService(
            store: store, cryptography: OpenSSLCryptography(), clock: wallTime, liveLimits: limits,
            log: { line in try? FileOutput.standardError().writeLine("server: \(line)") })
        // All clients have one address here.
        var configuration = HTTPServerConfiguration()
        configuration.connectionsPerAddressMax = configuration.connectionsMax
        let isEncrypted = access(certificate(in: step.folder), R_OK) == 0
        if isEncrypted {
            configuration.tls = HTTPServerTLS(
                certificateFile: certificate(in: step.folder), keyFile: key(in: step.folder))
        }
        let server = HTTPServer(configuration: configuration, handler: service)
        try step.say("\(isEncrypted ? "https" : "http")://127.0.0.1:\(try server.start())")
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
