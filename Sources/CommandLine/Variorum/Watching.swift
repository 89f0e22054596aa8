import ChangeLog
import Interchange
import LocalStore
import SyncClient

/// `variorum sync --watch`: keeps a store current until it is interrupted, and says what happens.
struct Watching {
    private let context: CommandContext
    private let store: LocalStore
    private let link: SyncLink
    private let transport: HTTPSyncTransport

    init(_ context: CommandContext, _ store: LocalStore, _ link: SyncLink, _ transport: HTTPSyncTransport) {
        self.context = context
        self.store = store
        self.link = link
        self.transport = transport
    }

    func run() async throws -> ExitCode {
        if !context.isJSON {
            try context.writeLine(
                "Watching '\(printable(link.workspaceTitle))' on \(printable(link.url)); Ctrl-C ends it.")
        }
        let watch = StoreWatch(
            store: store, client: SyncClient(store: store, transport: transport, retry: .none), live: transport)
        try await watch.run(until: context.surroundings.interruption) { report in
            var late = 0
            // Writing it brings the next sync.
            if case .synced = report { late = try LateWork.keep(in: store) }
            if context.isJSON {
                try context.surroundings.output.write(json(report, late).compact + [UInt8(ascii: "\n")])
            } else {
                for line in lines(report, late) { try context.writeLine(printable(line)) }
            }
        }
        return .success
    }

    private func lines(_ report: StoreWatch.Report, _ late: Int) -> [String] {
        switch report {
        case .listening: ["Live: what others make arrives as it happens."]
        case .notListening(let reason, let seconds):
            ["Not live: \(withoutStop(reason)). Trying again in \(counted(whole(seconds), "second"))."]
        case .noLiveUpdates: ["This server has no live updates; syncing every minute instead."]
        case .synced(let summary): summary.isQuiet && late == 0 ? [] : Synchronising.lines(summary, late: late)
        case .full(let seconds):
            ["\(Synchronising.fullNotice) Trying to send again in \(counted(whole(seconds), "second"))."]
        case .syncFailed(let reason, let seconds):
            ["No sync: \(withoutStop(reason)). Trying again in \(counted(whole(seconds), "second"))."]
        }
    }

    private func json(_ report: StoreWatch.Report, _ late: Int) -> JSON {
        func failure(_ event: String, _ reason: String, _ seconds: Double) -> JSON {
            ["event": .text(event), "reason": .text(reason), "seconds": .number(whole(seconds))]
        }
        switch report {
        case .listening: return ["event": "listening"]
        case .noLiveUpdates: return ["event": "no_live_updates"]
        case .notListening(let reason, let seconds): return failure("not_listening", reason, seconds)
        case .syncFailed(let reason, let seconds): return failure("sync_failed", reason, seconds)
        case .full(let seconds): return ["event": "full", "seconds": .number(whole(seconds))]
        case .synced(let summary):
            let event: JSON = ["event": "synced"]
            return event.adding(Synchronising.json(summary, late: late))
        }
    }

    /// A reason that goes on as part of a line.
    private func withoutStop(_ reason: String) -> String { reason.hasSuffix(".") ? String(reason.dropLast()) : reason }

    private func whole(_ seconds: Double) -> Int { Int(seconds.rounded(.up)) }
}

extension SyncSummary {
    /// Nothing came of the sync that somebody would want to read.
    fileprivate var isQuiet: Bool {
        pushedCount == 0 && pulledCount == 0 && refusedCount == 0 && blocked.isEmpty && newLayers.isEmpty
            && snapshotCount == 0 && historyCount == 0 && lostLayers.isEmpty && !serverWasRestored && !hasReissued
            && !gaveUp && behindCompaction.isEmpty
    }
}
