import AnnotationModel
import DocumentText
import Testing

@Suite("Resolving selectors against another version")
struct ResolutionTests {
    private let old = "He signed the treaty. She read the treaty. Both left."

    private func selectors(_ range: Range<Int>) throws -> PassageSelectors {
        try indexed(old).selectors(forCodePoints: range)
    }

    @Test("exact: the text around changed on one side only")
    func exact() throws {
        let first = try selectors(10..<20)
        #expect(first.quote.exact == "the treaty")
        #expect(try indexed(old + " Nobody came.").resolve(first) == .exact(10..<20))
        #expect(try indexed("We signed the treaty. She read the treaty. Both left.").resolve(first) == .exact(10..<20))
    }

    @Test("exact: both sides changed, but the words stand nowhere else")
    func exactAlone() throws {
        let selectors = TextQuoteSelector(exact: "treaty", prefix: "a", suffix: "b")
        let position = TextPositionSelector(start: 4, end: 10)
        #expect(try indexed("The treaty of 2015").resolve(position: position, quote: selectors) == .exact(4..<10))
    }

    @Test("moved: the words stand once, elsewhere")
    func moved() throws {
        let selectors = try selectors(0..<20)
        #expect(try indexed("საქართველო 🇬🇪\n" + old).resolve(selectors) == .moved(14..<34))
        #expect(try indexed("x" + old).resolve(position: nil, quote: selectors.quote) == .moved(1..<21))
    }

    @Test("moved: the words stand several times, once between the recorded sides")
    func movedInContext() throws {
        let second = try selectors(31..<41)
        #expect(second.quote.exact == "the treaty")
        #expect(try indexed("News. the treaty! " + old).resolve(second) == .moved(49..<59))
        let rewritten = "News. He signed the treaty. Then she read the treaty. Both left."
        #expect(try indexed(rewritten).resolve(second) == .ambiguous([16..<26, 42..<52]))
        let short = TextQuoteSelector(exact: "the treaty", prefix: "She read ", suffix: ". Both")
        #expect(try indexed("News. the treaty! " + old).resolve(position: nil, quote: short) == .moved(49..<59))
        #expect(
            try indexed("News. the treaty! " + old).resolve(position: second.position, quote: short) == .moved(49..<59))
    }

    @Test("an occurrence that slid to the recorded position is not taken for the passage")
    func slidingOccurrence() throws {
        let quote = TextQuoteSelector(exact: "ab", prefix: "x", suffix: "y")
        let position = TextPositionSelector(start: 3, end: 5)
        #expect(try indexed("...ab...xaby").resolve(position: position, quote: quote) == .moved(9..<11))
        let atStart = TextQuoteSelector(exact: "ab", prefix: "", suffix: "y")
        #expect(
            try indexed("ab... aby").resolve(position: TextPositionSelector(start: 0, end: 2), quote: atStart)
                == .moved(6..<8))
    }

    @Test("ambiguous: several places have the full context, and only those are listed")
    func ambiguous() throws {
        let quote = TextQuoteSelector(exact: "ab", prefix: "x", suffix: "y")
        #expect(try indexed("ab xaby ab xaby").resolve(position: nil, quote: quote) == .ambiguous([4..<6, 12..<14]))
    }

    @Test("ambiguous: the list of places is bounded")
    func bounded() throws {
        let quote = TextQuoteSelector(exact: "a", prefix: "b", suffix: "")
        let resolution = try indexed(String(repeating: "a", count: 5000)).resolve(position: nil, quote: quote)
        #expect(resolution == .ambiguous((0..<TextIndex.candidateCountMax).map { $0..<$0 + 1 }))
    }

    @Test("orphan: the words are gone, or there are none")
    func orphan() throws {
        #expect(try indexed("Nothing was signed.").resolve(try selectors(10..<20)) == .orphan)
        #expect(try indexed("").resolve(try selectors(10..<20)) == .orphan)
        let nothing = TextQuoteSelector(exact: "", prefix: "a", suffix: "b")
        #expect(try indexed("ab").resolve(position: TextPositionSelector(start: 1, end: 1), quote: nothing) == .orphan)
    }

    @Test("orphan: the words stand only as a part of other characters")
    func splitClusters() throws {
        #expect(try indexed("cafe\u{301}").resolve(position: nil, quote: TextQuoteSelector(exact: "e")) == .orphan)
        #expect(try indexed("🇷🇺🇸").resolve(position: nil, quote: TextQuoteSelector(exact: "🇺🇸")) == .orphan)
        #expect(try indexed("👩‍👧").resolve(position: nil, quote: TextQuoteSelector(exact: "👧")) == .orphan)
        // But a foreign program's half of a character is found where it says it is.
        let half = TextQuoteSelector(exact: "e", prefix: "caf", suffix: "\u{301}")
        #expect(
            try indexed("cafe\u{301}").resolve(position: TextPositionSelector(start: 3, end: 4), quote: half)
                == .exact(3..<4))
    }

    @Test(
        "recorded positions that make no sense are harmless", arguments: [(-5, 3), (3, 1), (Int.min, Int.max), (7, 99)])
    func nonsense(start: Int, end: Int) throws {
        let quote = TextQuoteSelector(exact: "treaty", prefix: "z", suffix: "z")
        let position = TextPositionSelector(start: start, end: end)
        #expect(try indexed("the treaty").resolve(position: position, quote: quote) == .moved(4..<10))
    }

    @Test("agrees with comparing at every offset", arguments: seeds(60))
    func oracle(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let letters = ["a", "b", "ქ", "e\u{301}", "e", "🇬🇪", "\u{301}"]
        func random(_ count: ClosedRange<Int>) -> String {
            var text = ""
            for _ in 0..<Int.random(in: count, using: &generator) {
                text.unicodeScalars.append(contentsOf: (letters.randomElement(using: &generator) ?? "").unicodeScalars)
            }
            return text
        }
        for _ in 0..<20 {
            let index = try indexed(random(0...40))
            let quote = TextQuoteSelector(exact: random(1...3), prefix: random(0...1), suffix: random(0...1))
            let start = Int.random(in: 0...20, using: &generator)
            let position = TextPositionSelector(start: start, end: start + quote.exact.unicodeScalars.count)
            #expect(
                index.resolve(position: position, quote: quote) == naive(index, position, quote), rerun(seed))
        }
    }

    private func naive(
        _ index: TextIndex, _ position: TextPositionSelector, _ quote: TextQuoteSelector
    ) -> AnchorResolution {
        let scalars = Array(index.text.string.unicodeScalars)
        let exact = Array(quote.exact.unicodeScalars)
        func hasPrefix(_ range: Range<Int>) -> Bool {
            String(String.UnicodeScalarView(scalars[..<range.lowerBound])).utf8.reversed()
                .starts(with: quote.prefix.utf8.reversed())
        }
        func hasSuffix(_ range: Range<Int>) -> Bool {
            scalars[range.upperBound...].starts(with: quote.suffix.unicodeScalars)
        }
        func isWhole(_ range: Range<Int>) -> Bool {
            let borders = index.text.string.indices.map { $0.utf16Offset(in: index.text.string) }
            return [range.lowerBound, range.upperBound].allSatisfy {
                let offset = try? index.convert($0, from: .codePoint, to: .utf16)
                return offset == index.utf16Count || borders.contains(offset ?? -1)
            }
        }
        let everywhere = scalars.indices.map { $0..<$0 + exact.count }
            .filter { $0.upperBound <= scalars.count && scalars[$0].elementsEqual(exact) }
        let recorded = everywhere.first { $0.lowerBound == position.start }
        if let recorded {
            let isAlone = quote.prefix.isEmpty && quote.suffix.isEmpty
            if isAlone || (!quote.prefix.isEmpty && hasPrefix(recorded))
                || (!quote.suffix.isEmpty && hasSuffix(recorded))
            {
                return .exact(recorded)
            }
        }
        let whole = everywhere.filter(isWhole)
        if whole.isEmpty { return .orphan }
        if whole.count == 1 { return whole[0] == recorded ? .exact(whole[0]) : .moved(whole[0]) }
        let inContext = whole.filter { hasPrefix($0) && hasSuffix($0) }
        if inContext.count == 1 { return .moved(inContext[0]) }
        return .ambiguous(inContext.isEmpty ? whole : inContext)
    }

    @Test("a text of one repeated letter costs linear time")
    func worstCase() throws {
        let index = try indexed(String(repeating: "e\u{301}", count: 300_000))
        let quote = TextQuoteSelector(
            exact: String(repeating: "e\u{301}", count: 20_000) + "e", prefix: "e", suffix: "e")
        let clock = ContinuousClock()
        let duration = clock.measure { #expect(index.resolve(position: nil, quote: quote) == .orphan) }
        #expect(duration < .seconds(20))
    }
}
