import AnnotationModel
import ChangeLog
import Foundation
import HTTPClient
import HTTPServing
import LocalStore
import ServerStore
import SyncClient
import Testing

@testable import SyncServer

/// Live updates over real sockets.
@Suite struct LiveUpdatesTests {
    /// Access is looked at so rarely that only an event can have done it.
    private static var rarely: LiveLimits {
        var limits = LiveLimits()
        limits.checkMilliseconds = 3_600_000
        return limits
    }

    private static var often: LiveLimits {
        var limits = LiveLimits()
        limits.checkMilliseconds = 20
        return limits
    }

    @Test func twoStoresGetEachOthersChangesAsTheyHappen() async throws {
        let live = try await LiveServer(live: Self.rarely)
        let (ana, ben) = (try await live.device("ana", of: "ana"), try await live.device("ben", of: "ben"))
        try ana.addCode("before")
        let watches = [LiveWatch(ana), LiveWatch(ben)]
        #expect(await eventually { watches.allSatisfy(\.isListening) })
        #expect(try await eventually { try ben.codes() == ["before"] })
        for number in 0..<5 {
            try ana.addCode("ana \(number)")
            try ben.addCode("ben \(number)", in: .personal)
        }
        let all = Set(["before"] + (0..<5).flatMap { ["ana \($0)", "ben \($0)"] })
        #expect(try await eventually { try ana.codes() == all && ben.codes() == all })
        for watch in watches { try await watch.end() }
        // Nothing is lost that was made after the end.
        try ana.addCode("later")
        #expect(try await ana.sync().pushedCount == 1)
        #expect(try ana.store.lastSyncs().failure == nil)
    }

    @Test func whatAnotherProgramWritesIsSent() async throws {
        let live = try await LiveServer(live: Self.rarely)
        let (ana, ben) = (try await live.device("ana", of: "ana"), try await live.device("ben", of: "ben"))
        let watches = [LiveWatch(ana), LiveWatch(ben)]
        #expect(await eventually { watches.allSatisfy(\.isListening) })
        let second = try LocalStore.open(
            ana.store.folder, options: LocalStore.Options(cryptography: live.cryptography, clock: { 1_700_000_000_000 })
        )
        let layer = try ana.layer(.shared)
        _ = try second.write { try $0.create(.code, in: layer, [(Field.Code.name, .text("typed elsewhere"))]) }
        #expect(try await eventually { try ben.codes() == ["typed elsewhere"] })
        for watch in watches { try await watch.end() }
    }

    /// The event about an own push arrives before or after its acknowledgement: in neither case is anything asked.
    @Test func anOwnPushIsNotAskedFor() async throws {
        let live = try await LiveServer(live: Self.rarely)
        let proxy = try CountingProxy(to: live.port)
        let ana = try await live.device("ana", of: "ana", via: proxy.port)
        let watch = LiveWatch(ana)
        #expect(await eventually { watch.said.filter { $0.hasPrefix("synced") }.count >= 2 && watch.isListening })
        let witness = try LiveStream(ana, workspace: live.workspace, port: live.port)
        witness.read()
        #expect(await eventually { witness.events.count == 1 })
        _ = proxy.take()
        let before = watch.said.count { $0.hasPrefix("synced") }
        for number in 1...3 {
            try ana.addCode("\(number)")
            #expect(await eventually { witness.events.count == 1 + number })
            // What is written while a sync ends may go with it, and then the next one asks for nothing.
            #expect(await eventually { watch.said.count { $0.hasPrefix("synced") } == before + number })
        }
        // Whatever the events would lead to has happened when a sync of another kind is through.
        try await watch.end()
        let requests = proxy.take().requests
        // Before the second and third stands the body of the one before.
        #expect(
            requests.count == 3 && requests.allSatisfy { $0.hasSuffix("POST /v1/push HTTP/1.1") }, "\(requests)")
        witness.leave()
    }

    @Test func whoHasLeftHearsNothingMoreAndIsSentAway() async throws {
        let live = try await LiveServer(live: Self.rarely)
        let (ana, ben) = (try await live.device("ana", of: "ana"), try await live.device("ben", of: "ben"))
        let streams = try [ana, ben].map { try LiveStream($0, workspace: live.workspace, port: live.port) }
        for stream in streams { stream.read() }
        #expect(await eventually { streams.allSatisfy { $0.events.count == 1 } })
        try await live.store.removeMember(workspace: LiveServer.title, user: "ana")
        try ben.addCode("after ana left")
        try await ben.sync()
        #expect(await eventually { streams[1].events.count == 2 })
        #expect(streams[0].events == ["event: listening\ndata: \n\n"])
        for stream in streams { stream.leave() }
    }

    @Test func aRemovedMembersStreamEndsAndTheWatchSaysWhy() async throws {
        let live = try await LiveServer(live: Self.often)
        let ana = try await live.device("ana", of: "ana")
        let stream = try LiveStream(ana, workspace: live.workspace, port: live.port)
        stream.read()
        let watch = LiveWatch(ana)
        #expect(await eventually { watch.isListening && stream.events.count == 1 })
        try await live.store.removeMember(workspace: LiveServer.title, user: "ana")
        #expect(await eventually { stream.hasEnded })
        #expect(stream.text.hasSuffix("0\r\n\r\n"))
        let error = await #expect(throws: SyncError.self) { try await watch.endsByItself() }
        #expect(error?.code == .accessEnded)
    }

    @Test func aRevokedTokenEndsTheWatch() async throws {
        let live = try await LiveServer(live: Self.often)
        let ana = try await live.device("ana", of: "ana")
        let watch = LiveWatch(ana)
        #expect(await eventually { watch.isListening })
        _ = try await live.store.revokeTokens(user: "ana")
        let error = await #expect(throws: SyncError.self) { try await watch.endsByItself() }
        #expect(error?.code == .unauthorised)
    }

    @Test func whoJoinsIsToldOfByAResync() async throws {
        let live = try await LiveServer(live: Self.often)
        let ana = try await live.device("ana", of: "ana")
        let watch = LiveWatch(ana)
        #expect(await eventually { watch.isListening })
        let layers = try ana.store.feedPoints().count
        _ = try await live.store.addUser(name: "cleo")
        try await live.store.addMember(workspace: LiveServer.title, user: "cleo", role: .curator)
        // Her personal layer appears here, without anybody having pushed anything.
        #expect(try await eventually { try ana.store.feedPoints().count == layers + 1 })
        try await watch.end()
    }

    @Test func aSlowListenerIsToldToAskForEverything() async throws {
        var limits = Self.rarely
        limits.restMilliseconds = 0
        let live = try await LiveServer(live: limits)
        let ana = try await live.device("ana", of: "ana")
        let layer = try ana.layer(.shared)
        let (slow, quick) = (
            try LiveStream(ana, workspace: live.workspace, port: live.port, receiveBuffer: 2048),
            try LiveStream(ana, workspace: live.workspace, port: live.port)
        )
        quick.read()
        #expect(await eventually { quick.events.count == 1 })
        // Far more than kernels and the server keep for one listener.
        for _ in 0..<2000 {
            let before = quick.byteCount
            live.service.live.moved([layer], in: live.workspace)
            while quick.byteCount == before { try await Task.sleep(for: .milliseconds(1)) }
        }
        let count = quick.events.count
        #expect(count > 2000)
        slow.read()
        #expect(await eventually { slow.events.contains("event: resync\ndata: \n\n") })
        #expect(slow.events.count < count / 2)
        // It hears on from there.
        live.service.live.moved([layer], in: live.workspace)
        #expect(await eventually { slow.events.last?.hasPrefix("event: moved") == true })
        for stream in [slow, quick] { stream.leave() }
    }

    @Test func tooManyListenersAreToldWhenToComeAgain() async throws {
        var limits = LiveLimits()
        (limits.listenersMax, limits.listenersPerUserMax) = (3, 2)
        let live = try await LiveServer(live: limits)
        let (ana, ben) = (try await live.device("ana", of: "ana"), try await live.device("ben", of: "ben"))
        func answer(_ device: LiveDevice) async throws -> HTTPClientResponse {
            var request = HTTPClientRequest(
                url: live.url + "/v1/live?workspace=\(live.workspace)",
                headers: [("Authorization", "Bearer \(device.token)")])
            // For the case that it is let in.
            request.timeoutMilliseconds = 60_000
            return try await device.session.send(request)
        }
        let first = try LiveStream(ana, workspace: live.workspace, port: live.port)
        let others = try [ana, ben].map { try LiveStream($0, workspace: live.workspace, port: live.port) }
        for stream in [first] + others { stream.read() }
        #expect(await eventually { ([first] + others).allSatisfy { $0.events.count == 1 } })
        let full = try await answer(ben)
        #expect(full.status == 503 && full.header("Retry-After") == "60")
        others[1].leave()
        #expect(await eventually { await live.server.statistics.connectionsOpen < 5 })
        let greedy = try await answer(ana)
        #expect(greedy.status == 429 && greedy.header("Retry-After") == "60")
        #expect(String(decoding: greedy.body, as: UTF8.self).contains("\"too_many_listeners\""))
        first.leave()
        let again = try LiveStream(ana, workspace: live.workspace, port: live.port)
        again.read()
        #expect(await eventually { again.events.count == 1 || again.hasEnded })
        for stream in [again, others[0]] { stream.leave() }
    }

    @Test func aRestartOfTheServerIsSurvived() async throws {
        var configuration = HTTPServerConfiguration()
        let live = try await LiveServer(live: Self.rarely)
        let (ana, ben) = (try await live.device("ana", of: "ana"), try await live.device("ben", of: "ben"))
        let watches = [LiveWatch(ana), LiveWatch(ben)]
        #expect(await eventually { watches.allSatisfy(\.isListening) })
        await live.server.shutdown(graceSeconds: 1)
        #expect(await eventually { watches.allSatisfy { $0.said.contains { $0.hasPrefix("not listening") } } })
        try ana.addCode("while it was away")
        configuration.port = live.port
        let next = HTTPServer(configuration: configuration, handler: live.service)
        _ = try next.start()
        #expect(try await eventually { try ben.codes() == ["while it was away"] })
        try ben.addCode("afterwards")
        #expect(try await eventually { try ana.codes() == ["while it was away", "afterwards"] })
        for watch in watches { try await watch.end() }
        await next.shutdown(graceSeconds: 1)
    }

    @Test func aServerWithoutLiveUpdatesIsAskedFromTimeToTime() async throws {
        let live = try await LiveServer()
        let older = HTTPServer(configuration: HTTPServerConfiguration(), handler: OlderServer(service: live.service))
        let port = try older.start()
        let (ana, ben) = (
            try await live.device("ana", of: "ana", via: port), try await live.device("ben", of: "ben")
        )
        let watch = LiveWatch(ana) { $0.pollSeconds = 0.02 }
        #expect(await eventually { watch.said.contains("no live updates") })
        try ben.addCode("found by asking")
        try await ben.sync()
        #expect(try await eventually { try ana.codes() == ["found by asking"] })
        try await watch.end()
        await older.shutdown(graceSeconds: 1)
    }

    /// As after a change of address: the connection is there, and nothing comes any more.
    @Test func aStreamThatIsSilentIsTakenForDead() async throws {
        let live = try await LiveServer(live: Self.rarely)
        let ana = try await live.device("ana", of: "ana")
        let (heard, hearing) = AsyncStream<LiveEvent>.makeStream()
        let transport = HTTPSyncTransport(
            url: live.url, token: ana.token, session: ana.session, silenceSecondsMax: 0.3)
        let error = await #expect(throws: SyncError.self) {
            try await transport.listen(to: live.workspace) { hearing.yield($0) }
        }
        #expect(error?.code == .unreachable)
        hearing.finish()
        #expect(await heard.reduce(into: []) { $0.append($1) } == [.listening])
        // The server notices that it is gone, too.
        #expect(await eventually { await live.server.statistics.connectionsOpen <= 1 })
    }

    private struct OlderServer: HTTPHandler {
        let service: SyncService

        func handle(_ request: HTTPRequest) async -> HTTPReply {
            guard request.path == "/v1/live" else { return await service.handle(request) }
            var unknown = request
            unknown.path = "/v1/unknown"
            return await service.handle(unknown)
        }
    }

    @Test(arguments: ["", "?workspace=", "?workspace=xyz", "?workspace=%zz", "?space=00", "?workspace=00&workspace=00"])
    func anIncompleteQuestionIsRefused(query: String) async throws {
        let live = try await LiveServer()
        let ana = try await live.device("ana", of: "ana")
        let request = HTTPClientRequest(
            url: live.url + "/v1/live" + query, headers: [("Authorization", "Bearer \(ana.token)")])
        let answer = try await ana.session.send(request)
        #expect(answer.status == 400)
        let post = try await ana.post("/v1/live" + query, [])
        #expect(post.status == 405 && post.header("Allow") == "GET")
    }
}
