/// What an export left out because its format has no place for it. Nothing is dropped without a word.
public struct LossReport: Sendable, Hashable {
    public struct Loss: Sendable, Hashable {
        /// What was left out, in the plural: "comments".
        public let what: String
        public let count: Int
        /// Where it is instead, or why there is no place.
        public let reason: String
    }

    public private(set) var losses: [Loss] = []

    public init() {}

    /// Notes a loss, unless there is nothing to lose.
    mutating func add(_ count: Int, _ what: String, _ reason: String) {
        if count > 0 { losses.append(Loss(what: what, count: count, reason: reason)) }
    }

    public var isEmpty: Bool { losses.isEmpty }
}

/// An exported file and what it could not hold.
public struct Export: Sendable {
    public let bytes: [UInt8]
    public let losses: LossReport
}
