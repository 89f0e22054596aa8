public import AnnotationModel
public import ChangeLog

/// The slow, obvious meaning of a set of changes: no increments, no orders of arrival, only definitions.
///
/// docs/merge.md states these definitions in words. Everything is recomputed from the whole set every time.
public struct OracleState {
    struct Entry {
        let dot: Dot
        let stamp: Stamp
        let operation: ChangeLog.Operation
    }

    private var entries: [RecordID: [Entry]] = [:]
    private var replicas: [ReplicaID: [UInt64: Stamp]] = [:]

    /// Takes the changes that are held without a gap.
    public init(_ changes: [(stamp: Stamp, operations: [ChangeLog.Operation])]) {
        var unique: [Dot: Entry] = [:]
        for (stamp, operations) in changes {
            replicas[stamp.replica, default: [:]][stamp.seq] = stamp
            for (index, operation) in operations.enumerated() {
                let dot = Dot(replica: stamp.replica, seq: stamp.seq, index: UInt32(index))
                unique[dot] = Entry(dot: dot, stamp: stamp, operation: operation)
            }
        }
        var heads: [ReplicaID: UInt64] = [:]
        for replica in replicas.keys { heads[replica] = held(replica) }
        for entry in unique.values where entry.stamp.seq <= heads[entry.stamp.replica] ?? 0 {
            entries[entry.operation.record, default: []].append(entry)
        }
    }

    /// Highest seq without a gap.
    public func held(_ replica: ReplicaID) -> UInt64 {
        var seq: UInt64 = 0
        while replicas[replica]?[seq + 1] != nil { seq += 1 }
        return seq
    }

    public var vector: VersionVector {
        var vector = VersionVector()
        for replica in replicas.keys { vector[replica] = held(replica) }
        return vector
    }

    public var records: Set<RecordID> { Set(entries.keys) }

    private func named(in all: [Entry]) -> Set<Dot> {
        var named: Set<Dot> = []
        for entry in all {
            for dot in entry.operation.supersedes {
                let isOwnFuture =
                    dot.replica == entry.dot.replica
                    && (dot.seq > entry.dot.seq || (dot.seq == entry.dot.seq && dot.index >= entry.dot.index))
                if !isOwnFuture { named.insert(dot) }
            }
        }
        return named
    }

    /// The state of a record, put together from the definitions.
    public func state(of record: RecordID) -> RecordState {
        let all = entries[record] ?? []
        let named = named(in: all)
        func precedes(_ a: Entry, _ b: Entry) -> Bool {
            if a.stamp.lamport != b.stamp.lamport { return a.stamp.lamport < b.stamp.lamport }
            return a.dot < b.dot
        }
        var creations: [RecordState.Creation] = []
        var registers: [RecordState.RegisterEntry] = []
        var elements: [RecordState.ElementEntry] = []
        var deletions: [RecordState.Deletion] = []
        var restorations: [RecordState.Restoration] = []
        for entry in all.sorted(by: precedes) {
            let (stamp, index) = (entry.stamp, entry.dot.index)
            if case .create(let fields) = entry.operation.action {
                creations.append(.init(stamp: stamp, index: index, kind: entry.operation.kind, fields: fields))
                continue
            }
            if named.contains(entry.dot) { continue }
            switch entry.operation.action {
            case .write(let field, let value, let isContested):
                registers.append(
                    .init(stamp: stamp, index: index, field: field, value: value, isContested: isContested))
            case .add(let field, let element):
                elements.append(.init(stamp: stamp, index: index, field: field, element: element, isPresent: true))
            case .remove(let field, let element):
                elements.append(.init(stamp: stamp, index: index, field: field, element: element, isPresent: false))
            case .delete(let covers):
                deletions.append(.init(stamp: stamp, index: index, covers: covers.sorted()))
            case .restore: restorations.append(.init(stamp: stamp, index: index))
            case .create, .unknown: break
            }
        }
        registers.sort { a, b in
            if a.field != b.field { return a.field < b.field }
            if a.stamp.lamport != b.stamp.lamport { return a.stamp.lamport > b.stamp.lamport }
            return b.dot < a.dot
        }
        elements.sort { a, b in
            if a.field != b.field { return a.field < b.field }
            if a.element != b.element { return a.element < b.element }
            return a.dot < b.dot
        }
        return RecordState(
            creations: creations, registers: registers, elements: elements,
            deletions: deletions.sorted { $0.dot < $1.dot }, restorations: restorations.sorted { $0.dot < $1.dot },
            awaited: named.filter { $0.seq > held($0.replica) }.sorted())
    }

    /// Operations that name one which is not earlier in Lamport order, and operations of some replicas that name another
    /// of theirs on another record, given new numbers wrongly: `replica seq` each.
    public func strayReferences(among own: Set<ReplicaID>) -> [String] {
        var records: [Dot: RecordID] = [:]
        for (record, all) in entries {
            for entry in all { records[entry.dot] = record }
        }
        var result: [String] = []
        for all in entries.values {
            let lamports = Dictionary(all.map { ($0.dot, $0.stamp.lamport) }) { first, _ in first }
            for entry in all {
                for dot in entry.operation.supersedes where dot.seq != entry.dot.seq || dot.replica != entry.dot.replica
                {
                    if let lamport = lamports[dot], lamport >= entry.stamp.lamport {
                        result.append(
                            "\(entry.dot.replica) \(entry.dot.seq) does not come after \(dot.replica) \(dot.seq)")
                    }
                }
            }
        }
        for (record, all) in entries {
            for entry in all where own.contains(entry.dot.replica) {
                var named = entry.operation.supersedes
                if case .delete(let covers) = entry.operation.action { named += covers }
                for dot in named where own.contains(dot.replica) {
                    if let other = records[dot], other != record {
                        result.append("\(entry.dot.replica) \(entry.dot.seq) names \(dot.replica) \(dot.seq)")
                    }
                }
            }
        }
        return result.sorted()
    }

    /// What is in a set, by the definition: an element with an add that nothing supersedes.
    public func members(of field: Field, in record: RecordID) -> Set<Value> {
        let all = entries[record] ?? []
        let named = Set(all.flatMap(\.operation.supersedes))
        var result: Set<Value> = []
        for entry in all {
            if case .add(field, let element) = entry.operation.action, !named.contains(entry.dot) {
                result.insert(element)
            }
        }
        return result
    }

    /// Whether a record is there: created, and either no deletion stands or an edit stands that no deletion covers.
    public func isAlive(_ record: RecordID) -> Bool {
        let state = state(of: record)
        if state.creations.isEmpty { return false }
        if state.deletions.isEmpty { return true }
        let covered = Set(state.deletions.flatMap(\.covers))
        return state.editDots.contains { !covered.contains($0) }
    }

    /// What people have to settle, as `type field` words, by the definitions of docs/merge.md.
    public func conflicts(in record: RecordID) -> Set<String> {
        guard isAlive(record) else { return [] }
        let all = entries[record] ?? []
        let named = named(in: all)
        var result: Set<String> = []
        var values: [Field: Set<Value>] = [:]
        var contested: Set<Field> = []
        var creations: Set<[FieldValue]> = []
        var kinds: Set<Kind> = []
        for entry in all {
            switch entry.operation.action {
            case .create(let fields):
                creations.insert(fields)
                kinds.insert(entry.operation.kind)
            case .write(let field, let value, let isContested) where !named.contains(entry.dot):
                values[field, default: []].insert(value)
                if isContested { contested.insert(field) }
            case .delete where !named.contains(entry.dot): result.insert("deleted-and-edited 0")
            default: break
            }
        }
        for field in contested where (values[field]?.count ?? 0) > 1 { result.insert("contested \(field.rawValue)") }
        if creations.count > 1 || kinds.count > 1 { result.insert("created-twice 0") }
        return result
    }
}
