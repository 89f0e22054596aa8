import Testing

@testable import BenchmarkResults

@Suite struct PlotTests {
    @Test func logarithms() {
        for decade in -12...12 {
            var value = 1.0
            for _ in 0..<abs(decade) { value = decade < 0 ? value / 10 : value * 10 }
            #expect(abs(Logarithm.common(value) - Double(decade)) < 1e-12)
        }
        #expect(abs(Logarithm.common(2) - 0.30102999566398120) < 1e-15)
        #expect(abs(Logarithm.common(0.7) + 0.15490195998574317) < 1e-15)
    }

    @Test func axesHoldTheirValues() {
        let axis = LogarithmicAxis([3, 40, 1000], from: 0, to: 300)
        #expect(axis.ticks.compactMap(\.label) == ["1", "10", "100", "1,000"])
        #expect(abs(axis.place(of: 1000) - 300) < 1e-9)
        #expect(abs(axis.place(of: 10) - 100) < 1e-9)
        // One value is no span: the decade above it is shown.
        #expect(LogarithmicAxis([100], from: 0, to: 1).ticks.compactMap(\.label) == ["100", "1,000"])
        #expect(LogarithmicAxis([], from: 0, to: 1).ticks.compactMap(\.label) == ["1", "10"])
    }

    @Test func labels() {
        #expect(
            [-3, -1, 0, 3, 5, 6].map(LogarithmicAxis.label) == ["0.001", "0.1", "1", "1,000", "100,000", "1,000,000"])
    }

    @Test func pointsAreWhereTheirValuesAre() {
        let plot = Plot(
            title: "a & b", xTitle: "x < y", yTitle: "y",
            series: [
                .init(title: "one", points: [.init(x: 10, y: 1), .init(x: 1000, y: 100), .init(x: 0, y: .nan)])
            ])
        let svg = plot.svg
        #expect(svg.contains("<polyline class=\"line s0\" points=\"72,380 580,48\"/>"))
        #expect(svg.contains("a &amp; b") && svg.contains("x &lt; y"))
        #expect(svg.contains("prefers-color-scheme: dark"))
        #expect(svg == plot.svg)
    }

    @Test func growthPlotsFollowTheRowsAlone() {
        let rows = [
            ResultRow(name: "growth-push", size: 100_000, cost: 8),
            ResultRow(name: "growth-push", size: 10_000, cost: 6),
            ResultRow(name: "status-start", size: 10_000, cost: 20_000), ResultRow(name: "other", size: 1, cost: 1),
        ]
        let plots = GrowthPlots.all(of: rows)
        #expect(plots.map(\.name) == ["growth-items", "growth-calls"])
        #expect(
            plots[0].plot.series == [.init(title: "push", points: [.init(x: 10_000, y: 6), .init(x: 100_000, y: 8)])])
        #expect(plots[1].plot.series.map { $0.points[0].y } == [20])
        #expect(GrowthPlots.all(of: rows.reversed()).map(\.plot.svg) == plots.map(\.plot.svg))
        #expect(GrowthPlots.all(of: [ResultRow(name: "other", size: 1, cost: 1)]).isEmpty)
    }
}
