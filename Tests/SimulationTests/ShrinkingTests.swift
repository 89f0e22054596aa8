import Simulation
import Testing

@Suite struct ShrinkingTests {
    @Test func whatDoesNotMatterIsLeftOut() {
        let kept = Shrinking.shrink(100, runsMax: 1000) { places in [13, 14, 77].allSatisfy(places.contains) }
        #expect(kept == [13, 14, 77])
    }

    @Test func whatFailsByItselfNeedsNothing() {
        #expect(Shrinking.shrink(50, runsMax: 1000) { _ in true } == [])
    }

    @Test func theSearchEnds() {
        var runs = 0
        let kept = Shrinking.shrink(1000, runsMax: 5) { places in
            runs += 1
            return places.contains(999)
        }
        #expect(runs == 5 && kept.contains(999))
    }
}
