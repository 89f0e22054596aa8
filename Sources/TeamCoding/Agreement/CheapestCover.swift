/// Sets of elements, each with a cost. Elements are numbers from 0; a set's are ascending.
struct CoverColumns {
    private var offsets: [Int] = [0]
    private var elements: [Int] = []
    private(set) var costs: [Double] = []

    var count: Int { costs.count }

    subscript(column: Int) -> ArraySlice<Int> { elements[offsets[column]..<offsets[column + 1]] }

    mutating func append(_ members: some Collection<Int>, _ cost: Double) {
        elements.append(contentsOf: members)
        offsets.append(elements.count)
        costs.append(cost)
    }

    /// The sets that hang together through common elements, with their elements numbered anew in the same order.
    func components(_ elementCount: Int) -> [CoverColumns] {
        var parent = Array(0..<elementCount)
        func root(_ element: Int) -> Int {
            var element = element
            while parent[element] != element {
                parent[element] = parent[parent[element]]
                element = parent[element]
            }
            return element
        }
        for column in 0..<count {
            let members = self[column]
            guard let first = members.first else { continue }
            for member in members.dropFirst() {
                let (one, other) = (root(first), root(member))
                if one != other { parent[max(one, other)] = min(one, other) }
            }
        }
        var number: [Int: Int] = [:]
        var sizes: [Int] = []
        var name = [Int](repeating: 0, count: elementCount)
        for element in 0..<elementCount {
            let root = root(element)
            let component = number[root] ?? sizes.count
            if number[root] == nil {
                number[root] = component
                sizes.append(0)
            }
            name[element] = sizes[component]
            sizes[component] += 1
        }
        var parts = [CoverColumns](repeating: CoverColumns(), count: sizes.count)
        for column in 0..<count {
            guard let first = self[column].first, let part = number[root(first)] else { continue }
            parts[part].append(self[column].map { name[$0] }, costs[column])
        }
        return parts
    }
}

extension CoverColumns {
    /// The least cost at which sets cover every element exactly once. Each element must have a set of its own alone.
    ///
    /// Branch and bound in two steps. First prices of elements are raised and lowered (subgradient steps; Held and Karp
    /// 1971, Fisher 1981) towards the greatest lower bound: a set costs what it costs less the prices of its elements,
    /// and of the sets with the same first element at most one is taken. Sets that cannot pay within the best cover
    /// known are dropped. Then a shortest path is looked for through the states "covered so far", where an edge covers
    /// the first open element and weighs what its set costs above the bound: never less than 0, so the first path to
    /// the end is a cheapest cover.
    func cheapestCover() throws(Alignment.TooMany) -> Double {
        var search = CoverSearch(self)
        if search.elementCount == 1 { return costs.min() ?? 0 }
        search.raiseBound()
        return try search.shortestPath()
    }
}

private struct CoverSearch {
    let elementCount: Int
    private var columns: CoverColumns
    /// For each element the columns whose first element it is.
    private var groups: [Range<Int>] = []
    private var prices: [Double]
    /// The best cover known.
    private var upper: Double
    /// The greatest lower bound found.
    private var lower = -Double.infinity
    private let tolerance: Double

    private static let roundMax = 400
    private static let stateMax = 400_000

    init(_ unordered: CoverColumns) {
        var elements = 0
        for column in 0..<unordered.count { elements = max(elements, (unordered[column].last ?? 0) + 1) }
        elementCount = elements
        // By first element; the sort is stable by index.
        let order = (0..<unordered.count).sorted {
            (unordered[$0].first ?? 0, $0) < (unordered[$1].first ?? 0, $1)
        }
        columns = CoverColumns()
        prices = [Double](repeating: 0, count: elements)
        var alone = 0.0
        for column in order {
            columns.append(unordered[column], unordered.costs[column])
            if unordered[column].count == 1, let element = unordered[column].first {
                prices[element] = unordered.costs[column]
                alone += unordered.costs[column]
            }
        }
        upper = alone
        tolerance = 1e-12 * max(1, alone)
        group()
    }

    private mutating func group() {
        groups = []
        var column = 0
        for element in 0..<elementCount {
            let start = column
            while column < columns.count, columns[column].first == element { column += 1 }
            groups.append(start..<column)
        }
    }

    private func reducedCost(_ column: Int, _ prices: [Double]) -> Double {
        var cost = columns.costs[column]
        for element in columns[column] { cost -= prices[element] }
        return cost
    }

    /// For each element the least reduced cost of its group, at most 0, and which column has it.
    private func groupMinima(_ prices: [Double]) -> [(cost: Double, column: Int?)] {
        groups.map { group in
            var best = (cost: 0.0, column: Int?.none)
            for column in group {
                let cost = reducedCost(column, prices)
                if cost < best.cost { best = (cost, column) }
            }
            return best
        }
    }

    mutating func raiseBound() {
        var current = prices
        for column in 0..<columns.count {
            let share = columns.costs[column] / Double(columns[column].count)
            for element in columns[column] { current[element] = min(current[element], share) }
        }
        var step = 1.0
        var stale = 0
        for round in 0..<Self.roundMax {
            if round % 10 == 9 { dropHopeless() }
            let minima = groupMinima(current)
            let bound = current.reduce(0, +) + minima.reduce(0) { $0 + $1.cost }
            upper = min(upper, greedyCover(current))
            if bound > lower + 1e-9 * max(1, upper) {
                lower = bound
                prices = current
                stale = 0
            } else {
                stale += 1
                if stale == 8 {
                    stale = 0
                    step /= 2
                    current = prices
                    if step < 1e-3 { break }
                    continue
                }
            }
            if upper - lower <= tolerance { break }
            var slope = [Double](repeating: 1, count: elementCount)
            for case (_, let column?) in minima {
                for element in columns[column] { slope[element] -= 1 }
            }
            let square = slope.reduce(0) { $0 + $1 * $1 }
            // No slope: the chosen sets are an exact cover, and the bound is its cost.
            if square == 0 { break }
            let size = step * max(upper - bound, 1e-6 * upper) / square
            for element in 0..<elementCount { current[element] += size * slope[element] }
        }
        dropHopeless()
    }

    /// The cost of the cover that takes for each open element the set with the least reduced cost.
    private func greedyCover(_ prices: [Double]) -> Double {
        var isCovered = [Bool](repeating: false, count: elementCount)
        var total = 0.0
        for element in 0..<elementCount where !isCovered[element] {
            var best = (cost: Double.infinity, column: -1)
            for column in groups[element] {
                let cost = reducedCost(column, prices)
                if cost < best.cost, !columns[column].contains(where: { isCovered[$0] }) { best = (cost, column) }
            }
            total += columns.costs[best.column]
            for member in columns[best.column] { isCovered[member] = true }
        }
        return total
    }

    /// Drops the sets with which no cover can be cheaper than the best known. An element's own set always stays.
    private mutating func dropHopeless() {
        let minima = groupMinima(prices)
        let room = upper - lower + tolerance
        var kept = CoverColumns()
        for (element, group) in groups.enumerated() {
            for column in group
            where columns[column].count == 1 || reducedCost(column, prices) - minima[element].cost <= room {
                kept.append(columns[column], columns.costs[column])
            }
        }
        columns = kept
        group()
    }

    /// Dijkstra's algorithm over the sets of covered elements.
    func shortestPath() throws(Alignment.TooMany) -> Double {
        let minima = groupMinima(prices).map(\.cost)
        let bound = prices.reduce(0, +) + minima.reduce(0, +)
        let room = upper - bound + tolerance
        let edges = groups.enumerated().map { element, group in
            group.map { (weight: reducedCost($0, prices) - minima[element], column: $0) }.filter { $0.weight <= room }
        }
        var queue = StateQueue()
        var settled: Set<CoverState> = []
        queue.push(CoverState(elementCount), 0)
        while let (state, distance) = queue.pop() {
            guard settled.insert(state).inserted else { continue }
            if state.firstOpen == elementCount { return bound + distance }
            if settled.count > Self.stateMax { throw Alignment.TooMany() }
            for edge in edges[state.firstOpen] where distance + edge.weight <= room {
                guard let next = state.covering(columns[edge.column]) else { continue }
                // Groups whose element was covered by another set take nothing, and so give up what the bound hoped for.
                var further = distance + edge.weight
                for skipped in state.firstOpen + 1..<max(state.firstOpen + 1, next.firstOpen) {
                    further -= minima[skipped]
                }
                if further <= room { queue.push(next, further) }
            }
        }
        return upper
    }
}

/// Which elements are covered.
private struct CoverState: Hashable {
    private(set) var firstOpen = 0
    private let count: Int
    private var words: [UInt64]

    init(_ count: Int) {
        self.count = count
        words = [UInt64](repeating: 0, count: count / 64 + 1)
    }

    /// The state with `elements` covered too; `nil` if one of them is already.
    func covering(_ elements: ArraySlice<Int>) -> CoverState? {
        var next = self
        for element in elements {
            if next.words[element / 64] >> UInt64(element % 64) & 1 == 1 { return nil }
            next.words[element / 64] |= 1 << UInt64(element % 64)
        }
        while next.firstOpen < count, next.words[next.firstOpen / 64] >> UInt64(next.firstOpen % 64) & 1 == 1 {
            next.firstOpen += 1
        }
        return next
    }
}

/// A binary heap of states by distance; of equal ones, that which has come furthest first.
private struct StateQueue {
    private var heap: [(state: CoverState, distance: Double)] = []

    private func precedes(_ left: Int, _ right: Int) -> Bool {
        if heap[left].distance != heap[right].distance { return heap[left].distance < heap[right].distance }
        return heap[left].state.firstOpen > heap[right].state.firstOpen
    }

    mutating func push(_ state: CoverState, _ distance: Double) {
        heap.append((state, distance))
        var place = heap.count - 1
        while place > 0, precedes(place, (place - 1) / 2) {
            heap.swapAt(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    mutating func pop() -> (CoverState, Double)? {
        guard let top = heap.first, let last = heap.popLast() else { return nil }
        if heap.isEmpty { return top }
        heap[0] = last
        var place = 0
        while true {
            var least = place
            for child in [2 * place + 1, 2 * place + 2] where child < heap.count && precedes(child, least) {
                least = child
            }
            if least == place { return top }
            heap.swapAt(place, least)
            place = least
        }
    }
}
