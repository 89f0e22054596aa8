import AnnotationModel
import ChangeLog
import Foundation
import Glibc
import HTTPClient
import SyncClient
import Synchronization

/// A device that is kept current until it is told to stop, and what was reported.
final class LiveWatch: Sendable {
    private let reports = Mutex<[String]>([])
    private let stopping: AsyncStream<Void>.Continuation
    private let running: Task<Void, any Error>

    init(_ device: LiveDevice, configure: (inout WatchSession.Pace) -> Void = { _ in }) {
        var pace = WatchSession.Pace()
        // Restarts of servers are many here, and nobody else waits.
        pace.backOffSeconds = 0.05
        pace.backOffSecondsMax = 0.2
        pace.askedSecondsMax = 0.2
        configure(&pace)
        let (stops, stopping) = AsyncStream<Void>.makeStream()
        self.stopping = stopping
        let transport = device.transport
        let watch = StoreWatch(
            store: device.store, client: SyncClient(store: device.store, transport: transport, retry: .none),
            live: transport, pace: pace, pollMilliseconds: 20)
        let (said, saying) = AsyncStream<String>.makeStream()
        running = Task {
            try await watch.run(until: { for await _ in stops { return } }) { saying.yield(Self.words(for: $0)) }
            saying.finish()
        }
        Task { [weak self] in for await word in said { self?.reports.withLock { $0.append(word) } } }
    }

    private static func words(for report: StoreWatch.Report) -> String {
        switch report {
        case .listening: "listening"
        case .notListening(let reason, _): "not listening: \(reason)"
        case .noLiveUpdates: "no live updates"
        case .synced(let summary): "synced \(summary.pushedCount) \(summary.pulledCount)"
        case .full: "full"
        case .syncFailed(let reason, _): "sync failed: \(reason)"
        }
    }

    var said: [String] { reports.withLock { $0 } }
    var isListening: Bool { said.contains("listening") }

    /// Waits until it has ended, by itself or because it is told to.
    func end() async throws {
        stopping.yield()
        try await running.value
    }

    /// Waits until it ends by itself.
    func endsByItself() async throws { try await running.value }
}

/// The bare stream of one device: what a listener is told, byte for byte.
final class LiveStream: Sendable {
    private let bytes = Mutex<[UInt8]>([])
    private let ended = Atomic(false)
    private let descriptor: Int32

    init(_ device: LiveDevice, workspace: WorkspaceID, port: UInt16, receiveBuffer: Int32? = nil) throws {
        descriptor = try Sockets.connect(port: port, receiveBuffer: receiveBuffer)
        let request =
            "GET /v1/live?workspace=\(workspace) HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(device.token)\r\n\r\n"
        _ = Sockets.send([UInt8](request.utf8)[...], to: descriptor)
    }

    /// Begins to read; a listener that never does is a slow one.
    func read() {
        Thread { [self] in
            while let piece = Sockets.receive(from: descriptor) { bytes.withLock { $0 += piece } }
            ended.store(true, ordering: .releasing)
        }.start()
    }

    /// Leaves; the thread that reads then ends.
    func leave() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    var byteCount: Int { bytes.withLock { $0.count } }
    var text: String { String(decoding: bytes.withLock { $0 }, as: UTF8.self) }
    var hasEnded: Bool { ended.load(ordering: .acquiring) }
    /// Without pings, which come by the clock.
    var events: [String] {
        text.split(separator: "\r\n").filter { $0.hasPrefix("event: ") || $0.hasPrefix("retry: ") }.map(String.init)
    }
}

/// Waits for something that takes as long as it takes, up to a minute.
func eventually(_ holds: () async throws -> Bool) async rethrows -> Bool {
    for _ in 0..<6000 {
        if try await holds() { return true }
        try? await Task.sleep(for: .milliseconds(10))
    }
    return try await holds()
}
