/// Parts of a table: figures for one document, variable, code or pair are those of the matching slice.
extension ReliabilityTable {
    /// The units at `indices`, in that order; one may come several times.
    public func units(_ indices: some Collection<Int>) -> ReliabilityTable {
        var slice: [Int32] = []
        slice.reserveCapacity(indices.count * coderCount)
        for unit in indices {
            precondition((0..<unitCount).contains(unit), "no such unit")
            slice.append(contentsOf: cells[unit * coderCount..<(unit + 1) * coderCount])
        }
        return ReliabilityTable(
            coderCount: coderCount, unitCount: indices.count, ratings: ratings, sets: sets, cells: slice)
    }

    /// The coders at `indices`, in that order. Units that none of them rated stay, as incomplete ones.
    public func coders(_ indices: [Int]) -> ReliabilityTable {
        precondition(indices.allSatisfy((0..<coderCount).contains), "no such coder")
        var slice: [Int32] = []
        slice.reserveCapacity(unitCount * indices.count)
        for unit in 0..<unitCount {
            for coder in indices { slice.append(cells[unit * coderCount + coder]) }
        }
        return ReliabilityTable(
            coderCount: indices.count, unitCount: unitCount, ratings: ratings, sets: sets, cells: slice)
    }

    /// The units that at least one coder rated.
    ///
    /// Most of a text is usually coded by nobody. Whether that common silence is agreement is for the caller to decide.
    public var rated: ReliabilityTable {
        units((0..<unitCount).filter { unit in (0..<coderCount).contains { cells[unit * coderCount + $0] >= 0 } })
    }

    /// Each two coders, once.
    public var pairs: [(Int, Int)] { pairsOfIndices(coderCount) }

    /// For one code: who applied it ("present") and who coded the unit without it ("absent").
    ///
    /// Of a table of codes or of sets of codes; numbers give "absent" everywhere.
    public func presence(of code: Category) -> ReliabilityTable {
        let isPresent = ratings.map { rating in
            switch rating {
            case .code(let other): other == code
            case .codes(let set): set.contains(code)
            case .number: false
            }
        }
        return ReliabilityTable(
            coderCount: coderCount, unitCount: unitCount, ratings: [.code("absent"), .code("present")], sets: nil,
            cells: cells.map { $0 == Self.missing ? $0 : isPresent[Int($0)] ? 1 : 0 })
    }

    /// Every code that occurs in the ratings, ascending.
    public var codes: [Category] {
        var all: Set<Category> = []
        for rating in ratings {
            switch rating {
            case .code(let code): all.insert(code)
            case .codes(let set): all.formUnion(set)
            case .number: break
            }
        }
        return all.sorted()
    }
}

/// Each two of 0..<count, once: (0, 1), (0, 2) … (1, 2) …
func pairsOfIndices(_ count: Int) -> [(Int, Int)] {
    (0..<count).flatMap { first in (first + 1..<max(count, first + 1)).map { (first, $0) } }
}
