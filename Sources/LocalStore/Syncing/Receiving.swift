import AnnotationModel
import ChangeLog
import SQLiteBinding
import WireFormat

/// Takes changes from outside into the log and the records; used for feeds and for bundles.
///
/// Step 8 of docs/one-annotation.md.
struct Receiver {
    enum Source {
        /// The server's word is final: where it differs, what is here makes way.
        case feed
        /// A colleague's word: where it differs, what is here stays.
        case bundle
    }

    enum Outcome: Equatable {
        case applied
        case known
        /// A bundle's change with another history than the one held; not taken.
        case contradicts
        /// A bundle's change that runs ahead of what is held; not taken.
        case gap
    }

    let core: StoreCore
    let buffer: RecordBuffer
    let source: Source
    private var chains: [Int64: [ReplicaID: ChainRow]] = [:]
    private var lamports: [Int64: UInt64] = [:]
    /// Of the last change of each of `chains`.
    private var headLamports: [Int64: [ReplicaID: UInt64]] = [:]
    private var current: ReplicaID?
    private(set) var touchedLayers: Set<Int64> = []
    private(set) var appliedCount = 0
    private(set) var hasReissued = false
    /// The store's own replica id came back with changes that this store never made: it is a copy.
    private(set) var isCopy = false

    init(_ core: StoreCore, _ buffer: RecordBuffer, source: Source) {
        self.core = core
        self.buffer = buffer
        self.source = source
    }

    /// - Throws: `unverified` if a feed's change does not continue its chain, and for any that runs ahead or goes back in
    ///   Lamport time.
    mutating func receive(_ change: Change, layer: LayerRow) throws -> Outcome {
        let header = change.header
        var chain = try self.chain(layer, header.replica)
        if header.seq <= chain.heldSeq {
            guard let row = try core.changeRow(chain.changeID(header.seq)) else {
                return try receiveBelowBase(change, &chain, layer)
            }
            if row.hash == change.hash {
                try reconcile(row, with: change, in: &chain, layer)
                return .known
            }
            if source == .bundle { return .contradicts }
            if header.seq < chain.firstWholeSeq { throw OtherThanBase(layer: layer.id) }
            try settleChains()
            if try core.isOwn(chain.replica) {
                try core.reissue(from: header.seq, of: &chain, buffer)
                current = nil
                hasReissued = true
            } else {
                try core.setAside(
                    from: header.seq, of: &chain, reason: "the server holds another history of this replica", buffer)
            }
            touchedLayers.insert(layer.num)
        }
        guard header.seq == chain.heldSeq + 1, header.previous == chain.headHash else {
            if source == .bundle { return header.seq > chain.heldSeq + 1 ? .gap : .contradicts }
            throw StoreError(
                .unverified, "the server's feed does not continue what it sent before; nothing was taken from it")
        }
        if change.withheld == .compacted {
            if source == .bundle { return .gap }
            throw BehindCompaction(layer: layer.id)
        }
        let lamport = try self.lamport(layer)
        guard header.lamport <= lamport + WireLimits.lamportLeadMax else {
            throw StoreError(.unverified, "a change claims to have seen far more than there is; nothing was taken")
        }
        guard header.lamport > (try headLamport(of: chain, layer, header.replica)) else {
            throw StoreError(.unverified, "a change claims to be older than the one before it; nothing was taken")
        }
        if change.withheld == nil {
            let stamp = header.stamp
            for (index, operation) in try operations(of: change).enumerated() {
                try buffer.apply(operation, index: UInt32(index), stamp: stamp, layer: layer.num)
            }
        }
        try buffer.advance(layer: layer.num, replica: header.replica, to: header.seq)
        if try header.replica == currentReplica() { isCopy = true }
        try core.append(change, to: &chain, isAcked: source == .feed)
        chains[layer.num, default: [:]][header.replica] = chain
        headLamports[layer.num, default: [:]][header.replica] = header.lamport
        lamports[layer.num] = max(lamport, header.lamport)
        touchedLayers.insert(layer.num)
        appliedCount += 1
        return .applied
    }

    /// A change that a snapshot stands for: its effect is here, and only the last can be held against what is here.
    private mutating func receiveBelowBase(
        _ change: Change, _ chain: inout ChainRow, _ layer: LayerRow
    ) throws -> Outcome {
        guard let base = chain.base, change.header.seq <= base.seq else {
            throw StoreError(.damaged, "a change is missing from the log; run `variorum check`")
        }
        guard change.header.seq < base.seq || change.hash == base.hash else {
            if source == .bundle { return .contradicts }
            throw OtherThanBase(layer: layer.id)
        }
        if source == .feed, chain.ackedSeq < change.header.seq {
            chain.ackedSeq = change.header.seq
            chains[layer.num, default: [:]][change.header.replica] = chain
        }
        return .known
    }

    /// A payload of a newer version is kept and forwarded; it takes effect after an upgrade.
    ///
    /// - Throws: `unverified` for one that no version can read: no server and no honest device passes it on.
    private func operations(of change: Change) throws -> [ChangeLog.Operation] {
        do {
            return try change.operations ?? []
        } catch {
            throw StoreError(.unverified, "a change cannot be read (\(error)); nothing was taken")
        }
    }

    /// Brings what is held of a known change in line with what the feed has of it.
    private mutating func reconcile(
        _ row: ChangeRow, with change: Change, in chain: inout ChainRow, _ layer: LayerRow
    ) throws {
        if let signature = change.signature, row.signature == nil { try core.keep(signature, of: row) }
        if row.seq < chain.firstWholeSeq {
            // Its effect is the snapshot's; what the log says of it counts once that goes.
            if source == .feed || (change.payload != nil && row.withheld == .compacted) {
                _ = try operations(of: change)
                try core.align(row, with: change, in: chain)
                touchedLayers.insert(layer.num)
            }
            return acknowledge(row, &chain, change, layer)
        }
        // What the server has let go of has its effect, which a snapshot holds if nothing here does.
        let kept = source == .feed && change.withheld == .compacted ? row.payload : nil
        if source == .feed && change.withheld == .compacted && row.withheld != nil && kept == nil {
            throw BehindCompaction(layer: layer.id)
        }
        if let payload = change.payload ?? kept,
            row.withheld == .unavailable || (row.withheld != nil && source == .feed)
        {
            _ = try operations(of: change)
            try settleChains()
            try core.fill(row, payload: payload, in: chain, buffer)
            touchedLayers.insert(layer.num)
        }
        guard source == .feed else { return }
        if let reason = change.withheld, reason.isWithoutEffect, row.withheld == nil {
            try settleChains()
            try core.withhold(row, reason: reason, in: chain, buffer)
            touchedLayers.insert(layer.num)
        }
        acknowledge(row, &chain, change, layer)
    }

    private mutating func acknowledge(_ row: ChangeRow, _ chain: inout ChainRow, _ change: Change, _ layer: LayerRow) {
        guard source == .feed else { return }
        chain.ackedSeq = max(chain.ackedSeq, row.seq)
        chains[layer.num, default: [:]][change.header.replica] = chain
    }

    private mutating func chain(_ layer: LayerRow, _ replica: ReplicaID) throws -> ChainRow {
        if let chain = chains[layer.num]?[replica] { return chain }
        let num = try core.num(of: replica)
        let chain = try core.chain(layer: layer.num, replica: num) ?? ChainRow(layer: layer.num, replica: num)
        chains[layer.num, default: [:]][replica] = chain
        return chain
    }

    /// Writes the chains out and forgets them: what edits the log itself reads them from the tables.
    private mutating func settleChains() throws {
        for perLayer in chains.values {
            for var chain in perLayer.values where chain.num != 0 || chain.heldSeq > 0 { try core.save(&chain) }
        }
        chains.removeAll()
        headLamports.removeAll()
    }

    private func headLamport(of chain: ChainRow, _ layer: LayerRow, _ replica: ReplicaID) throws -> UInt64 {
        if chain.heldSeq == 0 { return 0 }
        if let lamport = headLamports[layer.num]?[replica] { return lamport }
        if let base = chain.base, base.seq == chain.heldSeq { return base.lamport }
        guard let row = try core.changeRow(chain.changeID(chain.heldSeq)) else {
            throw StoreError(.damaged, "a change is missing from the log; run `variorum check`")
        }
        return row.lamport
    }

    private mutating func currentReplica() throws -> ReplicaID {
        if let current { return current }
        let replica: ReplicaID = try core.identifier(.replica)
        current = replica
        return replica
    }

    private mutating func lamport(_ layer: LayerRow) throws -> UInt64 {
        if let lamport = lamports[layer.num] { return lamport }
        let lamport = try core.lamport(of: layer)
        lamports[layer.num] = lamport
        return lamport
    }

    /// Writes chains and counters; the caller flushes the buffer.
    mutating func finish() throws {
        try settleChains()
        for num in touchedLayers {
            try core.touch(try core.layer(num: num), lamport: lamports[num] ?? 0)
            try core.dropBaseIfNeedless(of: num)
        }
        if isCopy { try core.rotateIfCurrent() }
    }
}

extension StoreCore {
    /// Takes a new replica id because the present one lives elsewhere too.
    func rotateIfCurrent() throws {
        let replica: ReplicaID = try identifier(.replica)
        let select = try db.statement("SELECT public_key FROM replica WHERE id = ?1")
        select.bind(replica, at: 1)
        guard try select.step(), let key = PublicKey(bytes: select.blob(0)) else { return }
        select.reset()
        try rotateReplica(key: key)
    }
}
