import AnnotationModel
public import ChangeLog

/// `record-state` of schema/wire/state.cddl: the canonical bytes of a merged record.
///
/// Equal states give equal bytes, so that the SHA-256 over a layer's records compares two replicas.
extension RecordState {
    /// The canonical state: all but `awaited`, which two replicas that hold the same changes may have differently
    /// where an operation named one that does not exist.
    public var encoded: [UInt8] {
        var tables = StateTables()
        var body = CBORWriter(capacity: 256)
        body.array(creations.count)
        for entry in creations {
            body.array(4)
            body.unsigned(tables.number(of: entry.stamp))
            body.unsigned(UInt64(entry.index))
            body.unsigned(UInt64(entry.kind.rawValue))
            body.array(entry.fields.count * 2)
            for field in entry.fields {
                body.unsigned(UInt64(field.field.rawValue))
                body.value(field.value)
            }
        }
        body.array(registers.count)
        for entry in registers {
            body.array(5)
            body.unsigned(tables.number(of: entry.stamp))
            body.unsigned(UInt64(entry.index))
            body.unsigned(UInt64(entry.field.rawValue))
            body.value(entry.value)
            body.boolean(entry.isContested)
        }
        body.array(elements.count)
        for entry in elements {
            body.array(5)
            body.unsigned(tables.number(of: entry.stamp))
            body.unsigned(UInt64(entry.index))
            body.unsigned(UInt64(entry.field.rawValue))
            body.value(entry.element)
            body.boolean(entry.isPresent)
        }
        body.array(deletions.count)
        for entry in deletions {
            body.array(3)
            body.unsigned(tables.number(of: entry.stamp))
            body.unsigned(UInt64(entry.index))
            tables.write(entry.covers, to: &body)
        }
        body.array(restorations.count)
        for entry in restorations {
            body.array(2)
            body.unsigned(tables.number(of: entry.stamp))
            body.unsigned(UInt64(entry.index))
        }
        var writer = CBORWriter(capacity: body.bytes.count + 96)
        writer.array(9)
        writer.unsigned(1)
        writer.array(tables.replicas.count)
        for replica in tables.replicas { writer.identifier(replica) }
        writer.array(tables.members.count)
        for member in tables.members { writer.identifier(member) }
        writer.array(tables.stamps.count)
        for stamp in tables.stamps {
            writer.array(5)
            writer.unsigned(tables.number(of: stamp.replica))
            writer.unsigned(stamp.seq)
            writer.unsigned(stamp.lamport)
            writer.unsigned(tables.number(of: stamp.author))
            writer.signed(stamp.wallTime)
        }
        writer.raw(body.bytes)
        return writer.bytes
    }

    /// - Throws: every `WireError` code but `invalid`.
    public init(decoding bytes: [UInt8]) throws(WireError) {
        var reader = CBORReader(bytes)
        try self.init(from: &reader)
        try reader.finish()
    }

    /// The dots that were superseded before they arrived; `nil` for none.
    public var encodedAwaited: [UInt8]? {
        guard !awaited.isEmpty else { return nil }
        var writer = CBORWriter(capacity: awaited.count * 32)
        writer.array(awaited.count * 3)
        for dot in awaited {
            writer.identifier(dot.replica)
            writer.unsigned(dot.seq)
            writer.unsigned(UInt64(dot.index))
        }
        return writer.bytes
    }

    /// Reads a state with its awaited dots, as a store keeps them.
    public init(decoding bytes: [UInt8], awaited encodedAwaited: [UInt8]?) throws(WireError) {
        let state = try RecordState(decoding: bytes)
        var awaited: [Dot] = []
        if let encodedAwaited {
            var reader = CBORReader(encodedAwaited)
            let count = try reader.array(max: Self.entriesMax)
            guard count % 3 == 0 else { throw WireError(.malformed, at: 0, expected: "dots in threes") }
            for _ in 0..<count / 3 {
                let replica: ReplicaID = try reader.identifier()
                let seq = try reader.unsigned()
                awaited.append(Dot(replica: replica, seq: seq, index: try Self.index(&reader)))
            }
            try reader.finish()
        }
        self.init(
            creations: state.creations, registers: state.registers, elements: state.elements,
            deletions: state.deletions, restorations: state.restorations, awaited: awaited)
    }

    init(from reader: inout CBORReader) throws(WireError) {
        try reader.array(exactly: 9)
        let version = try reader.unsigned()
        guard version == 1 else {
            throw WireError(.unsupportedVersion, at: 1, expected: "state version 1, not \(version)")
        }
        var replicas: [ReplicaID] = []
        for _ in 0..<(try reader.array(max: Self.entriesMax)) { replicas.append(try reader.identifier()) }
        var members: [MemberID] = []
        for _ in 0..<(try reader.array(max: Self.entriesMax)) { members.append(try reader.identifier()) }
        var stamps: [Stamp] = []
        for _ in 0..<(try reader.array(max: Self.entriesMax)) {
            try reader.array(exactly: 5)
            let replica = try Self.item(&reader, of: replicas)
            let seq = try reader.unsigned()
            let lamport = try reader.unsigned()
            let author = try Self.item(&reader, of: members)
            stamps.append(
                Stamp(replica: replica, seq: seq, lamport: lamport, author: author, wallTime: try reader.signed()))
        }
        var creations: [Creation] = []
        for _ in 0..<(try reader.array(max: Self.entriesMax)) {
            try reader.array(exactly: 4)
            let stamp = try Self.item(&reader, of: stamps)
            let index = try Self.index(&reader)
            let kind = Kind(rawValue: UInt16(try reader.unsigned(max: UInt64(UInt16.max))))
            let fields = try Payload.fieldValues(from: &reader)
            creations.append(Creation(stamp: stamp, index: index, kind: kind, fields: fields))
        }
        var registers: [RegisterEntry] = []
        for _ in 0..<(try reader.array(max: Self.entriesMax)) {
            try reader.array(exactly: 5)
            let stamp = try Self.item(&reader, of: stamps)
            let index = try Self.index(&reader)
            let field = Field(rawValue: UInt16(try reader.unsigned(max: UInt64(UInt16.max))))
            let value = try reader.value()
            registers.append(
                RegisterEntry(stamp: stamp, index: index, field: field, value: value, isContested: try reader.boolean())
            )
        }
        var elements: [ElementEntry] = []
        for _ in 0..<(try reader.array(max: Self.entriesMax)) {
            try reader.array(exactly: 5)
            let stamp = try Self.item(&reader, of: stamps)
            let index = try Self.index(&reader)
            let field = Field(rawValue: UInt16(try reader.unsigned(max: UInt64(UInt16.max))))
            let value = try reader.value()
            elements.append(
                ElementEntry(stamp: stamp, index: index, field: field, element: value, isPresent: try reader.boolean()))
        }
        var deletions: [Deletion] = []
        for _ in 0..<(try reader.array(max: Self.entriesMax)) {
            try reader.array(exactly: 3)
            let stamp = try Self.item(&reader, of: stamps)
            let index = try Self.index(&reader)
            deletions.append(Deletion(stamp: stamp, index: index, covers: try Payload.dots(from: &reader, replicas)))
        }
        var restorations: [Restoration] = []
        for _ in 0..<(try reader.array(max: Self.entriesMax)) {
            try reader.array(exactly: 2)
            let stamp = try Self.item(&reader, of: stamps)
            restorations.append(Restoration(stamp: stamp, index: try Self.index(&reader)))
        }
        self.init(
            creations: creations, registers: registers, elements: elements, deletions: deletions,
            restorations: restorations, awaited: [])
    }

    /// What many changes have put into one record has no bound of its own: only their bytes have.
    private static let entriesMax = Int(Int32.max)

    private static func item<T>(_ reader: inout CBORReader, of table: [T]) throws(WireError) -> T {
        let start = reader.position
        let number = try reader.unsigned()
        guard number < UInt64(table.count) else {
            throw WireError(.malformed, at: start, expected: "a number below \(table.count)")
        }
        return table[Int(number)]
    }

    private static func index(_ reader: inout CBORReader) throws(WireError) -> UInt32 {
        UInt32(try reader.unsigned(max: UInt64(UInt32.max)))
    }
}

/// Numbers replicas, members and stamps in order of first use.
private struct StateTables {
    var replicas: [ReplicaID] = []
    var members: [MemberID] = []
    var stamps: [Stamp] = []

    mutating func number(of stamp: Stamp) -> UInt64 {
        if let place = stamps.lastIndex(of: stamp) { return UInt64(place) }
        _ = number(of: stamp.replica)
        if !members.contains(stamp.author) { members.append(stamp.author) }
        stamps.append(stamp)
        return UInt64(stamps.count - 1)
    }

    mutating func number(of replica: ReplicaID) -> UInt64 {
        if let place = replicas.firstIndex(of: replica) { return UInt64(place) }
        replicas.append(replica)
        return UInt64(replicas.count - 1)
    }

    func number(of member: MemberID) -> UInt64 {
        UInt64(members.firstIndex(of: member) ?? 0)
    }

    mutating func write(_ dots: [Dot], to writer: inout CBORWriter) {
        writer.array(dots.count * 3)
        for dot in dots {
            writer.unsigned(number(of: dot.replica))
            writer.unsigned(dot.seq)
            writer.unsigned(UInt64(dot.index))
        }
    }
}
