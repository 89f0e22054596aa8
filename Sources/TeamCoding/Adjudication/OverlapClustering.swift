/// Puts ranges of one text together that mark the same passage.
///
/// Complete linkage (Sørensen 1948; Lance and Williams, The Computer Journal 9, 1967) over intersection by union
/// (IoU): the two most alike clusters are joined as long as *every* two ranges of the result overlap by the threshold.
/// Single linkage would be simpler, but chains: a row of passages, each shifted a little, becomes one cluster whose ends
/// have nothing in common, and one decision cannot answer for it. docs/adjudication.md has the argument.
///
/// Equal ranges are one range here, so neither the number nor the order of those who marked them matters; among equally
/// alike pairs the one that begins first, then ends first, is joined. So the result is a function of the set of ranges.
/// It is one, too, of each connected stretch of overlapping ranges alone: a range elsewhere changes nothing.
struct OverlapClustering {
    /// The least IoU of two ranges of one cluster, in percent, 1 to 100.
    let thresholdPercent: Int

    /// Different ranges of one tangle at most: quadratic space stays below 8 MiB. In a greater tangle, which no coder
    /// makes by hand, only equal ranges are one cluster.
    static let tangleMax = 1000

    /// The clusters, each ascending, in the order of their first ranges.
    ///
    /// - Parameter ranges: In any order, each any number of times.
    /// - Complexity: O(*n* log *n* + *p*) for *n* ranges of which *p* pairs overlap, and O(*m*²) for each tangle of *m*
    ///   different ranges, O(*m*³) at the very worst.
    func clusters(_ ranges: some Sequence<Range<Int>>) -> [[Range<Int>]] {
        let distinct = Set(ranges).sorted { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }
        var result: [[Range<Int>]] = []
        var tangle: [Range<Int>] = []
        var end = Int.min
        for range in distinct {
            if range.lowerBound >= end && !tangle.isEmpty {
                result += split(tangle)
                tangle = []
            }
            tangle.append(range)
            end = max(end, range.upperBound)
        }
        if !tangle.isEmpty { result += split(tangle) }
        return result.sorted { ($0[0].lowerBound, $0[0].upperBound) < ($1[0].lowerBound, $1[0].upperBound) }
    }

    /// The IoU of two ranges, or -1 if it is below the threshold.
    func likeness(_ left: Range<Int>, _ right: Range<Int>) -> Double {
        let shared = min(left.upperBound, right.upperBound) - max(left.lowerBound, right.lowerBound)
        guard shared > 0 else { return -1 }
        let union = left.count + right.count - shared
        return shared * 100 >= union * thresholdPercent ? Double(shared) / Double(union) : -1
    }

    private func split(_ ranges: [Range<Int>]) -> [[Range<Int>]] {
        let count = ranges.count
        guard count > 1 else { return [ranges] }
        guard count <= Self.tangleMax else { return ranges.map { [$0] } }
        // matrix[i * count + j], i < j, is the likeness of the clusters whose first ranges are i and j.
        var matrix = [Double](repeating: -1, count: count * count)
        for left in 0..<count {
            for right in left + 1..<count {
                // Ascending by start: from here on nothing overlaps.
                if ranges[right].lowerBound >= ranges[left].upperBound { break }
                matrix[left * count + right] = likeness(ranges[left], ranges[right])
            }
        }
        var members = ranges.map { [$0] }
        var isThere = [Bool](repeating: true, count: count)
        var best = (0..<count).map { Self.best(of: $0, matrix, isThere) }
        while true {
            var left = -1
            for row in 0..<count where isThere[row] && best[row] >= 0 {
                if left < 0 || matrix[row * count + best[row]] > matrix[left * count + best[left]] { left = row }
            }
            guard left >= 0 else { break }
            let right = best[left]
            members[left] += members[right]
            isThere[right] = false
            for other in 0..<count where isThere[other] && other != left {
                let toLeft = other < left ? other * count + left : left * count + other
                let toRight = other < right ? other * count + right : right * count + other
                matrix[toLeft] = min(matrix[toLeft], matrix[toRight])
            }
            for row in 0..<count where isThere[row] {
                // Likenesses only fall, so a row whose best was neither of the two keeps it.
                if row == left || best[row] == left || best[row] == right {
                    best[row] = Self.best(of: row, matrix, isThere)
                }
            }
        }
        return (0..<count).filter { isThere[$0] }.map { index in
            members[index].sorted { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }
        }
    }

    /// The cluster behind `row` that is most like it, the first of several; -1 if none is alike enough.
    private static func best(of row: Int, _ matrix: [Double], _ isThere: [Bool]) -> Int {
        let count = isThere.count
        var best = -1
        var value = 0.0
        for other in row + 1..<max(count, row + 1) where isThere[other] && matrix[row * count + other] > value {
            best = other
            value = matrix[row * count + other]
        }
        return best
    }
}
