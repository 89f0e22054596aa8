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
                An owner of the workspace, or the server's operator, gives you a link that is good once: it holds all that is \
                needed, and you say what others shall call you. With a password you bring further devices by yourself. Or the \
                operator gives you the server's address and a token, one for each device.

                What was made in this store before becomes part of the workspace; ids of records stay.

                Connecting again renews address and token. Pin or certificate are remembered until another is given. For a further \
                workspace in this store see 'variorum workspace'.
                """,
            options: [
                .value(
                    "token", "t", "token", "The token; - reads it from standard input",
                    environmentVariable: "VARIORUM_TOKEN"),
                .value("name", "n", "name", "What others call you: with a link, or to log in with your password"),
                .flag("set-password", nil, "With a link: also set a password, for further devices"),
                .value("workspace", "w", "title", "Which workspace, if you belong to several"),
                .value("device-name", nil, "name", "What the server calls this device (default: the computer's name)"),
                .value("ca", nil, "file", "Trust this certificate (PEM) instead of the system's authorities"),
                .value(
                    "pin", nil, "pin",
                    "Trust the server by this key alone, whoever signed its certificate; none forgets the pin"),
            ],
            positionals: [
                PositionalSpecification(
                    "url", "The link that you were given, or the server's address, https://host:port")
            ],
            examples: [
                CommandExample(
                    "variorum connect 'https://sync.example.org:8642/join#vri_…' --name Nino", "Join with a link"),
                CommandExample("variorum connect https://sync.example.org:8642 --name Nino", "With your password"),
                CommandExample(
                    "variorum connect http://127.0.0.1:8642 --token vrm_…", "Join the only workspace that is yours"),
                CommandExample(
                    "variorum connect https://192.0.2.7:8642 -t vrm_… --pin qL0Y…",
                    "A server with a certificate of its own"),
                CommandExample(
                    "variorum connect https://sync.example.org -t - -w Treaties < token", "Choose one of several"),
            ]),
        json:
            "`{workspace, title, url, put_aside}`: the workspace joined, and how many changes by others were set aside"
    ) { context in
        let store = try context.openStore()
        let address = context.arguments.positional("url") ?? ""
        let link = EnrolmentLink(address)
        let url = link?.url ?? address
        guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
            throw context.usage("the address begins with http:// or https://")
        }
        guard link != nil || !url.contains("#") else {
            throw context.usage("this link is not whole; copy it from the first letter to the last")
        }
        if url.hasPrefix("http://"), !Synchronising.isOnThisComputer(url) {
            context.remark(
                "This address is not encrypted: who listens on the way can read your work and your token. Ask for an https address."
            )
        }
        let credential = try credential(context, link)
        let pin = try newPin(context, url: url, known: link?.pin?.digest ?? store.serverKeyPin())
        if let file = context.arguments.value("ca") {
            try store.save(authority: try Files.read(context.surroundings.absolute(file), atMost: 1 << 20))
        }
        let session = try Synchronising.session(of: store, pin: pin)
        let device = context.arguments.value("device-name") ?? Synchronising.computerName()
        let token = try await SyncClient.enrol(
            store, with: credential, over: HTTPSyncTransport(url: url, token: nil, session: session),
            deviceName: device)
        // A link is spent by now: what it gave is kept before anything else can fail. (But not in place of what leads to
        // another workspace; this device can use the link again.)
        func keep() throws {
            try store.save(serverKeyPin: pin)
            try store.save(token: token)
        }
        if link != nil, try store.syncLink() == nil { try keep() }
        let transport = HTTPSyncTransport(url: url, token: token, session: session)
        let (workspace, putAside) = try await SyncClient.connect(
            store, over: transport, url: url, workspace: context.arguments.value("workspace"), deviceName: device)
        try keep()
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

    /// How this device gets its token.
    private static func credential(_ context: CommandContext, _ link: EnrolmentLink?) throws -> Credential {
        let (name, token) = (context.arguments.value("name"), context.arguments.value("token"))
        if let link {
            guard token == nil else { throw context.usage("a link needs no token") }
            let setsPassword = context.arguments.flag("set-password")
            return .invitation(
                code: link.code, name: name ?? "",
                password: setsPassword ? try context.askSecret("New password: ") : "")
        }
        if let token {
            let token = try context.text(token).trimmed
            guard !token.isEmpty, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), token.utf8.count <= 200 else {
                throw context.usage("this is not a token: it is one word of letters, digits and signs")
            }
            return .token(token)
        }
        guard let name else {
            throw context.usage(
                "say how you get in: a link in place of the address, --name and your password, or --token")
        }
        return .password(name: name, password: try context.askSecret("Password of \(name): "))
    }

    /// The key that the server has to hold from now on; it is remembered once the server has shown it.
    private static func newPin(_ context: CommandContext, url: String, known: Digest?) throws -> Digest? {
        let given = context.arguments.value("pin")
        if context.arguments.value("ca") != nil {
            guard given == nil else { throw context.usage("--ca and --pin exclude each other") }
            return nil
        }
        guard let given else { return url.hasPrefix("https://") ? known : nil }
        if given == "none" { return nil }
        guard url.hasPrefix("https://") else { throw context.usage("a pin is for an https:// address") }
        guard let pin = PublicKeyPin(given) else {
            throw context.usage("this is not a pin: it has 43 letters, digits, - and _, as 'variorumd init' printed it")
        }
        return pin.digest
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

                What comes too late for a round is refused, and kept for its adjudicators in your layer for late work at once.

                A layer with many changes that this store has nothing of begins from the server's snapshot of it, and can be read \
                and worked in at once. The changes that it stands for are fetched after everything else, and take its place; \
                until then history and undo reach back to the snapshot, and no bundle can be written.

                Where the workspace's quota on the server is used up, nothing is lost: what was made here stays here and is sent \
                once there is room, and others' work is fetched meanwhile. The exit code is 75 then.
                """,
            options: [
                .value("attempts", "n", "number", "How often to try; with --watch there is no end", defaultValue: "4"),
                .flag("all", "a", "Every connected workspace of this store, one after another"),
                .flag("watch", nil, "Go on, and keep the store current both ways"),
                .flag("without-history", nil, "Leave the changes behind a snapshot for another sync"),
            ],
            examples: [
                CommandExample("variorum sync", "Send and fetch"),
                CommandExample("variorum sync --watch", "Work together while it happens"),
                CommandExample("variorum sync --all", "Every workspace of this store"),
            ]),
        json: """
            `{pushed, pulled, refused, kept_late, reissued, server_restored, full, new_layers, lost_layers, blocked, awaiting_makers, from_snapshot, history}`: numbers of changes, \
            three booleans, layer ids, and what the server would not take as `{layer, replica, reason}`, of one's own and of others' that came by hand; `full`: the workspace's \
            quota is used up, and what waits here stays here. With `--watch` one line \
            for each thing that happens: `{event: "synced"}` with these members, `{event: "listening"}`, \
            `{event: "no_live_updates"}`, `{event: "full"}` with the `seconds` until it is sent again, and `{event: "not_listening"}` and `{event: "sync_failed"}` with `reason` and the \
            `seconds` to the next try. With `--all` a list of `{workspace, synced, error}`
            """
    ) { context in
        if context.arguments.flag("all") { return try await syncAll(context) }
        let server = try Server(of: context.openStore())
        if context.arguments.flag("watch") {
            return try await Watching(context, server.store, server.link, server.transport).run()
        }
        let (summary, late) = try await sync(server, context)
        if context.isJSON {
            try context.write(Synchronising.json(summary, late: late))
        } else {
            for text in Synchronising.lines(summary, late: late) { try context.writeLine(printable(text)) }
            // All names are read only where there is something to say.
            let names = try server.store.read { reader in
                try reader.layers().contains(where: \.waitsForItsRound) ? try RecordNames(reading: reader) : nil
            }
            for text in names.map(Synchronising.waitingForRounds) ?? [] { context.remark(printable(text)) }
        }
        return report(summary, context)
    }

    /// What a sync's end means for the exit code; why, where it is not for `lines` to say.
    private static func report(_ summary: SyncSummary, _ context: CommandContext, of title: String? = nil) -> ExitCode {
        if summary.isFull {
            context.remark((title.map { "\($0): " } ?? "") + Synchronising.fullNotice)
            return .temporaryFailure
        }
        return summary.blocked.isEmpty && summary.behindCompaction.isEmpty && !summary.gaveUp ? .success : .failure
    }

    /// - Returns: What came of it, and how many changes came too late for a round; they are kept for its adjudicators.
    private static func sync(
        _ server: Server, _ context: CommandContext
    ) async throws -> (summary: SyncSummary, late: Int) {
        var retry = SyncClient.Retry()
        retry.attemptsMax = try context.arguments.integer("attempts", in: 1...1000) ?? 4
        let client = SyncClient(
            store: server.store, transport: server.transport, retry: retry,
            fetchesHistory: !context.arguments.flag("without-history"))
        let line = SyncProgress(context)
        defer { line.finish() }
        var summary = try await client.sync { line.show($0) }
        let late = try LateWork.keep(in: server.store)
        if late > 0 {
            let refused = summary.refusedCount
            summary = try await client.sync { line.show($0) }.adding(summary)
            summary.refusedCount -= min(late, refused)
        }
        return (summary, late)
    }

    /// What goes wrong in one workspace keeps no other from being synced.
    private static func syncAll(_ context: CommandContext) async throws -> ExitCode {
        guard !context.arguments.flag("watch"), context.arguments.value("in") == nil else {
            throw context.usage("--all is for one sync of every workspace; leave --watch and --in out")
        }
        let folders = try context.workspaceFolders()
        var results: [JSON] = []
        var worst = ExitCode.success
        for workspace in try context.workspaces(in: folders) where workspace.link != nil {
            let title = workspace.names.title
            do {
                let server = try Server(of: LocalStore.open(workspace.folder, options: context.storeOptions))
                let (summary, late) = try await sync(server, context)
                let code = report(summary, context, of: title)
                if code != .success { worst = code }
                if context.isJSON {
                    results.append([
                        "workspace": .text(title), "synced": Synchronising.json(summary, late: late), "error": .null,
                    ])
                } else {
                    for text in Synchronising.lines(summary, late: late) {
                        try context.writeLine(printable("\(title): \(text)"))
                    }
                }
            } catch let error where !Task.isCancelled {
                let failure = CommandFailure(translating: error)
                worst = failure.exitCode
                if context.isJSON {
                    results.append(["workspace": .text(title), "synced": .null, "error": .text(failure.description)])
                } else {
                    context.remark("\(title): \(failure.description)")
                }
            }
        }
        if context.isJSON { try context.write(.array(results)) }
        return worst
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
        case .fetchingSnapshot(let pieces, let total):
            line.update("fetching a snapshot", completed: pieces, total: total)
        case .readingSnapshot(let pieces, let total): line.update("reading it in", completed: pieces, total: total)
        case .fetchingHistory(let changes, let total):
            line.update("fetching the history", completed: changes, total: total)
        case .waiting(let seconds, let reason):
            line.update("\(reason); trying again in \(Int(seconds.rounded(.up))) s", completed: 0, total: nil)
        }
    }

    func finish() { line.finish() }
}

enum Synchronising {
    static func session(of store: LocalStore, pin: Digest?) throws -> HTTPSession {
        var configuration = HTTPClientConfiguration()
        if let file = try store.authorityFile() { configuration.authorities = .file(file) }
        if let pin {
            configuration.authorities = .pinnedKeysAlone
            configuration.pinnedPublicKeys = [PublicKeyPin(pin).base64]
        }
        configuration.responseBytesMax = 64 << 20
        return HTTPSession(configuration: configuration)
    }

    /// Whether an address leads to the loopback interface.
    static func isOnThisComputer(_ url: String) -> Bool {
        let host = url.dropFirst("http://".count).prefix { $0 != "/" }
        return ["localhost", "127.", "[::1]"].contains { host.hasPrefix($0) }
    }

    /// - Parameter late: How many changes came too late for a round.
    static func lines(_ summary: SyncSummary, late: Int = 0) -> [String] {
        var lines = ["Sent \(counted(summary.pushedCount, "change")), fetched \(summary.pulledCount)."]
        if summary.snapshotCount > 0 {
            lines.append("Took a snapshot that stands for \(counted(summary.snapshotCount, "change")).")
        }
        if summary.historyCount > 0 { lines.append("Fetched \(counted(summary.historyCount, "change")) of history.") }
        if summary.serverWasRestored {
            lines.append("The server had been put back to an older state; what it had lost was sent again.")
        }
        if summary.hasReissued {
            lines.append(
                "This store is a copy of another, or was put back to an older state; its unsent work went on under a new id."
            )
        }
        if late > 0 { lines.append(LateWork.notice(late)) }
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
        if !summary.awaitingMakers.isEmpty {
            lines.append(
                "\(counted(summary.awaitingMakers.count, "device's changes", "devices' changes")) that came by hand wait until their makers sync: \(Set(summary.awaitingMakers.values).sorted().joined(separator: "; "))."
            )
        }
        if !summary.behindCompaction.isEmpty {
            lines.append(
                "\(counted(Set(summary.behindCompaction).count, "layer")) could not be read on: the server does not keep the "
                    + "content of the changes that are missing here, and had no snapshot that could stand for them now; what "
                    + "waits here in the layer has to be sent first. Sync again later.")
        }
        if summary.gaveUp { lines.append("The server's state keeps going back; the sync was left unfinished.") }
        return lines
    }

    /// Work in rounds that the server has no place for, and why.
    static func waitingForRounds(_ names: RecordNames) -> [String] {
        names.layers.filter(\.waitsForItsRound).map { layer in
            "\(counted(layer.pendingCount, "change")) of \(names.layerTitle(layer.id)) "
                + "\(layer.pendingCount == 1 ? "waits" : "wait") until the server knows the round again: it was put back to "
                + "before the round. A curator's sync brings it there; if the round is gone for good, your work stays here"
        }
    }

    static let fullReason =
        "its quota on the server is used up. What was made here stays here and is sent once the server's operator makes room; "
        + "others' work is still fetched"

    static var fullNotice: String { "The workspace is full: " + fullReason + "." }

    private static func chains(_ reasons: [ChainName: String]) -> JSON {
        .array(
            reasons.sorted { $0.key.replica < $1.key.replica }.map { chain, reason in
                ["layer": .text("\(chain.layer)"), "replica": .text("\(chain.replica)"), "reason": .text(reason)]
            })
    }

    static func json(_ summary: SyncSummary, late: Int = 0) -> JSON {
        [
            "pushed": .number(summary.pushedCount), "pulled": .number(summary.pulledCount),
            "refused": .number(summary.refusedCount), "kept_late": .number(late),
            "reissued": .boolean(summary.hasReissued),
            "server_restored": .boolean(summary.serverWasRestored), "full": .boolean(summary.isFull),
            "new_layers": .texts(summary.newLayers.map(\.description)),
            "lost_layers": .texts(summary.lostLayers.map(\.description)),
            "blocked": chains(summary.blocked), "awaiting_makers": chains(summary.awaitingMakers),
            "from_snapshot": .number(summary.snapshotCount), "history": .number(summary.historyCount),
        ]
    }

    static func computerName() -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "device" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

extension LayerItem {
    /// Work in a round that the server has no place for.
    fileprivate var waitsForItsRound: Bool { round != nil && !isOnServer && pendingCount > 0 }
}

extension SyncSummary {
    /// Two syncs, one after the other, as one.
    fileprivate func adding(_ earlier: SyncSummary) -> SyncSummary {
        var sum = self
        sum.pushedCount += earlier.pushedCount
        sum.pulledCount += earlier.pulledCount
        sum.snapshotCount += earlier.snapshotCount
        sum.historyCount += earlier.historyCount
        sum.refusedCount += earlier.refusedCount
        sum.newLayers = earlier.newLayers + newLayers
        sum.lostLayers = earlier.lostLayers + lostLayers
        sum.serverWasRestored = earlier.serverWasRestored || serverWasRestored
        sum.hasReissued = earlier.hasReissued || hasReissued
        return sum
    }
}

extension SyncError.Code {
    var exitCode: ExitCode {
        switch self {
        case .unreachable, .otherKey, .untrusted, .busy: .unavailable
        case .full: .temporaryFailure
        case .unauthorised, .accessEnded: .noPermission
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
