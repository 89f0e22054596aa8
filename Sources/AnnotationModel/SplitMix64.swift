/// A seeded generator (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014).
///
/// What it gives from a seed is part of what Variorum promises: a published interval or a failing seed can be had again
/// anywhere. So nothing here may depend on how the standard library draws from a range.
public struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// A number from `0..<bound`, all of them equally likely.
    ///
    /// The high word of the product of a draw and `bound`; the draw is repeated while the low word is below 2⁶⁴ mod `bound`
    /// (Lemire: "Fast random integer generation in an interval", ACM Transactions on Modeling and Computer Simulation 29, 2019).
    ///
    /// - Parameter bound: At least 1.
    public mutating func below(_ bound: Int) -> Int {
        precondition(bound > 0, "nothing to draw from")
        let bound = UInt64(bound)
        let rejected = (0 &- bound) % bound
        while true {
            let product = next().multipliedFullWidth(by: bound)
            if product.low >= rejected { return Int(product.high) }
        }
    }

    /// True in `numerator` of `denominator` cases.
    public mutating func chance(_ numerator: Int, in denominator: Int) -> Bool { below(denominator) < numerator }

    public mutating func pick<T>(_ items: [T]) -> T { items[below(items.count)] }
}
