import AnnotationModel
public import ChangeLog
import SQLiteBinding
import WireFormat

extension LocalStore {
    /// Connects the store to a workspace on a server and takes what was made before along: the own layers become those
    /// of the server, record ids stay, headers are made anew because they name layer and author.
    ///
    /// Connecting again to the same workspace renews address and certificate.
    ///
    /// - Parameter deviceName: What the device called itself.
    /// - Returns: How many changes by others were put aside; they come back when their makers connect.
    /// - Throws: `connectedElsewhere`, `unverified`.
    @discardableResult
    public func attach(
        _ reply: ConnectReply, workspace: WorkspaceEntry, heads: Heads, url: String, deviceName: String
    ) throws -> Int {
        try verify(reply)
        return try maintain(origin: .remote) { core, buffer in
            try core.set(.deviceName, to: [UInt8](deviceName.utf8))
            let putAside: Int
            if let link = try core.syncLink() {
                try core.renew(link, reply, workspace, url)
                putAside = 0
            } else {
                putAside = try core.attach(reply, workspace, heads, url, buffer)
            }
            _ = try core.adopt(heads)
            return putAside
        }
    }

    /// Takes in the answer of a server that knows this device again, after it had forgotten it.
    ///
    /// - Throws: `connectedElsewhere`, `unverified`.
    public func renew(_ reply: ConnectReply, workspace: WorkspaceEntry) throws {
        try verify(reply)
        try maintain(origin: .remote) { core, _ in
            let link = try core.requireLink()
            try core.renew(link, reply, workspace, link.url)
        }
    }

    private func verify(_ reply: ConnectReply) throws {
        let key = try signingKey().publicKey
        guard reply.certificate.publicKey == key, reply.certificate.member == reply.member,
            reply.certificate.isVouched(by: reply.server, key: reply.serverKey, using: cryptography)
        else {
            throw StoreError(.unverified, "the server's certificate for this device does not hold")
        }
    }
}

extension StoreCore {
    fileprivate func renew(
        _ link: SyncLink, _ reply: ConnectReply, _ workspace: WorkspaceEntry, _ url: String
    ) throws {
        guard link.server == reply.server, link.workspace == workspace.workspace, link.member == reply.member else {
            throw StoreError(
                .connectedElsewhere,
                "this is workspace '\(link.workspaceTitle)' on \(link.url); `variorum workspace add TITLE` makes another one, where the same link or token can be used, and `variorum workspace join` joins one of the same server"
            )
        }
        try saveLink(reply, workspace, url)
    }

    fileprivate func saveLink(_ reply: ConnectReply, _ workspace: WorkspaceEntry, _ url: String) throws {
        let update = try db.statement(
            "UPDATE workspace SET id = ?1, title = ?2, server_url = ?3, server_id = ?4, server_key = ?5 WHERE id = ?6")
        update.bind(workspace.workspace, at: 1)
        update.bind(workspace.title, at: 2)
        update.bind(url, at: 3)
        update.bind(reply.server, at: 4)
        update.bind(reply.serverKey, at: 5)
        update.bind(try setting(.workspace) ?? [], at: 6)
        try update.run()
        try set(.workspace, to: workspace.workspace.bytes)
        let certify = try db.statement("UPDATE replica SET member = ?1, certificate = ?2 WHERE is_own = 1")
        certify.bind(reply.member, at: 1)
        certify.bind(reply.certificate.signature, at: 2)
        try certify.run()
        forget()
    }

    fileprivate func attach(
        _ reply: ConnectReply, _ workspace: WorkspaceEntry, _ heads: Heads, _ url: String, _ buffer: RecordBuffer
    ) throws -> Int {
        var putAside = 0
        let localMember: MemberID = try identifier(.member)
        for layer in try allLayers() {
            for var chain in try chains(layer: layer.num) where !(try isOwn(chain.replica)) && chain.heldSeq > 0 {
                putAside += Int(chain.heldSeq)
                try setAside(
                    from: 1, of: &chain, reason: "made without the server, by somebody who has not connected", buffer)
            }
        }
        _ = try buffer.flush()
        // Colleagues' own layers and those of rounds came in a bundle; where they may be read, the server names them anew.
        let local = try num(of: localMember)
        for layer in try allLayers() where layer.isOfRound || layer.owner != nil && layer.owner != local {
            try purge(layer)
        }
        try rename(localMember, into: reply)
        for layer in try allLayers() {
            let owner = layer.kind == LayerKind.shared.rawValue ? nil : reply.member
            guard let head = heads.layers.first(where: { $0.kind == layer.kind && $0.owner == owner }) else {
                throw StoreError(
                    .unverified, "the server has no \(LayerKind(rawValue: layer.kind)?.name ?? "such") layer for you")
            }
            let update = try db.statement("UPDATE layer SET id = ?2 WHERE num = ?1")
            update.bind(layer.num, at: 1)
            update.bind(head.layer, at: 2)
            try update.run()
            forget()
            for chain in try chains(layer: layer.num) { try rehash(chain, layer: head.layer) }
            try rebuild(try self.layer(head.layer), buffer)
        }
        try saveLink(reply, workspace, url)
        return putAside
    }

    /// The member that the store made up for itself becomes the server's.
    private func rename(_ local: MemberID, into reply: ConnectReply) throws {
        let (old, new) = (try num(of: local), try num(of: reply.member))
        for sql in ["UPDATE change SET author = ?2 WHERE author = ?1", "UPDATE layer SET owner = ?2 WHERE owner = ?1"] {
            let update = try db.statement(sql)
            update.bind(old, at: 1)
            update.bind(new, at: 2)
            try update.run()
        }
        try rename(reply.member, to: reply.memberName)
        try set(.member, to: reply.member.bytes)
        forget()
    }

    /// Makes the headers of a chain anew after its layer or author changed; what was signed has to be signed again.
    private func rehash(_ chain: ChainRow, layer: LayerID) throws {
        var chain = chain
        let replica = try self.replica(chain.replica)
        var previous = Digest.zero
        var hashes: [(Int64, Digest)] = []
        try forEachChange(of: chain, from: 1) { row in
            previous = try header(of: row, layer: layer, replica: replica, previous: previous).hash(using: cryptography)
            hashes.append((row.id, previous))
            return true
        }
        for (id, hash) in hashes {
            let update = try db.statement("UPDATE change SET hash = ?2, signature = NULL WHERE id = ?1")
            update.bind(id, at: 1)
            update.bind(hash, at: 2)
            try update.run()
        }
        chain.headHash = previous
        chain.ackedSeq = 0
        try save(&chain)
    }
}
