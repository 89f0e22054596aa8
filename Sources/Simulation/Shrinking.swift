/// Makes a failing history short: leaves out steps as long as something still goes wrong.
///
/// Delta debugging (Zeller, Hildebrandt: "Simplifying and Isolating Failure-Inducing Input", TSE 2002).
public enum Shrinking {
    /// - Parameters:
    ///   - invariant: What has to go wrong for a history to count as failing.
    ///   - runsMax: How many histories to run at most.
    /// - Returns: The places of the steps that are left.
    public static func shrink(_ plan: Plan, invariant: Violation.Invariant, runsMax: Int = 400) -> [Int] {
        shrink(plan.stepCount, runsMax: runsMax) { places in
            Simulation.run(plan, keeping: places).violation?.invariant == invariant
        }
    }

    /// - Parameters:
    ///   - count: How many things there are.
    ///   - fails: Whether the things at these places still fail together.
    /// - Returns: Places of which none can be left out, unless `runsMax` ended the search.
    public static func shrink(_ count: Int, runsMax: Int, fails: ([Int]) -> Bool) -> [Int] {
        var kept = Array(0..<count)
        var runs = 0
        var pieces = 2
        while !kept.isEmpty && runs < runsMax {
            let size = max(1, (kept.count + pieces - 1) / pieces)
            var hasShrunk = false
            for start in stride(from: 0, to: kept.count, by: size) where runs < runsMax {
                let rest = Array(kept[..<start]) + Array(kept[min(start + size, kept.count)...])
                runs += 1
                if fails(rest) {
                    kept = rest
                    pieces = max(2, pieces - 1)
                    hasShrunk = true
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
