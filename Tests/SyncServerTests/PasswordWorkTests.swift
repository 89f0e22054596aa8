import HTTPServing
import Synchronization
import Testing

@testable import SyncServer

/// How many passwords may wait for their hashes.
@Suite struct PasswordWorkTests {
    /// Work that is done when the test says so.
    private final class Held: Sendable {
        private let waiting = Mutex<[@Sendable () -> Void]>([])
        var count: Int { waiting.withLock { $0.count } }

        func hashing() -> PasswordHashing {
            PasswordHashing(
                hash: { "kept of " + $0 }, matches: { $1 == "kept of " + $0 },
                run: { work in self.waiting.withLock { $0.append(work) } })
        }

        func release() {
            let all = waiting.withLock { waiting in
                defer { waiting = [] }
                return waiting
            }
            for work in all { work() }
        }
    }

    @Test func whoIsBeyondTheQueueIsAskedToComeAgainAndTheOthersAreServed() async throws {
        let held = Held()
        let work = PasswordWork(held.hashing(), waitingMax: 2)
        async let first = work.hash("one")
        async let second = work.check("two", against: "kept of two")
        #expect(await eventually { held.count == 2 })

        let refused = await #expect(throws: Problem.self) { try await work.hash("three") }
        #expect(refused?.reply.status == 503)
        #expect(refused?.reply.headers["Retry-After"] == "5")

        held.release()
        #expect(try await first == "kept of one")
        #expect(try await second)
        // There is room again.
        async let third = work.hash("three")
        #expect(await eventually { held.count == 1 })
        held.release()
        #expect(try await third == "kept of three")
        #expect(work.hashCount.load(ordering: .relaxed) == 3)
    }
}
