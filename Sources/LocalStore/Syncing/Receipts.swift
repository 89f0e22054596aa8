public import AnnotationModel
public import ChangeLog
import SQLiteBinding
import WireFormat

extension LocalStore {
    /// Signed changes that the server holds and of which no receipt is here, by layer; `WireLimits.receiptsMax` of one layer
    /// at most.
    public func unreceipted() throws -> [LayerID: [ChangeName]] {
        try exclusively { core in
            guard let link = try core.syncLink() else { return [:] }
            var missing: [LayerID: [ChangeName]] = [:]
            for layer in try core.connectedLayers(link) where layer.epoch != nil {
                var names: [ChangeName] = []
                for chain in try core.chains(layer: layer.num) {
                    let replica = try core.replica(chain.replica)
                    names += try core.unreceipted(chain, limit: WireLimits.receiptsMax - names.count)
                        .map { ChangeName(replica: replica, seq: $0) }
                }
                if !names.isEmpty { missing[layer.id] = names }
            }
            return missing
        }
    }

    /// Keeps receipts of changes that are here.
    ///
    /// - Returns: How many are for a change that had none, or a later one.
    /// - Throws: `unverified` if one is not the server's word on the chain as it is here; none of them is kept then.
    @discardableResult
    public func keep(_ receipts: [ChainReceipt]) throws -> Int {
        try maintain(origin: .remote) { core, _ in
            let link = try core.requireLink()
            return try receipts.count { try core.keep($0, from: link) }
        }
    }
}

extension StoreCore {
    fileprivate func unreceipted(_ chain: ChainRow, limit: Int) throws -> [UInt64] {
        guard limit > 0 else { return [] }
        let select = try db.statement(
            """
            SELECT id FROM change WHERE id BETWEEN ?1 AND ?2 AND signature IS NOT NULL AND receipt IS NULL
            ORDER BY id DESC LIMIT ?3
            """)
        select.bind(chain.changeID(1), at: 1)
        select.bind(chain.changeID(chain.ackedSeq), at: 2)
        select.bind(Int64(limit), at: 3)
        var seqs: [UInt64] = []
        while try select.step() { seqs.append(ChainRow.split(select.int64(0)).seq) }
        return seqs
    }

    /// Keeps a receipt, unless an earlier one is there: that one shows more.
    ///
    /// - Returns: Whether it was kept; not if the change is not here.
    func keep(_ receipt: ChainReceipt, from link: SyncLink) throws -> Bool {
        guard let layer = try findLayer(receipt.layer),
            let chain = try chain(layer: layer.num, replica: try num(of: receipt.replica)),
            receipt.receipt.seq > 0, receipt.receipt.seq <= chain.heldSeq,
            let row = try changeRow(chain.changeID(receipt.receipt.seq))
        else { return false }
        if let known = row.receipt, known.receivedAt <= receipt.receipt.receivedAt { return false }
        guard
            receipt.receipt.isValid(
                layer: layer.id, replica: receipt.replica, hash: row.hash, by: link.knownServer, using: cryptography)
        else {
            throw StoreError(.unverified, "the server's receipt is not signed with its key, or for another change")
        }
        let update = try db.statement("UPDATE change SET received_at = ?2, receipt = ?3 WHERE id = ?1")
        update.bind(row.id, at: 1)
        update.bind(receipt.receipt.receivedAt, at: 2)
        update.bind(receipt.receipt.signature, at: 3)
        try update.run()
        return true
    }

    /// All receipts of a chain, by seq.
    func receipts(of chain: ChainRow, layer: LayerID, replica: ReplicaID) throws -> [ChainReceipt] {
        let select = try db.prepare(
            "SELECT id, received_at, receipt FROM change WHERE id BETWEEN ?1 AND ?2 AND receipt IS NOT NULL ORDER BY id"
        )
        select.bind(chain.changeID(1), at: 1)
        select.bind(chain.changeID(ChainRow.seqMax), at: 2)
        var receipts: [ChainReceipt] = []
        while try select.step() {
            guard let signature = Signature(bytes: select.blob(2)) else { continue }
            let receipt = Receipt(
                seq: ChainRow.split(select.int64(0)).seq, receivedAt: select.int64(1), signature: signature)
            receipts.append(ChainReceipt(layer: layer, replica: replica, receipt: receipt))
        }
        return receipts
    }
}
