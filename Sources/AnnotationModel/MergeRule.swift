/// How concurrent writes of one field meet. The rule of every field stands in `Model`.
public enum MergeRule: String, Sendable, CaseIterable {
    /// Set at creation; a second write is refused.
    case writeOnce = "write-once"
    /// All concurrent values are kept; the one with the highest (lamport, replica) shows.
    case register
    /// As `register`, and the values that do not show are listed as a conflict until somebody resolves it.
    case contested = "contested register"
    /// Observed-remove: a concurrent add survives a remove.
    case addWinsSet = "add-wins set"
}

/// What a field's value looks like; checked at the border for fields that this version knows.
public enum ValueType: String, Sendable {
    case text
    case integer
    case boolean
    /// 16 bytes that name a record, of this layer or another.
    case record
    /// 16 bytes that name a member, workspace or layer.
    case name
    case bytes
    /// A date of the ISO 8601 calendar: `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
    case date
    /// A list of two integers: start and end in code points, half-open.
    case range
    /// A list of three texts: exact, prefix, suffix.
    case quote
}
