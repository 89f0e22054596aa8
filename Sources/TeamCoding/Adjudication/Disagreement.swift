import AnnotationModel

/// How far the coders of a cluster are from one mind, in millionths: 0 is full agreement.
///
/// The mean, over all pairs of coders who had a say, of 1 − *r* · *c*: *r* is the IoU of what the two marked here, as sets of code
/// points, *c* the Jaccard index of what they said of it. What somebody said are codes, and of each statement its type,
/// and each variable with each value. Who marked nothing has *r* = 0 with who did; two who marked nothing agree. Who marked without saying more agree in
/// what they said (*c* = 1).
///
/// Each pair's part is rounded down to a whole number, so that the sum depends on no order.
public struct Disagreement: Sendable, Hashable, Comparable {
    public let millionths: Int

    public init(millionths: Int) { self.millionths = millionths }

    /// One voter alone disagrees with nobody.
    init(codings: [RoundCoding], voters: [MemberID]) {
        let voices = Dictionary(grouping: codings, by: \.coder).values.map(Voice.init)
        let silent = voters.count - voices.count
        let pairs = voters.count * (voters.count - 1) / 2
        guard pairs > 0 else {
            millionths = 0
            return
        }
        var sum = silent * voices.count * Self.whole
        for left in voices.indices {
            for right in voices.indices where right > left { sum += voices[left].distance(to: voices[right]) }
        }
        millionths = sum / pairs
    }

    private static let whole = 1_000_000

    public static func < (left: Self, right: Self) -> Bool { left.millionths < right.millionths }

    /// One thing that a coder said.
    private enum Claim: Hashable {
        case code(RecordID)
        case statement(RecordID?)
        case value(StatementVariable, CodedValue)
    }

    /// What one coder marked and said in a cluster.
    private struct Voice {
        /// Disjoint, ascending.
        let ranges: [Range<Int>]
        let claims: Set<Claim>

        init(_ codings: [RoundCoding]) {
            var joined: [Range<Int>] = []
            for range in codings.map(\.range).sorted(by: {
                ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound)
            }) {
                if let last = joined.last, range.lowerBound <= last.upperBound {
                    joined[joined.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
                } else {
                    joined.append(range)
                }
            }
            ranges = joined
            var claims: Set<Claim> = []
            for coding in codings {
                for code in coding.codes { claims.insert(.code(code)) }
                for statement in coding.statements {
                    claims.insert(.statement(statement.type))
                    for entry in statement.values {
                        for value in entry.values {
                            claims.insert(.value(entry.variable, value))
                        }
                    }
                }
            }
            self.claims = claims
        }

        func distance(to other: Voice) -> Int {
            let length = ranges.reduce(0) { $0 + $1.count }
            let otherLength = other.ranges.reduce(0) { $0 + $1.count }
            var shared = 0
            var (mine, theirs) = (0, 0)
            while mine < ranges.count && theirs < other.ranges.count {
                let (left, right) = (ranges[mine], other.ranges[theirs])
                shared += max(0, min(left.upperBound, right.upperBound) - max(left.lowerBound, right.lowerBound))
                if left.upperBound < right.upperBound { mine += 1 } else { theirs += 1 }
            }
            let union = length + otherLength - shared
            let common = claims.count < other.claims.count ? count(in: other) : other.count(in: self)
            let all = claims.count + other.claims.count - common
            // Both marked an empty passage, and at one place: else they would not be in one cluster.
            let position = union == 0 ? whole : shared * whole / union
            let content = all == 0 ? whole : common * whole / all
            return whole - position * content / whole
        }

        private func count(in other: Voice) -> Int { claims.count { other.claims.contains($0) } }
    }
}
