import AnnotationModel
import TeamCoding
import Testing

/// Spans: F1 by hand, and what must hold of any spans.
@Suite struct SpanTests {
    private func sample(_ seed: UInt64, coders: Int? = nil, documents: Int = 2) throws -> SpanTable {
        var random = SplitMix64(seed: seed)
        let coders = coders ?? 2 + random.below(3)
        let made = (0..<documents).map { _ in random.document(coders: coders, length: 200, spans: 3 + random.below(7)) }
        return try SpanTable(coderCount: coders, documents: made)
    }

    private static let parameters = GammaParameters(samples: 5, precisionPercent: 0, seed: 3)

    @Test func f1CountsEqualAndTouchingSpans() throws {
        let document = SpanDocument(
            length: 100,
            spans: [
                [Span(0, 10, "a"), Span(20, 30, "a"), Span(40, 50, "b"), Span(60, 70, "a")],
                [Span(0, 10, "a"), Span(22, 35, "a"), Span(40, 50, "a"), Span(70, 80, "a")],
            ])
        let table = try SpanTable(coderCount: 2, documents: [document])
        #expect(table.exactF1().value == 0.25)
        // Equal and touching; another category and mere neighbours do not count.
        #expect(table.overlapF1().value == 0.5)
        #expect(table.only("a").exactF1().value == 2.0 / 7)
        #expect(table.only("b").overlapF1().value == 0)
        #expect(table.overlapF1().counts == UnitCounts(units: 1, incomplete: 0, used: 1, pairableValues: 8))
    }

    @Test func touchingIsWhatComparingAllPairsSays() throws {
        for seed in seeds(100) {
            let table = try sample(seed, coders: 2)
            var (touched, all) = (0, 0)
            for document in table.documents {
                let (first, second) = (document.spans[0] ?? [], document.spans[1] ?? [])
                for (spans, others) in [(first, second), (second, first)] {
                    all += spans.count
                    touched += spans.count { span in
                        others.contains { $0.category == span.category && $0.start < span.end && $0.end > span.start }
                    }
                }
            }
            let expected: Outcome = all == 0 ? .undefined(.nothingCoded) : .value(Double(touched) / Double(all))
            #expect(table.overlapF1().outcome == expected, rerun(seed))
        }
    }

    @Test func theOrderOfCodersDoesNotMatter() throws {
        for seed in seeds(40) {
            let table = try sample(seed)
            var random = SplitMix64(seed: seed ^ 0xFF)
            let other = table.coders(Array(0..<table.coderCount).shuffled(using: &random))
            #expect(isClose(table.exactF1().value, other.exactF1().value), rerun(seed))
            #expect(isClose(table.overlapF1().value, other.overlapF1().value), rerun(seed))
            #expect(isClose(table.unitizingAlpha().value, other.unitizingAlpha().value), rerun(seed))
            // Samples are drawn by the order of coders; the best alignment does not depend on it.
            #expect(isClose(table.gamma(Self.parameters).observed, other.gamma(Self.parameters).observed), rerun(seed))
        }
    }

    @Test func aCoderWhoRepeatsAnotherAgreesFully() throws {
        for seed in seeds(40) {
            let table = try sample(seed).coders([0, 0])
            for coefficient in [
                table.exactF1(), table.overlapF1(), table.unitizingAlpha(), table.gamma(Self.parameters),
            ] {
                #expect(coefficient.value == nil || coefficient.value == 1, rerun(seed))
            }
        }
    }

    @Test func documentsThatNotAllCodedAreLeftOutAndCounted() throws {
        let table = try sample(7, coders: 3)
        let more = try SpanTable(
            coderCount: 3,
            documents: table.documents + [SpanDocument(length: 40, spans: [[Span(1, 5, "a")], nil, nil])])
        #expect(more.unitizingAlpha().outcome == table.unitizingAlpha().outcome)
        #expect(more.gamma(Self.parameters).outcome == table.gamma(Self.parameters).outcome)
        #expect(more.exactF1().outcome == table.exactF1().outcome)
        #expect(more.unitizingAlpha().counts.incomplete == 1)
        #expect(more.unitizingAlpha().counts.used == 2)
    }

    /// The best alignment against all partitions of a few spans.
    @Test func theBestAlignmentIsTheBestOfAll() throws {
        for seed in seeds(60) {
            var random = SplitMix64(seed: seed)
            let coders = 2 + random.below(3)
            var spans = [[Span]](repeating: [], count: coders)
            for _ in 0..<7 {
                let start = random.below(40)
                let span = Span(start, start + 1 + random.below(12), random.pick(["a", "b"]))
                spans[random.below(coders)].append(span)
            }
            let table = try SpanTable(coderCount: coders, documents: [SpanDocument(length: 60, spans: spans)])
            let parameters = GammaParameters(
                alpha: Double(random.below(4)), beta: Double(random.below(3)),
                deltaEmpty: 0.5 + Double(random.below(3)),
                samples: 1, precisionPercent: 0, seed: 1)
            let flat = spans.enumerated().flatMap { coder, spans in spans.map { (coder, $0) } }
            let best = cheapest(flat, [], coders, parameters) * Double(coders) / 7
            #expect(isClose(table.gamma(parameters).observed, best), rerun(seed))
        }
    }

    /// The least cost of all ways to put `rest` into the blocks so far or new ones.
    private func cheapest(
        _ rest: [(Int, Span)], _ blocks: [[(Int, Span)]], _ coders: Int, _ parameters: GammaParameters
    ) -> Double {
        guard let next = rest.first else {
            return blocks.reduce(0) { $0 + cost($1, coders, parameters) }
        }
        let others = Array(rest.dropFirst())
        var best = cheapest(others, blocks + [[next]], coders, parameters)
        for index in blocks.indices where !blocks[index].contains(where: { $0.0 == next.0 }) {
            var joined = blocks
            joined[index].append(next)
            best = min(best, cheapest(others, joined, coders, parameters))
        }
        return best
    }

    private func cost(_ block: [(Int, Span)], _ coders: Int, _ parameters: GammaParameters) -> Double {
        let pairs = coders * (coders - 1) / 2
        var sum = Double(pairs - block.count * (block.count - 1) / 2)
        for (place, (_, left)) in block.enumerated() {
            for (_, right) in block[..<place] {
                let apart = Double(abs(left.start - right.start) + abs(left.end - right.end))
                let ratio = apart / Double(left.end - left.start + right.end - right.start)
                sum += parameters.alpha * ratio * ratio + (left.category == right.category ? 0 : parameters.beta)
            }
        }
        return sum * parameters.deltaEmpty / Double(pairs)
    }
}
