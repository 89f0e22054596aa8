public import AnnotationModel
public import ChangeLog

/// `payload` of schema/wire/change.cddl.
extension Payload {
    private enum OperationCode {
        static let create: UInt64 = 0
        static let register: UInt64 = 1
        static let contested: UInt64 = 2
        static let add: UInt64 = 3
        static let remove: UInt64 = 4
        static let delete: UInt64 = 5
        static let restore: UInt64 = 6
    }

    /// - Parameter replica: The maker: dots of its own are written without naming it.
    public func encoded(by replica: ReplicaID) -> [UInt8] {
        var table = ReplicaTable(own: replica)
        var groups = CBORWriter(capacity: 64 * operations.count)
        var groupCount = 0
        var position = 0
        while position < operations.count {
            let first = operations[position]
            var end = position + 1
            while end < operations.count, operations[end].record == first.record, operations[end].kind == first.kind {
                end += 1
            }
            groups.array(3)
            groups.identifier(first.record)
            groups.unsigned(UInt64(first.kind.rawValue))
            groups.array(end - position)
            for operation in operations[position..<end] { Self.write(operation, to: &groups, &table) }
            groupCount += 1
            position = end
        }
        var writer = CBORWriter(capacity: groups.bytes.count + 64)
        writer.array(5)
        writer.unsigned(1)
        writer.identifier(action)
        writer.identifier(undoes)
        writer.array(table.others.count)
        for other in table.others { writer.identifier(other) }
        writer.array(groupCount)
        writer.raw(groups.bytes)
        return writer.bytes
    }

    private static func write(_ operation: Operation, to writer: inout CBORWriter, _ table: inout ReplicaTable) {
        switch operation.action {
        case .create(let fields):
            writer.array(2)
            writer.unsigned(OperationCode.create)
            writer.array(fields.count * 2)
            for field in fields {
                writer.unsigned(UInt64(field.field.rawValue))
                writer.value(field.value)
            }
        case .write(let field, let value, let isContested):
            writer.array(4)
            writer.unsigned(isContested ? OperationCode.contested : OperationCode.register)
            writer.unsigned(UInt64(field.rawValue))
            writer.value(value)
            table.write(operation.supersedes, to: &writer)
        case .add(let field, let value):
            writer.array(4)
            writer.unsigned(OperationCode.add)
            writer.unsigned(UInt64(field.rawValue))
            writer.value(value)
            table.write(operation.supersedes, to: &writer)
        case .remove(let field, let value):
            writer.array(4)
            writer.unsigned(OperationCode.remove)
            writer.unsigned(UInt64(field.rawValue))
            writer.value(value)
            table.write(operation.supersedes, to: &writer)
        case .delete(let covers):
            writer.array(3)
            writer.unsigned(OperationCode.delete)
            table.write(covers, to: &writer)
            table.write(operation.supersedes, to: &writer)
        case .restore:
            writer.array(2)
            writer.unsigned(OperationCode.restore)
            table.write(operation.supersedes, to: &writer)
        case .unknown(let encoded):
            writer.raw(encoded)
        }
    }

    /// Reads a payload; operation types of a newer version come out as `unknown`.
    ///
    /// - Throws: every `WireError` code but `invalid`.
    public init(decoding bytes: [UInt8], by replica: ReplicaID) throws(WireError) {
        guard bytes.count <= WireLimits.payloadBytesMax else {
            throw WireError(.tooLarge, at: 0, expected: "a payload of at most \(WireLimits.payloadBytesMax) bytes")
        }
        var reader = CBORReader(bytes)
        // The version comes before the count is looked at: a newer one may have another.
        let count = try reader.array(max: WireLimits.payloadBytesMax)
        let version = try reader.unsigned()
        guard version == 1 else {
            throw WireError(.unsupportedVersion, at: 1, expected: "payload version 1, not \(version)")
        }
        guard count == 5 else { throw WireError(.malformed, at: 0, expected: "an array of 5") }
        let action: ActionID? = try reader.optionalIdentifier()
        let undoes: ActionID? = try reader.optionalIdentifier()
        var replicas = [replica]
        for _ in 0..<(try reader.array(max: WireLimits.dotsMax)) { replicas.append(try reader.identifier()) }
        var operations: [Operation] = []
        for _ in 0..<(try reader.array(max: WireLimits.operationsMax)) {
            try reader.array(exactly: 3)
            let record: RecordID = try reader.identifier()
            let kind = Kind(rawValue: UInt16(try reader.unsigned(max: UInt64(UInt16.max))))
            let count = try reader.array(max: WireLimits.operationsMax)
            guard count > 0, operations.count + count <= WireLimits.operationsMax else {
                throw WireError(.tooLarge, at: reader.position, expected: "1 to \(WireLimits.operationsMax) operations")
            }
            for _ in 0..<count {
                operations.append(try Self.operation(from: &reader, record, kind, replicas))
            }
        }
        try reader.finish()
        self.init(action: action, undoes: undoes, operations: operations)
    }

    private static func operation(
        from reader: inout CBORReader, _ record: RecordID, _ kind: Kind, _ replicas: [ReplicaID]
    ) throws(WireError) -> Operation {
        let start = reader
        let count = try reader.array(max: WireLimits.operationsMax)
        guard count > 0 else { throw WireError(.malformed, at: reader.position, expected: "an operation") }
        let code = try reader.unsigned()
        let expected: Int
        switch code {
        case OperationCode.create, OperationCode.restore: expected = 2
        case OperationCode.delete: expected = 3
        case OperationCode.register, OperationCode.contested, OperationCode.add, OperationCode.remove: expected = 4
        default:
            reader = start
            return Operation(record: record, kind: kind, action: .unknown(try reader.skipItem()))
        }
        guard count == expected else {
            throw WireError(.malformed, at: start.position, expected: "\(expected) items in operation \(code)")
        }
        switch code {
        case OperationCode.create:
            return Operation(record: record, kind: kind, action: .create(try fieldValues(from: &reader)))
        case OperationCode.delete:
            let covers = try dots(from: &reader, replicas)
            return Operation(
                record: record, kind: kind, action: .delete(covers: covers),
                supersedes: try dots(from: &reader, replicas))
        case OperationCode.restore:
            return Operation(
                record: record, kind: kind, action: .restore, supersedes: try dots(from: &reader, replicas))
        default:
            let field = Field(rawValue: UInt16(try reader.unsigned(max: UInt64(UInt16.max))))
            let value = try reader.value()
            let action: OperationAction =
                switch code {
                case OperationCode.add: .add(field, value)
                case OperationCode.remove: .remove(field, value)
                default: .write(field, value, isContested: code == OperationCode.contested)
                }
            return Operation(record: record, kind: kind, action: action, supersedes: try dots(from: &reader, replicas))
        }
    }

    static func fieldValues(from reader: inout CBORReader) throws(WireError) -> [FieldValue] {
        let count = try reader.array(max: 2 * Int(UInt16.max))
        guard count % 2 == 0 else {
            throw WireError(.malformed, at: reader.position, expected: "fields and values in pairs")
        }
        var fields: [FieldValue] = []
        fields.reserveCapacity(min(count / 2, 32))
        for _ in 0..<count / 2 {
            let field = Field(rawValue: UInt16(try reader.unsigned(max: UInt64(UInt16.max))))
            if let last = fields.last, !(last.field < field) {
                throw WireError(.notCanonical, at: reader.position, expected: "fields by ascending number")
            }
            fields.append(FieldValue(field, try reader.value()))
        }
        return fields
    }

    static func dots(from reader: inout CBORReader, _ replicas: [ReplicaID]) throws(WireError) -> [Dot] {
        let count = try reader.array(max: 3 * WireLimits.dotsMax)
        guard count % 3 == 0 else { throw WireError(.malformed, at: reader.position, expected: "dots in threes") }
        var dots: [Dot] = []
        dots.reserveCapacity(min(count / 3, 64))
        for _ in 0..<count / 3 {
            let replica = try reader.unsigned(max: UInt64(replicas.count - 1))
            let seq = try reader.unsigned()
            let index = try reader.unsigned(max: UInt64(UInt32.max))
            dots.append(Dot(replica: replicas[Int(replica)], seq: seq, index: UInt32(index)))
        }
        return dots
    }
}

/// Numbers the replicas that dots name: 0 is the maker, the others follow in order of first use.
struct ReplicaTable {
    let own: ReplicaID
    private(set) var others: [ReplicaID] = []

    init(own: ReplicaID) { self.own = own }

    mutating func number(of replica: ReplicaID) -> UInt64 {
        if replica == own { return 0 }
        if let place = others.firstIndex(of: replica) { return UInt64(place + 1) }
        others.append(replica)
        return UInt64(others.count)
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
