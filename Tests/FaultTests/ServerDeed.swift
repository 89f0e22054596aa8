/// Every operation of the server's store.
enum ServerDeed: String, CaseIterable, Sendable {
    case create, open
    case readEverything
    case enrol, append, appendKnown, appendSeveral, appendRefused, appendWithoutRoom, weigh
    case openRound, submitAndReveal, refreshSnapshots, compact
    case redeem, admit, setPassword, invite, revokeDevice, noteSeen
    case addUser, addToken, revokeTokens, addWorkspace, addMember, removeMember
    case setPasswordOfUser, inviteByOperator, archive, setQuota, deleteWorkspace, revokeDeviceByOperator

    /// Whether it is several transactions, so that a fault may leave some of it done.
    var isGradual: Bool { self == .appendSeveral || self == .refreshSnapshots || self == .compact }

    /// Which of the contract's functions it goes through: `PublicOperationsTests` sees to it that none is missing.
    var covers: [String] {
        switch self {
        case .create, .open: ["ServerStore.identity"]
        case .readEverything:
            [
                "ServerStore.account", "ServerStore.workspaces", "ServerStore.heads", "ServerStore.page",
                "ServerStore.devices", "ServerStore.vector", "ServerStore.arrivals", "ServerStore.audience",
                "ServerStore.accounts", "ServerStore.snapshot",
                "ServerAdministration.userList",
                "ServerAdministration.workspaceList", "ServerAdministration.auditLog", "ServerStore.password",
                "ServerAdministration.devices", "ServerAdministration.statistics",
                "ServerStore.role", "ServerStore.hasLeft",
            ]
        case .enrol: ["ServerStore.enrol"]
        case .append, .appendKnown, .appendSeveral, .appendRefused, .appendWithoutRoom, .openRound, .submitAndReveal:
            ["ServerStore.append"]
        case .weigh: ["ServerStore.weigh"]
        case .refreshSnapshots: ["ServerStore.refreshSnapshots"]
        case .compact: ["ServerStore.compact"]
        case .redeem: ["ServerStore.redeem"]
        case .admit: ["ServerStore.admit"]
        case .setPassword: ["ServerStore.set"]
        case .invite: ["ServerStore.invite"]
        case .revokeDevice: ["ServerStore.revoke"]
        case .noteSeen: ["ServerStore.noteSeen"]
        case .setPasswordOfUser, .setQuota: ["ServerAdministration.set"]
        case .inviteByOperator: ["ServerAdministration.invite"]
        case .revokeDeviceByOperator: ["ServerAdministration.revoke"]
        case .deleteWorkspace: ["ServerAdministration.delete"]
        case .archive: ["ServerAdministration.archive"]
        case .addUser: ["ServerAdministration.addUser"]
        case .addToken: ["ServerAdministration.addToken"]
        case .revokeTokens: ["ServerAdministration.revokeTokens"]
        case .addWorkspace: ["ServerAdministration.addWorkspace"]
        case .addMember: ["ServerAdministration.addMember"]
        case .removeMember: ["ServerAdministration.removeMember"]
        }
    }
}
