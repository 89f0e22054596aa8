import AnnotationModel
public import ChangeLog
import SQLiteBinding
public import WireFormat

extension LocalStore {
    /// Proves every chain of the log, from what the store holds alone: who made which change, in which order, by when the
    /// server had it, and that nothing was altered. By layer and replica.
    ///
    /// Complexity: O(n) in the log.
    /// - Parameter each: Is called with every change that is in its place, chain by chain.
    public func proofs(_ each: (ChangeHeader, Digest) -> Void = { _, _ in }) throws -> [ChainProof] {
        try exclusively { core in
            let server = try core.syncLink()?.knownServer
            var proofs: [ChainProof] = []
            for layer in try core.allLayers() {
                for chain in try core.chains(layer: layer.num) where chain.heldSeq > 0 {
                    proofs.append(try core.proof(of: chain, in: layer, server: server) { each($0, $1.hash) })
                }
            }
            return proofs.sorted { ($0.layer, $0.replica) < ($1.layer, $1.replica) }
        }
    }
}

extension StoreCore {
    /// Goes through a chain, from its first change where all are here, be it by their headers, else from where a snapshot stands;
    /// what does not hold is among the proof's problems.
    ///
    /// - Parameter each: Is called with every change that is in its place.
    func proof(
        of chain: ChainRow, in layer: LayerRow, server: KnownServer?, _ each: (ChangeHeader, ChangeRow) throws -> Void
    ) throws -> ChainProof {
        let replica = try self.replica(chain.replica)
        let device =
            try certificate(of: replica)
            ?? self.device(of: replica).map {
                DeviceCertificate(member: $0.member, publicKey: $0.publicKey, signature: nil)
            }
        let base = try chain.base.flatMap { try changeRow(chain.changeID($0.seq))?.hash == $0.hash ? nil : $0 }
        var verifier = ChainVerifier(
            layer: layer.id, replica: replica, device: device, isAuthorVouched: layer.epoch != nil,
            from: base.map {
                SnapshotHead.Chain(replica: replica, seq: $0.seq, hash: $0.hash, lamport: $0.lamport)
            },
            server: server, using: cryptography)
        var previous = base?.hash ?? .zero
        var isWhole = true
        try forEachChange(of: chain, from: (base?.seq ?? 0) + 1) { row in
            let header = try header(of: row, layer: layer.id, replica: replica, previous: previous)
            isWhole = verifier.take(
                header, hash: row.hash, hasPayload: row.payload != nil, signature: row.signature, receipt: row.receipt)
            previous = row.hash
            if isWhole { try each(header, row) }
            return isWhole
        }
        var proof = verifier.proof
        if isWhole, proof.changeCount != chain.heldSeq || previous != chain.headHash {
            proof.problems.append("its end is not where the chain table says")
        }
        return proof
    }
}
