/// What a store's writer has done since it was opened.
public struct CommitStatistics: Sendable {
    /// Transactions that are durable.
    public internal(set) var groups = 0
    /// Writes that shared them.
    public internal(set) var jobs = 0
    /// Transactions that were undone, with all their writes.
    public internal(set) var failedGroups = 0
}
