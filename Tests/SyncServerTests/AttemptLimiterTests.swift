import TestSupport
import Testing

@testable import SyncServer

@Suite struct AttemptLimiterTests {
    /// A server's clock may be wrong and be put right: nobody is kept out for as long as it went back.
    @Test func aClockThatIsPutBackForgives() {
        let clock = TestClock()
        clock.set(1_700_000_000_000)
        let limiter = AttemptLimiter { clock.milliseconds }
        for _ in 0..<30 { limiter.failed("an address", .address) }
        #expect(limiter.wait(["an address"]) > 100)
        clock.set(1_600_000_000_000)
        #expect(limiter.wait(["an address"]) == 0)
        for _ in 0..<30 { limiter.failed("an address", .address) }
        #expect(limiter.wait(["an address"]) > 100)
    }
}
