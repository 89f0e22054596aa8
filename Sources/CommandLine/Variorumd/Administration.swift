import AnnotationModel
import ChangeLog
import Cryptography
import Interchange
import ServerStore
import SyncServer

/// `variorumd user …`, `workspace …`, `member …`.
struct Administration {
    let store: any ServerAdministration
    let values: ArgumentValues
    let output: FileOutput

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
        case "workspace list": try await listWorkspaces()
        case "member add":
            let (workspace, user) = (try name("workspace"), try name("user"))
            let role = try self.role() ?? .analyst
            try await store.addMember(workspace: workspace, user: user, role: role)
            try output.writeLine("\(printable(user)) is \(role.withArticle) in '\(printable(workspace))'.")
        case "member remove":
            let (workspace, user) = (try name("workspace"), try name("user"))
            try await store.removeMember(workspace: workspace, user: user)
            try output.writeLine("\(printable(user)) is no longer a member of '\(printable(workspace))'.")
        default: preconditionFailure("'\(command)' is specified but not done anywhere")
        }
    }

    private func role() throws -> Role? {
        guard let name = values.value("role") else { return nil }
        guard let role = Role(named: name) else {
            throw UsageError(
                .invalidValue, in: values.commandPath, "a role is one of reader, analyst, curator, owner")
        }
        return role
    }

    /// A name of a person or project: one line of at most 200 bytes.
    private func name(_ positional: String) throws -> String {
        let text = values.positional(positional) ?? ""
        let isFit =
            !text.isEmpty && text.utf8.count <= 200
            && !text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F }
        guard isFit else {
            throw UsageError(
                .invalidValue, in: values.commandPath,
                "a \(positional) is one line of 1 to 200 bytes without control characters")
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

    private func print(_ line: JSON) throws { try output.write(line.compact + [UInt8(ascii: "\n")]) }

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
