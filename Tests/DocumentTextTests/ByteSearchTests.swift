import Testing

@testable import DocumentText

@Suite("Byte search")
struct ByteSearchTests {
    private func naive(_ needle: [UInt8], in haystack: [UInt8]) -> [Int] {
        guard haystack.count >= needle.count else { return [] }
        return (0...haystack.count - needle.count).filter { haystack[$0..<$0 + needle.count].elementsEqual(needle) }
    }

    private func found(_ needle: [UInt8], in haystack: [UInt8]) -> [Int] {
        var found: [Int] = []
        ByteSearch(needle).forEachMatch(in: haystack) {
            found.append($0)
            return true
        }
        return found
    }

    @Test("finds what comparing at every offset finds, in all short strings over two letters")
    func exhaustive() {
        func strings(_ length: Int) -> [[UInt8]] {
            (0..<1 << length).map { bits in (0..<length).map { UInt8(bits >> $0 & 1) } }
        }
        for haystack in strings(9) + strings(4) + [[]] {
            for length in 1...5 {
                for needle in strings(length) where found(needle, in: haystack) != naive(needle, in: haystack) {
                    Issue.record("\(needle) in \(haystack)")
                }
            }
        }
    }

    @Test("finds what comparing at every offset finds, in random strings with periods", arguments: seeds(300))
    func random(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let alphabet = UInt8.random(in: 1...3, using: &generator)
        func string(_ lengthMax: Int) -> [UInt8] {
            let period = (0..<Int.random(in: 1...12, using: &generator)).map { _ in
                UInt8.random(in: 0...alphabet, using: &generator)
            }
            var result = (0..<Int.random(in: 1...lengthMax, using: &generator)).map { period[$0 % period.count] }
            for _ in 0..<Int.random(in: 0...2, using: &generator) {
                let place = result.indices.randomElement(using: &generator) ?? 0
                result[place] = UInt8.random(in: 0...alphabet, using: &generator)
            }
            return result
        }
        for _ in 0..<20 {
            let haystack = string(200)
            let start = haystack.indices.randomElement(using: &generator) ?? 0
            let part = Array(haystack[start...].prefix(Int.random(in: 1...60, using: &generator)))
            for needle in [string(40), part] {
                #expect(found(needle, in: haystack) == naive(needle, in: haystack), rerun(seed))
            }
        }
    }

    @Test("takes linear time where comparing at every offset takes the product")
    func worstCase() {
        let haystack = [UInt8](repeating: 0x61, count: 1 << 20)
        let half = [UInt8](repeating: 0x61, count: 1 << 16)
        let clock = ContinuousClock()
        let duration = clock.measure {
            #expect(found(half + [0x62] + half, in: haystack).isEmpty)
            #expect(found([0x62] + half, in: haystack).isEmpty)
            #expect(found(half, in: haystack).count == (1 << 20) - (1 << 16) + 1)
        }
        // The product is 6e10 comparisons.
        #expect(duration < .seconds(20))
    }
}
