import AnnotationModel
import ChangeLog

/// A random feed: replicas that write, and hear of each other in any order and late, also before the feed does; chains in
/// order.
struct RandomFeed {
    typealias Delivered = (stamp: Stamp, operations: [ChangeLog.Operation])

    private struct Replica {
        let id: ReplicaID
        var state = LayerState()
        var lamport: UInt64 = 0
        var made: [Delivered] = []
        var inbox: [Delivered] = []
    }

    private var random: SplitMix64
    private var replicas: [Replica] = []
    private var records: [RecordID] = []
    private let strangeness: Int
    private let author: MemberID
    private(set) var changes: [Delivered] = []

    /// - Parameter strangeness: Of a hundred operations so many name dots that nobody has seen, or that are none.
    init(seed: UInt64, steps: Int, strangeness: Int, author: MemberID = MemberID(high: 1, low: 1)) {
        random = SplitMix64(seed: seed)
        self.strangeness = strangeness
        self.author = author
        for _ in 0..<(2 + random.below(3)) {
            replicas.append(Replica(id: ReplicaID(high: random.next(), low: random.next())))
        }
        for _ in 0..<steps {
            let place = random.below(replicas.count)
            if random.chance(1, in: 3) { hear(place) } else { write(place) }
        }
        var next = replicas.map { _ in 0 }
        let total = replicas.reduce(0) { $0 + $1.made.count }
        while changes.count < total {
            let place = random.below(replicas.count)
            // In runs, as pushes bring them.
            for _ in 0...random.below(4) where next[place] < replicas[place].made.count {
                changes.append(replicas[place].made[next[place]])
                next[place] += 1
            }
        }
    }

    private mutating func hear(_ place: Int) {
        for _ in 0..<random.below(1 + replicas[place].inbox.count) {
            let change = replicas[place].inbox.remove(at: random.below(replicas[place].inbox.count))
            replicas[place].state.receive(change.stamp, change.operations)
            replicas[place].lamport = max(replicas[place].lamport, change.stamp.lamport)
        }
    }

    private mutating func write(_ place: Int) {
        let stamp = Stamp(
            replica: replicas[place].id, seq: UInt64(replicas[place].made.count + 1),
            lamport: replicas[place].lamport + 1, author: author, wallTime: Int64(random.below(1000)))
        var operations: [ChangeLog.Operation] = []
        var scratch = replicas[place].state
        for _ in 0...random.below(4) {
            guard let operation = operation(scratch, stamp) else { continue }
            operations.append(operation)
            scratch = replicas[place].state
            scratch.receive(stamp, operations)
        }
        if operations.isEmpty { return }
        replicas[place].lamport += 1
        replicas[place].made.append((stamp, operations))
        replicas[place].state.receive(stamp, operations)
        for other in replicas.indices where other != place { replicas[other].inbox.append((stamp, operations)) }
    }

    private mutating func operation(_ state: LayerState, _ stamp: Stamp) -> ChangeLog.Operation? {
        let kind = Kind(rawValue: 8)
        if records.isEmpty || random.chance(1, in: 8) {
            records.append(RecordID(high: random.next(), low: 0))
            return Operation(
                record: records[records.count - 1], kind: kind,
                action: .create([FieldValue(Field(rawValue: 1), .integer(1))]))
        }
        let id = random.pick(records)
        let record = state.records[id] ?? RecordState()
        let element = Value.text("t\(random.below(4))")
        let made: ChangeLog.Operation? =
            switch random.below(8) {
            case 0, 1:
                record.write(.text("n\(random.below(5))"), to: Field(rawValue: 5), isContested: true, of: id, kind)
            case 2:
                record.write(.integer(Int64(random.below(5))), to: Field(rawValue: 9), isContested: false, of: id, kind)
            case 3, 4: record.add(element, to: Field(rawValue: 7), of: id, kind)
            case 5: record.remove(element, from: Field(rawValue: 7), of: id, kind)
            case 6: record.delete(id, kind)
            default: record.restore(id, kind)
            }
        guard let made, random.chance(strangeness, in: 100) else { return made }
        if case .create = made.action { return made }
        let strange = (0...random.below(3)).map { _ in
            Dot(
                replica: random.pick(replicas).id, seq: UInt64(1 + random.below(Int(stamp.seq) + 8)),
                index: UInt32(random.below(5)))
        }
        return Operation(
            record: id, kind: kind, action: made.action, supersedes: Set(made.supersedes + strange).sorted())
    }

    /// What is held after so many changes.
    func vector(after count: Int) -> VersionVector {
        changes[..<count].reduce(into: VersionVector()) { $0[$1.stamp.replica] = $1.stamp.seq }
    }

    /// The first changes in another order, in which chains are in order, too.
    mutating func reordered(_ count: Int) -> [Delivered] {
        var chains: [ReplicaID: [Delivered]] = [:]
        for change in changes[..<count].reversed() { chains[change.stamp.replica, default: []].append(change) }
        var order: [Delivered] = []
        while order.count < count {
            let replica = random.pick(chains.filter { !$0.value.isEmpty }.keys.sorted())
            if let change = chains[replica]?.popLast() { order.append(change) }
        }
        return order
    }

    mutating func below(_ bound: Int) -> Int { random.below(bound) }
}

/// The operations of changes on each record.
func operationsByRecord(_ changes: some Sequence<RandomFeed.Delivered>)
    -> [RecordID: [(operation: ChangeLog.Operation, index: UInt32, stamp: Stamp)]]
{
    var result: [RecordID: [(operation: ChangeLog.Operation, index: UInt32, stamp: Stamp)]] = [:]
    for (stamp, operations) in changes {
        for (index, operation) in operations.enumerated() {
            result[operation.record, default: []].append((operation, UInt32(index), stamp))
        }
    }
    return result
}

extension LayerState {
    /// What a client has that takes changes one after the other: the records that are there, without what is awaited of
    /// changes that are here, of which nothing will come.
    var settled: [RecordID: RecordState] {
        records.mapValues { state in
            RecordState(
                creations: state.creations, registers: state.registers, elements: state.elements,
                deletions: state.deletions, restorations: state.restorations,
                awaited: state.awaited.filter { !vector.contains($0) })
        }.filter { !$0.value.isEmpty }
    }
}
