/// The workload's own generator: splitmix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators",
/// OOPSLA 2014), with the stream rule and the bounded draw of the workload's definition.
///
/// Not `RandomNumberGenerator`: the standard library's bounded draws are not fixed by anything, and every program that
/// measures with this workload must make the same bytes.
struct WorkloadRandom {
    private var state: UInt64

    /// An independent generator for item `index` of a stream.
    init(seed: UInt64, stream: UInt64, index: Int) {
        state = (seed &* 0x100_0000_01B3) ^ (stream << 56) ^ UInt64(index)
        _ = next()
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// A number from 0 up to but not including `bound`: the high word of the product.
    mutating func below(_ bound: Int) -> Int {
        Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    mutating func pick<T>(_ items: [T]) -> T { items[below(items.count)] }

    /// A random UUID (RFC 9562 version 4) as text.
    mutating func uuid() -> String {
        let digits = Array((Self.hexadecimal(next()) + Self.hexadecimal(next())).utf8)
        func part(_ range: Range<Int>) -> String { String(decoding: digits[range], as: UTF8.self) }
        let variant = ["8", "9", "a", "b"][(Int(part(16..<17), radix: 16) ?? 0) & 3]
        return "\(part(0..<8))-\(part(8..<12))-4\(part(13..<16))-\(variant)\(part(17..<20))-\(part(20..<32))"
    }

    private static func hexadecimal(_ value: UInt64) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: 16 - text.utf8.count) + text
    }
}
