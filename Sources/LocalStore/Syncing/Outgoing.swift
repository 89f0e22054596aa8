public import AnnotationModel
public import ChangeLog
import SQLiteBinding
public import WireFormat

extension LocalStore {
    /// The next changes that the server does not hold, signed and ready to push; empty when there are none.
    ///
    /// Own changes come first in order of their chains; changes of others (from bundles, or that a restored server
    /// forgot) are carried along in the runs that their makers signed.
    ///
    /// - Parameters:
    ///   - excluded: Chains that the server would not take in this session.
    ///   - payloadBytes: How much to give at most, in bytes of payload; a single change is given whatever its size.
    public func outgoing(
        excluding excluded: Set<ChainName> = [], payloadBytes: Int = WireLimits.pushPayloadBytesMax
    ) throws -> [Segment] {
        let key = try signingKey()
        return try maintain(origin: .local) { core, _ in
            core.signedHashes.removeAll()
            guard let link = try core.syncLink() else { return [] }
            var segments: [Segment] = []
            var budget = payloadBytes
            for layer in try core.connectedLayers(link) where layer.epoch != nil {
                var hasOwn = false
                for chain in try core.chains(layer: layer.num) where chain.ackedSeq < chain.heldSeq {
                    let replica = try core.replica(chain.replica)
                    guard budget > 0, !excluded.contains(ChainName(layer: layer.id, replica: replica)) else { continue }
                    // What a snapshot stands for and is not here can come from the maker alone, should the server have lost it.
                    if try !core.isHere(chain, from: chain.ackedSeq + 1) { continue }
                    // A later own chain waits: should the earlier one turn out to be a fork, it names numbers that change.
                    if try core.isOwn(chain.replica) {
                        if hasOwn { continue }
                        hasOwn = true
                    }
                    segments += try core.segments(
                        of: chain, layer, replica, key: key, budget: &budget, isFirst: segments.isEmpty)
                }
            }
            try markPushed(
                segments.filter { $0.certificate == nil }.map { ($0.layer, $0.replica, $0.lastSeq) })
            return segments
        }
    }
}

extension StoreCore {
    /// Runs of a chain from the first change that the server lacks, each ending with a signature.
    func segments(
        of chain: ChainRow, _ layer: LayerRow, _ replica: ReplicaID, key: SigningKey, budget: inout Int,
        isFirst: Bool = true, isForBundle: Bool = false
    ) throws -> [Segment] {
        let isOwn = try isOwn(chain.replica)
        let certificate = isOwn ? nil : try certificate(of: replica)
        // Nobody has vouched for the maker yet: it has to come to the server itself first.
        if !isOwn && certificate == nil && !isForBundle { return [] }
        guard let last = try lastSeq(of: chain, from: chain.ackedSeq + 1, payloadBytes: budget, isFirst: isFirst) else {
            budget = 0
            return []
        }
        let changes = try self.changes(of: chain, chain.ackedSeq + 1, through: last)
        var segments: [Segment] = []
        for var run in changes.runs() {
            if isOwn {
                sign(&run[run.count - 1], key: key)
            } else {
                guard let end = run.lastIndex(where: { $0.signature != nil }) else { break }
                let isCut = end + 1 < run.count
                run = Array(run[...end])
                segments.append(Segment(packing: run, certificate: certificate))
                budget -= run.reduce(0) { $0 + ($1.payload?.count ?? 0) + 64 }
                if isCut { break } else { continue }
            }
            segments.append(Segment(packing: run))
            budget -= run.reduce(0) { $0 + ($1.payload?.count ?? 0) + 64 }
        }
        return segments
    }

    /// The last seq so that the payloads from `first` stay within `payloadBytes`; `nil` if none does, but for the first
    /// change of all, which goes by itself.
    private func lastSeq(
        of chain: ChainRow, from first: UInt64, payloadBytes: Int, isFirst: Bool
    ) throws -> UInt64? {
        let select = try db.prepare(
            "SELECT id, coalesce(length(payload), 0) FROM change WHERE id BETWEEN ?1 AND ?2 ORDER BY id")
        select.bind(chain.changeID(first), at: 1)
        select.bind(chain.changeID(ChainRow.seqMax), at: 2)
        var bytes = 0
        var last: UInt64?
        while try select.step() {
            let (seq, size) = (ChainRow.split(select.int64(0)).seq, select.int(1) + 64)
            let mayExceed = isFirst && last == nil
            if !mayExceed && bytes + size > payloadBytes { break }
            bytes += size
            last = seq
        }
        select.reset()
        return last
    }

    /// The signature is not written down yet: it comes with the server's answer, in the same transaction, and until then it
    /// can be made again.
    private func sign(_ change: inout Change, key: SigningKey) {
        if change.signature == nil {
            let statement = SignedStatement.chainHead(
                layer: change.header.layer, replica: change.header.replica, seq: change.header.seq, hash: change.hash)
            change.signature = cryptography.sign(statement, with: key)
        }
        signedHashes[change.signature!] = change.hash
    }

    func hasOutgoing(_ link: SyncLink) throws -> Bool {
        let select = try db.statement(
            """
            SELECT 1 FROM chain JOIN layer ON layer.num = chain.layer JOIN workspace ON workspace.num = layer.workspace
            WHERE chain.acked_seq < chain.held_seq AND layer.epoch IS NOT NULL AND workspace.id = ?1 LIMIT 1
            """)
        select.bind(link.workspace, at: 1)
        defer { select.reset() }
        return try select.step()
    }

    /// The certificate of a replica's device, if a server has vouched for it.
    func certificate(of replica: ReplicaID) throws -> DeviceCertificate? {
        let select = try db.statement("SELECT member, public_key, certificate FROM replica WHERE id = ?1")
        select.bind(replica, at: 1)
        guard try select.step() else { return nil }
        defer { select.reset() }
        guard let member = MemberID(select, 0), let key = PublicKey(bytes: select.blob(1)),
            let signature = Signature(bytes: select.blob(2))
        else { return nil }
        return DeviceCertificate(member: member, publicKey: key, signature: signature)
    }
}

extension LocalStore {
    /// Whether there are changes that the server is not known to hold.
    public func hasOutgoing() throws -> Bool {
        try exclusively { core in try core.syncLink().map { try core.hasOutgoing($0) } ?? false }
    }

    /// A number that tells one set of unsent changes from another; `nil` where nothing waits to be sent.
    ///
    /// Who has tried to send learns by it whether there is anything to send that it has not tried yet.
    public func outgoingMark() throws -> Int? {
        try exclusively { core in
            guard let link = try core.syncLink() else { return nil }
            var hasher = Hasher()
            var isEmpty = true
            for layer in try core.connectedLayers(link) where layer.epoch != nil {
                for chain in try core.chains(layer: layer.num) where chain.ackedSeq < chain.heldSeq {
                    isEmpty = false
                    hasher.combine(chain.num)
                    hasher.combine(chain.heldSeq)
                }
            }
            return isEmpty ? nil : hasher.finalize()
        }
    }

    /// How far the feeds of the connected workspace have been read; empty without a server.
    public func feedPoints() throws -> [LayerID: FeedPoint] {
        try exclusively { core in
            guard let link = try core.syncLink() else { return [:] }
            let known = try core.knownHeads(link).layers
            return Dictionary(
                known.map { ($0.layer, FeedPoint(epoch: $0.epoch, position: $0.position)) }, uniquingKeysWith: { $1 })
        }
    }
}
