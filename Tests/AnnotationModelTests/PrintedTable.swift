import Foundation
import Testing

/// Holds the table that a page of docs prints to the one that was made from the sources; `VARIORUM_RECORD=1` writes it
/// into the page instead.
func expectPrinted(_ table: String, in name: String) throws {
    let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "docs/" + name)
    let text = try String(contentsOf: page, encoding: .utf8)
    let (begin, end) = ("a test compares. -->\n", "<!-- End of the table. -->")
    let start = try #require(text.range(of: begin)).upperBound
    let stop = try #require(text.range(of: end)).lowerBound
    if ProcessInfo.processInfo.environment["VARIORUM_RECORD"] == "1" {
        let fresh = text[..<start] + table + text[stop...]
        try String(fresh).write(to: page, atomically: true, encoding: .utf8)
        return
    }
    #expect(String(text[start..<stop]) == table)
}
