import AnnotationModel
import ChangeLog
import Cryptography
import Interchange
import ServerStore
import SyncServer

/// `variorumd user …`, `workspace …`, `member …`.
struct Administration {
    let store: any ServerAdministration
    let folder: String
    let values: ArgumentValues
    let output: FileOutput
    /// Of the server's own certificate, where it has made one.
    let pin: PublicKeyPin?

    /// `variorumd init --workspace`: the workspace, and the link with which its owner joins.
    func makeFirstWorkspace(_ title: String) async throws {
        let title = try checked(title, "title")
        _ = try await store.addWorkspace(title: title)
        if !values.flag("json") {
            try output.writeLine("Made workspace '\(printable(title))'. Its owner joins with a link:")
        }
        try await printLink { [store] hash, lifetime in
            try await store.invite(codeHash: hash, workspace: title, role: .owner, user: nil, lifetime: lifetime)
        }
    }

    func run(_ command: String) async throws {
        switch command {
        case "user add":
            let name = try self.name("name")
            let member = try await store.addUser(name: name)
            try await printToken(of: name, member: "\(member)")
        case "user token": try await printToken(of: try name("name"), member: nil)
        case "user revoke":
            let name = try self.name("name")
            let count = try await store.revokeTokens(user: name)
            try output.writeLine("Revoked \(count) token\(count == 1 ? "" : "s") of \(printable(name)).")
        case "user list": try await listUsers()
        case "workspace create":
            let title = try name("title")
            let workspace = try await store.addWorkspace(title: title)
            if values.flag("json") {
                try print(["workspace": .text("\(workspace)"), "title": .text(title)])
            } else {
                try output.writeLine("Made workspace '\(printable(title))'.")
            }
        case "invite":
            let workspace = try name("workspace")
            let role = role
            try await printLink { [store] hash, lifetime in
                try await store.invite(
                    codeHash: hash, workspace: workspace, role: role, user: nil, lifetime: lifetime)
            }
        case "user invite":
            let user = try name("name")
            try await printLink { [store] hash, lifetime in
                try await store.invite(codeHash: hash, workspace: nil, role: nil, user: user, lifetime: lifetime)
            }
        case "user password": try await setPassword()
        case "workspace archive", "workspace reopen":
            let title = try name("title")
            let isArchived = command == "workspace archive"
            try await store.archive(workspace: title, isArchived)
            try output.writeLine(
                "'\(printable(title))' \(isArchived ? "is read-only now" : "can be written again").")
        case "workspace delete": try await deleteWorkspace()
        case "workspace quota": try await handleQuota()
        case "audit": try await showAudit()
        case "workspace list": try await listWorkspaces()
        case "member add":
            let (workspace, user) = (try name("workspace"), try name("user"))
            let role = role
            try await store.addMember(workspace: workspace, user: user, role: role)
            try output.writeLine("\(printable(user)) is \(role.withArticle) in '\(printable(workspace))'.")
        case "member remove":
            let (workspace, user) = (try name("workspace"), try name("user"))
            try await store.removeMember(workspace: workspace, user: user)
            try output.writeLine("\(printable(user)) is no longer a member of '\(printable(workspace))'.")
        case "device list": try await listDevices(of: name("user"))
        case "device revoke": try await revokeDevice()
        default: preconditionFailure("'\(command)' is specified but not done anywhere")
        }
    }

    private var role: Role { values.value("role").flatMap(Role.init(named:)) ?? .analyst }

    /// A name of a person or project: one line of at most 200 bytes.
    func name(_ positional: String) throws -> String {
        try checked(values.positional(positional) ?? "", positional)
    }

    private func checked(_ text: String, _ what: String) throws -> String {
        let isFit =
            !text.isEmpty && text.utf8.count <= 200
            && !text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F }
        guard isFit else {
            throw UsageError(
                .invalidValue, in: values.commandPath,
                "a \(what) is one line of 1 to 200 bytes without control characters")
        }
        return text
    }

    /// Makes a token, keeps its hash, shows it once.
    private func printToken(of user: String, member: String?) async throws {
        let cryptography = OpenSSLCryptography()
        let token = "vrm_" + base64URL(cryptography.randomBytes(32))
        try await store.addToken(tokenHash: cryptography.sha256([UInt8](token.utf8)), user: user)
        if values.flag("json") {
            let line: JSON = ["user": .text(user), "token": .text(token), "member": .optional(member)]
            try print(line.withoutNulls)
        } else {
            try output.writeLine("Token for one device of \(printable(user)), shown only now:")
            try output.writeLine(token)
        }
    }

    /// Makes a code, has its hash kept, shows the link once.
    private func printLink(_ keep: (Digest, Int64) async throws -> Int64) async throws {
        guard let url = values.value("url"), url.hasPrefix("http://") || url.hasPrefix("https://") else {
            throw UsageError(
                .missingOption, in: values.commandPath, "say how devices reach the server: --url https://HOST:PORT")
        }
        let days = try values.integer("days", in: 1...31) ?? 7
        let cryptography = OpenSSLCryptography()
        let code = "vri_" + base64URL(cryptography.randomBytes(32))
        let expiresAt = try await keep(cryptography.sha256([UInt8](code.utf8)), Int64(days) * 86_400_000)
        let link = EnrolmentLink(url: url, code: code, pin: pin)
        if values.flag("json") {
            try print(["link": .text(link.text), "expires_at": .text(timestamp(ofMilliseconds: expiresAt))])
        } else {
            try output.writeLine("Link for one device, good once until \(localTime(expiresAt)), shown only now:")
            try output.writeLine(link.text)
            try output.writeLine("They run: variorum init, then variorum connect LINK --name NAME")
        }
    }

    private func setPassword() async throws {
        let user = try name("name")
        if values.flag("remove") {
            try await store.set(password: nil, user: user)
            return try output.writeLine("\(printable(user)) has no password any more.")
        }
        let input = LineInput(fileDescriptor: 0)
        if input.isTerminal { try FileOutput.standardError().write("New password of \(printable(user)): ") }
        let password = try input.readSecret() ?? ""
        guard password.utf8.count >= 10 else {
            throw UsageError(.invalidValue, in: values.commandPath, "a password has at least 10 bytes")
        }
        try await store.set(password: PasswordHash(of: password).description, user: user)
        try output.writeLine("\(printable(user)) has a new password.")
    }

    private func showAudit() async throws {
        let entries = try await store.auditLog(limit: values.integer("limit", in: 1...1_000_000) ?? 100)
        if values.flag("json") {
            for entry in entries {
                try print([
                    "at": .text(timestamp(ofMilliseconds: entry.at)), "actor": .optional(entry.actor),
                    "action": .text(entry.action),
                    "subject": .text(entry.subject),
                ])
            }
            return
        }
        let table = TextTable(
            [
                TextTable.Column("when"), TextTable.Column("who"), TextTable.Column("what"),
                TextTable.Column("about", isFlexible: true),
            ], rows: entries.map { [localTime($0.at), $0.actor ?? "operator", $0.action, $0.subject] })
        try output.write(table.text(width: Terminal(fileDescriptor: 1).width, isStyled: false))
    }

    func print(_ line: JSON) throws { try output.write(line.compact + [UInt8(ascii: "\n")]) }

    private func listUsers() async throws {
        let users = try await store.userList()
        if values.flag("json") {
            for user in users {
                try print([
                    "user": .text(user.name), "member": .text("\(user.member)"), "tokens": .number(user.tokenCount),
                    "devices": .number(user.deviceCount),
                ])
            }
            return
        }
        let rows = users.map { [$0.name, "\($0.tokenCount)", "\($0.deviceCount)"] }
        let table = TextTable(
            [TextTable.Column("user", isFlexible: true), TextTable.Column("tokens"), TextTable.Column("devices")],
            rows: rows)
        try output.write(table.text(width: Terminal(fileDescriptor: 1).width, isStyled: false))
    }

    private func listWorkspaces() async throws {
        let workspaces = try await store.workspaceList()
        if values.flag("json") {
            for item in workspaces {
                try print([
                    "title": .text(item.title), "workspace": .text("\(item.workspace)"),
                    "members": .texts(item.members),
                    "changes": .number(item.changeCount),
                ])
            }
            return
        }
        let rows = workspaces.map { [$0.title, $0.members.joined(separator: ", "), "\($0.changeCount)"] }
        let table = TextTable(
            [
                TextTable.Column("workspace", isFlexible: true), TextTable.Column("members", isFlexible: true),
                TextTable.Column("changes"),
            ], rows: rows)
        try output.write(table.text(width: Terminal(fileDescriptor: 1).width, isStyled: false))
    }
}
