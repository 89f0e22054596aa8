import DocumentText
import Testing

/// Every offset of a text in every unit, by walking Swift's own views from the start.
private struct Oracle {
    /// Per code point that begins, and for the end: byte, code point and UTF-16 offset.
    var places: [(byte: Int, codePoint: Int, utf16: Int)] = []
    /// The bytes where graphemes begin, and the end.
    var graphemeBytes: [Int] = []

    init(_ text: String) {
        var place = (byte: 0, codePoint: 0, utf16: 0)
        for scalar in text.unicodeScalars {
            places.append(place)
            place.byte += UTF8.width(scalar)
            place.codePoint += 1
            place.utf16 += UTF16.width(scalar)
        }
        places.append(place)
        var byte = 0
        for character in text {
            graphemeBytes.append(byte)
            byte += character.utf8.count
        }
        graphemeBytes.append(byte)
    }

    /// For each offset that exists in a unit, the place it means.
    func places(by unit: OffsetUnit) -> [Int: (byte: Int, codePoint: Int, utf16: Int)] {
        let byByte = Dictionary(uniqueKeysWithValues: places.map { ($0.byte, $0) })
        switch unit {
        case .utf8: return byByte
        case .codePoint: return Dictionary(uniqueKeysWithValues: places.map { ($0.codePoint, $0) })
        case .utf16: return Dictionary(uniqueKeysWithValues: places.map { ($0.utf16, $0) })
        case .grapheme:
            return Dictionary(uniqueKeysWithValues: graphemeBytes.enumerated().map { ($0.offset, byByte[$0.element]!) })
        }
    }
}

@Suite("Text index")
struct TextIndexTests {
    @Test("converts every offset between all units as Swift's own views do", arguments: seeds(12))
    func conversions(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let text = generator.text(pieceCountMax: 120)
        let index = try indexed(text)
        let canonical = index.text.string
        let oracle = Oracle(canonical)
        #expect(index.codePointCount == canonical.unicodeScalars.count, rerun(seed))
        #expect(index.utf16Count == canonical.utf16.count, rerun(seed))
        #expect(index.graphemeCount == canonical.count, rerun(seed))
        let graphemeByByte = Dictionary(
            uniqueKeysWithValues: oracle.graphemeBytes.enumerated().map { ($0.element, $0.offset) })
        for source in OffsetUnit.allCases {
            let places = oracle.places(by: source)
            for offset in 0...index.count(of: source) {
                let got = OffsetUnit.allCases.map { outcome(index, offset, source, $0) }
                var expected: [Outcome] = Array(
                    repeating: .refused(source == .utf8 ? .insideCodePoint : .insideSurrogatePair), count: 4)
                if let place = places[offset] {
                    let grapheme = graphemeByByte[place.byte].map { Outcome.offset($0) }
                    expected = [
                        .offset(place.byte), .offset(place.codePoint), .offset(place.utf16),
                        grapheme ?? .refused(.insideGrapheme),
                    ]
                }
                // An expectation for each of a million values would take minutes.
                if got != expected {
                    Issue.record("\(source) \(offset): \(got), not \(expected). \(rerun(seed))")
                }
            }
        }
    }

    private enum Outcome: Equatable {
        case offset(Int)
        case refused(DocumentTextError.Code)
    }

    private func outcome(
        _ index: TextIndex, _ offset: Int, _ source: OffsetUnit, _ target: OffsetUnit
    ) -> Outcome {
        do throws(DocumentTextError) {
            return .offset(try index.convert(offset, from: source, to: target))
        } catch {
            return .refused(error.code)
        }
    }

    @Test("finds the grapheme borders around every code point", arguments: seeds(25))
    func graphemeBorders(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed &+ 1000)
        let index = try indexed(generator.text(pieceCountMax: 100))
        let oracle = Oracle(index.text.string)
        let borders = Set(oracle.graphemeBytes)
        var lower = 0
        var upper = 0
        for place in oracle.places {
            #expect(
                try index.isGraphemeBorder(atCodePoint: place.codePoint) == borders.contains(place.byte), rerun(seed))
            if borders.contains(place.byte) { lower = place.codePoint }
            let whole = try index.wholeGraphemes(aroundCodePoints: place.codePoint..<place.codePoint)
            #expect(whole.lowerBound == lower, rerun(seed))
            let upperByte = try index.convert(whole.upperBound, from: .codePoint, to: .utf8)
            while oracle.graphemeBytes[upper] < place.byte { upper += 1 }
            #expect(upperByte == oracle.graphemeBytes[upper], rerun(seed))
        }
    }

    @Test("finds the line of every code point", arguments: seeds(15))
    func lines(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed &+ 2000)
        let index = try indexed(generator.text(pieceCountMax: 150))
        let scalars = Array(index.text.string.unicodeScalars)
        let parts = scalars.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(index.lineCount == parts.count, rerun(seed))
        for (number, part) in parts.enumerated() {
            let line = try #require(index.line(number: number + 1))
            #expect(line.number == number + 1, rerun(seed))
            #expect(line.range == part.startIndex..<part.endIndex, rerun(seed))
            for offset in part.startIndex...part.endIndex where offset % 7 == 0 || offset == part.endIndex {
                #expect(try index.line(atCodePoint: offset) == line, rerun(seed))
            }
        }
        #expect(index.line(number: 0) == nil)
        #expect(index.line(number: parts.count + 1) == nil)
    }

    @Test("refuses offsets outside the text", arguments: OffsetUnit.allCases)
    func outside(unit: OffsetUnit) throws {
        for text in ["", "a", "საქართველო 🇬🇪\n"] {
            let index = try indexed(text)
            for offset in [Int.min, -1, index.count(of: unit) + 1, Int.max] {
                let error = #expect(throws: DocumentTextError.self) {
                    try index.convert(offset, from: unit, to: .utf8)
                }
                #expect(error?.code == .offsetOutOfRange)
            }
            #expect(try index.convert(index.count(of: unit), from: unit, to: .utf8) == index.utf8Count)
        }
    }

    @Test("stays quick inside a cluster of a megabyte")
    func hugeCluster() throws {
        let text = "a\nb" + String(repeating: "\u{301}", count: 500_000) + "c"
        let index = try indexed(text)
        #expect(index.graphemeCount == 4)
        let clock = ContinuousClock()
        let start = clock.now
        for offset in stride(from: 3, to: 500_000, by: 500) {
            #expect(try index.wholeGraphemes(aroundCodePoints: offset..<offset + 1) == 2..<500_003)
        }
        let duration = start.duration(to: clock.now)
        // A scan of the whole cluster takes milliseconds, and there are two thousand.
        #expect(duration < .seconds(3))
    }

    @Test("cuts out the text of a range")
    func substring() throws {
        let index = try indexed("Ҡ 🇬🇪 საქართველო")
        #expect(try index.string(inCodePoints: 2..<4) == "🇬🇪")
        #expect(try index.string(inCodePoints: 5..<15) == "საქართველო")
        #expect(throws: DocumentTextError.self) { try index.string(inCodePoints: 5..<16) }
    }
}
