import ChangeLog
import Foundation
import ServerStore
import TestSupport
import Testing

/// For every operation of the server's store: let the N-th call fail, N = 1, 2, 3 … until none is left to fail. After
/// each failure the database agrees with itself in everything (`ServerAudit`), all or nothing of the operation is there,
/// what was confirmed is there, and the same store goes on without being opened anew, readers included.
@Suite("FaultLoopTests: server store", .serialized) struct ServerFaultLoopTests {
    private static let scene = Task { try await ServerScene() }
    private static let tally = FaultTally()

    init() { SQLiteFaults.watch(true) }

    @Test(arguments: ServerDeed.allCases.filter { FaultPlan.takes("server-" + $0.rawValue) })
    func allOrNothing(deed: ServerDeed) async throws {
        let scene = try await Self.scene.value
        let injector = Injector()
        var tries = 0
        func attempt() throws -> ServerAttempt {
            tries += 1
            return try ServerAttempt(scene, deed, injector, number: tries)
        }
        let triedBefore = Self.tally.total
        let undisturbed = try attempt()
        let before = deed == .create ? nil : try ServerPrint(undisturbed.path)
        let answer = try await undisturbed.perform()
        let after = try ServerPrint(undisturbed.path)
        // The operations on files beside the database are the client's.
        for fault in Fault.allCases where FaultPlan.takes(fault) && fault != .file && fault != .fileGone {
            let counting = try attempt()
            injector.arm(fault, Int.max)
            _ = try await counting.perform()
            let total = injector.disarm(fault).calls
            if total == 0 { continue }
            for number in FaultPlan.numbers(total, few: 3) {
                if let failure = await loop(try attempt(), fault, number, total, before, after, answer) {
                    let repetition = FaultPlan.repetition("server-" + deed.rawValue, fault, number)
                    Issue.record("\(deed), \(fault), call \(number): \(failure); \(repetition)")
                }
            }
        }
        #expect(Self.tally.total > triedBefore, "something was tried")
        #expect(SQLiteFaults.misuseCount == 0, "SQLite was called with what is closed already")
    }

    /// One fault; gives back what went wrong.
    private func loop(
        _ attempt: ServerAttempt, _ fault: Fault, _ number: Int, _ total: Int, _ before: ServerPrint?,
        _ after: ServerPrint, _ answer: String
    ) async -> String? {
        Self.tally.count(fault)
        let deed = attempt.deed
        attempt.arm(fault, number)
        var failure: (any Error)?
        var given: String?
        do {
            given = try await attempt.perform()
        } catch {
            failure = error
        }
        let failures = attempt.disarm(fault).failures
        let said = failure.map { "\($0)" } ?? "success"
        do {
            // Calls that run side by side need not be as many every time.
            if failures == 0 && number <= total && deed != .appendSeveral { return "the call was not made again" }
            if failures == 0, failure != nil { return "failed without a fault: \(said)" }
            if let given, given != answer { return "a wrong answer: \(given)" }
            if deed == .create || deed == .open {
                if failure != nil { try attempt.reopen() }
                _ = try await attempt.readEverything()
                return try problems(attempt)
            }
            if let problem = try problems(attempt) { return problem }
            let now = try ServerPrint(attempt.path)
            if now != before && now != after && !deed.isGradual {
                return "neither all nor nothing after \(said)"
            }
            if failure == nil && now.shape != after.shape { return "said to be done, is not" }
            // The same store goes on.
            if now == before || deed.isGradual {
                let again = try await attempt.perform()
                // Of the snapshots, some may have been made by the first try, and some payloads be gone.
                if again != answer && deed != .refreshSnapshots && deed != .compact {
                    return "a wrong answer the second time: \(again)"
                }
            }
            let end = try ServerPrint(attempt.path)
            if end.shape != after.shape { return "did not come to its end after \(said)" }
            let seen = try await attempt.readEverything()
            try attempt.reopen()
            if try await attempt.readEverything() != seen { return "its readers see an old state after \(said)" }
            return try problems(attempt)
        } catch {
            return "after \(said): \(error)"
        }
    }

    private func problems(_ attempt: ServerAttempt) throws -> String? {
        let database = attempt.path + "/server.sqlite"
        let problems = try ServerAudit.problems(in: database, using: attempt.scene.cryptography)
        if !problems.isEmpty { return "audit: \(problems)" }
        let chains = try attempt.scene.chains(in: database)
        for (replica, seq) in attempt.confirmed where chains[replica, default: 0] < seq {
            return "\(replica) was confirmed up to \(seq), \(chains[replica, default: 0]) is there"
        }
        return nil
    }

    @Test func counts() { print("server store: \(Self.tally.line)") }
}
