import CEvent

// libevent calls these on the loop's thread. The context is not retained: `ServerCore` holds the connection until
// the C side has been told to forget it.

extension Connection {
    static func handlers(for connection: Connection) -> cevent_handlers {
        cevent_handlers(
            readable: { context in isolated(context) { core, connection in core.readable(connection) } },
            drained: { context in isolated(context) { core, connection in core.drained(connection) } },
            ended: { context, reason in
                isolated(context) { core, connection in
                    core.ended(connection, byPeer: reason == Int32(CEVENT_END_OF_FILE))
                }
            },
            expired: { context in isolated(context) { core, connection in core.expired(connection) } },
            context: Unmanaged.passUnretained(connection).toOpaque())
    }
}

/// Holds the connection during the call, in which it may be destroyed.
private func isolated(
    _ context: UnsafeMutableRawPointer?, _ body: @Sendable (isolated ServerCore, Connection) -> Void
) {
    nonisolated(unsafe) let connection = Unmanaged<Connection>.fromOpaque(context!).takeUnretainedValue()
    connection.core.assumeIsolated { core in body(core, connection) }
}
