/// Sets of codes as ascending lists of numbers, so that comparing two of them costs a few instructions, and those that share a
/// code are found without looking at all others.
struct CodeSets: Equatable, Sendable {
    /// The codes of set *i* are at `starts[i]..<starts[i + 1]`.
    private let starts: [Int]
    private let codes: [Int32]
    private let codeCount: Int

    /// Codes are numbered in ascending order, so that sums are the same everywhere; what is no set is an empty one.
    ///
    /// - Complexity: O(*n* log *n*) in the codes of all sets.
    init(_ ratings: [Rating]) {
        var all: Set<Category> = []
        for case .codes(let set) in ratings { all.formUnion(set) }
        var numbers: [Category: Int32] = [:]
        numbers.reserveCapacity(all.count)
        for code in all.sorted() { numbers[code] = Int32(numbers.count) }
        var starts = [0]
        starts.reserveCapacity(ratings.count + 1)
        var codes: [Int32] = []
        for rating in ratings {
            if case .codes(let set) = rating { codes += set.compactMap { numbers[$0] }.sorted() }
            starts.append(codes.count)
        }
        self.starts = starts
        self.codes = codes
        codeCount = numbers.count
    }

    /// The sets at some places, in that order.
    func reordered(_ order: [Int]) -> CodeSets {
        var starts = [0]
        starts.reserveCapacity(order.count + 1)
        var codes: [Int32] = []
        codes.reserveCapacity(self.codes.count)
        for set in order {
            codes += self.codes[self.starts[set]..<self.starts[set + 1]]
            starts.append(codes.count)
        }
        return CodeSets(starts: starts, codes: codes, codeCount: codeCount)
    }

    private init(starts: [Int], codes: [Int32], codeCount: Int) {
        self.starts = starts
        self.codes = codes
        self.codeCount = codeCount
    }

    /// The order of sets as ratings: that of the ascending lists of their codes.
    func precedes(_ left: Int, _ right: Int) -> Bool {
        codes[starts[left]..<starts[left + 1]].lexicographicallyPrecedes(codes[starts[right]..<starts[right + 1]])
    }

    private func size(_ set: Int) -> Int { starts[set + 1] - starts[set] }

    /// The distance of two different sets.
    func distance(_ left: Int, _ right: Int, masi: Bool) -> Double {
        var (mine, theirs) = (starts[left], starts[right])
        var common = 0
        while mine < starts[left + 1] && theirs < starts[right + 1] {
            let (one, other) = (codes[mine], codes[theirs])
            if one == other { common += 1 }
            if one <= other { mine += 1 }
            if other <= one { theirs += 1 }
        }
        return 1 - likeness(common, size(left), size(right), masi: masi)
    }

    /// 1 less the distance of two different sets.
    private func likeness(_ common: Int, _ left: Int, _ right: Int, masi: Bool) -> Double {
        if common == 0 { return 0 }
        let all = left + right - common
        if !masi { return Double(common) / Double(all) }
        return Double(common == left || common == right ? 2 * common : common) / Double(3 * all)
    }

    /// Over each two different sets, once: the product of how often they occur × their likeness. Only sets that share a code
    /// have any.
    ///
    /// - Complexity: O(*s*), the number of pairs of sets that share a code, counted for each code that they share.
    func likenessSum(_ occurrences: [Int], masi: Bool) -> Double {
        // For each code the sets seen so far that hold it.
        var holders = [[Int32]](repeating: [], count: codeCount)
        var common = [Int32](repeating: 0, count: occurrences.count)
        var touched: [Int] = []
        var total = 0.0
        for set in occurrences.indices where occurrences[set] > 0 {
            touched.removeAll(keepingCapacity: true)
            for place in starts[set]..<starts[set + 1] {
                for other in holders[Int(codes[place])] {
                    if common[Int(other)] == 0 { touched.append(Int(other)) }
                    common[Int(other)] += 1
                }
                holders[Int(codes[place])].append(Int32(set))
            }
            var sum = 0.0
            for other in touched {
                sum += Double(occurrences[other]) * likeness(Int(common[other]), size(set), size(other), masi: masi)
                common[other] = 0
            }
            total += Double(occurrences[set]) * sum
        }
        return total
    }
}
