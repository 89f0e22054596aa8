import AnnotationModel
import ChangeLog
import WireFormat

/// Makes operations from the choices of an input: those that an honest device would make, and those that nobody should.
struct OperationGenerator {
    var source: ByteSource
    let replicas: [ReplicaID]
    /// Operations made so far, by record: what honest ones name.
    private var made: [RecordID: [Dot]] = [:]

    init(_ source: ByteSource, replicas: [ReplicaID]) {
        self.source = source
        self.replicas = replicas
    }

    private static let records: [RecordID] = (1...4).map { RecordID(high: $0 << 32, low: 0) }

    /// The operations of one change, which is not larger than an honest one.
    mutating func operations(of replica: ReplicaID, seq: UInt64) -> [Operation] {
        let count = source.below(6)
        return (0..<count).map { index in operation(Dot(replica: replica, seq: seq, index: UInt32(index))) }
    }

    private mutating func operation(_ dot: Dot) -> Operation {
        let record = source.pick(Self.records)
        // Mostly the kind that the record has in all changes.
        let kind =
            source.chance(in: 8)
            ? Kind(rawValue: UInt16(source.byte())) : Kind(rawValue: UInt16(record.high >> 32) * 3 % 13 + 1)
        let action = action(record, kind)
        defer { made[record, default: []].append(dot) }
        if case .create = action { return Operation(record: record, kind: kind, action: action) }
        if case .unknown = action { return Operation(record: record, kind: kind, action: action) }
        return Operation(record: record, kind: kind, action: action, supersedes: dots(of: record))
    }

    private mutating func action(_ record: RecordID, _ kind: Kind) -> OperationAction {
        let definition = Model.definition(of: kind)
        let fields = definition?.fields ?? []
        let field = source.chance(in: 8) || fields.isEmpty ? nil : source.pick(fields)
        let number = field?.field ?? Field(rawValue: UInt16(source.byte()))
        switch source.below(8) {
        case 0:
            let once = fields.filter { $0.rule == .writeOnce }
            if once.isEmpty || source.chance(in: 8) {
                let numbers = Set((0..<source.below(4)).map { _ in UInt16(source.byte()) }).sorted()
                return .create(numbers.map { FieldValue(Field(rawValue: $0), value(of: nil)) })
            }
            return .create(once.map { FieldValue($0.field, value(of: $0.type)) })
        case 1, 2: return .write(number, value(of: field?.type), isContested: field?.rule == .contested)
        case 3: return .add(number, value(of: field?.type))
        case 4: return .remove(number, value(of: field?.type))
        case 5: return .delete(covers: dots(of: record))
        case 6: return .restore
        default:
            var writer = CBORWriter()
            writer.array(2)
            writer.unsigned(7 + source.number() % 1000)
            writer.value(value(of: nil))
            return .unknown(writer.bytes)
        }
    }

    /// All that was made on the record, some of it, or what nobody made.
    private mutating func dots(of record: RecordID) -> [Dot] {
        let known = made[record] ?? []
        switch source.below(8) {
        case 0, 1: return []
        case 2, 3, 4: return known
        case 5:
            let (start, count) = (source.below(16), source.below(4))
            return Array(known.dropFirst(start).prefix(count))
        case 6: return known.reversed() + known
        default:
            return (0..<source.below(4)).map { _ in
                Dot(
                    replica: source.pick(replicas), seq: source.number(),
                    index: UInt32(truncatingIfNeeded: source.number()))
            }
        }
    }

    /// A value that a type takes, or any.
    private mutating func value(of type: ValueType?, depth: Int = 0) -> Value {
        guard let type, !source.chance(in: 8) else { return anyValue(depth) }
        switch type {
        case .text: return .text(text())
        case .integer: return .integer(Int64(truncatingIfNeeded: source.number()))
        case .boolean: return .boolean(source.chance(in: 2))
        case .record: return .identifier(source.pick(Self.records))
        case .name: return .identifier(source.identifier())
        case .bytes: return Value(bytes: source.bytes(32))
        case .date: return .text(source.pick(["2015", "2015-03", "2015-03-18", "0000-02-29"]))
        case .range:
            let start = Int64(truncatingIfNeeded: source.number() & 0x7FFF_FFFF_FFFF_FFFF)
            return .list([.integer(start), .integer(start &+ 1 &+ Int64(source.byte()))])
        case .quote: return .list([.text(text()), .text(text()), .text(text())])
        }
    }

    private mutating func anyValue(_ depth: Int) -> Value {
        switch source.below(depth < 6 ? 8 : 7) {
        case 0: return .null
        case 1: return .boolean(true)
        case 2: return .integer(Int64(bitPattern: source.number()))
        case 3: return .integer(~Int64(truncatingIfNeeded: source.number()))
        case 4: return .text(text())
        case 5: return Value(bytes: source.bytes(source.below(20)))
        case 6: return .identifier(source.pick(Self.records))
        default: return .list((0..<source.below(4)).map { _ in value(of: nil, depth: depth + 1) })
        }
    }

    mutating func text() -> String {
        switch source.below(6) {
        case 0: return ""
        case 1: return "ministry"
        case 2: return "e\u{301}\0\u{202E}ქ\n"
        default: return String(decoding: source.bytes(source.below(12)), as: UTF8.self)
        }
    }
}
