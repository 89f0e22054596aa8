import AnnotationModel
import ChangeLog
import Testing
import WireFormat

@Suite struct SegmentTests {
    private func segment(_ times: [Int64]) -> Segment {
        Segment(
            layer: ExampleWorld.shared, replica: ExampleWorld.anaReplica, author: ExampleWorld.ana, firstSeq: 1,
            previous: .zero,
            entries: times.enumerated().map { place, time in
                Segment.Entry(lamport: UInt64(place + 1), wallTime: time, body: .payload([]))
            }, signatures: [])
    }

    /// A server joins changes that came one by one: what it took alone must be fit to travel beside any other.
    @Test func aClockGoneWildCannotMakeAFeedUnreadable() throws {
        for time in [Int64.max, .min, WireLimits.wallTimeMax + 1, -WireLimits.wallTimeMax - 1] {
            #expect(throws: WireError.self) { try Segment(decoding: segment([time]).encoded) }
        }
        let joined = segment([WireLimits.wallTimeMax, -WireLimits.wallTimeMax, WireLimits.wallTimeMax, 0])
        #expect(try Segment(decoding: joined.encoded) == joined)
    }
}
