import AnnotationModel
import ChangeLog
import Interchange
import LocalStore
import SyncClient

extension Command {
    static let workspace = Command(
        "workspace", summary: "the workspaces of this store",
        discussion: """
            A store may hold several workspaces, of one server, of several, or of none. Each has files of its own: nothing of one \
            gets into another. Commands work in the current one, or in the one that --in names.
            """, defaultSubcommand: "list",
        [workspaceList, workspaceUse, workspaceAdd, workspaceJoin])

    private static let json =
        "a list of `{number, title, id, is_current, url, member_name, pending_count}`; `url` is null without a server"

    private static let workspaceList = Command(
        CommandSpecification(
            "list", summary: "list the workspaces",
            examples: [CommandExample("variorum workspace", "What is in this store, and which is the current one")]),
        json: json
    ) { context in
        try list(context)
    }

    private static let workspaceUse = Command(
        CommandSpecification(
            "use", summary: "make a workspace the current one",
            positionals: [PositionalSpecification("workspace", "Its title or number")],
            examples: [CommandExample("variorum workspace use Treaties", "Work in Treaties from now on")]),
        json: json
    ) { context in
        let folders = try context.workspaceFolders()
        try folders.choose(number: try context.workspace(context.arguments.positional("workspace") ?? "", in: folders))
        return try list(context)
    }

    private static let workspaceAdd = Command(
        CommandSpecification(
            "add", summary: "make a further workspace and make it the current one",
            discussion: "It begins empty and without a server; 'variorum connect' or a bundle join it to a team.",
            options: [.value("name", "n", "name", "What others call you there (default: as in the current one)")],
            positionals: [PositionalSpecification("title", "The workspace's title")],
            examples: [
                CommandExample("variorum workspace add Elections", "Begin another project"),
                CommandExample(
                    "variorum workspace add Elections && variorum connect 'https://…#vri_…'", "Join another team"),
            ]),
        json: json
    ) { context in
        let folders = try context.workspaceFolders()
        let store = try context.openStore()
        let names = try store.read { try RecordNames(reading: $0) }
        let (number, folder) = try folders.vacant()
        _ = try LocalStore.create(
            in: folder, memberName: context.arguments.value("name") ?? names.name(of: names.ownMember),
            title: context.arguments.positional("title") ?? "", deviceKey: store.signingKey(),
            options: context.storeOptions)
        try folders.choose(number: number)
        return try list(context)
    }

    private static let workspaceJoin = Command(
        CommandSpecification(
            "join", summary: "join another of your workspaces on the current one's server",
            discussion: "As the same member and device: no further link or password is needed.",
            positionals: [
                PositionalSpecification(
                    "title", "Its title; all that you may join are named without it", isOptional: true)
            ],
            examples: [CommandExample("variorum workspace join Elections", "An owner has taken you in there, too")]),
        json: json
    ) { context in
        let folders = try context.workspaceFolders()
        let server = try Server(of: context.openStore())
        let key = try server.store.signingKey()
        let reply = try await server.transport.connect(
            ConnectRequest(publicKey: key.publicKey, deviceName: server.link.deviceName))
        let here = Set(try context.workspaces(in: folders).compactMap { $0.link.map(\.workspace) })
        let others = reply.workspaces.filter { !here.contains($0.workspace) }
        let names = others.map { "'\($0.title)'" }.joined(separator: ", ")
        guard let title = context.arguments.positional("title") else {
            throw context.usage(
                others.isEmpty
                    ? "there is no further workspace of yours on this server" : "say which workspace: \(names)")
        }
        guard let entry = others.first(where: { $0.title == title }) else {
            throw CommandFailure(
                .noInput,
                reply.workspaces.contains { $0.title == title }
                    ? "'\(title)' is in this store already; see 'variorum workspace'"
                    : "you belong to no workspace '\(title)' on this server"
                        + (names.isEmpty ? "" : "; there are \(names)"))
        }
        let (number, folder) = try folders.vacant()
        do {
            let store = try LocalStore.create(
                in: folder, memberName: reply.memberName, title: title, deviceKey: key, options: context.storeOptions)
            try store.save(serverKeyPin: server.store.serverKeyPin())
            if let authority = try server.store.authorityFile() {
                try store.save(authority: Files.read(authority, atMost: 1 << 20))
            }
            try store.save(token: server.store.token() ?? "")
            _ = try await SyncClient.connect(
                store, over: server.transport, url: server.link.url, workspace: entry.title,
                deviceName: server.link.deviceName)
        } catch {
            folders.discard(number: number)
            throw error
        }
        try folders.choose(number: number)
        return try list(context)
    }

    private static func list(_ context: CommandContext) throws -> ExitCode {
        let folders = try context.workspaceFolders()
        let current = try folders.current()
        let workspaces = try context.workspaces(in: folders)
        if context.isJSON {
            try context.write(
                .array(
                    workspaces.map { workspace in
                        [
                            "number": .number(workspace.number), "title": .text(workspace.names.title),
                            "id": .text("\(workspace.names.workspace)"),
                            "is_current": .boolean(workspace.folder == current),
                            "url": .optional(workspace.link?.url),
                            "member_name": .text(workspace.names.name(of: workspace.names.ownMember)),
                            "pending_count": .number(workspace.pendingCount),
                        ]
                    }))
        } else {
            var table = TextTable([
                .init(""), .init("", alignment: .right), .init("workspace"), .init("server"), .init("as"),
                .init("to send", alignment: .right),
            ])
            for workspace in workspaces {
                table.rows.append([
                    workspace.folder == current ? "*" : "", "\(workspace.number)", workspace.names.title,
                    workspace.link?.url ?? "-", workspace.names.name(of: workspace.names.ownMember),
                    "\(workspace.pendingCount)",
                ])
            }
            try context.write(table)
        }
        return .success
    }
}

/// A workspace of a store.
struct WorkspaceSummary {
    let number: Int
    let folder: StoreFolder
    let names: RecordNames
    let link: SyncLink?
    let pendingCount: Int
}

extension CommandContext {
    func workspaceFolders() throws -> WorkspaceFolders { WorkspaceFolders(root: try rootFolder()) }

    /// All of them, opened one after another.
    func workspaces(in folders: WorkspaceFolders) throws -> [WorkspaceSummary] {
        try folders.all().enumerated().map { place, folder in
            let store = try LocalStore.open(folder, options: storeOptions)
            let names = try store.read { try RecordNames(reading: $0) }
            return WorkspaceSummary(
                number: place + 1, folder: folder, names: names, link: try store.syncLink(),
                pendingCount: names.layers.reduce(0) { $0 + $1.pendingCount })
        }
    }

    /// The number of the workspace that somebody means.
    func workspace(_ name: String, in folders: WorkspaceFolders) throws -> Int {
        let all = try workspaces(in: folders)
        let found = all.filter { $0.names.title == name }
        if found.count == 1 { return found[0].number }
        if found.isEmpty, let number = Int(name), (1...max(all.count, 1)).contains(number) { return number }
        throw CommandFailure(
            found.isEmpty ? .noInput : .dataError,
            found.isEmpty
                ? "this store has no workspace '\(name)'; it has \(all.map { "'\($0.names.title)'" }.joined(separator: ", "))"
                : "several workspaces are called '\(name)'; name one by its number in 'variorum workspace'")
    }
}
