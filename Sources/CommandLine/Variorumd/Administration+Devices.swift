import ChangeLog
import Interchange
import ServerStore

/// `variorumd device …`.
extension Administration {
    static let deviceSpecification = CommandSpecification(
        "device", summary: "devices that sync as somebody",
        subcommands: [
            CommandSpecification(
                "list", summary: "list a user's devices", options: [.flag("json", nil, "print JSON instead of text")],
                positionals: [PositionalSpecification("user", "the user")],
                examples: [CommandExample("variorumd device list ana -d data", "what ana syncs with")]),
            CommandSpecification(
                "revoke", summary: "end a device's access; what it sent stays",
                positionals: [
                    PositionalSpecification("user", "the user"),
                    PositionalSpecification("device", "its name, or the beginning of its key"),
                ],
                examples: [CommandExample("variorumd device revoke ana tablet -d data", "the tablet was lost")]),
        ])

    func listDevices(of user: String) async throws {
        let devices = try await store.devices(ofUserNamed: user)
        if values.flag("json") {
            for device in devices {
                try print([
                    "key": .text(device.key), "name": .text(device.name),
                    "enrolled_at": .text(timestamp(ofMilliseconds: Int64(clamping: device.enrolledAt))),
                    "last_seen_at": .optional(
                        device.lastSeenAt == 0
                            ? nil : timestamp(ofMilliseconds: Int64(clamping: device.lastSeenAt))),
                    "is_revoked": .boolean(device.isRevoked),
                ])
            }
            return
        }
        let table = TextTable(
            [
                TextTable.Column("device", isFlexible: true), TextTable.Column("last seen"), TextTable.Column("state"),
                TextTable.Column("key"),
            ],
            rows: devices.map {
                [
                    $0.name, $0.lastSeenAt == 0 ? "never" : localTime(Int64(clamping: $0.lastSeenAt)),
                    $0.isRevoked ? "revoked" : "", String($0.key.prefix(8)),
                ]
            })
        try output.write(table.text(width: Terminal(fileDescriptor: 1).width, isStyled: false))
    }

    func revokeDevice() async throws {
        let (user, given) = (try name("user"), try name("device"))
        let found = try await store.devices(ofUserNamed: user).filter {
            !$0.isRevoked && ($0.name == given || (given.utf8.count >= 6 && $0.key.hasPrefix(given.lowercased())))
        }
        guard let device = found.first else {
            throw ServerStoreError(
                .unknownName,
                "\(printable(user)) has no device '\(printable(given))'; `variorumd device list` shows which there are")
        }
        guard found.count == 1 else {
            throw ServerStoreError(
                .unknownName, "several devices are called '\(printable(given))'; name one by its key")
        }
        _ = try await store.revoke(device: device.publicKey, ofUserNamed: user)
        try output.writeLine("\(printable(device.name)) of \(printable(user)) cannot sync any more.")
    }
}

extension DeviceEntry {
    fileprivate var key: String { "\(publicKey)" }
}
