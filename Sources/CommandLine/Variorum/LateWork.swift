import AnnotationModel
import Interchange
import LocalStore

/// What came too late for a round: refused changes of one's own coding layers, each with the layer that keeps it for the
/// round's adjudicators.
struct LateWork {
    struct Change {
        /// The refused change's key.
        let key: Int64
        /// `nil` until that layer has come.
        let layer: LayerID?
    }

    let changes: [Change]

    init(_ refused: [RefusedItem], _ names: RecordNames) {
        changes = refused.compactMap { item in
            guard let round = Self.round(of: item, names) else { return nil }
            let layer = names.layers.first {
                $0.kind == LayerKind.late.rawValue && $0.owner == names.ownMember && $0.round == round
            }
            return Change(key: item.change, layer: layer.flatMap { $0.isWritable ? $0.id : nil })
        }
    }

    /// The round whose codings a change was meant for.
    static func round(of item: RefusedItem, _ names: RecordNames) -> RecordID? {
        guard let layer = names.layer(item.log.layer), layer.kind == LayerKind.coding.rawValue,
            layer.owner == names.ownMember
        else { return nil }
        return layer.round
    }

    /// Makes what came too late again in the layers for it, as far as they are here.
    ///
    /// - Returns: How many changes there were.
    static func keep(in store: LocalStore) throws -> Int {
        let late = try store.read { reader -> LateWork? in
            let refused = try reader.refused()
            return refused.isEmpty ? nil : LateWork(refused, try RecordNames(reading: reader))
        }
        var count = 0
        for change in late?.changes ?? [] {
            guard let layer = change.layer else { continue }
            try store.reapply(change.key, in: layer)
            count += 1
        }
        return count
    }

    static func notice(_ count: Int) -> String {
        "\(counted(count, "change")) came too late for a round, and \(count == 1 ? "is" : "are") kept for its adjudicators."
    }
}
