/// One history from one seed, from its beginning to the check of every invariant.
public struct Simulation: Sendable {
    public struct Outcome: Sendable {
        public let violation: Violation?
        /// What happened, line by line.
        public let trace: [String]
        public let stepCount: Int
        /// Calls of disks and messages of networks that went wrong.
        public let faultCount: Int
        public let changeCount: Int
    }

    /// Runs a history.
    ///
    /// - Parameter kept: The places of the steps that happen; all of them when `nil`.
    public static func run(_ plan: Plan, keeping kept: [Int]? = nil) -> Outcome {
        Audit.$letGo.withValue(Audit.LetGo()) { play(plan, keeping: kept) }
    }

    private static func play(_ plan: Plan, keeping kept: [Int]?) -> Outcome {
        var trace: [String] = []
        var violation: Violation?
        var faults = 0
        var changes = 0
        let places = kept ?? Array(plan.steps.indices)
        do {
            let world = try World(plan)
            do {
                for place in places where plan.steps.indices.contains(place) {
                    try world.perform(plan.steps[place])
                    if world.violation != nil { break }
                }
                if world.violation == nil { try world.settle() }
            } catch {
                world.violate(.errors, "\(error)")
            }
            trace = world.trace
            violation = world.violation
            faults = world.faultCount
            changes = world.ledger.order.count
        } catch {
            violation = Violation(invariant: .errors, detail: "the world could not begin: \(error)")
        }
        return Outcome(
            violation: violation, trace: trace, stepCount: places.count, faultCount: faults, changeCount: changes)
    }
}
