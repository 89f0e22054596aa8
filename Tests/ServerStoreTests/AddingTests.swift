import AnnotationModel
import ChangeLog
import Testing
import WireFormat

@testable import ServerStore

/// Carrying states forward by stretches of a feed comes to what one change after the other does.
@Suite struct AddingTests {
    /// The state of every record at random cuts, by stretches.
    private func atCuts(_ feed: inout RandomFeed, _ check: (Int, [RecordID: RecordState], inout RandomFeed) -> Void) {
        var states: [RecordID: RecordState] = [:]
        var position = 0
        while position < feed.changes.count {
            let end = min(feed.changes.count, position + 1 + feed.below(20))
            let vector = feed.vector(after: end)
            let operations = operationsByRecord(feed.changes[position..<end])
            for id in Set(states.keys).union(operations.keys) {
                states[id] = states[id, default: RecordState()].adding(operations[id] ?? [], vector: vector)
            }
            position = end
            check(end, states, &feed)
        }
    }

    private func bytes(_ states: [RecordID: RecordState]) -> [RecordID: [[UInt8]]] {
        states.filter { !$0.value.isEmpty }.mapValues { [$0.encoded, $0.encodedAwaited ?? []] }
    }

    @Test func stretchesComeToWhatOneChangeAfterTheOtherDoes() {
        var awaitedCount = 0
        for seed in 1...150 as ClosedRange<UInt64> {
            var feed = RandomFeed(seed: seed, steps: 150, strangeness: 0)
            var client = LayerState()
            var taken = 0
            atCuts(&feed) { end, states, feed in
                for change in feed.changes[taken..<end] { client.receive(change.stamp, change.operations) }
                taken = end
                #expect(bytes(states) == bytes(client.records), "seed \(seed), position \(end)")
                var other = LayerState()
                for change in feed.reordered(end) { other.receive(change.stamp, change.operations) }
                #expect(bytes(states) == bytes(other.records), "seed \(seed), position \(end), reordered")
                awaitedCount += states.values.count { !$0.awaited.isEmpty }
            }
        }
        #expect(awaitedCount > 100, "what is superseded before it arrives was among it")
    }

    /// Also where operations name what is not there, what comes later, themselves, or another record's.
    @Test func strangeOperationsComeToWhatOneByOneAndAReplayDo() {
        for seed in 1...150 as ClosedRange<UInt64> {
            var feed = RandomFeed(seed: seed, steps: 150, strangeness: 40)
            atCuts(&feed) { end, states, feed in
                var client = LayerState()
                for change in feed.reordered(end) { client.receive(change.stamp, change.operations) }
                #expect(bytes(states) == bytes(client.settled), "seed \(seed), position \(end)")
                let vector = feed.vector(after: end)
                let replayed = operationsByRecord(feed.changes[..<end])
                    .mapValues { RecordState(replaying: $0, vector: vector) }
                #expect(bytes(states) == bytes(replayed), "seed \(seed), position \(end)")
            }
        }
    }
}
