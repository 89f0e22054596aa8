/// Something that must never happen and did.
public struct Violation: Error, CustomStringConvertible, Sendable {
    public enum Invariant: String, Sendable, CaseIterable {
        case convergence = "replicas that may read the same layers hold the same"
        case oracle = "merged state is what the definitions say"
        case conflicts = "every conflict is listed, and no other"
        case acknowledged = "no acknowledged change is lost"
        case local = "no local change is lost"
        case secrecy = "no replica holds a byte of a layer that it may not read"
        case positions = "positions are dense, in commit order, and stay"
        case integrity = "chains and signatures hold, and tables equal the replay of the log"
        case atomicity = "an operation that failed left nothing or everything"
        case edits = "an edit does what it says"
        case references = "what an operation names is an earlier operation, its own device's on the same record"
        case reveal = "a round is revealed when its rule says so, and not before"
        case live = "live updates tell what may be heard, to who may hear it, and no more than that"
        case admission = "nobody is let in but as an invitation, a password or the operator says"
        case room = "a workspace holds no more than it may, and counts what it holds"
        case progress = "when faults stop, everything syncs"
        case errors = "nothing fails without a cause"
    }

    public let invariant: Invariant
    public let detail: String

    public var description: String { "\(invariant.rawValue): \(detail)" }
}
