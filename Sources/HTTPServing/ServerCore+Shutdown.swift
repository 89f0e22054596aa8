import CEvent

extension ServerCore {
    /// Lets requests that have begun finish, for a limited time, then stops for good.
    ///
    /// Order: listener, idle connections, `Connection: close` on every further reply, event streams, wait, cancel,
    /// loop.
    func shutdown(graceMilliseconds: Int64) async {
        guard state != .stopped else { return }
        if state == .running {
            state = .draining
            closeListener()
            for connection in connections.values {
                if connection.isBetweenRequests { destroy(connection) }
                if connection.phase == .streaming { endForShutdown(connection) }
            }
        }
        if !isDrained {
            let patience = Task {
                try? await Task.sleep(for: .milliseconds(graceMilliseconds))
                if !Task.isCancelled { resumeShutdown() }
            }
            await withCheckedContinuation { shutdownWaiters.append($0) }
            patience.cancel()
        }
        stop()
    }

    /// Closes everything now and ends the loop.
    func stop() {
        guard state != .stopped else { return }
        state = .stopped
        closeListener()
        for connection in connections.values { destroy(connection) }
        resumeShutdown()
        executor.stop()
    }

    func resumeShutdownIfDrained() {
        if state == .draining, isDrained { resumeShutdown() }
    }

    private var isDrained: Bool { connections.isEmpty && statistics.requestsBeingHandled == 0 }

    private func resumeShutdown() {
        let waiters = shutdownWaiters
        shutdownWaiters = []
        for waiter in waiters { waiter.resume() }
    }

    private func closeListener() {
        if let listener { cevent_listener_destroy(listener) }
        listener = nil
    }
}

extension Connection {
    fileprivate var isBetweenRequests: Bool {
        phase == .idle || (phase == .head && !parser.isInsideMessage)
    }
}
