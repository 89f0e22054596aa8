import AnnotationModel
import ChangeLog
import HTTPClient
import Interchange
import LocalStore
import SyncClient

extension Command {
    static let member = Command(
        "member", summary: "who belongs to the workspace, and as what",
        discussion: """
            An owner decides who belongs to it; a curator keeps codebook and entities; an analyst annotates, comments and \
            brings documents; a reader reads. Roles travel like other changes: the server acts on them when they arrive.
            """,
        defaultSubcommand: "list",
        [memberList, memberInvite, memberRole, memberRemove])

    private static let memberList = Command(
        CommandSpecification(
            "list", summary: "list the members",
            options: [.flag("former", nil, "Also those who belong to it no more")],
            examples: [CommandExample("variorum member", "Who works here")]),
        json: "a list of `{member, name, role, is_member, is_me}`; `role` is null where no server has told"
    ) { context in
        let store = try context.openStore()
        let (members, own) = try store.read { (try $0.members(), try $0.ownMember()) }
        let isConnected = members.contains(where: \.isListed)
        let shown = members.filter { $0.isListed || !isConnected || context.arguments.flag("former") }
        if context.isJSON {
            try context.write(
                .array(
                    shown.map {
                        [
                            "member": .text("\($0.member)"), "name": .text($0.name), "role": .optional($0.role?.name),
                            "is_member": .boolean($0.isListed), "is_me": .boolean($0.member == own),
                        ]
                    }))
            return .success
        }
        try context.write(
            TextTable(
                [TextTable.Column("member", isFlexible: true), TextTable.Column("role"), TextTable.Column("id")],
                rows: shown.map { item in
                    [
                        item.name + (item.member == own ? " (you)" : ""),
                        item.isListed ? item.role?.name ?? "-" : isConnected ? Role.formerName : "-",
                        String(item.member.description.prefix(8)),
                    ]
                }))
        return .success
    }

    private static let memberInvite = Command(
        CommandSpecification(
            "invite", summary: "make a single-use link with which somebody joins",
            options: [
                .value(
                    "role", "r", "role", "What they may do", choices: Role.allCases.map(\.name), defaultValue: "analyst"
                ),
                .value("days", nil, "number", "For how long it is good", defaultValue: "7"),
            ],
            examples: [CommandExample("variorum member invite --role curator", "A link for a curator")]),
        json: "`{link, expires_at}`"
    ) { context in
        let store = try context.openStore()
        let role = try role(named: context.arguments.value("role") ?? "", context)
        let server = try Server(of: store)
        try await server.invite(
            .member(server.link.workspace, role: role.rawValue), context,
            hint: "Whoever opens it first joins '\(server.link.workspaceTitle)' as \(role.withArticle):")
        return .success
    }

    private static let memberRole = Command(
        CommandSpecification(
            "role", summary: "give a member another role",
            positionals: [
                PositionalSpecification("member", "Name or id"),
                PositionalSpecification("role", "reader, analyst, curator or owner"),
            ],
            examples: [CommandExample("variorum member role ben curator", "Ben keeps the codebook too")]),
        json: "`{member, name, role}`"
    ) { context in
        let role = try role(named: context.arguments.positional("role") ?? "", context)
        return try setRole(role, context)
    }

    private static let memberRemove = Command(
        CommandSpecification(
            "remove", summary: "end a membership; what they made stays",
            positionals: [PositionalSpecification("member", "Name or id")],
            examples: [CommandExample("variorum member remove ben", "Ben has left the team")]),
        json: "`{member, name, role}`, with a null role"
    ) { context in try setRole(nil, context) }

    static let leave = Command(
        CommandSpecification(
            "leave", summary: "end your own membership in the workspace",
            discussion: """
                At the next sync what others made is removed from this store. Your own layers stay here and, as far as they \
                were sent, in the workspace.
                """,
            options: [.flag("yes", "y", "Do not ask")],
            examples: [CommandExample("variorum leave", "Leave the workspace")]),
        json: "`{member, name, role}`, with a null role"
    ) { context in
        let store = try context.openStore()
        let (own, title) = try store.read { (try $0.ownMember(), try $0.workspace().title) }
        if !context.arguments.flag("yes") {
            let answer = try context.ask("Leave '\(title)'? Others' work is removed from this store. (yes/no) ")
            guard answer == "yes" else { throw CommandFailure(.failure, "nothing was done; say yes or use --yes") }
        }
        return try setRole(nil, of: own, in: store, context)
    }

    private static func role(named name: String, _ context: CommandContext) throws -> Role {
        guard let role = Role(named: name) else {
            throw context.usage("a role is one of reader, analyst, curator, owner, not '\(name)'")
        }
        return role
    }

    private static func setRole(_ role: Role?, _ context: CommandContext) throws -> ExitCode {
        let store = try context.openStore()
        let given = context.arguments.positional("member") ?? ""
        let found = try store.read { try $0.members() }.filter {
            $0.name == given || $0.member.description.hasPrefix(given.lowercased()) && given.utf8.count >= 6
        }
        guard let member = found.first else {
            throw CommandFailure(.noInput, "nobody here is called '\(given)'; see 'variorum member list --former'")
        }
        guard found.count == 1 else {
            throw CommandFailure(.dataError, "several people are called '\(given)'; name one by id")
        }
        return try setRole(role, of: member.member, in: store, context)
    }

    private static func setRole(
        _ role: Role?, of member: MemberID, in store: LocalStore, _ context: CommandContext
    ) throws -> ExitCode {
        try store.write { try $0.setRole(of: member, to: role) }
        let name = try store.read { try $0.memberNames()[member] } ?? String(member.description.prefix(8))
        if context.isJSON {
            try context.write([
                "member": .text("\(member)"), "name": .text(name), "role": .optional(role?.name),
            ])
        } else {
            let what = role.map { "becomes \($0.withArticle)" } ?? "belongs to the workspace no more"
            try context.writeLine(printable("\(name) \(what) with the next 'variorum sync'."))
        }
        return .success
    }
}

/// The store's server, for what is not part of a sync.
struct Server {
    let link: SyncLink
    let store: LocalStore
    let transport: HTTPSyncTransport

    /// - Throws: `noInput` where there is none.
    init(of store: LocalStore) throws {
        guard let link = try store.syncLink(), let token = try store.token() else {
            throw CommandFailure(.noInput, "this store is not connected to a server; see 'variorum help connect'")
        }
        self.link = link
        self.store = store
        transport = HTTPSyncTransport(
            url: link.url, token: token, session: try Synchronising.session(of: store, pin: store.serverKeyPin()))
    }

    /// Asks for a code and shows it as a link.
    func invite(_ purpose: InviteRequest.Purpose, _ context: CommandContext, hint: String) async throws {
        let days = try context.arguments.integer("days", in: 1...31) ?? 7
        let reply = try await transport.invite(InviteRequest(purpose: purpose, seconds: UInt64(days) * 86_400))
        let link = EnrolmentLink(
            url: link.url, code: reply.code, pin: try store.serverKeyPin().map { PublicKeyPin($0) })
        if context.isJSON {
            try context.write([
                "link": .text(link.text),
                "expires_at": .text(timestamp(ofMilliseconds: Int64(clamping: reply.expiresAt))),
            ])
        } else {
            try context.writeLine(printable(hint))
            try context.writeLine(link.text)
            try context.writeLine(
                "Good once, until \(localTime(Int64(clamping: reply.expiresAt))). They run: variorum connect LINK --name NAME"
            )
        }
    }
}
