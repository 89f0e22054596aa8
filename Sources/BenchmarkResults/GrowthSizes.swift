/// The sizes of a workspace, in annotations, at which the growth cases are measured.
public struct GrowthSizes: Hashable, Sendable, CustomStringConvertible {
    /// Ascending, and far enough apart for what is written while one is measured.
    public let values: [Int]

    private static let range = 1000...1_000_000
    private static let countMax = 10

    /// - Parameter list: Whole numbers from 1,000 to 1,000,000, ascending, with commas between.
    /// - Throws: If it is not that, or two sizes are too close.
    public init(_ list: String) throws(ResultError) {
        let parts = list.split(separator: ",", maxSplits: Self.countMax, omittingEmptySubsequences: false)
        guard parts.count <= Self.countMax else { throw ResultError("at most \(Self.countMax) sizes") }
        var values: [Int] = []
        for part in parts {
            guard let size = Int(part), Self.range.contains(size) else {
                throw ResultError(
                    "a size is a whole number from \(Self.range.lowerBound) to \(Self.range.upperBound), not '\(part)'")
            }
            if let last = values.last, size < last + Self.added(at: last) {
                throw ResultError("after \(last) the next size is \(last + Self.added(at: last)) at least, not \(size)")
            }
            values.append(size)
        }
        self.values = values
    }

    /// Annotations that are written one by one at a size.
    public static func singles(at size: Int) -> Int { min(size, 1000) }

    /// Annotations that are written at a size in all: those, and 10,000 in batches; fewer in a small workspace.
    public static func added(at size: Int) -> Int { singles(at: size) + min(size, 10_000) }

    public var description: String { values.map { "\($0)" }.joined(separator: ",") }
}
