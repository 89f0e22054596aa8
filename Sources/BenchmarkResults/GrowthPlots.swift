/// The plots of cost against size.
public enum GrowthPlots {
    private static let items = [
        ("growth-write-one", "write, one a transaction"), ("growth-write-batch", "write, 500 a transaction"),
        ("growth-push", "push"), ("growth-pull", "pull"),
    ]
    private static let calls = [
        ("status-start", "variorum status, from start to end"), ("growth-status", "status, in a process that runs"),
        ("growth-open", "open"), ("growth-search", "search, a frequent word"),
        ("growth-search-rare", "search, a rare word"), ("growth-nothing", "sync, nothing new"),
    ]

    /// - Returns: The names of files, without ending, and what they hold; no plot for which there is no row.
    public static func all(of rows: [ResultRow]) -> [(name: String, plot: Plot)] {
        let plots = [
            (
                name: "growth-items",
                plot: Plot(
                    title: "One more annotation in a workspace", xTitle: "annotations in the workspace",
                    yTitle: "microseconds an annotation", series: series(items, of: rows, scale: 1))
            ),
            (
                name: "growth-calls",
                plot: Plot(
                    title: "One call in a workspace", xTitle: "annotations in the workspace",
                    yTitle: "milliseconds a call", series: series(calls, of: rows, scale: 0.001))
            ),
        ]
        return plots.filter { !$0.plot.series.isEmpty }
    }

    private static func series(_ cases: [(String, String)], of rows: [ResultRow], scale: Double) -> [Plot.Series] {
        cases.compactMap { name, title in
            let points = rows.filter { $0.name == name }.map { Plot.Point(x: $0.size, y: $0.cost * scale) }
            return points.isEmpty ? nil : Plot.Series(title: title, points: points.sorted { $0.x < $1.x })
        }
    }

}
