import ChangeLog
import Foundation
import Testing

/// A sync with nothing new is one small request.
@Suite struct IdleSyncTests {
    /// As docs/sync-protocol.md reckons, for a port of four digits.
    private static let bytesDocumented = 230

    @Test func oneRequestOfFourHundredBytesAtMost() async throws {
        let live = try await LiveServer(members: ["ana", "ben", "cem", "dora"])
        let proxy = try CountingProxy(to: live.port)
        let ana = try await live.device("ana", of: "ana", via: proxy.port)
        let ben = try await live.device("ben", of: "ben")
        for number in 0..<20 { try ana.addCode("code \(number)") }
        try ben.addCode("ben's")
        for device in [ana, ben, ana] { try await device.sync() }

        for _ in 0..<3 {
            _ = proxy.take()
            let summary = try await ana.sync()
            #expect(summary.pushedCount == 0 && summary.pulledCount == 0)
            let traffic = proxy.take()
            #expect(traffic.requests == ["POST /v1/heads HTTP/1.1"])
            let (sent, received) = (traffic.sent.count, traffic.received.count)
            print("idle sync: \(sent) bytes sent, \(received) received, \(sent + received) in all")
            #expect(sent + received <= 400)
            #expect(sent + received == Self.bytesDocumented + String(proxy.port).utf8.count - 4)
            #expect(String(decoding: traffic.received, as: UTF8.self).hasPrefix("HTTP/1.1 204 "))
        }
    }

    /// On a connection of its own it costs the same: nothing is said beforehand.
    @Test func aNewConnectionCostsNothingMore() async throws {
        let live = try await LiveServer()
        let proxy = try CountingProxy(to: live.port)
        let ana = try await live.device("ana", of: "ana", via: proxy.port)
        try await ana.sync()
        _ = proxy.take()
        let fresh = LiveDevice(store: ana.store, token: ana.token, url: ana.url)
        try await fresh.sync()
        let traffic = proxy.take()
        #expect(traffic.connections == 1 && traffic.requests.count == 1)
        #expect(traffic.sent.count + traffic.received.count <= 400)
    }

    /// A push that leaves nothing unread needs no further question.
    @Test func aPushOfOwnWorkIsOneRequest() async throws {
        let live = try await LiveServer()
        let proxy = try CountingProxy(to: live.port)
        let ana = try await live.device("ana", of: "ana", via: proxy.port)
        try await ana.sync()
        try ana.addCode("mine")
        _ = proxy.take()
        try await ana.sync()
        let traffic = proxy.take()
        #expect(traffic.requests == ["POST /v1/push HTTP/1.1"])
        print("sync of one new code: \(traffic.sent.count) bytes sent, \(traffic.received.count) received")
    }
}
