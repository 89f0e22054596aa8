/// Where the tasks of live updates run and how they wait; a simulator has its own.
public struct LivePace: Sendable {
    /// The global pool when `nil`.
    public var executor: (any TaskExecutor)?
    /// Waits so many seconds.
    public var sleep: @Sendable (Double) async throws -> Void = { try await Task.sleep(for: .seconds($0)) }

    public init() {}
}
