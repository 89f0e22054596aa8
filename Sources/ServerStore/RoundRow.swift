import AnnotationModel

/// What the server knows of a round.
struct RoundRow {
    let num: Int64
    let id: RecordID
    let isBlind: Bool
    let rule: RevealRule
    /// For `date`, in milliseconds since 1970.
    let revealAt: Int64?
    /// As the merged record shows it.
    var state: RoundState
    var openedAt: Int64?
    var revealedAt: Int64?
    var publishedAt: Int64?

    /// How far its layers are open at a moment.
    func stage(at now: Int64) -> RoundStage {
        if publishedAt != nil { return .published }
        if revealedAt != nil { return .revealed }
        if openedAt != nil, rule == .date, let revealAt, revealAt <= now { return .revealed }
        return .hidden
    }

    /// Whether codings are taken in at a moment.
    func takesCodings(at now: Int64) -> Bool {
        state == .open && openedAt != nil && (!isBlind || stage(at: now) == .hidden)
    }
}
