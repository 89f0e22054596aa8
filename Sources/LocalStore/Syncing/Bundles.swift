public import AnnotationModel
public import ChangeLog
import SQLiteBinding
public import WireFormat

/// What a bundle read brought.
public struct BundleOutcome: Sendable {
    public var appliedCount = 0
    public var knownCount = 0
    /// Chains whose changes could not be taken, and why.
    public var rejected: [ChainName: String] = [:]
    /// Layers that this store did not have and has now.
    public var newLayers = 0
    /// Devices that no server vouches for: what they made is taken on the word of the bundle's bearer.
    public var unvouchedDevices = 0
}

extension LocalStore {
    /// Everything that this store holds of its readable layers, for a colleague without any server.
    ///
    /// Own chains are signed up to their ends. Refused changes go as headers.
    /// - Parameter layers: Only these; when `nil`, all that every member may read.
    /// - Throws: `incomplete` where the history behind a snapshot is not here yet.
    public func bundle(layers wanted: Set<LayerID>? = nil) throws -> Bundle {
        let key = try signingKey()
        return try maintain(origin: .local) { core, _ in
            let workspace: WorkspaceID = try core.identifier(.workspace)
            let title = try core.workspaceTitle(workspace)
            var layers: [BundleLayer] = []
            var segments: [Segment] = []
            var devices: [ReplicaDevice] = []
            var receipts: [ChainReceipt] = []
            var marks: [(layer: LayerID, replica: ReplicaID, seq: UInt64)] = []
            for layer in try core.allLayers() {
                let isWanted = wanted?.contains(layer.id) ?? layer.isOpen
                guard isWanted else { continue }
                guard try core.base(of: layer.num) == nil else {
                    throw StoreError(
                        .incomplete,
                        try core.isCompacted(layer)
                            ? "this store stands on a snapshot, and the server does not keep the changes before it any more, "
                                + "without which nobody could read on"
                            : "this store began from a snapshot, and the changes before it are not all here yet, without which "
                                + "nobody could read on; fetch them with `variorum sync`")
                }
                layers.append(
                    BundleLayer(
                        layer: layer.id, kind: layer.kind, owner: try layer.owner.map { try core.member($0) },
                        round: layer.round, stage: layer.stage))
                for chain in try core.chains(layer: layer.num) where chain.heldSeq > 0 {
                    let replica = try core.replica(chain.replica)
                    segments += try core.bundleSegments(of: chain, key: key)
                    receipts += try core.receipts(of: chain, layer: layer.id, replica: replica)
                    if let device = try core.device(of: replica), !devices.contains(where: { $0.replica == replica }) {
                        let certificate =
                            try core.certificate(of: replica)
                            ?? DeviceCertificate(member: device.member, publicKey: device.publicKey, signature: nil)
                        devices.append(ReplicaDevice(replica: replica, certificate: certificate))
                    }
                    if try core.isOwn(chain.replica) { marks.append((layer.id, replica, chain.heldSeq)) }
                }
            }
            try markPushed(marks)
            return Bundle(
                workspace: workspace, title: title, layers: layers, members: try core.namedMembers(),
                devices: devices, segments: segments,
                server: try core.syncLink()?.knownServer,
                receipts: receipts)
        }
    }

    /// Takes in what a colleague's bundle holds and this store lacks; what this store has stays.
    ///
    /// A store that holds nothing yet joins the bundle's workspace.
    /// - Throws: `connectedElsewhere` for a bundle of another workspace, `unverified` for one that was tampered with.
    public func read(_ bundle: Bundle) throws -> BundleOutcome {
        try maintain(origin: .remote) { core, buffer in
            var outcome = BundleOutcome()
            try core.join(bundle, &outcome)
            for entry in bundle.members { try core.learnName(entry) }
            for device in bundle.devices { try core.learnFromBundle(device, buffer, &outcome) }
            var receiver = Receiver(core, buffer, source: .bundle)
            // Whoever wrote the bundle need not have kept a chain's order.
            for segment in bundle.segments.sorted(by: { $0.firstSeq < $1.firstSeq }) {
                guard let layer = try core.findLayer(segment.layer) else { continue }
                let name = ChainName(layer: segment.layer, replica: segment.replica)
                let changes = segment.changes(using: core.cryptography)
                guard changes.last?.signature != nil, try core.device(of: segment.replica) != nil else {
                    outcome.rejected[name] = "its end is not signed by a known device"
                    continue
                }
                if let known = try core.certificate(of: segment.replica), known.member != segment.author {
                    outcome.rejected[name] = "it was made before its author connected, who has made it anew since"
                    continue
                }
                try core.verifySignatures(of: changes, replica: segment.replica, in: layer)
                for change in changes {
                    switch try receiver.receive(change, layer: layer) {
                    case .applied: outcome.appliedCount += 1
                    case .known: outcome.knownCount += 1
                    case .contradicts: outcome.rejected[name] = "it tells another history than the one held here"
                    case .gap: outcome.rejected[name] = "changes before it are missing here"
                    }
                }
            }
            try receiver.finish()
            // Another server's word means nothing here.
            if let link = try core.syncLink(), bundle.server?.server == link.server {
                for receipt in bundle.receipts { _ = try core.keep(receipt, from: link) }
            }
            return outcome
        }
    }
}

extension StoreCore {
    func workspaceTitle(_ workspace: WorkspaceID) throws -> String {
        let select = try db.statement("SELECT title FROM workspace WHERE id = ?1")
        select.bind(workspace, at: 1)
        guard try select.step() else { return "" }
        defer { select.reset() }
        return select.text(0)
    }

    fileprivate func namedMembers() throws -> [RosterEntry] {
        let select = try db.prepare("SELECT id, name FROM member WHERE name <> '' ORDER BY id")
        var entries: [RosterEntry] = []
        while try select.step() {
            if let id = MemberID(select, 0) {
                entries.append(RosterEntry(member: id, name: select.text(1)))
            }
        }
        return entries
    }

    /// All of a chain in signed segments; what others made goes as far as they signed it.
    fileprivate func bundleSegments(of chain: ChainRow, key: SigningKey) throws -> [Segment] {
        let layer = try self.layer(num: chain.layer)
        let replica = try self.replica(chain.replica)
        var start = chain
        start.ackedSeq = 0
        var segments: [Segment] = []
        while start.ackedSeq < start.heldSeq {
            var budget = WireLimits.pushPayloadBytesMax
            var next = try self.segments(of: start, layer, replica, key: key, budget: &budget, isForBundle: true)
            for index in next.indices { next[index].certificate = nil }
            guard let last = next.last else { break }
            segments += next
            start.ackedSeq = last.lastSeq
        }
        return segments
    }

    /// Makes sure that the store has the bundle's layers.
    fileprivate func join(_ bundle: Bundle, _ outcome: inout BundleOutcome) throws {
        let workspace: WorkspaceID = try identifier(.workspace)
        if workspace != bundle.workspace {
            guard try syncLink() == nil, try isPristine() else {
                throw StoreError(
                    .connectedElsewhere,
                    "the bundle belongs to workspace '\(bundle.title)', this is '\(try workspaceTitle(workspace))'; "
                        + "make another one with `variorum workspace add TITLE`, then read the bundle there")
            }
            let update = try db.statement("UPDATE workspace SET id = ?1, title = ?2 WHERE id = ?3")
            update.bind(bundle.workspace, at: 1)
            update.bind(bundle.title, at: 2)
            update.bind(workspace, at: 3)
            try update.run()
            try set(.workspace, to: bundle.workspace.bytes)
            // The shared layer is the team's; the store's own empty one makes way.
            for layer in try allLayers() where layer.kind == LayerKind.shared.rawValue {
                try run("DELETE FROM layer WHERE num = ?1", layer.num)
            }
            forget()
        }
        let select = try db.statement("SELECT num FROM workspace WHERE id = ?1")
        select.bind(bundle.workspace, at: 1)
        guard try select.step() else { return }
        let num = select.int64(0)
        select.reset()
        let own: MemberID = try identifier(.member)
        for entry in bundle.layers where try findLayer(entry.layer) == nil {
            // Without a server the rule of the layer's kind says who may write.
            let isWritable =
                LayerKind(rawValue: entry.kind).map {
                    !$0.isOfRound && $0.isWritable(by: own, owner: entry.owner, as: .owner)
                } ?? false
            try insertLayer(
                entry.layer, workspace: num, kind: entry.kind, owner: try entry.owner.map { try self.num(of: $0) },
                isWritable: isWritable, round: entry.round, stage: entry.stage)
            outcome.newLayers += 1
        }
    }

    private func isPristine() throws -> Bool {
        let select = try db.prepare("SELECT NOT EXISTS (SELECT 1 FROM change) AND NOT EXISTS (SELECT 1 FROM base)")
        guard try select.step() else { return false }
        defer { select.reset() }
        return select.bool(0)
    }

    fileprivate func learnName(_ entry: RosterEntry) throws {
        let update = try db.statement("UPDATE member SET name = ?2 WHERE num = ?1 AND name = ''")
        update.bind(try num(of: entry.member), at: 1)
        update.bind(entry.name, at: 2)
        try update.run()
    }

    /// A key is taken on the bundle's word only where nothing better is known, and never changed by one.
    fileprivate func learnFromBundle(
        _ device: ReplicaDevice, _ buffer: RecordBuffer, _ outcome: inout BundleOutcome
    ) throws {
        if let link = try syncLink(),
            device.certificate.isVouched(by: link.server, key: link.serverKey, using: cryptography)
        {
            try learn(device, link, buffer)
            return
        }
        if let known = try self.device(of: device.replica) {
            guard known.publicKey == device.certificate.publicKey else {
                throw StoreError(
                    .unverified, "the bundle gives another key for a device that is known; nothing was taken from it")
            }
            return
        }
        let update = try db.statement("UPDATE replica SET member = ?2, public_key = ?3 WHERE num = ?1")
        update.bind(try num(of: device.replica), at: 1)
        update.bind(device.certificate.member, at: 2)
        update.bind(device.certificate.publicKey, at: 3)
        try update.run()
        outcome.unvouchedDevices += 1
    }
}
