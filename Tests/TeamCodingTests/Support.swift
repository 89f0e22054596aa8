import AnnotationModel
import Foundation
import TeamCoding
import Testing

/// The seeds that property tests run over: 1 to `count`, or the one that VARIORUM_SEED names.
func seeds(_ count: UInt64) -> [UInt64] {
    if let one = ProcessInfo.processInfo.environment["VARIORUM_SEED"].flatMap({ UInt64($0) }) { return [one] }
    return Array(1...count)
}

/// What a failing property test prints: the command that runs that seed alone.
func rerun(_ seed: UInt64, _ test: String = #function) -> Comment {
    "VARIORUM_SEED=\(seed) swift test --filter TeamCodingTests.*\(test.prefix { $0 != "(" })"
}

/// A file of Tests/Fixtures/agreement, as `scripts/lib/agreement_fixtures.py` wrote it.
func fixture(_ name: String, file: String = #filePath) throws -> [[String: Any]] {
    let path = URL(fileURLWithPath: file).deletingLastPathComponent()
        .appendingPathComponent("../Fixtures/agreement/\(name).json")
    let json = try JSONSerialization.jsonObject(with: Data(contentsOf: path)) as? [String: Any]
    return try #require(json?["cases"] as? [[String: Any]])
}

/// A table of numbers; `nil` is missing.
func numbers(_ units: [[Double?]], scale: [Double] = []) throws -> ReliabilityTable {
    try ReliabilityTable(
        coderCount: units.first?.count ?? 0, units: units.map { $0.map { $0.map(Rating.number) } },
        scale: scale.map(Rating.number))
}

/// A table of codes, one string for each coder and one letter for each unit; "." is missing.
func codes(_ coders: String...) throws -> ReliabilityTable {
    let rows = coders.map { Array($0) }
    return try ReliabilityTable(
        coderCount: rows.count,
        units: (rows.first ?? []).indices.map { unit in
            rows.map { $0[unit] == "." ? nil : .code(Category(String($0[unit]))) }
        })
}

/// Whether two figures are equal to 1e-9, relative to the greater one if that is above 1.
func isClose(_ left: Double?, _ right: Double?, _ tolerance: Double = 1e-9) -> Bool {
    guard let left, let right else { return left == nil && right == nil }
    return abs(left - right) <= tolerance * max(1, abs(left), abs(right))
}

extension SplitMix64 {
    /// Units that coders rate alike more often than not, from 0 to `categories` − 1, with gaps.
    mutating func ratings(units: Int, coders: Int, categories: Int, missing: Int) -> [[Int?]] {
        (0..<units).map { _ in
            let truth = below(categories)
            return (0..<coders).map { _ in
                chance(missing, in: 100) ? nil : chance(2, in: 5) ? below(categories) : truth
            }
        }
    }

    /// Spans of one coder, the marks of a common truth moved a little.
    mutating func spans(_ truth: [Span], length: Int) -> [Span] {
        truth.compactMap { span in
            if chance(1, in: 6) { return nil }
            let start = max(0, span.start + below(7) - 3)
            let end = min(length, max(start + 1, span.end + below(7) - 3))
            return start < end ? Span(start, end, chance(1, in: 5) ? pick(["a", "b", "c"]) : span.category) : nil
        }
    }

    /// A document coded by several.
    mutating func document(coders: Int, length: Int, spans count: Int) -> SpanDocument {
        let truth: [Span] = (0..<count).map { _ in
            let start = below(length - 12)
            return Span(start, start + 3 + below(9), pick(["a", "b", "c"]))
        }
        return SpanDocument(length: length, spans: (0..<coders).map { _ in spans(truth, length: length) })
    }
}
