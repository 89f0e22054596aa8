import ChangeLog
import HTTPClient
import HTTPServing
import Synchronization
import TestSupport
import Testing
import WireFormat

@testable import SyncServer

/// Nobody can keep the server busy beyond the rate that its operator has set, and nobody else notices who tries.
@Suite struct RequestLimiterTests {
    private let now = TestClock()

    private func limiter(_ perSecond: Int) -> RequestLimiter {
        RequestLimiter(perSecond: perSecond) { [now] in now.milliseconds }
    }

    private func token(_ number: UInt64) -> Digest { Digest(words: [number, 0, 0, 0]) }

    @Test func aBucketHoldsTenSecondsAndFillsEvenly() {
        let limiter = limiter(5)
        for _ in 0..<50 { #expect(limiter.take(token(1)) == 0) }
        #expect(limiter.take(token(1)) == 1)
        // Others have their own.
        #expect(limiter.take(token(2)) == 0)
        now.advance(199)
        #expect(limiter.take(token(1)) == 1)
        now.advance(1)
        #expect(limiter.take(token(1)) == 0 && limiter.take(token(1)) == 1)
        now.advance(10_000_000)
        #expect((0..<51).count { _ in limiter.take(token(1)) == 0 } == 50)
    }

    @Test func slowRatesSayHowLongToWait() {
        let limiter = limiter(1)
        for _ in 0..<10 { #expect(limiter.take(token(1)) == 0) }
        #expect(limiter.take(token(1)) == 1)
    }

    @Test func aClockThatLeapsHarmsNobody() {
        let limiter = limiter(1_000_000)
        now.set(Int64.max / 2)
        #expect(limiter.take(token(1)) == 0)
        now.set(0)
        #expect(limiter.take(token(1)) == 0)
        now.set(Int64.max)
        #expect(limiter.take(token(1)) == 0)
    }

    @Test func noLimitIsNone() {
        let limiter = limiter(0)
        #expect((0..<10_000).allSatisfy { _ in limiter.take(token(1)) == 0 })
    }

    @Test func tokensThatRestAreForgotten() {
        let limiter = limiter(5)
        for number in 0..<30_000 {
            #expect(limiter.take(token(UInt64(number))) == 0)
            now.advance(1)
        }
        #expect(limiter.count <= 10_000)
    }

    @Test func whoAsksTooOftenIsToldWhenToComeAgain() async throws {
        let live = try await LiveServer(requestsPerSecond: 1)
        let (ana, ben) = (try await live.device("ana", of: "ana"), try await live.device("ben", of: "ben"))
        let body = HeadsRequest(workspace: live.workspace, digest: nil).encoded
        var answers: [Int] = []
        for _ in 0..<20 { answers.append(try await ana.post("/v1/heads", body).status) }
        #expect(answers.prefix(5).allSatisfy { $0 == 200 } && answers.last == 429)
        let refused = try await ana.post("/v1/heads", body)
        #expect(refused.status == 429 && refused.header("Retry-After") == "1")
        #expect(String(decoding: refused.body, as: UTF8.self).contains("too_many_requests"))
        #expect(try await ben.post("/v1/heads", body).status == 200)
        live.advance(hours: 1)
        try ana.addCode("waits")
        #expect(try await ana.sync().pushedCount == 1)
    }
}
