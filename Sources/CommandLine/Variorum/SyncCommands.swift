import AnnotationModel
import ChangeLog
import HTTPClient
import Interchange
import LocalStore
import SyncClient

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension Command {
    static let connect = Command(
        CommandSpecification(
            "connect", summary: "join a workspace on a server, with what was made here so far",
            discussion: """
                The operator of the server gives you its address and a token, one for each device. What was made in this \
                store before becomes part of the workspace; ids of records stay.

                Connecting again renews address and token; a store belongs to one workspace.
                """,
            options: [
                .value(
                    "token", "t", "token", "The token; - reads it from standard input",
                    environmentVariable: "VARIORUM_TOKEN"),
                .value("workspace", "w", "title", "Which workspace, if you belong to several"),
                .value("device-name", nil, "name", "What the server calls this device (default: the computer's name)"),
                .value("ca", nil, "file", "Trust this certificate (PEM) instead of the system's authorities"),
            ],
            positionals: [PositionalSpecification("url", "The server's address, http://host:port or https://…")],
            examples: [
                CommandExample(
                    "variorum connect http://127.0.0.1:8642 --token vrm_…", "Join the only workspace that is yours"),
                CommandExample(
                    "variorum connect https://sync.example.org -t - -w Treaties < token", "Choose one of several"),
            ]),
        json:
            "`{workspace, title, url, put_aside}`: the workspace joined, and how many changes by others were set aside"
    ) { context in
        let store = try context.openStore()
        guard let url = context.arguments.positional("url"), url.hasPrefix("http://") || url.hasPrefix("https://")
        else {
            throw context.usage("the address begins with http:// or https://")
        }
        if url.hasPrefix("http://"), !Synchronising.isOnThisComputer(url) {
            context.remark(
                "This address is not encrypted: who listens on the way can read your work and your token. Ask for an https address."
            )
        }
        guard let given = context.arguments.value("token") else {
            throw context.usage("a token is needed: --token, or VARIORUM_TOKEN; the server's operator gives it to you")
        }
        let token = try context.text(given).trimmed
        guard !token.isEmpty, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), token.utf8.count <= 200 else {
            throw context.usage("this is not a token: it is one word of letters, digits and signs")
        }
        if let file = context.arguments.value("ca") {
            try store.save(authority: try Files.read(context.surroundings.absolute(file), atMost: 1 << 20))
        }
        let session = try Synchronising.session(of: store)
        let transport = HTTPSyncTransport(url: url, token: token, session: session)
        let device = context.arguments.value("device-name") ?? Synchronising.computerName()
        let (workspace, putAside) = try await SyncClient.connect(
            store, over: transport, url: url, workspace: context.arguments.value("workspace"), deviceName: device)
        try store.save(token: token)
        if context.isJSON {
            try context.write([
                "workspace": .text("\(workspace.workspace)"), "title": .text(workspace.title), "url": .text(url),
                "put_aside": .number(putAside),
            ])
        } else {
            try context.writeLine("Joined '\(printable(workspace.title))' on \(printable(url)).")
            if putAside > 0 {
                context.remark(
                    "\(counted(putAside, "change")) by others were set aside; they come back when their makers connect "
                        + "(see 'variorum refused').")
            }
            try context.writeLine("Next: 'variorum sync'.")
        }
        return .success
    }

    static let sync = Command(
        CommandSpecification(
            "sync", summary: "send what was made here and fetch what others made",
            discussion: """
                May be stopped at any moment: what was sent and fetched by then stays, the next sync goes on from there. A \
                server that cannot be reached is tried again a few times, with growing pauses.

                With --watch it goes on until it is interrupted (Ctrl-C, SIGTERM): what others make arrives as it happens, \
                and what is made here, by other programs on this store too, is sent at once. A server that cannot be \
                reached is tried again for as long as it takes; work goes on meanwhile. It ends by itself only where \
                trying again is of no use: the token is not known any more, or you have left the workspace.
                """,
            options: [
                .value("attempts", "n", "number", "How often to try; with --watch there is no end", defaultValue: "4"),
                .flag("watch", nil, "Go on, and keep the store current both ways"),
            ],
            examples: [
                CommandExample("variorum sync", "Send and fetch"),
                CommandExample("variorum sync --watch", "Work together while it happens"),
            ]),
        json: """
            `{pushed, pulled, refused, reissued, server_restored, new_layers, lost_layers, blocked}`: numbers of changes, two \
            booleans, layer ids, and what the server would not take as `{layer, replica, reason}`. With `--watch` one line \
            for each thing that happens: `{event: "synced"}` with these members, `{event: "listening"}`, \
            `{event: "no_live_updates"}`, and `{event: "not_listening"}` and `{event: "sync_failed"}` with `reason` and the \
            `seconds` to the next try
            """
    ) { context in
        let store = try context.openStore()
        guard let link = try store.syncLink(), let token = try store.token() else {
            throw CommandFailure(.noInput, "this store is not connected to a server; see 'variorum help connect'")
        }
        var retry = SyncClient.Retry()
        retry.attemptsMax = try context.arguments.integer("attempts", in: 1...1000) ?? 4
        let transport = HTTPSyncTransport(url: link.url, token: token, session: try Synchronising.session(of: store))
        if context.arguments.flag("watch") { return try await Watching(context, store, link, transport).run() }
        let client = SyncClient(store: store, transport: transport, retry: retry)
        let line = SyncProgress(context)
        defer { line.finish() }
        let summary = try await client.sync { line.show($0) }
        line.finish()
        if context.isJSON {
            try context.write(Synchronising.json(summary))
        } else {
            for text in Synchronising.lines(summary) { try context.writeLine(printable(text)) }
        }
        return summary.blocked.isEmpty && !summary.gaveUp ? .success : .failure
    }
}

/// Shows how a sync gets on. `@unchecked Sendable`: the client calls from one task at a time.
private final class SyncProgress: @unchecked Sendable {
    private let line: ProgressLine

    init(_ context: CommandContext) { line = context.progressLine() }

    func show(_ progress: SyncClient.Progress) {
        switch progress {
        case .pushing(let changes): line.update("sending", completed: changes, total: nil)
        case .pulling(let changes): line.update("fetching", completed: changes, total: nil)
        case .waiting(let seconds, let reason):
            line.update("\(reason); trying again in \(Int(seconds.rounded(.up))) s", completed: 0, total: nil)
        }
    }

    func finish() { line.finish() }
}

enum Synchronising {
    static func session(of store: LocalStore) throws -> HTTPSession {
        var configuration = HTTPClientConfiguration()
        if let file = try store.authorityFile() { configuration.authorities = .file(file) }
        configuration.responseBytesMax = 64 << 20
        return HTTPSession(configuration: configuration)
    }

    /// Whether an address leads to the loopback interface.
    static func isOnThisComputer(_ url: String) -> Bool {
        let host = url.dropFirst("http://".count).prefix { $0 != "/" }
        return ["localhost", "127.", "[::1]"].contains { host.hasPrefix($0) }
    }

    static func lines(_ summary: SyncSummary) -> [String] {
        var lines = ["Sent \(counted(summary.pushedCount, "change")), fetched \(summary.pulledCount)."]
        if summary.serverWasRestored {
            lines.append("The server had been put back to an older state; what it had lost was sent again.")
        }
        if summary.hasReissued {
            lines.append(
                "This store is a copy of another, or was put back to an older state; its unsent work went on under a new id."
            )
        }
        if summary.refusedCount > 0 {
            lines.append("\(counted(summary.refusedCount, "change")) refused: see 'variorum refused'.")
        }
        if !summary.newLayers.isEmpty { lines.append("\(counted(summary.newLayers.count, "layer")) new to you.") }
        if !summary.lostLayers.isEmpty {
            lines.append(
                "\(counted(summary.lostLayers.count, "layer")) not open to you any more; unsent work is set aside.")
        }
        for (chain, reason) in summary.blocked.sorted(by: { $0.key.replica < $1.key.replica }) {
            lines.append("The server did not take the changes of replica \(chain.replica): \(reason).")
        }
        if summary.gaveUp { lines.append("The server's state keeps going back; the sync was left unfinished.") }
        return lines
    }

    static func json(_ summary: SyncSummary) -> JSON {
        [
            "pushed": .number(summary.pushedCount), "pulled": .number(summary.pulledCount),
            "refused": .number(summary.refusedCount), "reissued": .boolean(summary.hasReissued),
            "server_restored": .boolean(summary.serverWasRestored),
            "new_layers": .texts(summary.newLayers.map(\.description)),
            "lost_layers": .texts(summary.lostLayers.map(\.description)),
            "blocked": .array(
                summary.blocked.sorted { $0.key.replica < $1.key.replica }.map { chain, reason in
                    [
                        "layer": .text("\(chain.layer)"), "replica": .text("\(chain.replica)"), "reason": .text(reason),
                    ]
                }),
        ]
    }

    static func computerName() -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "device" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

extension SyncError.Code {
    var exitCode: ExitCode {
        switch self {
        case .unreachable, .busy: .unavailable
        case .unauthorised: .noPermission
        case .notFound, .notConnected: .noInput
        default: .dataError
        }
    }
}

extension String {
    /// Without white space at either end.
    fileprivate var trimmed: String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
