import AnnotationModel
import ChangeLog
import Interchange
import LocalStore
import SyncClient

extension Command {
    static let device = Command(
        "device", summary: "your devices on the server", defaultSubcommand: "list",
        [deviceList, deviceInvite, deviceRevoke])

    private static let deviceList = Command(
        CommandSpecification(
            "list", summary: "list your devices",
            examples: [CommandExample("variorum device", "Which devices may sync as you")]),
        json: "a list of `{key, name, enrolled_at, last_seen_at, is_revoked, is_this}`; `last_seen_at` to the hour"
    ) { context in
        let server = try Server(of: context.openStore())
        try show(try await server.transport.devices(DevicesRequest(revoked: nil)), context)
        return .success
    }

    private static let deviceInvite = Command(
        CommandSpecification(
            "invite", summary: "make a single-use link for a further device of yours",
            options: [.value("days", nil, "number", "For how long it is good", defaultValue: "7")],
            examples: [CommandExample("variorum device invite", "A link for your tablet")]),
        json: "`{link, expires_at}`"
    ) { context in
        let server = try Server(of: context.openStore())
        try await server.invite(.ownDevice, context, hint: "The device that opens it first syncs as you:")
        return .success
    }

    private static let deviceRevoke = Command(
        CommandSpecification(
            "revoke", summary: "end a device's access, when it is lost or given away",
            discussion: """
                What it sent stays. Work that is on it and was not sent can be sent once it is invited again. Links that you have \
                made and nobody has used yet end with it, because whoever has the device may have made them.
                """,
            positionals: [PositionalSpecification("device", "Its name, or the beginning of its key")],
            examples: [CommandExample("variorum device revoke tablet", "The tablet was lost")]),
        json: "as `device list`"
    ) { context in
        let server = try Server(of: context.openStore())
        let given = context.arguments.positional("device") ?? ""
        let devices = try await server.transport.devices(DevicesRequest(revoked: nil)).devices
        let found = devices.filter {
            !$0.isRevoked
                && ($0.name == given || (given.utf8.count >= 6 && "\($0.publicKey)".hasPrefix(given.lowercased())))
        }
        guard let device = found.first else {
            throw CommandFailure(.noInput, "you have no device '\(given)'; see 'variorum device list'")
        }
        guard found.count == 1 else {
            throw CommandFailure(.dataError, "several of your devices are called '\(given)'; name one by its key")
        }
        try show(try await server.transport.devices(DevicesRequest(revoked: device.publicKey)), context)
        return .success
    }

    private static func show(_ list: DeviceList, _ context: CommandContext) throws {
        if context.isJSON {
            try context.write(
                .array(
                    list.devices.map {
                        [
                            "key": .text("\($0.publicKey)"), "name": .text($0.name),
                            "enrolled_at": .text(timestamp(ofMilliseconds: Int64(clamping: $0.enrolledAt))),
                            "last_seen_at": .optional(
                                $0.lastSeenAt == 0 ? nil : timestamp(ofMilliseconds: Int64(clamping: $0.lastSeenAt))),
                            "is_revoked": .boolean($0.isRevoked), "is_this": .boolean($0.isThis),
                        ]
                    }))
            return
        }
        try context.write(
            TextTable(
                [
                    TextTable.Column("device", isFlexible: true), TextTable.Column("last seen"),
                    TextTable.Column("state"), TextTable.Column("key"),
                ],
                rows: list.devices.map {
                    [
                        $0.name + ($0.isThis ? " (this)" : ""),
                        $0.lastSeenAt == 0 ? "never" : localTime(Int64(clamping: $0.lastSeenAt)),
                        $0.isRevoked ? "revoked" : "", String("\($0.publicKey)".prefix(8)),
                    ]
                }))
    }

    static let password = Command(
        CommandSpecification(
            "password", summary: "set the password with which you bring further devices",
            discussion:
                "Reads the present password, if there is one, and the new one: from the terminal, or as two lines.",
            options: [.flag("first", nil, "There is no password yet")],
            examples: [CommandExample("variorum password --first", "Set a first password")]),
        json: "`{}`"
    ) { context in
        let server = try Server(of: context.openStore())
        let old = context.arguments.flag("first") ? "" : try context.askSecret("Present password: ")
        let new = try context.askSecret("New password: ")
        if context.surroundings.input.isTerminal, try context.askSecret("Once more: ") != new {
            throw CommandFailure(.dataError, "the two are not the same; nothing was changed")
        }
        try await server.transport.setPassword(PasswordRequest(old: old, new: new))
        if context.isJSON { try context.write([:]) } else { try context.writeLine("Your password is set.") }
        return .success
    }
}
