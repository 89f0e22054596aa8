import AnnotationModel
import ChangeLog
import Compression
import Foundation
import HTTPClient
import HTTPServing
import LocalStore
import SyncClient
import Testing
import WireFormat

/// Whatever a body holds: a clear error, nothing written, and the server goes on.
@Suite struct BadBodyTests {
    private func code(_ response: HTTPClientResponse) -> String? {
        struct Body: Decodable { let error: String }
        return (try? JSONDecoder().decode(Body.self, from: Data(response.body)))?.error
    }

    @Test func truncatedBodiesAreMalformed() async throws {
        let live = try await LiveServer()
        let ana = try await live.device("ana", of: "ana")
        try ana.addCode("unsent")
        let body = try ana.pushRequest().encoded
        for count in 0..<body.count {
            let response = try await ana.post("/v1/push", Array(body[..<count]))
            #expect(response.status == 400 && code(response) == "malformed", "\(count) of \(body.count) bytes")
        }
        let longer = try await ana.post("/v1/push", body + [0])
        #expect(longer.status == 400)
        #expect(try await live.position(of: ana.layer(.shared), for: ana.token) == 0)
        try await ana.sync()
        #expect(try await live.position(of: ana.layer(.shared), for: ana.token) == 1)
        #expect(try await live.isServing())
    }

    /// A change is accepted as its maker signed it or not at all.
    @Test func noBitFlipIsEverAccepted() async throws {
        let live = try await LiveServer()
        let ana = try await live.device("ana", of: "ana")
        try ana.addCode("unsent")
        let body = try ana.pushRequest().encoded
        var statuses: [Int: Int] = [:]
        for bit in 0..<(body.count * 8) {
            var flipped = body
            flipped[bit / 8] ^= 1 << UInt8(bit % 8)
            let response = try await ana.post("/v1/push", flipped)
            statuses[response.status, default: 0] += 1
            switch response.status {
            case 200:
                let reply = try PushReply(decoding: response.body)
                #expect(reply.results.allSatisfy { $0.status != .accepted }, "bit \(bit)")
            case 400: #expect(code(response) == "malformed")
            case 404: #expect(code(response) == "no_workspace")
            default: Issue.record("status \(response.status) for bit \(bit)")
            }
        }
        print(
            "\(body.count * 8) bit flips of a push: \(statuses.sorted { $0.key < $1.key }.map { "\($0.value) × \($0.key)" }.joined(separator: ", "))"
        )
        #expect(try await live.position(of: ana.layer(.shared), for: ana.token) == 0)
        let vector = try await ana.transport.vector(
            VectorRequest(workspace: live.workspace, layer: try ana.layer(.shared)))
        #expect(vector.heads == [])
        try await ana.sync()
        #expect(try await live.position(of: ana.layer(.shared), for: ana.token) == 1)
    }

    @Test func damagedCompressionIsMalformed() async throws {
        let live = try await LiveServer()
        let ana = try await live.device("ana", of: "ana")
        try ana.addCode("unsent")
        let frame = Zstd.compress(try ana.pushRequest().encoded)
        var bodies: [[UInt8]] = [
            [], [0x28], Array(frame.dropLast()), frame + [0], frame + frame,
            [0x50, 0x2A, 0x4D, 0x18, 0, 0, 0, 0] + frame,
        ]
        for place in stride(from: 0, to: frame.count, by: 3) {
            var flipped = frame
            flipped[place] ^= 0x10
            bodies.append(flipped)
        }
        for body in bodies {
            let response = try await ana.post("/v1/push", body, encoding: "zstd")
            #expect(response.status == 400 || response.status == 413)
            #expect(["malformed", "too_large"].contains(code(response)))
        }
        let other = try await ana.post("/v1/push", frame, encoding: "gzip")
        #expect(other.status == 415 && code(other) == "unsupported_encoding")
        #expect(try await live.position(of: ana.layer(.shared), for: ana.token) == 0)
        #expect(try await live.isServing())
    }

    @Test func aCompressionBombIsNotUnpacked() async throws {
        let live = try await LiveServer()
        let ana = try await live.device("ana", of: "ana")
        let bomb = Zstd.compress([UInt8](repeating: 0, count: 512 << 20))
        #expect(bomb.count < 64 << 10)
        let before = residentBytes()
        for _ in 0..<20 {
            let response = try await ana.post("/v1/push", bomb, encoding: "zstd")
            #expect(response.status == 413 && code(response) == "too_large")
        }
        // A bomb that says it is small, and one that does not say.
        var liar = Zstd.compress([UInt8](repeating: 0, count: 200 << 10))
        liar[6] = 0
        #expect(try await ana.post("/v1/push", liar, encoding: "zstd").status == 400)
        // Not one of the twenty was unpacked, whatever other tests take meanwhile.
        #expect(residentBytes() - before < 512 << 20)
        #expect(try await live.isServing())
    }

    private func residentBytes() -> Int {
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4096
    }

    @Test func aPromiseOfTwoGigabytesIsRefusedAtOnce() async throws {
        let live = try await LiveServer()
        let ana = try await live.device("ana", of: "ana")
        for length in ["2147483648", "1048577", "99999999999999999999"] {
            let head =
                "POST /v1/push HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(ana.token)\r\nContent-Length: \(length)\r\n\r\n"
            let started = ContinuousClock.now
            let reply = try await Sockets.exchange([UInt8](head.utf8) + [1, 2, 3], port: live.port)
            let text = String(decoding: reply, as: UTF8.self)
            #expect(text.hasPrefix("HTTP/1.1 413 ") && text.contains("Connection: close"), "\(length)")
            #expect(started.duration(to: .now) < .seconds(10))
        }
        #expect(await live.server.statistics.bodyBytesInFlight == 0)
        #expect(try await live.isServing())
    }

    @Test func messagesOverALimitAreMalformed() async throws {
        let live = try await LiveServer()
        let ana = try await live.device("ana", of: "ana")
        let key = try ana.store.signingKey().publicKey
        let name = ConnectRequest(publicKey: key, deviceName: String(repeating: "x", count: 201))
        #expect(code(try await ana.post("/v1/connect", name.encoded)) == "malformed")
        var version = HeadsRequest(workspace: live.workspace, digest: nil).encoded
        version[1] = 2
        let newer = try await ana.post("/v1/heads", version)
        #expect(newer.status == 400 && code(newer) == "malformed")
        #expect(String(decoding: newer.body, as: UTF8.self).contains("protocol version 1, not 2"))
    }

    @Test func otherPathsAndMethods() async throws {
        let live = try await LiveServer()
        let ana = try await live.device("ana", of: "ana")
        for path in ["/", "/v1", "/v1/push/", "/v2/push", "/v1/PUSH"] {
            let response = try await ana.post(path, [])
            #expect(response.status == 404 && code(response) == "not_found", "\(path)")
        }
        let get = try await ana.session.send(HTTPClientRequest(method: "GET", url: ana.url + "/v1/heads"))
        #expect(get.status == 405 && get.header("Allow") == "POST" && code(get) == "method_not_allowed")
    }
}
