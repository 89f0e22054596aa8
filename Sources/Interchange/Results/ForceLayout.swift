import AnnotationModel

/// Places of nodes on a page: Fruchterman and Reingold, "Graph drawing by force-directed placement", Software: Practice and
/// Experience 21 (1991), with a weak pull to the middle so that parts without an edge between them stay on the page.
///
/// The four operations and the square root of IEEE 754 alone, in a fixed order, from a seed: the same places, to the bit, on
/// every machine.
struct ForceLayout {
    struct Point: Hashable {
        var x: Double
        var y: Double
    }

    /// Within 0...1 by 0...1.
    private(set) var points: [Point]

    /// - Complexity: O(*r* · (*n*² + *e*)) for *n* nodes, *e* edges and *r* = 300 rounds.
    init(nodeCount: Int, edges: [(source: Int, target: Int, pull: Double)], seed: UInt64) {
        var random = SplitMix64(seed: seed)
        func draw() -> Double { Double(random.below(1 << 30)) / Double(1 << 30) }
        points = (0..<nodeCount).map { _ in Point(x: draw(), y: draw()) }
        guard nodeCount > 1 else {
            points = points.map { _ in Point(x: 0.5, y: 0.5) }
            return
        }
        let ideal = (1 / Double(nodeCount)).squareRoot()
        let rounds = 300
        for round in 0..<rounds {
            var moves = [Point](repeating: Point(x: 0, y: 0), count: nodeCount)
            for left in 0..<nodeCount {
                for right in left + 1..<nodeCount {
                    let (dx, dy, distance) = Self.between(points[left], points[right], left, right)
                    let force = ideal * ideal / distance
                    moves[left].x += dx / distance * force
                    moves[left].y += dy / distance * force
                    moves[right].x -= dx / distance * force
                    moves[right].y -= dy / distance * force
                }
                moves[left].x += (0.5 - points[left].x) * ideal * 4
                moves[left].y += (0.5 - points[left].y) * ideal * 4
            }
            for edge in edges {
                let (dx, dy, distance) = Self.between(
                    points[edge.source], points[edge.target], edge.source, edge.target)
                let force = distance * distance / ideal * edge.pull
                moves[edge.source].x -= dx / distance * force
                moves[edge.source].y -= dy / distance * force
                moves[edge.target].x += dx / distance * force
                moves[edge.target].y += dy / distance * force
            }
            let heat = 0.1 * Double(rounds - round) / Double(rounds)
            for node in 0..<nodeCount {
                let move = moves[node]
                let length = max(1e-9, (move.x * move.x + move.y * move.y).squareRoot())
                let step = min(length, heat)
                points[node].x += move.x / length * step
                points[node].y += move.y / length * step
            }
        }
        stretch()
    }

    /// From the second to the first; two nodes at one place are pushed apart along a line of their own.
    private static func between(_ left: Point, _ right: Point, _ one: Int, _ other: Int) -> (Double, Double, Double) {
        let (dx, dy) = (left.x - right.x, left.y - right.y)
        let distance = (dx * dx + dy * dy).squareRoot()
        if distance > 1e-6 { return (dx, dy, distance) }
        return (1e-6, 1e-6 * Double(one - other), 1e-6 * (1 + Double((one - other) * (one - other))).squareRoot())
    }

    /// So that the outermost nodes lie on the edges of the page.
    private mutating func stretch() {
        let (left, right) = (points.map(\.x).min() ?? 0, points.map(\.x).max() ?? 1)
        let (top, bottom) = (points.map(\.y).min() ?? 0, points.map(\.y).max() ?? 1)
        points = points.map { point in
            Point(
                x: right - left > 1e-9 ? (point.x - left) / (right - left) : 0.5,
                y: bottom - top > 1e-9 ? (point.y - top) / (bottom - top) : 0.5)
        }
    }
}
