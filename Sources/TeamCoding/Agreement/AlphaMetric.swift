/// How far two ratings are apart: δ² of Krippendorff, Content Analysis, 2nd edition (2004), chapter 11.
public enum AlphaMetric: String, Hashable, Sendable, CaseIterable {
    /// Equal or not.
    case nominal
    /// By how many ratings lie between two ranks, half of their own included. Depends on all ratings of the table.
    case ordinal
    /// (c − k)².
    case interval
    /// ((c − k) / (c + k))², for numbers from 0 up.
    case ratio
    /// Of two sets: 1 − |A ∩ B| / |A ∪ B| (Jaccard 1901); two empty sets are equal.
    case jaccard
    /// Of two sets: 1 − J·M with Jaccard's J and M = 1, 2/3 (one holds the other), 1/3 (they overlap) or 0. Passonneau,
    /// "Measuring agreement on set-valued items (MASI)", LREC 2006. NLTK writes 0.67 and 0.33 instead of the thirds.
    case masi

    var kind: Rating.Kind? {
        switch self {
        case .nominal: nil
        case .ordinal, .interval, .ratio: .number
        case .jaccard, .masi: .codes
        }
    }
}

/// Sets of codes as bits, so that comparing two of them costs a few instructions.
struct CodeSets {
    private let words: Int
    private let bits: [UInt64]

    init(_ ratings: [Rating]) {
        var place: [Category: Int] = [:]
        for case .codes(let set) in ratings {
            for code in set where place[code] == nil { place[code] = place.count }
        }
        words = max(1, (place.count + 63) / 64)
        var bits = [UInt64](repeating: 0, count: words * ratings.count)
        for (index, rating) in ratings.enumerated() {
            guard case .codes(let set) = rating else { continue }
            for code in set {
                guard let bit = place[code] else { continue }
                bits[index * words + bit / 64] |= 1 << UInt64(bit % 64)
            }
        }
        self.bits = bits
    }

    /// The distance of two different sets.
    func distance(_ left: Int, _ right: Int, masi: Bool) -> Double {
        var common = 0
        var inLeft = 0
        var inRight = 0
        for word in 0..<words {
            let (first, second) = (bits[left * words + word], bits[right * words + word])
            common += (first & second).nonzeroBitCount
            inLeft += first.nonzeroBitCount
            inRight += second.nonzeroBitCount
        }
        let all = inLeft + inRight - common
        if common == 0 { return all == 0 ? 0 : 1 }
        let jaccard = Double(common) / Double(all)
        if !masi { return 1 - jaccard }
        if common == all { return 0 }
        return 1 - jaccard * (common == inLeft || common == inRight ? 2 : 1) / 3
    }
}
