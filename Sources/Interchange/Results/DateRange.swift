/// Days from one to another, both included; either may be open.
public struct DateRange: Sendable, Hashable {
    /// `YYYY-MM-DD`.
    public let first: String?
    /// `YYYY-MM-DD`.
    public let last: String?

    /// - Returns: `nil` if a day is not written `YYYY-MM-DD`, or the last comes before the first.
    public init?(from first: String? = nil, to last: String? = nil) {
        for day in [first, last].compactMap({ $0 }) where Self.bounds(day)?.first != day { return nil }
        if let first, let last, last < first { return nil }
        self.first = first
        self.last = last
    }

    /// Whether a date lies in the range: a year or month only if all its days do. `nil`: it may or may not, or is no date.
    public func contains(_ date: String) -> Bool? {
        guard let bounds = Self.bounds(date) else { return nil }
        // Same length and digits only: the order of bytes is that of days.
        if let last, bounds.first > last { return false }
        if let first, bounds.last < first { return false }
        if let first, bounds.first < first { return nil }
        if let last, bounds.last > last { return nil }
        return true
    }

    /// The first and last day of a year, month or day; of a month the 31st, which no day of it comes after.
    private static func bounds(_ date: String) -> (first: String, last: String)? {
        let bytes = Array(date.utf8)
        guard [4, 7, 10].contains(bytes.count) else { return nil }
        for (place, byte) in bytes.enumerated() {
            let isDash = place == 4 || place == 7
            guard isDash ? byte == UInt8(ascii: "-") : (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else {
                return nil
            }
        }
        switch bytes.count {
        case 4: return (date + "-01-01", date + "-12-31")
        case 7: return (date + "-01", date + "-31")
        default: return (date, date)
        }
    }
}
