import AnnotationModel
import DocumentText
import Testing

@Suite("Selectors of a passage")
struct SelectorTests {
    @Test("record the passage and whole clusters of context, and find it again", arguments: seeds(40))
    func roundTrip(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let index = try indexed("x" + generator.text(pieceCountMax: 120))
        let scalars = Array(index.text.string.unicodeScalars)
        func text(_ range: Range<Int>) -> String {
            var text = ""
            text.unicodeScalars.append(contentsOf: scalars[range])
            return text
        }
        for _ in 0..<20 {
            let start = Int.random(in: 0..<scalars.count, using: &generator)
            let end = min(scalars.count, start + Int.random(in: 1...80, using: &generator))
            let selectors = try index.selectors(forCodePoints: start..<end)
            let range = try #require(selectors.position.range)
            #expect(range.lowerBound <= start && range.upperBound >= end, rerun(seed))
            #expect(range == (try index.wholeGraphemes(aroundCodePoints: start..<end)), rerun(seed))
            let quote = selectors.quote
            #expect(quote.exact.utf8.elementsEqual(text(range).utf8), rerun(seed))
            let prefixLength = quote.prefix.unicodeScalars.count
            let suffixLength = quote.suffix.unicodeScalars.count
            #expect(prefixLength <= 64 && suffixLength <= 64, rerun(seed))
            let prefixStart = range.lowerBound - prefixLength
            let suffixEnd = range.upperBound + suffixLength
            #expect(quote.prefix.utf8.elementsEqual(text(prefixStart..<range.lowerBound).utf8), rerun(seed))
            #expect(quote.suffix.utf8.elementsEqual(text(range.upperBound..<suffixEnd).utf8), rerun(seed))
            #expect(try index.isGraphemeBorder(atCodePoint: prefixStart), rerun(seed))
            #expect(try index.isGraphemeBorder(atCodePoint: suffixEnd), rerun(seed))
            // Nothing longer would do.
            if prefixStart > 0 {
                let longer = try index.wholeGraphemes(aroundCodePoints: prefixStart - 1..<range.lowerBound)
                #expect(range.lowerBound - longer.lowerBound > 64, rerun(seed))
            }
            if suffixEnd < scalars.count {
                let longer = try index.wholeGraphemes(aroundCodePoints: range.upperBound..<suffixEnd + 1)
                #expect(longer.upperBound - range.upperBound > 64, rerun(seed))
            }
            #expect(index.resolve(selectors) == .exact(range), rerun(seed))
        }
    }

    @Test("are widened to whole clusters")
    func widened() throws {
        let index = try indexed("a👩‍👩‍👧‍👦b")
        let selectors = try index.selectors(forCodePoints: 2..<3)
        #expect(selectors.position == TextPositionSelector(start: 1, end: 8))
        #expect(selectors.quote == TextQuoteSelector(exact: "👩‍👩‍👧‍👦", prefix: "a", suffix: "b"))
    }

    @Test("are refused for no text and for text that is not there")
    func refused() throws {
        let index = try indexed("abc")
        #expect(throws: DocumentTextError.self) { try index.selectors(forCodePoints: 1..<1) }
        #expect(throws: DocumentTextError.self) { try index.selectors(forCodePoints: 1..<4) }
        #expect(throws: DocumentTextError.self) { try index.selectors(forCodePoints: -1..<2) }
        #expect(TextPositionSelector(start: 3, end: 1).range == nil)
        #expect(TextPositionSelector(start: -1, end: 1).range == nil)
    }

    @Test("are equal when their bytes are")
    func equality() {
        let composed = TextQuoteSelector(exact: "\u{E9}")
        let decomposed = TextQuoteSelector(exact: "e\u{301}")
        #expect(composed != decomposed)
        #expect(Set([composed, decomposed, composed]).count == 2)
    }
}
