import CEvent

/// Replies whose body is made while it is sent.
extension ServerCore: HTTPEventStreams {
    /// Sends the head of a streamed reply.
    ///
    /// - Returns: whether there is a body to be produced; if not, everything is done.
    func begin(_ stream: HTTPReplyStream, of reply: HTTPReply, on connection: Connection, head: RequestHead) -> Bool {
        if stream.isOfEvents, connection.peerClosed {
            destroy(connection)
            return false
        }
        let isChunked = head.minorVersion == 1
        connection.closes = connection.closes || !isChunked || stream.isSubscription
        let bytes = encoder.encodeHead(
            reply, isChunked: isChunked, closes: connection.closes, secondsSinceEpoch: wallClockSeconds())
        guard connection.write(bytes) else {
            destroy(connection)
            return false
        }
        var state = StreamState(isChunked: isChunked)
        state.bytesWritten = bytes.count
        switch stream.kind {
        case .body: break
        case .events(let rules, _): state.events = rules
        case .subscription(let rules, _, let subscriber): (state.events, state.subscriber) = (rules, subscriber)
        }
        connection.stream = state
        connection.phase = .streaming
        connection.setOutputMark((state.events?.unreadBytesMax ?? HTTPReplyStream.unsentBytesMax) / 2)
        setStreamDeadline(connection, now: monotonicMilliseconds())
        let isSubscription = beginSubscription(stream, on: connection)
        if self.state != .running { endForShutdown(connection) }
        return !isSubscription
    }

    /// - Returns: whether the stream is one, which nobody has to produce.
    private func beginSubscription(_ stream: HTTPReplyStream, on connection: Connection) -> Bool {
        guard case .subscription(_, let first, let subscriber) = stream.kind else { return false }
        connection.task = nil
        // It is the connection's last reply and may last for days: nothing that the peer sends is kept.
        connection.setInputMark(Connection.subscriberInputBytesMax)
        connection.parser.discardPending()
        subscriber.began(HTTPEventWriter(self, stream: connection.id))
        _ = write(first.bytes, to: connection)
        return true
    }

    /// Runs the producer, in the handler's task.
    nonisolated func produce(_ stream: HTTPReplyStream, on connection: UInt64) async {
        do {
            switch stream.kind {
            case .body(let produce): try await produce(HTTPBodyWriter(core: self, connection: connection))
            case .events(_, let produce): try await produce(HTTPEventWriter(self, stream: connection))
            case .subscription: preconditionFailure("a subscription has no producer")
            }
            await endStream(connection, isComplete: true)
        } catch {
            await endStream(connection, isComplete: false)
        }
    }

    /// - Returns: false if the connection is gone.
    func writePiece(_ piece: [UInt8], to id: UInt64) async -> Bool {
        guard !piece.isEmpty else { return connections[id]?.stream != nil }
        guard let connection = streaming(id), write(piece, to: connection) else { return false }
        while connection.stream != nil, connection.unsentBytes > HTTPReplyStream.unsentBytesMax {
            await withCheckedContinuation { connection.stream?.waiters.append($0) }
        }
        return connection.stream != nil
    }

    /// - Returns: whether the event was sent; `nil` if the connection is gone.
    func writeEvent(_ event: HTTPEncodedEvent, to id: UInt64) -> Bool? {
        guard let connection = streaming(id), let stream = connection.stream else { return nil }
        let isFull =
            connection.unsentBytes > 0
            && connection.unsentBytes + event.bytes.count
                > stream.events?.unreadBytesMax ?? HTTPReplyStream.unsentBytesMax
        if stream.hasDroppedEvents || isFull {
            connection.stream?.hasDroppedEvents = true
            return false
        }
        return write(event.bytes, to: connection) ? true : nil
    }

    func writeEvent(_ event: HTTPEncodedEvent, to ids: [UInt64]) {
        for id in ids { _ = writeEvent(event, to: id) }
    }

    func endSubscription(_ id: UInt64) {
        if let connection = streaming(id), connection.stream?.subscriber != nil { finishStream(connection) }
    }

    /// The peer has read what waited, down to the low mark.
    func drainedStream(_ connection: Connection) {
        if connection.stream?.hasDroppedEvents == true, let resync = connection.stream?.events?.resync {
            connection.stream?.hasDroppedEvents = false
            guard write(resync.bytes, to: connection) else { return }
        }
        connection.resumeWaiters()
    }

    /// The deadline of a stream is a check that the peer reads; an idle event stream is pinged.
    func checkStream(_ connection: Connection, now: Int64) {
        guard var stream = connection.stream else { return }
        let interval = checkMilliseconds(stream)
        let enough = configuration.transferBytesPerSecondMin * interval / 1000
        let isMoving = stream.isMoving(unsentBytes: connection.unsentBytes, enoughBytes: Int(clamping: enough))
        connection.stream = stream
        guard isMoving else { return destroy(connection) }
        if stream.events != nil, connection.unsentBytes == 0 {
            guard write(Array(":\n\n".utf8), to: connection) else { return }
        }
        setStreamDeadline(connection, now: now)
    }

    /// Ends a stream of events with a hint when to come again, spread so that not all come at once.
    func endForShutdown(_ connection: Connection) {
        guard connection.stream?.events != nil else { return }
        let hint = HTTPServerEvent(retryMilliseconds: Int.random(in: 1000...5000)).encoded()
        connection.task?.cancel()
        guard write(hint.bytes, to: connection) else { return }
        finishStream(connection)
    }

    private func endStream(_ id: UInt64, isComplete: Bool) {
        if let connection = streaming(id) {
            if isComplete { finishStream(connection) } else { destroy(connection) }
        }
        countHandled()
    }

    /// The last chunk; from here on the reply is like any other.
    private func finishStream(_ connection: Connection) {
        guard let stream = connection.stream else { return }
        if stream.isChunked, !connection.write(StreamState.lastChunk) { return destroy(connection) }
        connection.endStream()
        connection.task = nil
        connection.phase = .replying
        connection.setOutputMark(0)
        connection.setInputMark(Connection.inputBytesMax)
        connection.replyBytes = connection.unsentBytes
        startTransfer(connection, now: monotonicMilliseconds())
        // If everything has gone out already, nobody will call.
        if connection.replyBytes == 0 { replied(connection) }
    }

    private func streaming(_ id: UInt64) -> Connection? {
        guard let connection = connections[id], connection.phase == .streaming else { return nil }
        return connection
    }

    private func write(_ piece: [UInt8], to connection: Connection) -> Bool {
        guard let bytes = connection.stream?.framed(piece), connection.write(bytes) else {
            destroy(connection)
            return false
        }
        connection.stream?.bytesWritten += bytes.count
        return true
    }

    private func setStreamDeadline(_ connection: Connection, now: Int64) {
        guard let stream = connection.stream else { return }
        connection.setDeadline(now + checkMilliseconds(stream), now: now)
    }

    private func checkMilliseconds(_ stream: StreamState) -> Int64 {
        stream.events?.pingMilliseconds ?? configuration.transferGraceMilliseconds
    }
}

extension HTTPReplyStream {
    fileprivate var isOfEvents: Bool {
        if case .body = kind { false } else { true }
    }

    fileprivate var isSubscription: Bool {
        if case .subscription = kind { true } else { false }
    }
}
