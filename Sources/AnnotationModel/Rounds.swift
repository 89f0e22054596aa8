/// How far a round's layers are open to others than their owners. The server decides it, and it never goes back.
public enum RoundStage: UInt8, Sendable, Comparable, CaseIterable {
    /// To nobody: it is being coded.
    case hidden = 0
    /// Every member reads the codings, the curators the decisions.
    case revealed = 1
    /// Every member reads the decisions, too.
    case published = 2

    public static func < (left: RoundStage, right: RoundStage) -> Bool { left.rawValue < right.rawValue }
}

/// What stands in a round's `state`.
public enum RoundState: UInt8, Sendable, Comparable, CaseIterable {
    /// Being prepared: nobody codes yet.
    case draft = 0
    case open = 1
    /// Nothing is taken in any more, and nothing is shown yet.
    case closed = 2
    case revealed = 3
    case adjudicated = 4
    case published = 5

    public var name: String {
        switch self {
        case .draft: "draft"
        case .open: "open"
        case .closed: "closed"
        case .revealed: "revealed"
        case .adjudicated: "adjudicated"
        case .published: "published"
        }
    }

    public init?(named name: String) {
        guard let state = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = state
    }

    public static func < (left: RoundState, right: RoundState) -> Bool { left.rawValue < right.rawValue }
}

/// When a round is revealed.
public enum RevealRule: String, Sendable, CaseIterable {
    /// When every assignment is submitted.
    case all
    /// On a day, at midnight UTC by the server's clock.
    case date
    /// When a curator says so who has nothing left to submit.
    case hand
}

/// What stands in a submission's `state`.
public enum SubmissionState: String, Sendable, CaseIterable {
    case submitted
    case reopened
}
