/// A case's cost at one size, from a line of `variorum-bench run`.
public struct ResultRow: Hashable, Sendable {
    public let name: String
    /// Annotations in the workspace.
    public let size: Double
    /// Microseconds an item.
    public let cost: Double

    /// The member that a line of such a case has.
    public static let costKey = "per_item_microseconds"

    public init(name: String, size: Double, cost: Double) {
        self.name = name
        self.size = size
        self.cost = cost
    }
}

/// Reads the lines of `variorum-bench run`, and keeps those with a cost at a size.
public struct ResultReader: Sendable {
    /// In the order in which each case and size came first; of two lines for one, the later counts.
    public private(set) var rows: [ResultRow] = []
    private var lineNumber = 0
    private var places: [String: Int] = [:]

    private static let lineCountMax = 100_000

    public init() {}

    /// - Throws: With the line's number, if the line is not a result; an empty line is none, and is left out.
    public mutating func read(_ line: String) throws(ResultError) {
        lineNumber += 1
        guard lineNumber <= Self.lineCountMax else { throw ResultError("more than \(Self.lineCountMax) lines") }
        guard line.utf8.contains(where: { $0 > 0x20 }) else { return }
        do throws(ResultError) {
            var parser = FlatObjectParser(line)
            guard let row = try Self.row(try parser.members()) else { return }
            let key = "\(row.name) \(row.size)"
            if let place = places[key] {
                rows[place] = row
            } else {
                places[key] = rows.count
                rows.append(row)
            }
        } catch {
            throw ResultError("line \(lineNumber): \(error)")
        }
    }

    private static func row(_ members: [String: FlatValue]) throws(ResultError) -> ResultRow? {
        guard case .text(let name)? = members["case"] else { throw ResultError("there is no \"case\" with a name") }
        guard let cost = members[ResultRow.costKey] else { return nil }
        return ResultRow(
            name: name, size: try positive(members["n"], "n"), cost: try positive(cost, ResultRow.costKey))
    }

    /// Logarithms are drawn: zero has no place.
    private static func positive(_ value: FlatValue?, _ name: String) throws(ResultError) -> Double {
        guard case .number(let number)? = value, number > 0, number <= 1e15 else {
            throw ResultError("\"\(name)\" is not a number above 0 and up to 1e15")
        }
        return number
    }
}
