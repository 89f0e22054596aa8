import Foundation
import Simulation
import Testing

/// A smoke portion of what scripts/simulate runs for as long as one likes.
@Suite struct HistoryTests {
    static var seeds: [UInt64] {
        let environment = ProcessInfo.processInfo.environment
        if let seed = environment["VARIORUM_SEED"].flatMap(UInt64.init) { return [seed] }
        let first = environment["VARIORUM_FIRST_SEED"].flatMap(UInt64.init) ?? 1
        return Array(first..<(first + (environment["VARIORUM_SEEDS"].flatMap(UInt64.init) ?? 30)))
    }

    @Test(arguments: seeds) func everyInvariantHolds(seed: UInt64) {
        let outcome = Simulation.run(Plan(seed: seed))
        #expect(
            outcome.violation?.description == nil,
            "make it short and repeat it with: swift run -c release variorum-simulate --seed \(seed)")
    }

    @Test(arguments: [3, 11, 62] as [UInt64]) func aSeedRepeatsToTheLetter(seed: UInt64) {
        let first = Simulation.run(Plan(seed: seed))
        let second = Simulation.run(Plan(seed: seed))
        #expect(first.trace == second.trace)
        #expect(first.trace.count > 5)
    }

    @Test func historiesAreFullOfFaults() {
        let outcomes = (200..<212).map { Simulation.run(Plan(seed: $0)) }
        #expect(outcomes.reduce(0) { $0 + $1.faultCount } > 20)
        #expect(outcomes.reduce(0) { $0 + $1.changeCount } > 50)
    }
}
