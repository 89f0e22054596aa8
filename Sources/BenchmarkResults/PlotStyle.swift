/// Colours and dashes of plots, on a bright page and on a dark one.
enum PlotStyle {
    private static let bright = ["#0969da", "#bc4c00", "#1a7f37", "#8250df", "#bf3989", "#6e5b00"]
    private static let dark = ["#58a6ff", "#ff9a4d", "#56d364", "#c297ff", "#ff80c8", "#e3c55f"]
    /// Lines differ without their colours, too.
    private static let dashes = ["none", "8 4", "2 3", "8 3 2 3", "14 4", "4 2"]

    static func `class`(of series: Int) -> String { "s\(series % bright.count)" }

    static let sheet: String = {
        var lines = [
            "<style>", "text { font: 13px system-ui, sans-serif; fill: #1f2328 }",
            ".title { font-size: 16px; font-weight: 600 }",
            ".middle { text-anchor: middle }", ".end { text-anchor: end }", ".page { fill: #ffffff }",
            ".grid { stroke: #c8ced6 }", ".fine { stroke: #eaeef2 }", ".axis { stroke: #59636e }",
            ".line { fill: none; stroke-width: 2 }",
        ]
        for (number, dash) in dashes.enumerated() {
            lines.append(".line.s\(number) { stroke: \(bright[number]); stroke-dasharray: \(dash) }")
            lines.append("circle.s\(number) { fill: \(bright[number]) }")
        }
        lines += [
            "@media (prefers-color-scheme: dark) {", "text { fill: #e6edf3 }", ".page { fill: #0d1117 }",
            ".grid { stroke: #3d444d }", ".fine { stroke: #21262d }", ".axis { stroke: #9198a1 }",
        ]
        for (number, colour) in dark.enumerated() {
            lines.append(".line.s\(number) { stroke: \(colour) }")
            lines.append("circle.s\(number) { fill: \(colour) }")
        }
        return (lines + ["}", "</style>"]).joined(separator: "\n")
    }()
}
