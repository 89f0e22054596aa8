public import AnnotationModel
import ChangeLog
package import HTTPClient
import Synchronization
import WireFormat

extension HTTPSyncTransport: LiveTransport {
    public func listen(
        to workspace: WorkspaceID, _ hear: @escaping @Sendable (LiveEvent) -> Void
    ) async throws(SyncError) -> LiveEnd {
        let silence = Silence()
        let result = await withTaskGroup(of: Result<LiveEnd, SyncError>.self) { group in
            group.addTask {
                do throws(SyncError) {
                    return .success(try await read(workspace, hear) { silence.end() })
                } catch {
                    return .failure(error)
                }
            }
            group.addTask {
                while true {
                    let rest = silenceSecondsMax - silence.seconds
                    guard rest > 0, (try? await Task.sleep(for: .seconds(rest))) != nil else { break }
                }
                return .failure(
                    SyncError(
                        .unreachable, "nothing was heard of the server for \(Int(silenceSecondsMax)) seconds"))
            }
            defer { group.cancelAll() }
            return await group.next() ?? .success(.ended(retrySeconds: nil))
        }
        return try result.get()
    }

    private func read(
        _ workspace: WorkspaceID, _ hear: @Sendable (LiveEvent) -> Void, _ isAlive: () -> Void
    ) async throws(SyncError) -> LiveEnd {
        var request = HTTPClientRequest(
            url: base + SyncPath.live.rawValue + "?workspace=\(workspace)",
            headers: [("Authorization", authorisation ?? ""), ("Accept", "text/event-stream")])
        // Pings are too small and too rare for a measure of speed.
        request.lowSpeedSeconds = 0
        var parser = EventParser()
        do {
            let stream = try await session.stream(request)
            isAlive()
            guard stream.status == 200, stream.header("Content-Type")?.hasPrefix("text/event-stream") == true else {
                return try await refusal(stream)
            }
            for try await piece in stream {
                isAlive()
                guard let events = parser.events(in: piece) else {
                    throw SyncError(.protocolError, "the server's live updates are too long")
                }
                for event in events { if let event = LiveEvent(event) { hear(event) } }
            }
            return .ended(retrySeconds: parser.retryMilliseconds.map { Double($0) / 1000 })
        } catch let error as HTTPClientError {
            throw SyncError(translating: error)
        } catch {
            throw error as? SyncError ?? SyncError(.protocolError, "\(error)")
        }
    }

    /// What an answer means that is no stream of events.
    private func refusal(_ stream: HTTPResponseStream) async throws -> LiveEnd {
        var body: [UInt8] = []
        for try await piece in stream {
            body += piece
            if body.count > 64 << 10 { break }
        }
        let error = SyncError(
            status: stream.status, body: body,
            retryAfterSeconds: stream.header("Retry-After").flatMap { Int($0) })
        switch stream.status {
        // An older server, or a proxy that lets nothing of the kind through.
        case 404 where !SyncError.saysNoWorkspace(body), 405, 501, 200..<400: return .notThere
        default: throw error
        }
    }
}

/// How long nothing was heard. The clock goes on while the device sleeps.
private final class Silence: Sendable {
    private let start = Mutex(ContinuousClock.now)

    var seconds: Double { (ContinuousClock.now - start.withLock { $0 }) / .seconds(1) }

    func end() { start.withLock { $0 = .now } }
}

extension LiveEvent {
    /// `nil` for an event of a newer server.
    package init?(_ event: HTTPClientEvent) {
        switch event.type {
        case "listening": self = .listening
        case "resync": self = .resync
        case "moved":
            let words = event.data.split(separator: " ").map(String.init)
            guard words.count >= 3, let layer = LayerID(words[0]), let position = UInt64(words[1]),
                let epoch = EpochID(words[2])
            else { return nil }
            self = .moved(layer, FeedPoint(epoch: epoch, position: position))
        default: return nil
        }
    }
}
