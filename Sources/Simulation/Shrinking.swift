/// Makes a failing history short: leaves out steps as long as something still goes wrong.
///
/// Delta debugging (Zeller, Hildebrandt: "Simplifying and Isolating Failure-Inducing Input", TSE 2002).
public enum Shrinking {
    /// - Parameters:
    ///   - runsMax: How many histories to run at most.
    ///   - invariant: What has to go wrong for a history to count as failing.
    /// - Returns: The places of the steps that are left.
    public static func shrink(
        _ plan: Plan, invariant: Violation.Invariant, runsMax: Int = 400, progress: (Int) -> Void = { _ in }
    ) -> [Int] {
        var kept = Array(0..<plan.stepCount)
        var runs = 0
        func fails(_ places: [Int]) -> Bool {
            runs += 1
            return Simulation.run(plan, keeping: places).violation?.invariant == invariant
        }
        var pieces = 2
        while kept.count > 1 && runs < runsMax {
            let size = max(1, (kept.count + pieces - 1) / pieces)
            var hasShrunk = false
            for start in stride(from: 0, to: kept.count, by: size) where runs < runsMax {
                let rest = Array(kept[..<start]) + Array(kept[min(start + size, kept.count)...])
                if fails(rest) {
                    kept = rest
                    pieces = max(2, pieces - 1)
                    hasShrunk = true
                    progress(kept.count)
                    break
                }
            }
            if hasShrunk { continue }
            if size == 1 { break }
            pieces = min(kept.count, pieces * 2)
        }
        return kept
    }
}
