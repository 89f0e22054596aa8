import Foundation
import LocalStore
import TestSupport
import Testing

/// For every operation of the offline store: let the N-th call fail, N = 1, 2, 3 … until none is left to fail. After each
/// failure the store opens again, `check` is clean, and either all of the operation is there or nothing; what answers a
/// question answers right or not at all. Then the same opening of the store goes on and comes to the undisturbed end.
///
/// The method is that of SQLite's own tests (sqlite.org/testing.html: "I/O error testing", "Out-of-memory testing").
@Suite("FaultLoopTests: offline store", .serialized) struct StoreFaultLoopTests {
    private static let scene = Task { try await StoreScene() }
    private static let tally = FaultTally()

    init() { SQLiteFaults.watch(true) }

    @Test func theFailingAllocatorIsInPlace() { #expect(SQLiteFaults.areInstalled) }

    @Test(arguments: StoreDeed.allCases.filter { FaultPlan.takes($0.rawValue) })
    func allOrNothing(deed: StoreDeed) async throws {
        let scene = try await Self.scene.value
        let injector = Injector()
        var tries = 0
        func attempt() throws -> StoreAttempt {
            tries += 1
            return try StoreAttempt(scene, deed, injector, number: tries)
        }
        let triedBefore = Self.tally.total
        let undisturbed = try attempt()
        let before = try StorePrint(deed == .create ? nil : undisturbed.reopened())
        let answer = try await undisturbed.perform()
        let after = try StorePrint(undisturbed.reopened())
        var afterAgain = after
        if deed.notesEachTry {
            _ = try await undisturbed.perform()
            afterAgain = try StorePrint(undisturbed.reopened())
        }

        for fault in Fault.allCases where FaultPlan.takes(fault) {
            let counting = try attempt()
            injector.arm(fault, Int.max)
            _ = try await counting.perform()
            let total = injector.disarm(fault).calls
            if total == 0 { continue }
            for number in FaultPlan.numbers(total, few: deed.few) {
                let failure = await loop(try attempt(), fault, number, total, before, after, afterAgain, answer)
                if let failure {
                    let repetition = FaultPlan.repetition(deed.rawValue, fault, number)
                    Issue.record("\(deed), \(fault), call \(number): \(failure); \(repetition)")
                }
            }
        }
        #expect(Self.tally.total > triedBefore, "something was tried")
        #expect(SQLiteFaults.misuseCount == 0, "SQLite was called with what is closed already")
    }

    /// One fault; gives back what went wrong.
    private func loop(
        _ attempt: StoreAttempt, _ fault: Fault, _ number: Int, _ total: Int, _ before: StorePrint, _ after: StorePrint,
        _ afterAgain: StorePrint, _ answer: String
    ) async -> String? {
        let deed = attempt.deed
        Self.tally.count(fault)
        attempt.arm(fault, number)
        var failure: (any Error)?
        var given: String?
        do {
            given = try await attempt.perform()
        } catch {
            failure = error
        }
        let failures = attempt.disarm(fault).failures
        do {
            // A listener looks for other processes beside it, sooner or later.
            if failures == 0 && number <= total && deed != .observe { return "the call was not made again" }
            if failures == 0, let failure { return "failed without a fault: \(failure)" }
            if let given, given != answer { return "a wrong answer: \(Self.difference(given, answer))" }
            let reopened = try attempt.reopened()
            let problems = try reopened?.check().problems ?? []
            if !problems.isEmpty { return "check: \(problems)" }
            let now = try StorePrint(reopened)
            if now != before && now != after && !deed.mayStopBetween {
                let said = failure.map { "\($0)" } ?? "success"
                return "neither all nor nothing after \(said): \(now.exact) is not \(after.exact)"
            }
            if failure == nil && now != after && now.shape != after.shape {
                return "said to be done, is not: \(now.shape) is not \(after.shape)"
            }
            if failure == nil { return nil }
            // The same opening goes on, or for a deed of several steps another one does.
            if deed.mayStopBetween && number % 2 == 0, let reopened { attempt.goOn(with: reopened) }
            if now == before || deed.mayStopBetween {
                let again = try await attempt.perform()
                if deed.isReading && again != answer {
                    return "a wrong answer the second time: \(Self.difference(again, answer))"
                }
            }
            let end = try StorePrint(try attempt.reopened())
            let wanted = now == before ? after : afterAgain
            if end.shape != wanted.shape { return "did not come to its end: \(end.shape) is not \(wanted.shape)" }
            if try StorePrint(attempt.store) != end { return "what is remembered differs from what is stored" }
            if deed.mayStopBetween {
                let problems = try attempt.reopened()?.check().problems ?? []
                if !problems.isEmpty { return "check at the end: \(problems)" }
            }
            return nil
        } catch {
            return "after \(failure.map { "\($0)" } ?? "success"): \(error)"
        }
    }

    private static func difference(_ given: String, _ right: String) -> String {
        let pairs = zip(given.split(separator: "\n"), right.split(separator: "\n"))
        return pairs.first { $0 != $1 }.map { "\($0.0) is not \($0.1)" } ?? "its length differs"
    }

    @Test func counts() { print("offline store: \(Self.tally.line)") }
}
