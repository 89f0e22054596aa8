/// The common logarithm, the same to the last bit on every system, for the places of points in plots.
enum Logarithm {
    private static let ln2 = 0.693147180559945309417
    private static let ln10 = 2.302585092994045684018

    /// - Parameter value: Above 0 and finite.
    ///
    /// With m in [1, 2): ln m = 2 artanh((m - 1) / (m + 1)), whose series has terms that fall by a factor of nine at least.
    static func common(_ value: Double) -> Double {
        let ratio = (value.significand - 1) / (value.significand + 1)
        let square = ratio * ratio
        var (power, sum) = (ratio, 0.0)
        for term in 0..<20 {
            sum += power / Double(2 * term + 1)
            power *= square
        }
        return (2 * sum + Double(value.exponent) * ln2) / ln10
    }
}
