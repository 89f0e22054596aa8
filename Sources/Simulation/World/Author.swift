import AnnotationModel
import ChangeLog
import DocumentText
import LocalStore

/// What analysts do: makes records, edits, deletes and takes back, with texts that say where they come from.
struct Author {
    private struct Known {
        let record: RecordID
        let kind: Kind
    }

    private struct KnownVersion {
        let document: RecordID
        let version: RecordID
        let length: Int
    }

    private var records: [LayerID: [Known]] = [:]
    private var versions: [LayerID: [KnownVersion]] = [:]
    private var counter = 0
    /// What an edit did not do that it should have, right after it.
    private(set) var broken: [String] = []

    /// What stands at the beginning of every text in a private layer, and in no other.
    static func secret(of member: Int) -> String { "secret-of-member-\(member)-" }

    /// What stands at the beginning of every text in a round's layer that others may not read yet.
    static func secret(of layer: LayerID) -> String { "in-\(layer)-" }

    func layers(of store: LocalStore) -> [LayerKind: LayerID] {
        var result: [LayerKind: LayerID] = [:]
        for kind in LayerKind.basic { result[kind] = try? store.read { try $0.ownLayer(kind) } }
        return result
    }

    /// A store was connected: its own layers are the server's now.
    mutating func moved(from old: [LayerKind: LayerID], to new: [LayerKind: LayerID]) {
        for (kind, layer) in old {
            guard let target = new[kind], target != layer else { continue }
            records[target, default: []] += records[layer] ?? []
            versions[target, default: []] += versions[layer] ?? []
        }
    }

    /// Does one thing that a user may do. - Returns: What it was.
    mutating func write(on device: SimulatedDevice, _ random: inout SplitMix64) throws -> String {
        let store = try device.anyStore(&random)
        switch random.below(20) {
        case 0:
            let action = try store.undo()
            return "takes \(action.map(shortName) ?? "nothing") back"
        case 1: return try importDocument(on: device, store, &random)
        default: break
        }
        let writable = try store.read { try $0.layers() }.filter(\.isWritable)
        guard !writable.isEmpty else { return "may write nowhere" }
        var words: [String] = []
        var made: [(LayerID, Known)] = []
        try store.write { transaction in
            for _ in 0..<(random.chance(1, in: 3) ? 1 + random.below(4) : 1) {
                // Much in the shared layer: that is where people meet.
                let codings = writable.filter { $0.kind == LayerKind.coding.rawValue }
                let layer =
                    !codings.isEmpty && random.chance(1, in: 3)
                    ? random.pick(codings)
                    : random.chance(1, in: 2)
                        ? writable.first { $0.kind == LayerKind.shared.rawValue } ?? random.pick(writable)
                        : random.pick(writable)
                words.append(try act(in: layer, of: device, transaction, &made, &random))
            }
        }
        for (layer, known) in made { records[layer, default: []].append(known) }
        return words.joined(separator: ", ")
    }

    private mutating func text(_ layer: LayerItem, _ device: SimulatedDevice, _ random: inout SplitMix64) -> String {
        counter += 1
        let secret =
            switch LayerKind(rawValue: layer.kind) {
            case .private: Self.secret(of: device.member)
            case .coding, .late: Self.secret(of: layer.id)
            default: ""
            }
        return secret + "text \(counter) of \(device.name)"
    }

    private mutating func act(
        in layer: LayerItem, of device: SimulatedDevice, _ transaction: WriteTransaction,
        _ made: inout [(LayerID, Known)], _ random: inout SplitMix64
    ) throws -> String {
        let text = text(layer, device, &random)
        let known = records[layer.id] ?? []
        if known.isEmpty || random.chance(1, in: 4) {
            let (kind, values) = newRecord(text, in: layer.id, &random)
            let record = try transaction.create(kind, in: layer.id, values)
            made.append((layer.id, Known(record: record, kind: kind)))
            return "makes \(record.short)"
        }
        // Some again and again, so that edits meet.
        let place =
            random.chance(1, in: 3)
            ? random.below(known.count)
            : random.chance(1, in: 2)
                ? min(known.count - 1, random.below(2)) : max(0, known.count - 1 - random.below(3))
        let (record, kind) = (known[place].record, known[place].kind)
        do {
            return try edit(record, kind, in: layer.id, text, transaction, &random)
        } catch let error as StoreError where error.code == .noSuchRecord {
            return "finds no \(record.short)"
        }
    }

    private func newRecord(_ text: String, in layer: LayerID, _ random: inout SplitMix64) -> (Kind, [(Field, Value)]) {
        if let version = versions[layer]?.last, random.chance(1, in: 2) {
            let start = Int64(random.below(version.length))
            let end = min(Int64(version.length), start + 1 + Int64(random.below(8)))
            return (
                .annotation,
                [
                    (Field.Annotation.document, .identifier(version.document)),
                    (Field.Annotation.version, .identifier(version.version)),
                    (Field.Annotation.position, .list([.integer(start), .integer(end)])),
                    (Field.Annotation.quote, .list([.text("exact"), .text("before"), .text("after")])),
                    (Field.Annotation.note, .text(text)), (Field.Annotation.tags, .text("tag \(random.below(4))")),
                ]
            )
        }
        switch random.below(4) {
        case 0: return (.code, [(Field.Code.name, .text(text))])
        case 1: return (.memo, [(Field.Memo.title, .text(text)), (Field.Memo.body, .text(text))])
        case 2:
            let target = records[layer]?.last?.record ?? RecordID(high: 1, low: 1)
            return (.comment, [(Field.Comment.target, .identifier(target)), (Field.Comment.body, .text(text))])
        default: return (.entity, [(Field.Entity.name, .text(text)), (Field.Entity.aliases, .text("alias"))])
        }
    }

    private mutating func expect(_ holds: Bool, _ what: @autoclosure () -> String) {
        if !holds { broken.append(what()) }
    }

    private mutating func edit(
        _ record: RecordID, _ kind: Kind, in layer: LayerID, _ text: String, _ transaction: WriteTransaction,
        _ random: inout SplitMix64
    ) throws -> String {
        guard let definition = Model.definition(of: kind) else { return "leaves \(record.short)" }
        if random.chance(1, in: 8) {
            try transaction.delete(record, in: layer)
            expect(try !transaction.state(of: record, in: layer).isAlive, "\(record) is there after its deletion")
            return "deletes \(record.short)"
        }
        if random.chance(1, in: 8) {
            try transaction.restore(record, in: layer)
            let state = try transaction.state(of: record, in: layer)
            expect(state.creation == nil || state.isAlive, "\(record) was brought back and is not there")
            return "brings \(record.short) back"
        }
        let fields = definition.fields.filter { $0.rule != .writeOnce && [.text, .integer].contains($0.type) }
        guard !fields.isEmpty else { return "leaves \(record.short)" }
        let sets = fields.filter { $0.rule == .addWinsSet }
        let field = !sets.isEmpty && random.chance(1, in: 3) ? sets[0] : random.pick(fields)
        switch field.rule {
        case .addWinsSet:
            // Few elements, so that adds and removes of one meet.
            let element = Value.text("element \(random.below(2))")
            if random.chance(1, in: 2) {
                try transaction.add(element, to: field.field, of: record, in: layer)
                let set = try transaction.state(of: record, in: layer).set(field.field)
                expect(set.contains(element), "\(record) lacks an element that was added")
                return "adds to \(record.short)"
            }
            try transaction.remove(element, from: field.field, of: record, in: layer)
            let set = try transaction.state(of: record, in: layer).set(field.field)
            expect(!set.contains(element), "\(record) has an element that was removed")
            return "removes from \(record.short)"
        default:
            let value: Value =
                random.chance(1, in: 12)
                ? .null : field.type == .integer ? .integer(Int64(random.below(100))) : .text(text)
            try transaction.set(field.field, of: record, in: layer, to: value)
            let candidates = try transaction.state(of: record, in: layer).candidates(field.field)
            expect(
                candidates.count <= 1 && candidates.first?.value ?? .null == value,
                "\(field.name) of \(record) does not show what was written, alone")
            return "sets \(field.name) of \(record.short)"
        }
    }

    private mutating func importDocument(
        on device: SimulatedDevice, _ store: LocalStore, _ random: inout SplitMix64
    ) throws -> String {
        // Few texts, so that two devices import the same one.
        let text =
            "Report \(random.below(5)). " + String(repeating: "Somebody said something. ", count: 1 + random.below(3))
        let layer = try store.read { try $0.ownLayer(.shared) }
        let canonical = try CanonicalText(importing: [UInt8](text.utf8))
        let imported = try store.importDocument(
            canonical, title: "Report", source: "-", rawBytes: canonical.utf8, importer: "simulation")
        versions[layer, default: []].append(
            KnownVersion(document: imported.document, version: imported.version, length: text.count))
        if random.chance(1, in: 6) {
            try store.write { try $0.deleteDocument(imported.document, in: layer) }
            return "imports and deletes \(imported.document.short)"
        }
        return "imports \(imported.document.short)"
    }

    /// Settles a conflict as a user does: a value for a contested field, the record back or gone.
    func settle(_ item: ConflictItem, on store: LocalStore, _ random: inout SplitMix64) throws {
        try store.write { transaction in
            switch item.conflict {
            case .contested(let field, let candidates):
                try transaction.set(field, of: item.record, in: item.layer, to: random.pick(candidates).value)
            case .deletedAndEdited:
                if random.chance(1, in: 2) {
                    try transaction.restore(item.record, in: item.layer)
                } else {
                    try transaction.delete(item.record, in: item.layer)
                }
            case .createdTwice: break
            }
        }
    }
}
