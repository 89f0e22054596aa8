/// What one coder said of one unit.
public enum Rating: Hashable, Sendable {
    /// One category of several without an order.
    case code(Category)
    /// A rank, or a measured number. Must be finite.
    case number(Double)
    /// Any number of categories at once, none too. "None" is something that was said, and is not the same as a missing rating.
    case codes(Set<Category>)

    /// What kind of rating it is; a table holds one kind.
    public enum Kind: UInt8, Sendable {
        case code = 1
        case number = 2
        case codes = 3
    }

    public var kind: Kind {
        switch self {
        case .code: .code
        case .number: .number
        case .codes: .codes
        }
    }
}

extension Rating: Comparable {
    /// Numbers by value, codes by their bytes, sets as the ascending lists of their codes.
    public static func < (left: Rating, right: Rating) -> Bool {
        switch (left, right) {
        case (.code(let left), .code(let right)): left < right
        case (.number(let left), .number(let right)): left < right
        case (.codes(let left), .codes(let right)): left.sorted().lexicographicallyPrecedes(right.sorted())
        default: left.kind.rawValue < right.kind.rawValue
        }
    }
}
