import BenchmarkResults
import Testing

@Suite struct GrowthSizesTests {
    @Test func readsAscendingSizes() throws {
        let sizes = try GrowthSizes("10000,100000,1000000")
        #expect(sizes.values == [10_000, 100_000, 1_000_000])
        #expect(try GrowthSizes(sizes.description) == sizes)
    }

    @Test(arguments: ["", ",", "10000,", "999", "1000001", "ten", "-5", "1e4", " 10000", "99999999999999999999"])
    func refusesWhatIsNoSize(_ list: String) {
        #expect(throws: ResultError.self) { try GrowthSizes(list) }
    }

    @Test func sizesKeepRoomForWhatIsWritten() throws {
        #expect(try GrowthSizes("10000,21000").values == [10_000, 21_000])
        #expect(throws: ResultError("after 10000 the next size is 21000 at least, not 20999")) {
            try GrowthSizes("10000,20999")
        }
        #expect(throws: ResultError.self) { try GrowthSizes("10000,1000") }
        #expect(try GrowthSizes("1000,3000").values == [1000, 3000])
    }

    @Test func refusesMoreThanTenSizes() {
        let list = (0..<11).map { "\(20_000 + $0 * 20_000)" }.joined(separator: ",")
        #expect(throws: ResultError("at most 10 sizes")) { try GrowthSizes(list) }
    }
}
