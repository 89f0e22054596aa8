/// Lines over two logarithmic axes, as SVG that is readable on a bright page and on a dark one.
public struct Plot: Hashable, Sendable {
    public struct Point: Hashable, Sendable {
        public let x: Double
        public let y: Double

        public init(x: Double, y: Double) {
            self.x = x
            self.y = y
        }
    }

    public struct Series: Hashable, Sendable {
        public let title: String
        public let points: [Point]

        /// - Parameter points: In the order in which the line goes; points without a logarithm are left out.
        public init(title: String, points: [Point]) {
            self.title = title
            self.points = points.filter { Self.isDrawn($0.x) && Self.isDrawn($0.y) }
        }

        private static func isDrawn(_ value: Double) -> Bool { value > 1e-30 && value < 1e30 }
    }

    public let title: String
    public let xTitle: String
    public let yTitle: String
    public let series: [Series]

    public init(title: String, xTitle: String, yTitle: String, series: [Series]) {
        self.title = title
        self.xTitle = xTitle
        self.yTitle = yTitle
        self.series = series
    }

    private static let (width, height) = (880, 440)
    private static let (left, right, top, bottom) = (72.0, 580.0, 48.0, 380.0)

    /// The same bytes for the same plot.
    public var svg: String {
        let points = series.flatMap(\.points)
        let x = LogarithmicAxis(points.map(\.x), from: Self.left, to: Self.right)
        let y = LogarithmicAxis(points.map(\.y), from: Self.bottom, to: Self.top)
        var lines = [
            """
            <svg xmlns="http://www.w3.org/2000/svg" width="\(Self.width)" height="\(Self.height)" \
            viewBox="0 0 \(Self.width) \(Self.height)" role="img">
            """,
            "<title>\(Self.escaped(title))</title>", PlotStyle.sheet,
            "<rect class=\"page\" width=\"\(Self.width)\" height=\"\(Self.height)\"/>",
            Self.text(title, x: Self.left, y: 28, "title"),
        ]
        for tick in x.ticks {
            lines.append(Self.line(tick.place, Self.top, tick.place, Self.bottom, tick.label == nil ? "fine" : "grid"))
            if let label = tick.label { lines.append(Self.text(label, x: tick.place, y: Self.bottom + 20, "middle")) }
        }
        for tick in y.ticks {
            lines.append(Self.line(Self.left, tick.place, Self.right, tick.place, tick.label == nil ? "fine" : "grid"))
            if let label = tick.label { lines.append(Self.text(label, x: Self.left - 8, y: tick.place + 4, "end")) }
        }
        lines.append(Self.line(Self.left, Self.bottom, Self.right, Self.bottom, "axis"))
        lines.append(Self.line(Self.left, Self.top, Self.left, Self.bottom, "axis"))
        lines.append(Self.text(xTitle, x: (Self.left + Self.right) / 2, y: Self.bottom + 44, "middle"))
        let middle = Self.number((Self.top + Self.bottom) / 2)
        lines.append(
            "<text class=\"middle\" transform=\"translate(18 \(middle)) rotate(-90)\">\(Self.escaped(yTitle))</text>")
        for (number, series) in series.enumerated() {
            lines += drawn(series, number, x, y)
            lines += legend(series, number)
        }
        lines.append("</svg>")
        return lines.joined(separator: "\n") + "\n"
    }

    private func drawn(_ series: Series, _ number: Int, _ x: LogarithmicAxis, _ y: LogarithmicAxis) -> [String] {
        let style = PlotStyle.class(of: number)
        let places = series.points.map { (Self.number(x.place(of: $0.x)), Self.number(y.place(of: $0.y))) }
        var lines: [String] = []
        if places.count > 1 {
            let path = places.map { "\($0.0),\($0.1)" }.joined(separator: " ")
            lines.append("<polyline class=\"line \(style)\" points=\"\(path)\"/>")
        }
        lines += places.map { "<circle class=\"\(style)\" cx=\"\($0.0)\" cy=\"\($0.1)\" r=\"4\"/>" }
        return lines
    }

    private func legend(_ series: Series, _ number: Int) -> [String] {
        let style = PlotStyle.class(of: number)
        let (x, y) = (Self.right + 20, Self.top + 8 + 22 * Double(number))
        let middle = Self.number(x + 14)
        return [
            Self.line(x, y, x + 28, y, "line \(style)"),
            "<circle class=\"\(style)\" cx=\"\(middle)\" cy=\"\(Self.number(y))\" r=\"4\"/>",
            Self.text(series.title, x: x + 36, y: y + 4, "legend"),
        ]
    }

    private static func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String) -> String {
        """
        <line class="\(style)" x1="\(number(x1))" y1="\(number(y1))" x2="\(number(x2))" y2="\(number(y2))"/>
        """
    }

    private static func text(_ text: String, x: Double, y: Double, _ style: String) -> String {
        "<text class=\"\(style)\" x=\"\(number(x))\" y=\"\(number(y))\">\(escaped(text))</text>"
    }

    /// To a tenth of a pixel.
    private static func number(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        let sign = tenths < 0 ? "-" : ""
        let (whole, tenth) = tenths.magnitude.quotientAndRemainder(dividingBy: 10)
        return tenth == 0 ? "\(sign)\(whole)" : "\(sign)\(whole).\(tenth)"
    }

    private static func escaped(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { result, scalar in
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            // XML has no place for control characters.
            case _ where scalar.value < 0x20: result += " "
            default: result.unicodeScalars.append(scalar)
            }
        }
    }
}

/// An axis of whole decades.
struct LogarithmicAxis {
    /// Where a line of the grid is, with its label at whole decades.
    struct Tick {
        let place: Double
        let label: String?
    }

    private let (from, to): (Double, Double)
    private let decades: ClosedRange<Int>

    /// - Parameter values: Above 0.
    init(_ values: [Double], from: Double, to: Double) {
        self.from = from
        self.to = to
        let logarithms = values.map(Logarithm.common)
        // A power of ten may come out a hair beside its whole logarithm.
        let low = Int(((logarithms.min() ?? 0) + 1e-9).rounded(.down))
        let high = Int(((logarithms.max() ?? 1) - 1e-9).rounded(.up))
        decades = low...max(high, low + 1)
    }

    func place(of value: Double) -> Double {
        let share = (Logarithm.common(value) - Double(decades.lowerBound)) / Double(decades.count - 1)
        return from + share * (to - from)
    }

    /// Whole decades, and the unlabelled double and fivefold between them.
    var ticks: [Tick] {
        decades.flatMap { decade -> [Tick] in
            let share = Double(decade - decades.lowerBound) / Double(decades.count - 1)
            let place = from + share * (to - from)
            let step = (to - from) / Double(decades.count - 1)
            let whole = Tick(place: place, label: Self.label(decade))
            guard decade < decades.upperBound else { return [whole] }
            return [whole]
                + [2.0, 5.0].map { Tick(place: place + Logarithm.common($0) * step, label: nil) }
        }
    }

    /// 0.01, 1, 1,000.
    static func label(_ decade: Int) -> String {
        if decade < 0 { return "0." + String(repeating: "0", count: -decade - 1) + "1" }
        var digits = ""
        for place in stride(from: decade, through: 0, by: -1) {
            digits += place == decade ? "1" : "0"
            if place > 0, place % 3 == 0 { digits += "," }
        }
        return digits
    }
}
