/// What a server has done since it started, and is doing.
public struct HTTPServerStatistics: Sendable {
    public internal(set) var connectionsOpen = 0
    public internal(set) var connectionsAccepted = 0
    /// Closed right after accepting because of a limit.
    public internal(set) var connectionsTurnedAway = 0
    public internal(set) var requestsBeingHandled = 0
    public internal(set) var requestsHandled = 0
    /// Answered by the server itself: malformed, too large, too slow, or too many.
    public internal(set) var requestsRefused = 0
    /// Declared bytes of the bodies being received or handled.
    public internal(set) var bodyBytesInFlight = 0
}
