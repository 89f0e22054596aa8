import Foundation
import Testing

/// The seeds that property tests run over: 1 to `count`, or the one that VARIORUM_SEED names.
func seeds(_ count: UInt64) -> [UInt64] {
    if let one = ProcessInfo.processInfo.environment["VARIORUM_SEED"].flatMap({ UInt64($0) }) { return [one] }
    return Array(1...count)
}

/// What a failing property test prints: the command that runs that seed alone.
func rerun(_ seed: UInt64, _ test: String = #function) -> Comment {
    "VARIORUM_SEED=\(seed) swift test --filter CommandLineTests.*\(test.prefix { $0 != "(" })"
}

/// SplitMix64 (Steele, Lea and Flood, 2014).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
