import BenchmarkResults
import Testing

@Suite struct ResultReaderTests {
    private func rows(_ lines: [String]) throws -> [ResultRow] {
        var reader = ResultReader()
        for line in lines { try reader.read(line) }
        return reader.rows
    }

    @Test func keepsLinesWithACost() throws {
        let read = try rows([
            #"{"case":"push","n":10000,"runs":5,"seconds":0.062,"commit":"46eb5b0+","date":"2026-11-24"}"#, "",
            #"{"case":"growth-push","n":10000,"items":10000,"per_item_microseconds":6.2,"times_smallest":1}"#,
            #" { "case" : "growth-push", "n": 1e5, "per_item_microseconds": 7.25, "odd": null, "more": true } "#,
        ])
        #expect(
            read == [
                ResultRow(name: "growth-push", size: 10_000, cost: 6.2),
                ResultRow(name: "growth-push", size: 100_000, cost: 7.25),
            ])
    }

    @Test func laterLinesReplaceEarlierOnes() throws {
        let read = try rows([1, 2, 3].map { #"{"case":"growth-open","n":10000,"per_item_microseconds":\#($0)}"# })
        #expect(read == [ResultRow(name: "growth-open", size: 10_000, cost: 3)])
    }

    @Test(arguments: [
        "nothing", "{", "[]", "{}", "{}}", #"{"case":"a""#, #"{"case":"a",}"#, #"{"case":1}"#, #"{"case":"a"} x"#,
        #"{"case":"a","case":"b"}"#, #"{"case":"a\n"}"#, #"{"case":"a","b":{}}"#, #"{"case":"a","b":-}"#,
        #"{"case":"a","b":nan}"#, #"{"case":"a","b":inf}"#, #"{"case":"a","b":1e999}"#, #"{"case":"a","b":0x1p3}"#,
        #"{"case":"a","per_item_microseconds":1}"#, #"{"case":"a","n":0,"per_item_microseconds":1}"#,
        #"{"case":"a","n":1,"per_item_microseconds":-1}"#, #"{"case":"a","n":1,"per_item_microseconds":"1"}"#,
    ])
    func badLinesAreNamedByNumber(_ line: String) throws {
        var reader = ResultReader()
        try reader.read("")
        do {
            try reader.read(line)
            Issue.record("was read: \(line)")
        } catch {
            #expect(error.description.hasPrefix("line 2: "))
        }
    }

    @Test func longLinesAreRefused() {
        var reader = ResultReader()
        let line = #"{"case":""# + String(repeating: "a", count: 70_000) + #""}"#
        #expect(throws: ResultError("line 1: longer than 65536 bytes")) { try reader.read(line) }
    }
}
