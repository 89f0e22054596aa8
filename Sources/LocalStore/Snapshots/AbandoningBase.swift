import AnnotationModel
import ChangeLog
import SQLiteBinding

/// The feed has another change than one that a snapshot stands for: a server that was put back to an older copy, and a
/// device that has had two lives since. Nothing of the page was taken.
struct OtherThanBase: Error {
    let layer: LayerID
}

extension StoreCore {
    /// Gives up a snapshot: the layer is what is here without it, and its feed is read from the start.
    ///
    /// What comes behind it in chains that are not all here is put aside.
    func abandonBase(of layer: LayerID, _ buffer: RecordBuffer) throws {
        guard let row = try findLayer(layer), let epoch = row.epoch else { return }
        for var chain in try chains(layer: row.num) where chain.base != nil {
            let last = try lastWhole(of: chain)
            if last >= chain.heldSeq { continue }
            if chain.heldSeq >= chain.firstWholeSeq {
                try keepAside(
                    try changes(of: chain, chain.firstWholeSeq, through: chain.heldSeq),
                    reason: "the server holds another history of this replica")
            }
            if last == 0 { try delete(chain) } else { try delete(changesOf: &chain, from: last + 1) }
        }
        try deleteBase(of: row.num)
        try restart(row, in: epoch)
        forget()
        try rebuild(try self.layer(layer), buffer)
    }
}
