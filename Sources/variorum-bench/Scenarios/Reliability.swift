import TeamCoding

/// Krippendorff's alpha of 100,000 units and three coders with a tenth of the ratings missing: of one code each, of a measured number,
/// and of sets of codes by their MASI distance. The clock sees the table being made, too.
struct Reliability {
    private static let unitCount = 100_000
    private static let coderCount = 3

    private let step: Step

    init(_ step: Step) { self.step = step }

    func run() throws {
        let codes = (1...30).map { Category("code \($0)") }
        try measure("alpha-nominal", .nominal) { .code(codes[$0.below(codes.count)]) }
        try measure("alpha-interval", .interval) { .number(Double($0.below(1000)) / 10) }
        try measure("alpha-masi", .masi) { random in
            .codes(Set((0..<random.below(5)).map { _ in codes[random.below(codes.count)] }))
        }
    }

    /// - Parameter rating: Something that a coder may say; two of three times the coders of a unit say the same.
    private func measure(_ name: String, _ metric: AlphaMetric, _ rating: (inout WorkloadRandom) -> Rating) throws {
        var random = WorkloadRandom(seed: Workload.seed, stream: 5, index: 0)
        let units = (0..<Self.unitCount).map { _ in
            let usual = rating(&random)
            return (0..<Self.coderCount).map { _ -> Rating? in
                if random.below(10) == 0 { return nil }
                return random.below(3) == 0 ? rating(&random) : usual
            }
        }
        let watch = Stopwatch()
        let table = try ReliabilityTable(coderCount: Self.coderCount, units: units)
        let tableSeconds = watch.seconds
        let coefficient = table.krippendorffAlpha(metric)
        let seconds = watch.seconds
        guard case .value(let alpha) = coefficient.outcome, alpha > 0.3, alpha < 0.7 else {
            throw BenchError("\(name) is \(coefficient.outcome), which these units do not give")
        }
        try step.report(
            Sample(
                name, count: Self.unitCount, seconds: seconds,
                facts: [("alpha", alpha), ("table_milliseconds", tableSeconds * 1000)]))
    }
}
