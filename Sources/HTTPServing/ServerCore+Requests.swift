// From bytes to a handler and from its reply to bytes.

extension ServerCore {
    /// Takes as many steps as the bytes allow: at most one request is being handled at a time, so replies to
    /// pipelined requests keep their order and a peer that does not read them stops being read.
    func advance(_ connection: Connection) {
        while true {
            switch connection.parser.step() {
            case .needsMore:
                return wait(connection)
            case .head(let head):
                guard begin(head, on: connection) else { return }
            case .body(let body):
                return handle(body, on: connection)
            case .refusal(let refusal):
                return refuse(connection, refusal)
            }
        }
    }

    private func wait(_ connection: Connection) {
        if connection.peerClosed { return destroy(connection) }
        if connection.phase == .idle, connection.parser.isInsideMessage {
            connection.phase = .head
            let now = monotonicMilliseconds()
            connection.setDeadline(now + configuration.headMilliseconds, now: now)
        }
    }

    /// Decides whether the body of a request is wanted.
    private func begin(_ head: RequestHead, on connection: Connection) -> Bool {
        guard statistics.bodyBytesInFlight + head.contentLength <= configuration.bodyBytesInFlightMax else {
            refuse(connection, .tooManyBodies)
            return false
        }
        statistics.bodyBytesInFlight += head.contentLength
        connection.bodyBytesReserved = head.contentLength
        connection.head = head
        connection.phase = .body
        startTransfer(connection, now: monotonicMilliseconds())
        if head.expectsContinue, head.contentLength > 0, connection.parser.bodyBytesReceived == 0 {
            guard connection.write(Array("HTTP/1.1 100 \r\n\r\n".utf8)) else {
                destroy(connection)
                return false
            }
        }
        return true
    }

    private func handle(_ body: [UInt8], on connection: Connection) {
        guard let head = connection.head else { preconditionFailure("a body without a head") }
        let request = HTTPRequest(
            method: head.method, path: head.path, query: head.query, headers: head.headers, body: body,
            remoteAddress: connection.address)
        connection.phase = .handling
        connection.closes = head.closes
        connection.clearDeadline()
        // The bytes are the handler's until it is done, whatever becomes of the connection.
        let reserved = connection.bodyBytesReserved
        connection.bodyBytesReserved = 0
        statistics.requestsBeingHandled += 1
        let id = connection.id
        if handler.isQuick(request) {
            connection.task = Task { await self.answer(request, on: id, bodyBytesReserved: reserved) }
            return
        }
        // Detached: this actor's thread is for the loop alone.
        connection.task = Task.detached { [handler] in
            let reply = await handler.handle(request)
            if let stream = await self.finish(id, reply, bodyBytesReserved: reserved) {
                await self.produce(stream, on: id)
            }
        }
    }

    /// On the loop's thread, but for what the handler waits for.
    private func answer(_ request: HTTPRequest, on id: UInt64, bodyBytesReserved reserved: Int) async {
        let reply = await handler.handle(request)
        if let stream = finish(id, reply, bodyBytesReserved: reserved) { await produce(stream, on: id) }
    }

    /// - Returns: the stream that is now to be produced, if there is one.
    private func finish(_ id: UInt64, _ reply: HTTPReply, bodyBytesReserved: Int) -> HTTPReplyStream? {
        var reserved = bodyBytesReserved
        release(&reserved)
        guard let connection = connections[id], connection.phase == .handling, let head = connection.head else {
            countHandled()
            return nil
        }
        connection.head = nil
        connection.closes = connection.closes || state != .running || ReplyEncoder.asksToClose(reply)
        if let stream = reply.stream, head.method != "HEAD", ReplyEncoder.isWellFormed(reply),
            ReplyEncoder.hasBody(reply)
        {
            if begin(stream, of: reply, on: connection, head: head) { return stream }
            countHandled()
            return nil
        }
        connection.task = nil
        let bytes = encoder.encode(
            reply, isHead: head.method == "HEAD", closes: connection.closes, secondsSinceEpoch: wallClockSeconds())
        if connection.write(bytes) {
            connection.phase = .replying
            connection.replyBytes = bytes.count
            startTransfer(connection, now: monotonicMilliseconds())
        } else {
            destroy(connection)
        }
        countHandled()
        return nil
    }

    func countHandled() {
        statistics.requestsBeingHandled -= 1
        statistics.requestsHandled += 1
        resumeShutdownIfDrained()
    }

    /// A reply has gone out.
    func replied(_ connection: Connection) {
        if connection.closes || state != .running { return linger(connection) }
        connection.phase = .idle
        let now = monotonicMilliseconds()
        connection.setDeadline(now + configuration.idleMilliseconds, now: now)
        connection.takeInput()
        advance(connection)
    }

    /// Answers for the handler and closes the connection after that.
    func refuse(_ connection: Connection, _ refusal: Refusal) {
        statistics.requestsRefused += 1
        configuration.onRefusal?(refusal.status)
        release(&connection.bodyBytesReserved)
        guard connection.write(encoder.encode(refusal, secondsSinceEpoch: wallClockSeconds())) else {
            return destroy(connection)
        }
        connection.phase = .refusing
        let now = monotonicMilliseconds()
        connection.setDeadline(now + configuration.lingerMilliseconds, now: now)
    }

    /// Closes our side and gives the peer a moment to close its own: closing with bytes unread would reset the
    /// connection, and the reset may overtake the reply.
    func linger(_ connection: Connection) {
        connection.closeOutput()
        if connection.peerClosed { return destroy(connection) }
        connection.phase = .lingering
        let now = monotonicMilliseconds()
        connection.setDeadline(now + configuration.lingerMilliseconds, now: now)
        connection.lingerBytesLeft -= connection.discardInput()
    }
}
