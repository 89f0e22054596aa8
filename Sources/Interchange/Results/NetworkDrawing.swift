extension NetworkGraph {
    /// Nodes that are drawn at most: those with the most statements. More would be a grey cloud.
    public static let drawnMax = 100

    /// An SVG 1.1 drawing with title, description and legend, white, and as good in black and white: what supports is a
    /// solid line, what rejects a dashed one, what is balanced or takes no side a dotted one.
    ///
    /// - Parameter seed: Of the layout; another gives another drawing of the same network.
    public func drawing(seed: UInt64 = 1) -> Export {
        let order = nodes.indices.sorted { (-nodes[$0].statements, $0) < (-nodes[$1].statements, $1) }
        let drawn = order.prefix(Self.drawnMax).sorted()
        let place = Dictionary(drawn.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        let lines = edges.filter { place[$0.source] != nil && place[$0.target] != nil }
        let layout = ForceLayout(
            nodeCount: drawn.count,
            edges: lines.compactMap { edge in
                guard let source = place[edge.source], let target = place[edge.target] else { return nil }
                // Who disagree are not drawn together, but not lost sight of either.
                return (source, target, edge.weight < 0 ? 0.3 : 1)
            }, seed: seed)
        let canvas = Canvas(drawn.map { nodes[$0] }, layout.points)
        var losses = losses
        losses.add(nodes.count - drawn.count, "nodes", "more than \(Self.drawnMax) cannot be read on a page")
        losses.add(edges.count - lines.count, "edges", "one of their ends is not drawn")
        losses.add(
            canvas.labels.count { $0.isShortened }, "ends of long names", "they would cover their neighbours")
        return Export(bytes: Array(svg(canvas, lines, place).utf8), losses: losses)
    }

    private func svg(_ canvas: Canvas, _ lines: [Edge], _ place: [Int: Int]) -> String {
        let names = countNames
        let heading =
            switch mode {
            case .actorConcept: "Actors and concepts"
            case .actorActor: "Actors by the concepts they share"
            case .conceptConcept: "Concepts by the actors they share"
            }
        let (width, height) = (Canvas.width, Canvas.height)
        var text = """
            <?xml version="1.0" encoding="UTF-8"?>
            <svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="title desc" \
            width="\(width)" height="\(height)" viewBox="0 0 \(width) \(height)" \
            font-family="DejaVu Sans, Verdana, sans-serif">
            <title id="title">\(markupEscaped("\(heading): \(title)"))</title>
            <desc id="desc">\(canvas.nodes.count) nodes, \(lines.count) edges. The same network is in the GraphML and CSV files.</desc>
            <rect width="\(width)" height="\(height)" fill="#ffffff"/>
            <text x="24" y="36" font-size="20" font-weight="bold" fill="#111111">\(heading)</text>
            <text x="24" y="58" font-size="13" fill="#333333">\(markupEscaped(shortened(title, to: 110).text))</text>

            """
        text += "<g fill=\"none\">\n"
        let greatest = max(1, lines.map { abs($0.weight) }.max() ?? 1)
        for edge in lines {
            guard let source = place[edge.source], let target = place[edge.target] else { continue }
            let (from, to) = (canvas.points[source], canvas.points[target])
            let thickness = 1.2 + 4.8 * Double(abs(edge.weight)) / Double(greatest)
            text += "<line x1=\"\(decimal(from.x, 1))\" y1=\"\(decimal(from.y, 1))\" x2=\"\(decimal(to.x, 1))\""
            text += " y2=\"\(decimal(to.y, 1))\" stroke-width=\"\(decimal(thickness, 1))\" \(Self.style(edge.weight))>"
            text += "<title>\(markupEscaped(nodes[edge.source].label)) – \(markupEscaped(nodes[edge.target].label)): "
            text += "\(names.positive) \(edge.positive), \(names.negative) \(edge.negative)</title></line>\n"
        }
        text += "</g>\n"
        for (node, point) in zip(canvas.nodes, canvas.points) {
            let (x, y) = (decimal(point.x, 1), decimal(point.y, 1))
            if node.isActor {
                text +=
                    "<circle cx=\"\(x)\" cy=\"\(y)\" r=\"7\" fill=\"#ffffff\" stroke=\"#111111\" stroke-width=\"2\"/>\n"
            } else {
                text +=
                    "<rect x=\"\(decimal(point.x - 6, 1))\" y=\"\(decimal(point.y - 6, 1))\" width=\"12\" height=\"12\""
                text += " fill=\"#111111\"/>\n"
            }
        }
        for (label, node) in zip(canvas.labels, canvas.nodes) {
            text += "<text x=\"\(decimal(label.x, 1))\" y=\"\(decimal(label.y, 1))\" font-size=\"\(Canvas.fontSize)\""
            text += " text-anchor=\"middle\" fill=\"#111111\" stroke=\"#ffffff\" stroke-width=\"4\""
            text += " stroke-linejoin=\"round\" paint-order=\"stroke\" unicode-bidi=\"isolate\">"
            text += "<title>\(markupEscaped(node.label))</title>\(markupEscaped(label.text))</text>\n"
        }
        return text + legend() + "</svg>\n"
    }

    private func legend() -> String {
        let names = countNames
        let y = Canvas.height - 30
        var text = "<g font-size=\"12\" fill=\"#111111\">\n"
        var x = 24
        if mode != .conceptConcept {
            text +=
                "<circle cx=\"\(x + 7)\" cy=\"\(y)\" r=\"7\" fill=\"#ffffff\" stroke=\"#111111\" stroke-width=\"2\"/>"
            text += "<text x=\"\(x + 20)\" y=\"\(y + 4)\">actor</text>\n"
            x += 80
        }
        if mode != .actorActor {
            text += "<rect x=\"\(x)\" y=\"\(y - 6)\" width=\"12\" height=\"12\" fill=\"#111111\"/>"
            text += "<text x=\"\(x + 20)\" y=\"\(y + 4)\">concept</text>\n"
            x += 100
        }
        for (weight, name) in [
            (1, "more \(names.positive)"), (-1, "more \(mode == .actorConcept ? "rejection" : names.negative)"),
            (0, "balanced, or no side"),
        ] {
            text +=
                "<line x1=\"\(x)\" y1=\"\(y)\" x2=\"\(x + 44)\" y2=\"\(y)\" stroke-width=\"3\" \(Self.style(weight))/>"
            text += "<text x=\"\(x + 52)\" y=\"\(y + 4)\">\(name)</text>\n"
            x += 200
        }
        text += "<text x=\"\(x)\" y=\"\(y + 4)\">the wider, the more</text>\n"
        return text + "</g>\n"
    }

    /// Blue and orange can be told apart by every kind of colour vision; dashes by who prints in grey.
    private static func style(_ weight: Int) -> String {
        if weight > 0 { return "stroke=\"#0b5cad\"" }
        return weight < 0
            ? "stroke=\"#b34700\" stroke-dasharray=\"9 5\"" : "stroke=\"#6b6b6b\" stroke-dasharray=\"2 4\""
    }
}

/// Nodes and their labels on the page, so that labels do not cover each other as far as there is room.
private struct Canvas {
    static let width = 1100
    static let height = 800
    static let fontSize = 12
    private static let margin = (left: 100.0, right: 100.0, top: 100.0, bottom: 90.0)

    struct Label {
        var x: Double
        var y: Double
        let text: String
        let halfWidth: Double
        let isShortened: Bool
    }

    let nodes: [NetworkGraph.Node]
    let points: [ForceLayout.Point]
    private(set) var labels: [Label]

    init(_ nodes: [NetworkGraph.Node], _ places: [ForceLayout.Point]) {
        self.nodes = nodes
        let room = (
            x: Double(Self.width) - Self.margin.left - Self.margin.right,
            y: Double(Self.height) - Self.margin.top - Self.margin.bottom
        )
        points = places.map {
            ForceLayout.Point(x: Self.margin.left + $0.x * room.x, y: Self.margin.top + $0.y * room.y)
        }
        labels = zip(nodes, points).map { node, point in
            let short = shortened(node.label, to: 30)
            // A letter of the font is a little over half as wide as high, on average.
            let half = Double(short.text.count * Self.fontSize) * 0.31
            let x = min(max(point.x, half + 4), Double(Self.width) - half - 4)
            return Label(x: x, y: point.y - 12, text: short.text, halfWidth: half, isShortened: short.isShortened)
        }
        spread()
    }

    /// Pushes labels that cover each other apart, up and down.
    private mutating func spread() {
        let lineHeight = 15.0
        for _ in 0..<200 {
            var moved = false
            for upper in labels.indices {
                for lower in labels.indices where lower > upper {
                    let (one, other) = (labels[upper], labels[lower])
                    let apart = abs(one.y - other.y)
                    guard apart < lineHeight, abs(one.x - other.x) < one.halfWidth + other.halfWidth else { continue }
                    let push = (lineHeight - apart) / 2 + 0.1
                    let sign = one.y <= other.y ? -1.0 : 1.0
                    labels[upper].y = bounded(one.y + sign * push)
                    labels[lower].y = bounded(other.y - sign * push)
                    moved = true
                }
            }
            if !moved { return }
        }
    }

    private func bounded(_ y: Double) -> Double { min(max(y, 80), Double(Self.height) - 60) }
}

/// A text of at most `length` characters, with an ellipsis if something is missing; line feeds and tabs are spaces.
func shortened(_ text: String, to length: Int) -> (text: String, isShortened: Bool) {
    let line = String(text.map { $0.isNewline || $0 == "\t" ? " " : $0 })
    return line.count <= length ? (line, false) : (String(line.prefix(length - 1)) + "…", true)
}
