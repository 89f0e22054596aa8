import AnnotationModel
import ChangeLog
import SQLiteBinding
import WireFormat

extension StoreCore {
    /// What does not hold of a snapshot that stands for a layer's history, in words.
    func problems(of base: BaseRow, _ server: KnownServer?) throws -> [String] {
        var problems: [String] = []
        if let server,
            !cryptography.isValid(
                base.signed.signature, of: base.head.statement(by: server.server, using: cryptography), by: server.key)
        {
            problems.append("the server's signature does not hold")
        }
        let held = try pieceCount(of: base.layer, in: .base)
        if held != base.pieceCount {
            problems.append("it has \(base.pieceCount) pieces, and \(held) are here")
        }
        let select = try db.prepare("SELECT number, bytes FROM base_piece WHERE layer = ?1 ORDER BY number")
        select.bind(base.layer, at: 1)
        var next: UInt64 = 0
        while try select.step() {
            let number = UInt64(select.int64(0))
            if number != next || number >= base.pieceCount
                || cryptography.sha256(select.blob(1)) != base.head.pieces[Int(number)]
            {
                problems.append("piece \(number) is not the one that the server signed")
            }
            next = number + 1
        }
        let ends = Dictionary(base.head.chains.map { ($0.replica, $0) }) { first, _ in first }
        var count = 0
        for chain in try chains(layer: base.layer) {
            guard let stands = chain.base else { continue }
            count += 1
            let replica = try self.replica(chain.replica)
            if ends[replica]?.seq != stands.seq || ends[replica]?.hash != stands.hash {
                problems.append("it stands elsewhere in the chain of replica \(replica) than its row says")
            }
            problems += try problemsOfHistory(of: chain, replica)
        }
        if count != base.head.chains.count { problems.append("chains that it stands for are missing") }
        return problems
    }

    /// What is here of the history behind a snapshot has to be a chain from its beginning. Who was away for longer than the
    /// server keeps payloads may lack a part in the middle: what comes after it is followed from there.
    private func problemsOfHistory(of chain: ChainRow, _ replica: ReplicaID) throws -> [String] {
        let layer = try self.layer(num: chain.layer)
        var previous = Digest.zero
        var next: UInt64 = 1
        var problems: [String] = []
        try forEachChange(of: chain, from: 1) { row in
            guard row.seq < chain.firstWholeSeq else { return false }
            let header = try self.header(of: row, layer: layer.id, replica: replica, previous: previous)
            guard row.seq > next || header.hash(using: cryptography) == row.hash else {
                problems.append("change \(row.seq) of replica \(replica), which it stands for, was altered")
                return false
            }
            previous = row.hash
            next = row.seq + 1
            return true
        }
        return problems
    }
}
