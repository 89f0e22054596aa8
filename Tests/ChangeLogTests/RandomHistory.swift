import AnnotationModel
import ChangeLog
import Simulation
import TestSupport

/// A random history of several replicas that write, and hear of each other in any order, late, twice or never.
struct RandomHistory {
    typealias Delivered = (stamp: Stamp, operations: [ChangeLog.Operation])

    static let record = Kind(rawValue: 8)
    static let contested = Field(rawValue: 5)
    static let register = Field(rawValue: 9)
    static let set = Field(rawValue: 7)

    private struct Replica {
        let id: ReplicaID
        var state = LayerState()
        var seq: UInt64 = 0
        var lamport: UInt64 = 0
        var inbox: [Delivered] = []
        var received: [Delivered] = []
    }

    private var random: SplitMix64
    private var replicas: [Replica]
    private(set) var all: [Delivered] = []
    private var records: [RecordID] = []

    init(seed: UInt64) {
        random = SplitMix64(seed: seed)
        let count = 3 + random.below(3)
        replicas = []
        for _ in 0..<count { replicas.append(Replica(id: ReplicaID(high: random.next(), low: random.next()))) }
        for _ in 0..<(50 + random.below(151)) { step() }
    }

    private mutating func step() {
        let place = random.below(replicas.count)
        if random.chance(2, in: 5) {
            deliver(to: place)
            return
        }
        write(at: place)
    }

    /// Hears a few of the changes that lie in the inbox, in any order; some stay, some come again.
    private mutating func deliver(to place: Int) {
        let count = random.below(1 + replicas[place].inbox.count)
        for _ in 0..<count {
            let pick = random.below(replicas[place].inbox.count)
            let change = replicas[place].inbox[pick]
            if !random.chance(1, in: 5) { replicas[place].inbox.remove(at: pick) }
            receive(change, at: place)
            if replicas[place].inbox.isEmpty { return }
        }
    }

    private mutating func receive(_ change: Delivered, at place: Int) {
        replicas[place].received.append(change)
        replicas[place].state.receive(change.stamp, change.operations)
        replicas[place].lamport = max(replicas[place].lamport, change.stamp.lamport)
    }

    private mutating func write(at place: Int) {
        var operations: [ChangeLog.Operation] = []
        var scratch = replicas[place].state
        let stamp = Stamp(
            replica: replicas[place].id, seq: replicas[place].seq + 1, lamport: replicas[place].lamport + 1,
            author: MemberID(high: 1, low: UInt64(place)), wallTime: Int64(random.below(1000)))
        for _ in 0..<(1 + random.below(3)) {
            guard let operation = randomOperation(scratch) else { continue }
            operations.append(operation)
            scratch = replicas[place].state
            scratch.receive(stamp, operations)
        }
        if operations.isEmpty { return }
        replicas[place].seq += 1
        replicas[place].lamport += 1
        let change: Delivered = (stamp, operations)
        all.append(change)
        for other in replicas.indices {
            if other == place { receive(change, at: place) } else { replicas[other].inbox.append(change) }
        }
    }

    private mutating func randomOperation(_ state: LayerState) -> ChangeLog.Operation? {
        let kind = Self.record
        if records.isEmpty || random.chance(1, in: 8) {
            let id = RecordID(high: random.next(), low: 0)
            records.append(id)
            return Operation(
                record: id, kind: kind,
                action: .create([FieldValue(Field(rawValue: 1), .integer(Int64(random.below(3))))]))
        }
        // Any record that anybody made: an edit of one that has not arrived must be remembered.
        let id = random.pick(records)
        let record = state.records[id] ?? RecordState()
        let element = Value.text("t\(random.below(4))")
        switch random.below(9) {
        case 0, 1:
            return record.write(.text("n\(random.below(5))"), to: Self.contested, isContested: true, of: id, kind)
        case 2:
            return record.write(.integer(Int64(random.below(5))), to: Self.register, isContested: false, of: id, kind)
        case 3, 4: return record.add(element, to: Self.set, of: id, kind)
        case 5: return record.remove(element, from: Self.set, of: id, kind)
        case 6: return record.delete(id, kind)
        case 7: return record.restore(id, kind)
        default: return random.chance(1, in: 10) ? Operation(record: id, kind: kind, action: .create([])) : nil
        }
    }

    /// What each replica has received so far, with its state.
    var views: [(received: [Delivered], state: LayerState)] { replicas.map { ($0.received, $0.state) } }

    /// All changes in a random order, some of them twice.
    mutating func shuffled() -> [Delivered] {
        var order = all
        for _ in 0..<(all.count / 4) { order.append(random.pick(all)) }
        return order.shuffled(using: &random)
    }
}
