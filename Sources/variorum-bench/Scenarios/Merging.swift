import AnnotationModel
import ChangeLog
import WireFormat

/// Two replicas of one layer change every record concurrently and merge, in memory.
///
/// As the CRDT libraries were measured: the first sets the note of every annotation, the second the note and another
/// field, so that every note is in conflict. Merging reads the other's changes from their encoded payloads.
struct Merging {
    private let step: Step

    init(_ step: Step) { self.step = step }

    /// A replica's change as it arrives.
    private struct Arrival {
        let stamp: Stamp
        let payload: [UInt8]
    }

    private struct Replica {
        let id: ReplicaID
        let member: MemberID
        var state: LayerState
        var arrivals: [Arrival] = []

        init(_ number: UInt64, _ state: LayerState) {
            id = ReplicaID(high: number, low: number)
            member = MemberID(high: number, low: 0)
            self.state = state
        }

        mutating func make(_ operations: [ChangeLog.Operation], lamport: UInt64) {
            let stamp = Stamp(
                replica: id, seq: state.vector[id] + 1, lamport: lamport, author: member, wallTime: 1_767_600_000_000)
            state.receive(stamp, operations)
            arrivals.append(Arrival(stamp: stamp, payload: Payload(operations: operations).encoded(by: id)))
        }

        mutating func merge(_ arrivals: [Arrival]) throws {
            for arrival in arrivals {
                let payload = try Payload(decoding: arrival.payload, by: arrival.stamp.replica)
                state.receive(arrival.stamp, payload.operations)
            }
        }
    }

    func run() throws {
        let workload = Workload(records: step.count)
        let memoryBefore = Machine.peakMemory()
        var origin = Replica(1, LayerState())
        let ids = workload.records.indices.map { RecordID(high: 0x1234_5678_9ABC_DEF0, low: UInt64($0)) }
        let build = Stopwatch.measure {
            for (place, record) in workload.records.enumerated() {
                origin.make(Self.creation(of: ids[place], record), lamport: UInt64(place + 1))
            }
        }
        var (first, second) = (Replica(2, origin.state), Replica(3, origin.state))
        let base = UInt64(step.count)
        let firstChanges = Stopwatch.measure {
            for (place, record) in workload.records.enumerated() {
                let operation = Self.note(record.body + " (a)", of: ids[place], in: first.state)
                first.make([operation], lamport: base + UInt64(place + 1))
            }
        }
        let secondChanges = Stopwatch.measure {
            for (place, record) in workload.records.enumerated() {
                let state = second.state.records[ids[place]] ?? RecordState()
                let colour = state.write(
                    .text("#ffcc00"), to: Field.Annotation.colour, isContested: false, of: ids[place], .annotation)
                let operation = Self.note(record.body + " (b)", of: ids[place], in: second.state)
                second.make([operation, colour], lamport: base + UInt64(place + 1))
            }
        }
        let seconds = try Stopwatch.measure {
            try first.merge(second.arrivals)
            try second.merge(first.arrivals)
        }
        guard first.state.records == second.state.records,
            first.state.records.values.allSatisfy({ $0.conflicts.count == 1 })
        else { throw BenchError("the two replicas do not agree after merging") }
        func bytes(_ replica: Replica) -> Double { Double(replica.arrivals.reduce(0) { $0 + $1.payload.count }) }
        try step.report(
            Sample(
                "merge", count: 2 * step.count, seconds: seconds,
                facts: [
                    ("build_seconds", build), ("first_changes_seconds", firstChanges),
                    ("second_changes_seconds", secondChanges), ("first_bytes", bytes(first)),
                    ("second_bytes", bytes(second)), ("peak_memory_bytes", Machine.peakMemory()),
                    ("peak_memory_before_bytes", memoryBefore),
                ]))
    }

    private static func creation(of id: RecordID, _ record: WorkloadRecord) -> [ChangeLog.Operation] {
        let document = RecordID(high: 7, low: UInt64(record.document))
        let fields = [
            FieldValue(Field.Annotation.document, .identifier(document)),
            FieldValue(Field.Annotation.version, .identifier(document)),
            FieldValue(Field.Annotation.position, .list([.integer(Int64(record.start)), .integer(Int64(record.end))])),
            FieldValue(
                Field.Annotation.quote, .list([.text(record.exact), .text(record.prefix), .text(record.suffix)])),
        ]
        var operations = [ChangeLog.Operation(record: id, kind: .annotation, action: .create(fields))]
        operations.append(note(record.body, of: id, in: LayerState()))
        for tag in record.tags {
            operations.append(
                ChangeLog.Operation(record: id, kind: .annotation, action: .add(Field.Annotation.tags, .text(tag))))
        }
        return operations
    }

    private static func note(_ text: String, of id: RecordID, in layer: LayerState) -> ChangeLog.Operation {
        let state = layer.records[id] ?? RecordState()
        return state.write(.text(text), to: Field.Annotation.note, isContested: true, of: id, .annotation)
    }
}
