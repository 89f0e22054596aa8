import AnnotationModel
import ChangeLog
import Compression
import Foundation
import HTTPServing
import ServerStore
import Testing
import WireFormat

@testable import CommandLine
@testable import SyncServer

/// schema/openapi.yaml says what the server does, and nothing else.
@Suite struct DescriptionTests {
    private static let methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]

    let description: Description
    let live: LiveServer
    /// The server with what `variorumd` puts before it.
    let front: HTTPServer
    let metrics: HTTPServer
    let ports: (front: UInt16, metrics: UInt16)

    init() async throws {
        description = try Description()
        let live = try await LiveServer()
        self.live = live
        let log = Log(format: .text, level: .error, descriptor: STDERR_FILENO)
        let counts = Metrics()
        front = HTTPServer(
            configuration: HTTPServerConfiguration(),
            handler: Front(
                service: live.service, readiness: Readiness(store: live.store, log: log), log: log, metrics: counts))
        metrics = HTTPServer(
            configuration: HTTPServerConfiguration(),
            handler: MetricsHandler(metrics: counts, store: live.store, startSeconds: 0) { [live] in
                await live.server.statistics
            })
        ports = (try front.start(), try metrics.start())
    }

    private func ask(
        _ method: String, _ target: String, headers: [String] = [], body: [UInt8] = [], length: Int? = nil
    ) async throws -> RawReply {
        let lines =
            [
                "\(method) \(target) HTTP/1.1", "Host: a", "Connection: close",
                "Content-Length: \(length ?? body.count)",
            ] + headers
        return try await ask([UInt8]((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body, at: target)
    }

    /// Sends bytes, and reads to the end of the reply, or of its head where it is a stream without end.
    private func ask(_ bytes: [UInt8], at target: String) async throws -> RawReply {
        let descriptor = try Sockets.connect(port: target == "/metrics" ? ports.metrics : ports.front)
        let answer = await Sockets.onThread {
            _ = Sockets.send(bytes[...], to: descriptor)
            var answer: [UInt8] = []
            while let bytes = Sockets.receive(from: descriptor) {
                answer += bytes
                if String(decoding: answer, as: UTF8.self).contains("event: listening") { break }
            }
            close(descriptor)
            return answer
        }
        return try RawReply(answer)
    }

    /// Whether a reply is one that the description knows.
    private func check(
        _ reply: RawReply, _ method: String, _ path: String, _ what: String, to seen: inout Set<String>
    ) throws {
        let note: Comment = "\(method) \(path), \(what): \(reply.status) \(reply.word ?? "")"
        seen.insert("\(reply.status) \(reply.word ?? "-")")
        let operations = description.operations(at: path)
        let operation = operations.first { $0.method == method } ?? operations.first
        let response = try #require(operation.map { $0.responses[reply.status] } ?? description.otherPath, note)
        for name in ["Retry-After", "Allow", "WWW-Authenticate", "Content-Encoding"]
        where reply.headers[name] != nil && !(name == "Retry-After" && reply.body.isEmpty) {
            #expect(response.headers.contains(name), note)
        }
        for name in response.requiredHeaders { #expect(reply.headers[name] != nil, note) }
        guard !reply.body.isEmpty else { return }
        let type = reply.headers["Content-Type"]?.split(separator: ";").first.map(String.init)
        #expect(response.mediaTypes.contains(type ?? "none"), note)
        if type == "application/json" { #expect(response.words.contains(try #require(reply.word, note)), note) }
    }

    @Test func pathsAndMethodsAreThoseOfTheServer() async throws {
        let paths = SyncPath.allCases.map(\.rawValue) + Front.checks + ["/metrics"]
        #expect(Set(description.operations.map(\.path)) == Set(paths))
        for path in paths {
            let described = Set(description.operations(at: path).map(\.method))
            for method in Self.methods {
                let reply = try await ask(method, path)
                #expect((reply.status != 405) == described.contains(method), "\(method) \(path)")
                if reply.status == 405 {
                    #expect(
                        Set(try #require(reply.headers["Allow"]).components(separatedBy: ", ")) == described, "\(path)")
                }
            }
        }
    }

    /// A status and the words that come with it, as the sources spell them out.
    private func problems() throws -> Set<String> {
        let folder = Description.repository.appendingPathComponent("Sources/SyncServer")
        let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        var found: Set<String> = []
        for case let file as URL in files where file.pathExtension == "swift" {
            let text = try String(contentsOf: file, encoding: .utf8)
            // Both may depend on a condition: a ? 429 : 503, a ? "one" : "other".
            for match in text.matches(of: /Problem\(\s*([^",]*\d{3}),([^,]*"[a-z_]+"),/) {
                for status in match.1.matches(of: /\d{3}/) {
                    for word in match.2.matches(of: /"([a-z_]+)"/) { found.insert("\(status.0) \(word.1)") }
                }
            }
            // None is spelled in a way that is not understood here; the declaration itself names types.
            let count = text.matches(of: /\bProblem\(\s*[^\s_)]/).count
            #expect(count == text.matches(of: /Problem\(\s*[^",]*\d{3},[^,]*"[a-z_]+",/).count, "\(file.path)")
        }
        return found
    }

    @Test func errorWordsAreThoseOfTheSources() throws {
        let described = description.operations.flatMap { operation in
            operation.responses.flatMap { status, response in response.words.map { "\(status) \($0)" } }
        }
        let found = try problems()
        #expect(found.count > 20)
        #expect(Set(described + description.otherPath.words.map { "404 \($0)" }) == found)
    }

    @Test func rulesAreThoseOfTheWireFormat() throws {
        let rules = Set(
            try ["messages.cddl", "snapshot.cddl"].flatMap { name in
                let file = Description.repository.appendingPathComponent("schema/wire/" + name)
                let text = try String(contentsOf: file, encoding: .utf8)
                return text.matches(of: /(?m)^([a-z-]+) = \[/).map { String($0.1) }
            })
        #expect(description.rules.count >= 20)
        #expect(description.rules.isSubset(of: rules))
    }

    @Test func repliesConform() async throws {
        let ana = try await live.device("ana", of: "ana")
        try ana.addCode("unsent")
        let new = try await live.token(for: "ben")
        let vectors = try wireVectors()
        let token = "Authorization: Bearer " + ana.token
        let bomb = Zstd.compress([UInt8](repeating: 0, count: 5 << 20))
        var seen: Set<String> = []
        for operation in description.operations.sorted(by: { ($0.path, $0.method) < ($1.path, $1.method) }) {
            let (method, path) = (operation.method, operation.path)
            func check(_ what: String, _ reply: RawReply) throws {
                try self.check(reply, method, path, what, to: &seen)
            }
            try check("no token", try await ask(method, path))
            try check("no device", try await ask(method, path, headers: ["Authorization: Bearer " + new]))
            try check("another method", try await ask("TRACE", path, headers: [token]))
            for encoding in ["gzip", "identity", "zstd"] {
                try check(encoding, try await ask(method, path, headers: [token, "Content-Encoding: \(encoding)"]))
            }
            try check("a bomb", try await ask(method, path, headers: [token, "Content-Encoding: zstd"], body: bomb))
            for (name, body) in vectors {
                try check(name, try await ask(method, path, headers: [token, "Accept-Encoding: zstd"], body: body))
            }
            try check("too long", try await ask(method, path, headers: [token], length: 2 << 20))
            try check(
                "a long head", try await ask(method, path, headers: ["X: " + String(repeating: "x", count: 20000)]))
            for (what, line) in [
                ("chunked", "Transfer-Encoding: chunked"), ("a coding", "Transfer-Encoding: x"),
                ("expects", "Expect: x"),
                ("a space", "X : y"),
            ] {
                let length = line.hasPrefix("T") ? "" : "Content-Length: 1\r\n"
                let bytes = [UInt8]("\(method) \(path) HTTP/1.1\r\nHost: a\r\n\(length)\(line)\r\n\r\n".utf8)
                try check(what, try await ask(bytes, at: path))
            }
            try check("HTTP/3", try await ask([UInt8]("\(method) \(path) HTTP/3.0\r\nHost: a\r\n\r\n".utf8), at: path))
        }
        let heads = HeadsRequest(workspace: live.workspace, digest: nil)
        let bodies: [(String, [UInt8])] = [
            ("/v1/push", try ana.pushRequest().encoded), ("/v1/heads", heads.encoded),
            ("/v1/vector", VectorRequest(workspace: live.workspace, layer: try ana.layer(.shared)).encoded),
            (
                "/v1/snapshot",
                SnapshotRequest(
                    workspace: live.workspace, layer: try ana.layer(.shared), position: 0, firstPiece: 0,
                    byteBudget: 1 << 20
                ).encoded
            ),
            ("/v1/pull", PullRequest(workspace: live.workspace, cursors: [], byteBudget: 1 << 20).encoded),
            ("/v1/devices", DevicesRequest(revoked: nil).encoded),
            ("/v1/invite", InviteRequest(purpose: .ownDevice, seconds: 60).encoded),
            ("/v1/invite", InviteRequest(purpose: .ownDevice, seconds: 0).encoded),
        ]
        for (path, body) in bodies {
            try check(try await ask("POST", path, headers: [token], body: body), "POST", path, "a message", to: &seen)
        }
        try await live.store.set(quota: 1, workspace: LiveServer.title)
        try ana.addCode("too much")
        let full = try await ask("POST", "/v1/push", headers: [token], body: ana.pushRequest().encoded)
        try check(full, "POST", "/v1/push", "no room", to: &seen)
        let stream = try await ask("GET", "/v1/live?workspace=\(live.workspace)", headers: [token])
        #expect(stream.status == 200)
        try check(stream, "GET", "/v1/live", "a listener", to: &seen)
        try check(try await ask("GET", "/v1"), "GET", "/v1", "another path", to: &seen)
        for _ in 0..<60 where !seen.contains("429 too_many_attempts") {
            let reply = try await ask("POST", "/v1/heads", headers: ["Authorization: Bearer guess"])
            try check(reply, "POST", "/v1/heads", "a guess", to: &seen)
        }
        // The battery has met most of what there is.
        let expected: Set<String> = [
            "200 -", "400 -", "400 malformed", "400 not_signed", "400 bad_lifetime", "401 unauthorised",
            "403 unknown_device",
            "404 no_workspace", "404 not_found", "405 -", "405 method_not_allowed", "411 -", "413 -",
            "413 too_large", "415 unsupported_encoding", "417 -", "429 too_many_attempts", "431 -", "501 -", "505 -",
            "507 quota_exceeded",
        ]
        #expect(expected.subtracting(seen) == [])
    }

    /// The examples of schema/wire that are requests, by their file's names.
    private func wireVectors() throws -> [(String, [UInt8])] {
        let folder = Description.repository.appendingPathComponent("schema/wire/vectors")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        return try names.filter { $0.contains("request") || $0.contains("proof") }.sorted().map { name in
            let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
            let digits = Array(text.split(separator: "\n").filter { !$0.hasPrefix("#") }.joined())
            let bytes = stride(from: 0, to: digits.count, by: 2).map {
                UInt8(String(digits[$0...($0 + 1)]), radix: 16)!
            }
            return (name, bytes)
        }
    }
}
