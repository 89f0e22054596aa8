/// Every operation of the server's store.
enum ServerDeed: String, CaseIterable, Sendable {
    case create, open
    case readEverything
    case enrol, append, appendKnown, appendSeveral, appendRefused, weigh
    case addUser, addToken, revokeTokens, addWorkspace, addMember, removeMember

    /// Which of the contract's functions it goes through: `PublicOperationsTests` sees to it that none is missing.
    var covers: [String] {
        switch self {
        case .create, .open: ["ServerStore.identity"]
        case .readEverything:
            [
                "ServerStore.account", "ServerStore.workspaces", "ServerStore.heads", "ServerStore.page",
                "ServerStore.devices", "ServerStore.vector", "ServerStore.audience", "ServerStore.accounts",
                "ServerAdministration.userList",
                "ServerAdministration.workspaceList",
            ]
        case .enrol: ["ServerStore.enrol"]
        case .append, .appendKnown, .appendSeveral, .appendRefused: ["ServerStore.append"]
        case .weigh: ["ServerStore.weigh"]
        case .addUser: ["ServerAdministration.addUser"]
        case .addToken: ["ServerAdministration.addToken"]
        case .revokeTokens: ["ServerAdministration.revokeTokens"]
        case .addWorkspace: ["ServerAdministration.addWorkspace"]
        case .addMember: ["ServerAdministration.addMember"]
        case .removeMember: ["ServerAdministration.removeMember"]
        }
    }
}
