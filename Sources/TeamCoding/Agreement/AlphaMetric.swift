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
