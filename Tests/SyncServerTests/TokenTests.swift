import AnnotationModel
import ChangeLog
import Foundation
import HTTPClient
import HTTPServing
import LocalStore
import ServerStore
import TestSupport
import Testing
import WireFormat

/// Whoever has no known token learns nothing: one answer, byte for byte, for every such request.
@Suite struct TokenTests {
    /// All but those by which one gets a token.
    private static let paths = SyncPath.allCases.filter { ![.join, .login].contains($0) }.map(\.rawValue)

    private func request(_ path: String, authorisation: [String], body: [UInt8], headers: [String] = []) -> [UInt8] {
        let lines =
            [
                "\(path == "/v1/live" ? "GET" : "POST") \(path) HTTP/1.1", "Host: a", "Connection: close",
                "Content-Length: \(body.count)",
            ]
            + authorisation.map { "Authorization: " + $0 } + headers
        return [UInt8]((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body
    }

    @Test func everyUnknownTokenGetsTheSameBytes() async throws {
        var configuration = HTTPServerConfiguration()
        configuration.sendsDate = false
        let live = try await LiveServer(configuration: configuration)
        let ana = try await live.device("ana", of: "ana")
        try ana.addCode("unsent")
        let good = try ana.pushRequest().encoded
        let revoked = try await live.token(for: "ben")
        _ = try await live.store.revokeTokens(user: "ben")
        let known = ana.token
        let wrong: [[String]] = [
            [], [""], ["Bearer"], ["Bearer "], ["Bearer x"], ["Bearer vrm_" + String(repeating: "A", count: 43)],
            ["Bearer " + revoked], ["Bearer " + known + "x"], ["Bearer " + known.dropLast()], ["Bearer  " + known],
            ["bearer " + known], ["Basic " + known], [known], ["Bearer \"\(known)\""],
            ["Bearer \(known), Bearer \(known)"],
            ["Bearer " + known.lowercased()], ["Bearer " + String(repeating: "x", count: 5000)],
            ["Bearer ", "Bearer " + known], ["Bearer é"],
        ]
        var answers: Set<[UInt8]> = []
        for path in Self.paths {
            for authorisation in wrong {
                answers.insert(
                    try await Sockets.exchange(request(path, authorisation: authorisation, body: good), port: live.port)
                )
            }
            // Nor does the body matter before the token is known.
            for (body, headers) in [
                ([], []), ([0xFF], []), (good, ["Content-Encoding: zstd"]), (good, ["Content-Encoding: br"]),
            ] as [([UInt8], [String])] {
                answers.insert(
                    try await Sockets.exchange(
                        request(path, authorisation: ["Bearer unknown"], body: body, headers: headers), port: live.port)
                )
            }
            // Too many failures in a row are answered otherwise.
            live.advance(hours: 2)
        }
        #expect(answers.count == 1)
        let answer = String(decoding: try required(answers.first), as: UTF8.self)
        #expect(answer.hasPrefix("HTTP/1.1 401 "))
        #expect(answer.contains("\r\nWWW-Authenticate: Bearer\r\n"))
        #expect(answer.hasSuffix("{\"error\":\"unauthorised\",\"message\":\"a known bearer token is needed\"}\n"))
        #expect(try await live.position(of: ana.layer(.shared), for: known) == 0)
        let right = try await Sockets.exchange(
            request("/v1/push", authorisation: ["Bearer " + known], body: good), port: live.port)
        #expect(String(decoding: right, as: UTF8.self).hasPrefix("HTTP/1.1 200 "))
    }

    @Test func whoGuessesIsSlowedDownAndOthersAreNot() async throws {
        let live = try await LiveServer()
        let ana = try await live.device("ana", of: "ana")
        func ask(_ token: String) async throws -> String {
            String(
                decoding: try await Sockets.exchange(
                    request("/v1/heads", authorisation: ["Bearer " + token], body: []), port: live.port), as: UTF8.self)
        }
        for _ in 0..<21 { #expect(try await ask("guess").hasPrefix("HTTP/1.1 401 ")) }
        let answer = try await ask("guess")
        #expect(answer.hasPrefix("HTTP/1.1 429 ") && answer.contains("\r\nRetry-After: 2\r\n"))
        // The same address, with a token that is good.
        #expect(try await ask(ana.token).hasPrefix("HTTP/1.1 400 "))
        live.advance(hours: 2)
        #expect(try await ask("guess").hasPrefix("HTTP/1.1 401 "))
    }

    @Test func aTokenBelongsToOneDevice() async throws {
        let live = try await LiveServer()
        let ana = try await live.device("ana", of: "ana")
        let other = live.cryptography.makeSigningKey().publicKey
        let response = try await ana.post("/v1/connect", ConnectRequest(publicKey: other, deviceName: "x").encoded)
        #expect(response.status == 409)
        #expect(String(decoding: response.body, as: UTF8.self).contains("\"token_in_use\""))
        // The same device may introduce itself as often as it likes.
        let own = try ana.store.signingKey().publicKey
        for _ in 0..<2 {
            let again = try await ana.post("/v1/connect", ConnectRequest(publicKey: own, deviceName: "renamed").encoded)
            #expect(again.status == 200)
        }
    }
}
