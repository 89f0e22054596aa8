public import AnnotationModel
public import ChangeLog
import SQLiteBinding
import WireFormat

/// What a sync has to know of the store before it asks the server anything.
public struct SyncOutlook: Sendable {
    public let link: SyncLink
    /// See `LocalStore.hasOutgoing`.
    public let hasOutgoing: Bool
    /// See `LocalStore.headsDigest`.
    public let headsDigest: HeadsDigest?
}

/// What a store knows of the server it syncs with.
public struct SyncLink: Sendable {
    public let url: String
    public let server: ServerID
    public let serverKey: PublicKey
    public let workspace: WorkspaceID
    public let workspaceTitle: String
    public let member: MemberID
    /// What this device called itself there.
    public let deviceName: String

    /// Whose word on devices and receipts counts.
    public var knownServer: KnownServer { KnownServer(server: server, key: serverKey) }
}

extension LocalStore {
    /// The server of the current workspace; `nil` while the store works by itself.
    public func syncLink() throws -> SyncLink? {
        try exclusively { core in try core.syncLink() }
    }

    /// Where a sync begins, in one look; `nil` while the store works by itself.
    public func syncOutlook() throws -> SyncOutlook? {
        try exclusively { core in
            try core.db.reading {
                guard let link = try core.syncLink() else { return nil }
                return SyncOutlook(
                    link: link, hasOutgoing: try core.hasOutgoing(link), headsDigest: try core.headsDigest(link))
            }
        }
    }

    /// The digest of the heads this store has read up to; `nil` before the first sync, and while the server has signed
    /// more than was read.
    ///
    /// A server that was put back to an old copy may stand where this store has read up to, and not where it said that
    /// it stands: then "as you know them" is no answer.
    public func headsDigest() throws -> HeadsDigest? {
        try exclusively { core in try core.syncLink().flatMap { try core.headsDigest($0) } }
    }
}

extension StoreCore {
    func readSyncLink() throws -> SyncLink? {
        let workspace: WorkspaceID = try identifier(.workspace)
        let select = try db.statement("SELECT server_url, server_id, server_key, title FROM workspace WHERE id = ?1")
        select.bind(workspace, at: 1)
        guard try select.step() else { return nil }
        defer { select.reset() }
        guard let url = select.optionalText(0), let server = ServerID(select, 1),
            let key = PublicKey(bytes: select.blob(2))
        else { return nil }
        return SyncLink(
            url: url, server: server, serverKey: key, workspace: workspace, workspaceTitle: select.text(3),
            member: try identifier(.member),
            deviceName: try setting(.deviceName).map { String(decoding: $0, as: UTF8.self) } ?? "")
    }

    func headsDigest(_ link: SyncLink) throws -> HeadsDigest? {
        if try hasOpenCheckpoints() || hasOutdatedBase() { return nil }
        let heads = try knownHeads(link)
        return heads.layers.isEmpty ? nil : heads.digest(using: cryptography)
    }

    func requireLink() throws -> SyncLink {
        guard let link = try syncLink() else {
            throw StoreError(
                .connectedElsewhere, "this store is not connected to a server; see `variorum connect --help`")
        }
        return link
    }

    /// The heads that the server would have to report for there to be nothing new.
    func knownHeads(_ link: SyncLink) throws -> Heads {
        var layers: [LayerHead] = []
        for row in try connectedLayers(link) {
            guard let epoch = row.epoch else { continue }
            layers.append(
                LayerHead(
                    layer: row.id, kind: row.kind, owner: try row.owner.map { try member($0) },
                    isWritable: row.isWritable, epoch: epoch, position: row.position, feedHash: row.feedHash,
                    round: row.round, stage: row.stage))
        }
        var members: [RosterEntry] = []
        let select = try db.statement("SELECT id, name, role FROM member WHERE is_listed = 1 ORDER BY id")
        while try select.step() {
            if let id = MemberID(select, 0) {
                members.append(
                    RosterEntry(member: id, name: select.text(1), role: UInt8(clamping: select.int64(2))))
            }
        }
        return Heads(layers: layers.sorted { $0.layer < $1.layer }, members: members)
    }
}
