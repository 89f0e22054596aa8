// What a connection's events mean in each of its phases.

extension ServerCore {
    func readable(_ connection: Connection) {
        switch connection.phase {
        case .idle, .head, .body:
            connection.takeInput()
            advance(connection)
        case .lingering:
            connection.lingerBytesLeft -= connection.discardInput()
            if connection.lingerBytesLeft < 0 { destroy(connection) }
        case .handling, .replying, .streaming, .refusing:
            break
        }
    }

    /// The output is empty, or, of a stream, at its low mark.
    func drained(_ connection: Connection) {
        if connection.phase == .streaming { return drainedStream(connection) }
        guard connection.unsentBytes == 0 else { return }
        switch connection.phase {
        case .replying: replied(connection)
        case .refusing: linger(connection)
        case .idle, .head, .body, .handling, .streaming, .lingering: break
        }
    }

    /// The peer has closed its sending half, or the connection broke.
    func ended(_ connection: Connection, byPeer: Bool) {
        guard byPeer else { return destroy(connection) }
        connection.peerClosed = true
        switch connection.phase {
        case .idle, .head, .body, .lingering: destroy(connection)
        case .streaming where connection.stream?.events != nil: destroy(connection)
        case .handling, .replying, .streaming, .refusing: break
        }
    }

    func expired(_ connection: Connection) {
        let now = monotonicMilliseconds()
        guard connection.isOverdue(now: now) else { return }
        switch connection.phase {
        case .idle, .refusing, .lingering, .handling:
            destroy(connection)
        case .head:
            if connection.parser.isInsideMessage { refuse(connection, .timeout) } else { destroy(connection) }
        case .body:
            if !extendTransfer(connection, bytesMoved: connection.parser.bodyBytesReceived, now: now) {
                refuse(connection, .timeout)
            }
        case .streaming:
            checkStream(connection, now: now)
        case .replying:
            if !extendTransfer(connection, bytesMoved: connection.replyBytes - connection.unsentBytes, now: now) {
                destroy(connection)
            }
        }
    }

    func startTransfer(_ connection: Connection, now: Int64) {
        connection.transferStarted = now
        connection.setDeadline(now + configuration.transferGraceMilliseconds, now: now)
    }

    /// Whether so many bytes since the start keep the lowest rate; if so, the deadline moves on.
    private func extendTransfer(_ connection: Connection, bytesMoved: Int, now: Int64) -> Bool {
        let earned = Int64(bytesMoved) * 1000 / max(1, configuration.transferBytesPerSecondMin)
        let deadline = connection.transferStarted + configuration.transferGraceMilliseconds + earned
        guard deadline > now else { return false }
        connection.setDeadline(deadline, now: now)
        return true
    }
}
