/// What live updates may cost a server, and how quick they are.
public struct LiveLimits: Sendable {
    /// Listeners in total; more are answered 503. Each holds a connection: leave some for requests.
    public var listenersMax = 7_500
    /// Listeners of one user, on all devices; more are answered 429.
    public var listenersPerUserMax = 32
    /// How often a silent stream is pinged. Clients take a stream for dead that is silent for twice as long.
    public var pingMilliseconds: Int64 = 25_000
    /// How often it is looked up whether listeners still have their token and their access, also without any event.
    public var checkMilliseconds: Int64 = 10_000
    /// After a layer was told to have moved, further moves of it wait so long and are told as one.
    public var restMilliseconds: Int64 = 50
    /// Bytes that may wait for a listener who does not read; beyond, it is told to ask for everything.
    public var unreadBytesMax = 4096

    public init() {}
}
