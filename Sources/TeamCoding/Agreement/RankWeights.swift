/// How much nearness on an ordered scale counts as agreement.
public enum RankWeights: String, Hashable, Sendable, CaseIterable {
    /// Equal or not.
    case unweighted
    /// By the distance of ranks.
    case linear
    /// By the square of the distance of ranks.
    case quadratic

    /// The disagreement of two ranks, not scaled.
    func disagreement(_ left: Int, _ right: Int) -> Double {
        let distance = Double(left - right)
        switch self {
        case .unweighted: return left == right ? 0 : 1
        case .linear: return abs(distance)
        case .quadratic: return distance * distance
        }
    }
}
