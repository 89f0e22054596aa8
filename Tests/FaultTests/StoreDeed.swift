/// Every operation of the offline store, alone or in the company it is used in.
enum StoreDeed: String, CaseIterable, Sendable {
    case create, open, observe
    case readEverything, check
    case write, delete, restore, deleteDocument, restoreDocument, settleConflict, undo
    case importDocument, importVersion, importLong
    case reapply, dismiss
    case bundle, readBundle, joinBundle
    case outgoing, record, adopt, adoptLoss, apply, recover, attach, attachAgain, renew
    case saveToken, saveAuthority, savePin, recordSync, recordFailure
    case setRole, endAccess, keepReceipts
    case takeSnapshot, readSnapshot, fillHistory, underlaySnapshot, fillHeaders
    case rebuild
    case sync, syncForked, syncRestoredServer

    /// Consists of several transactions: it may stop between them, and goes on when it is done again.
    var mayStopBetween: Bool {
        switch self {
        case .importLong, .apply, .sync, .syncForked, .syncRestoredServer: true
        default: false
        }
    }

    /// Notes that it was done, each time: an import where its text came from.
    var notesEachTry: Bool { self == .importLong }

    /// Gives an answer that can be compared.
    var isReading: Bool {
        switch self {
        case .readEverything, .check, .bundle, .outgoing: true
        default: false
        }
    }

    /// How many calls of each kind fail in a short run.
    var few: Int {
        switch self {
        case .importLong, .check, .readEverything: 1
        case .sync, .syncForked, .syncRestoredServer: 2
        default: 3
        }
    }

    /// Which of the public functions it goes through: `PublicOperationsTests` sees to it that none is missing.
    var covers: [String] {
        switch self {
        case .create: ["LocalStore.create"]
        case .open: ["LocalStore.open"]
        case .observe: ["LocalStore.observe"]
        case .readEverything:
            [
                "LocalStore.read", "LocalStore.signingKey", "LocalStore.token", "LocalStore.authorityFile",
                "LocalStore.serverKeyPin",
                "LocalStore.syncLink", "LocalStore.headsDigest", "LocalStore.hasOutgoing", "LocalStore.syncOutlook",
                "LocalStore.lastSyncs",
                "LocalStore.layerSummaries", "LocalStore.outgoingMark", "LocalStore.feedPoints",
                "LocalStore.unreceipted", "LocalStore.proofs", "LocalStore.missingHistory",
                "StoreReader.ownMember", "StoreReader.ownReplica", "StoreReader.workspace", "StoreReader.memberNames",
                "StoreReader.state", "StoreReader.layers", "StoreReader.ownLayer", "StoreReader.documents",
                "StoreReader.versions", "StoreReader.text", "StoreReader.annotations", "StoreReader.annotationCount",
                "StoreReader.comments",
                "StoreReader.codes", "StoreReader.entities", "StoreReader.statements", "StoreReader.statementTypes",
                "StoreReader.memos",
                "StoreReader.find", "StoreReader.search", "StoreReader.conflicts", "StoreReader.duplicateNames",
                "StoreReader.log", "StoreReader.records", "StoreReader.refused", "StoreReader.setAside",
                "StoreReader.members",
                "StoreReader.rounds", "StoreReader.assignments", "StoreReader.submissions", "StoreReader.decisions",
                "StoreReader.agreementRuns",
                "LocalStore.introduction",
            ]
        case .check: ["LocalStore.check"]
        case .write:
            [
                "LocalStore.write", "WriteTransaction.create", "WriteTransaction.set", "WriteTransaction.add",
                "WriteTransaction.remove", "WriteTransaction.state",
            ]
        case .delete: ["WriteTransaction.delete"]
        case .restore: ["WriteTransaction.restore"]
        case .deleteDocument: ["WriteTransaction.deleteDocument"]
        case .restoreDocument: ["WriteTransaction.restoreDocument"]
        case .settleConflict: ["WriteTransaction.set"]
        case .undo: ["LocalStore.undo"]
        case .importDocument, .importVersion, .importLong: ["LocalStore.importDocument"]
        case .reapply: ["LocalStore.reapply"]
        case .dismiss: ["LocalStore.dismiss"]
        case .bundle: ["LocalStore.bundle"]
        case .readBundle, .joinBundle: ["LocalStore.read"]
        case .outgoing: ["LocalStore.outgoing"]
        case .record: ["LocalStore.record"]
        case .adopt, .adoptLoss: ["LocalStore.adopt"]
        case .apply: ["LocalStore.apply"]
        case .recover: ["LocalStore.recover"]
        case .attach, .attachAgain: ["LocalStore.attach"]
        case .renew: ["LocalStore.renew"]
        case .saveToken, .saveAuthority, .savePin: ["LocalStore.save"]
        case .recordSync, .recordFailure: ["LocalStore.recordSync"]
        case .setRole: ["WriteTransaction.setRole"]
        case .endAccess: ["LocalStore.endAccess"]
        case .keepReceipts: ["LocalStore.keep"]
        case .takeSnapshot, .underlaySnapshot: ["LocalStore.take"]
        case .readSnapshot: ["LocalStore.readSnapshotPiece"]
        case .fillHistory, .fillHeaders: ["LocalStore.fill"]
        case .rebuild: ["LocalStore.rebuild"]
        case .sync, .syncForked, .syncRestoredServer: []
        }
    }
}
