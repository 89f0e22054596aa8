/// Finds every occurrence of a byte string in another in linear time.
///
/// The Two-Way algorithm (M. Crochemore and D. Perrin, "Two-way string-matching", Journal of the ACM 38(3),
/// 1991) with a table of shifts by the window's last byte in front, the combination that musl's memmem
/// uses. Preparation takes O(*m*), a search O(*n* + *m*) whatever the two strings are, O(1) memory beside
/// the needle and the table, and much less than *n* steps on ordinary text. Overlapping occurrences are all found.
struct ByteSearch: Sendable {
    private let needle: [UInt8]
    /// Where the needle is cut in two: the right part is compared first, forwards, then the left part.
    private let cut: Int
    /// How far to move after a full right part: the needle's period, or a safe lower bound of it.
    private let period: Int
    /// How much of the needle is known to match after such a move: not 0 only when the needle is periodic.
    private let remembered: Int
    /// For each byte, how far it stands from the needle's end at its last occurrence.
    private let shifts: [Int]

    /// - Precondition: The needle is not empty.
    init(_ needle: [UInt8]) {
        precondition(!needle.isEmpty, "an empty byte string occurs everywhere, so nothing useful can be searched for")
        self.needle = needle
        let ascending = Self.maximalSuffix(of: needle) { $0 > $1 }
        let descending = Self.maximalSuffix(of: needle) { $0 < $1 }
        let chosen = descending.start > ascending.start ? descending : ascending
        cut = chosen.start
        if needle[..<cut].elementsEqual(needle[chosen.period...].prefix(cut)) {
            period = chosen.period
            remembered = needle.count - period
        } else {
            period = max(cut, needle.count - cut) + 1
            remembered = 0
        }
        var shifts = [Int](repeating: needle.count, count: 256)
        for (position, byte) in needle.enumerated() { shifts[Int(byte)] = needle.count - 1 - position }
        self.shifts = shifts
    }

    /// Calls a function with the offset of each occurrence, in rising order, until it returns false.
    func forEachMatch(in haystack: [UInt8], _ body: (Int) -> Bool) {
        let needle = needle.span
        let shifts = shifts.span
        let haystack = haystack.span
        let length = needle.count
        var start = 0
        var known = 0
        while start <= haystack.count - length {
            let shift = shifts[Int(haystack[start + length - 1])]
            if shift > 0 {
                // What is known already must not be compared again, or the time would not be linear.
                start += max(shift, known)
                known = 0
                continue
            }
            var right = max(cut, known)
            while right < length, needle[right] == haystack[start + right] { right += 1 }
            if right < length {
                start += right - cut + 1
                known = 0
                continue
            }
            var left = cut
            while left > known, needle[left - 1] == haystack[start + left - 1] { left -= 1 }
            if left <= known, !body(start) { return }
            start += period
            known = remembered
        }
    }

    /// The start of the largest suffix in an order of bytes, and that suffix's period.
    ///
    /// Figure 17 of the paper.
    private static func maximalSuffix(
        of needle: [UInt8], isGreater: (UInt8, UInt8) -> Bool
    ) -> (start: Int, period: Int) {
        var start = 0
        var candidate = 1
        var length = 0
        var period = 1
        while candidate + length < needle.count {
            let old = needle[start + length]
            let new = needle[candidate + length]
            if old == new {
                length += 1
                if length == period {
                    candidate += period
                    length = 0
                }
            } else if isGreater(old, new) {
                candidate += length + 1
                length = 0
                period = candidate - start
            } else {
                start = candidate
                candidate += 1
                length = 0
                period = 1
            }
        }
        return (start, period)
    }
}
