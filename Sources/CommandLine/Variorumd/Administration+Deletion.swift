import ServerStore

/// `variorumd workspace delete`.
extension Administration {
    static let deletionSpecification = CommandSpecification(
        "delete", summary: "remove a workspace and everything in it, for good",
        discussion: """
            Its layers, changes, memberships and invitations go; its members' accounts and the audit log stay. A device that syncs \
            afterwards is told that its membership has ended: it removes what others made, and keeps its user's own work, which \
            can be exported there. Without --yes it only says what would go.
            """,
        options: [.flag("yes", nil, "do it")],
        positionals: [PositionalSpecification("title", "its title")],
        examples: [
            CommandExample("variorumd workspace delete Treaty -d data", "what would go"),
            CommandExample("variorumd workspace delete Treaty --yes -d data", "it goes"),
        ])

    func deleteWorkspace() async throws {
        let title = try name("title")
        let members = try await store.workspaceList().first { $0.title == title }?.members.count
        let held = try await store.statistics().workspaces.first { $0.title == title }
        if let members, let held, !values.flag("yes") {
            let what =
                "\(counted(members, "member")), \(counted(held.changeCount, "change")), \(counted(held.byteCount, "byte"))"
            throw UsageError(
                .missingOption, in: values.commandPath,
                "nothing was deleted. '\(printable(title))' has \(what); all of it would go, for good. 'variorumd backup' keeps "
                    + "a copy, 'variorumd workspace archive' only ends writing. To delete it, say --yes")
        }
        // Says it where there is no such workspace.
        try await store.delete(workspace: title)
        try output.writeLine("Deleted '\(printable(title))'.")
    }
}
