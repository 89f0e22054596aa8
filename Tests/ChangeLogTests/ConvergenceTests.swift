import AnnotationModel
import ChangeLog
import Foundation
import Simulation
import TestSupport
import Testing
import WireFormat

/// Merge is a function of the set of changes: any order, duplication or delay gives byte-identical state.
///
/// A few hundred seeds run here; `scripts/prove-merge` runs as many as one likes.
@Suite struct ConvergenceTests {
    /// Seeds to run: `VARIORUM_SEED` alone, or `VARIORUM_SEEDS` many, or a few hundred.
    static var seeds: [UInt64] {
        let environment = ProcessInfo.processInfo.environment
        if let seed = environment["VARIORUM_SEED"].flatMap(UInt64.init) { return [seed] }
        let first = environment["VARIORUM_FIRST_SEED"].flatMap(UInt64.init) ?? 1
        let count = environment["VARIORUM_SEEDS"].flatMap(UInt64.init) ?? 200
        return Array(first..<(first + count))
    }

    private static func hint(_ seed: UInt64) -> Comment {
        "repeat with: VARIORUM_SEED=\(seed) swift test --filter ConvergenceTests"
    }

    private func bytes(_ state: LayerState) -> [UInt8] {
        state.records.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }
            .flatMap { $0.key.bytes + $0.value.encoded + ($0.value.encodedAwaited ?? []) }
    }

    private func bytes(_ oracle: OracleState) -> [UInt8] {
        oracle.records.sorted().flatMap { id in
            let state = oracle.state(of: id)
            return state.isEmpty ? [] : id.bytes + state.encoded + (state.encodedAwaited ?? [])
        }
    }

    @Test func everyReplicaAgreesWithTheOracleAtAnyMomentAndWithAllAtTheEnd() {
        for seed in Self.seeds {
            var history = RandomHistory(seed: seed)
            for view in history.views {
                let oracle = OracleState(view.received)
                #expect(bytes(view.state) == bytes(oracle), Self.hint(seed))
                #expect(view.state.vector == oracle.vector, Self.hint(seed))
                for (id, record) in view.state.records {
                    #expect(record.isAlive == oracle.isAlive(id), Self.hint(seed))
                    #expect(
                        Set(record.set(RandomHistory.set)) == oracle.members(of: RandomHistory.set, in: id),
                        Self.hint(seed))
                }
            }
            // Commutative and idempotent: two random orders with duplicates.
            let expected = bytes(OracleState(history.all))
            for _ in 0..<2 {
                var state = LayerState()
                for change in history.shuffled() { state.receive(change.stamp, change.operations) }
                #expect(bytes(state) == expected, Self.hint(seed))
                #expect(!state.hasGaps, Self.hint(seed))
            }
        }
    }

    @Test func groupingDoesNotMatter() {
        // Associative: hearing A's and B's changes together or one after the other leads to the same.
        for seed in Self.seeds {
            let history = RandomHistory(seed: seed)
            let views = history.views
            var left = views[0].state
            for change in views[1].received + views[2].received { left.receive(change.stamp, change.operations) }
            var right = views[2].state
            for change in views[0].received { right.receive(change.stamp, change.operations) }
            for change in views[1].received { right.receive(change.stamp, change.operations) }
            #expect(bytes(left) == bytes(right), Self.hint(seed))
        }
    }

    @Test func nothingIsDroppedInSilence() {
        // Every value ever written shows, is kept beside, or was superseded by somebody who had seen it.
        for seed in Self.seeds {
            let history = RandomHistory(seed: seed)
            var state = LayerState()
            for change in history.all { state.receive(change.stamp, change.operations) }
            let superseded = Set(history.all.flatMap { $0.operations.flatMap(\.supersedes) })
            for (stamp, operations) in history.all {
                for (index, operation) in operations.enumerated() {
                    guard case .write(let field, let value, _) = operation.action else { continue }
                    let dot = Dot(replica: stamp.replica, seq: stamp.seq, index: UInt32(index))
                    let isLive = state.records[operation.record]?.candidates(field).contains {
                        $0.dot == dot && $0.value == value
                    }
                    #expect(isLive == true || superseded.contains(dot), Self.hint(seed))
                }
            }
        }
    }

    @Test func replayFromScratchEqualsIncrementalMerge() {
        for seed in Self.seeds {
            let history = RandomHistory(seed: seed)
            for view in history.views {
                for (id, expected) in view.state.records {
                    var operations: [(operation: ChangeLog.Operation, index: UInt32, stamp: Stamp)] = []
                    var seen: Set<Dot> = []
                    for (stamp, changeOperations) in view.received where stamp.seq <= view.state.vector[stamp.replica] {
                        for (index, operation) in changeOperations.enumerated() where operation.record == id {
                            let dot = Dot(replica: stamp.replica, seq: stamp.seq, index: UInt32(index))
                            if seen.insert(dot).inserted { operations.append((operation, UInt32(index), stamp)) }
                        }
                    }
                    #expect(RecordState(replaying: operations, vector: view.state.vector) == expected, Self.hint(seed))
                }
            }
        }
    }

    @Test func statesAndPayloadsSurviveTheWire() throws {
        for seed in Self.seeds {
            let history = RandomHistory(seed: seed)
            for view in history.views {
                for state in view.state.records.values {
                    #expect(
                        try RecordState(decoding: state.encoded, awaited: state.encodedAwaited) == state,
                        Self.hint(seed))
                }
            }
            for (stamp, operations) in history.all {
                let payload = Payload(operations: operations)
                let encoded = payload.encoded(by: stamp.replica)
                let decoded = try Payload(decoding: encoded, by: stamp.replica)
                #expect(decoded == payload, Self.hint(seed))
                #expect(decoded.encoded(by: stamp.replica) == encoded, Self.hint(seed))
            }
        }
    }
}
